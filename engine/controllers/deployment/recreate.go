package deployment

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/client"
)

// recreate scales all old ReplicaSets to zero, waits until their last pod has ended, and only then makes the new one.
func (s *sync) recreate() {
	s.revision(false, func(newRS *appsv1.ReplicaSet, old []*appsv1.ReplicaSet) {
		s.scaleToZero(active(old), func(scaled bool) {
			if scaled || s.oldPodsRunning(newRS, old) {
				s.syncRollout(with(old, newRS), newRS)
				return
			}
			up := func(newRS *appsv1.ReplicaSet, old []*appsv1.ReplicaSet) { s.recreateUp(newRS, old) }
			if newRS == nil {
				s.revision(true, up)
				return
			}
			up(newRS, old)
		})
	})
}

func (s *sync) recreateUp(newRS *appsv1.ReplicaSet, old []*appsv1.ReplicaSet) {
	s.scaleSet(newRS, *s.d.Spec.Replicas, false, "recreate: the old pods are gone", func(_ *appsv1.ReplicaSet, _ bool, err error) {
		s.try(func() {
			finish := func() { s.syncRollout(with(old, newRS), newRS) }
			if isComplete(s.d, &s.d.Status) {
				s.cleanup(old, finish)
				return
			}
			finish()
		})(err)
	})
}

func (s *sync) scaleToZero(sets []*appsv1.ReplicaSet, then func(scaled bool)) {
	any := false
	var step func(i int)
	step = func(i int) {
		if i == len(sets) {
			then(any)
			return
		}
		s.scaleSet(sets[i], 0, false, "recreate: old pods first", func(_ *appsv1.ReplicaSet, scaled bool, err error) {
			s.try(func() {
				any = any || scaled
				step(i + 1)
			})(err)
		})
	}
	step(0)
}

// oldPodsRunning reports pods of old ReplicaSets that have not ended, by the sets' status or by the pods themselves.
func (s *sync) oldPodsRunning(newRS *appsv1.ReplicaSet, old []*appsv1.ReplicaSet) bool {
	if sum(old, actualReplicas) > 0 {
		return true
	}
	for _, rs := range s.sets {
		if newRS != nil && rs.UID == newRS.UID {
			continue
		}
		for _, p := range s.pods.ByIndex(client.IndexOwner, string(rs.UID)) {
			if p.Status.Phase != corev1.PodFailed && p.Status.Phase != corev1.PodSucceeded {
				return true
			}
		}
	}
	return false
}
