package deployment

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
)

// rolling does one step of a rolling update: scale the new ReplicaSet up if there is room, else the old ones down if
// that keeps enough pods available, else tidy up.
func (s *sync) rolling() {
	s.revision(true, func(newRS *appsv1.ReplicaSet, old []*appsv1.ReplicaSet) {
		all := with(old, newRS)
		s.reconcileNew(all, newRS, func(scaled bool) {
			if scaled {
				s.syncRollout(all, newRS)
				return
			}
			s.reconcileOld(all, active(old), newRS, func(scaled bool) {
				if !scaled && isComplete(s.d, &s.d.Status) {
					s.cleanup(old, func() { s.syncRollout(all, newRS) })
					return
				}
				s.syncRollout(all, newRS)
			})
		})
	})
}

func (s *sync) reconcileNew(all []*appsv1.ReplicaSet, newRS *appsv1.ReplicaSet, then func(scaled bool)) {
	have, want := *newRS.Spec.Replicas, *s.d.Spec.Replicas
	if have == want {
		then(false)
		return
	}
	why := "rolling update: down to the Deployment's size"
	if have < want {
		n, err := newReplicas(s.d, all, newRS)
		if err != nil {
			s.done(err)
			return
		}
		want, why = n, "rolling update: room for new replicas"
	}
	s.scaleSet(newRS, want, false, why, func(_ *appsv1.ReplicaSet, scaled bool, err error) {
		s.try(func() { then(scaled) })(err)
	})
}

// reconcileOld scales old ReplicaSets down, unhealthy replicas first. The new ReplicaSet's replicas that are not
// available yet count as lost, so that a version that never becomes ready stops the rollout. As upstream, a failed
// write counts as no progress and not as an error.
func (s *sync) reconcileOld(all, old []*appsv1.ReplicaSet, newRS *appsv1.ReplicaSet, then func(scaled bool)) {
	if sum(old, specReplicas) == 0 {
		then(false)
		return
	}
	minAvailable := *s.d.Spec.Replicas - maxUnavailable(s.d)
	notYet := *newRS.Spec.Replicas - newRS.Status.AvailableReplicas
	most := sum(all, specReplicas) - minAvailable - notYet
	if most <= 0 {
		then(false)
		return
	}
	old = slices.Clone(old)
	slices.SortFunc(old, byCreation)
	s.cleanupUnhealthy(old, most, func(cleaned int32, err error) {
		if err != nil {
			then(false)
			return
		}
		s.scaleDownOld(with(old, newRS), old, func(n int32, err error) {
			then(err == nil && cleaned+n > 0)
		})
	})
}

// cleanupUnhealthy takes up to most unavailable replicas from the old ReplicaSets, replacing in old those it scales.
func (s *sync) cleanupUnhealthy(old []*appsv1.ReplicaSet, most int32, then func(n int32, err error)) {
	total := int32(0)
	var step func(i int)
	step = func(i int) {
		for ; i < len(old) && total < most; i++ {
			rs := old[i]
			have := *rs.Spec.Replicas
			if have == 0 || have == rs.Status.AvailableReplicas {
				continue
			}
			n := min(most-total, have-rs.Status.AvailableReplicas)
			if n < 0 {
				then(0, fmt.Errorf("when cleaning up unhealthy replicas, got invalid request to scale down %s/%s %d -> %d",
					rs.Namespace, rs.Name, have, have-n))
				return
			}
			s.scaleSet(rs, have-n, false, fmt.Sprintf("rolling update: %d of its replicas are unavailable", have-rs.Status.AvailableReplicas),
				func(now *appsv1.ReplicaSet, _ bool, err error) {
					if err != nil {
						then(total, err)
						return
					}
					total += n
					old[i] = now
					step(i + 1)
				})
			return
		}
		then(total, nil)
	}
	step(0)
}

// scaleDownOld takes replicas from the old ReplicaSets as long as enough are available in all.
func (s *sync) scaleDownOld(all, old []*appsv1.ReplicaSet, then func(n int32, err error)) {
	available := sum(all, availableReplicas)
	minAvailable := *s.d.Spec.Replicas - maxUnavailable(s.d)
	total, spare := int32(0), available-minAvailable
	why := fmt.Sprintf("rolling update: %d available, %d needed", available, minAvailable)
	var step func(i int)
	step = func(i int) {
		for ; i < len(old) && total < spare; i++ {
			rs := old[i]
			have := *rs.Spec.Replicas
			if have == 0 {
				continue
			}
			n := min(have, spare-total)
			s.scaleSet(rs, have-n, false, why, func(_ *appsv1.ReplicaSet, _ bool, err error) {
				if err != nil {
					then(total, err)
					return
				}
				total += n
				step(i + 1)
			})
			return
		}
		then(total, nil)
	}
	step(0)
}
