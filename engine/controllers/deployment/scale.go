package deployment

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// scale brings the ReplicaSets to the Deployment's size without a rollout step: the one that is active, or, in the
// middle of a rollout, all of them in proportion.
func (s *sync) scale(newRS *appsv1.ReplicaSet, old []*appsv1.ReplicaSet, then func()) {
	d := s.d
	if rs := activeOrLatest(newRS, old); rs != nil {
		if *rs.Spec.Replicas == *d.Spec.Replicas {
			then()
			return
		}
		s.scaleAll([]*appsv1.ReplicaSet{rs}, []int32{*d.Spec.Replicas}, false, "scale", then)
		return
	}
	if isSaturated(d, newRS) {
		sets := active(old)
		s.scaleAll(sets, make([]int32, len(sets)), false, "scale: the new ReplicaSet is saturated", then)
		return
	}
	if !isRolling(d) {
		then()
		return
	}
	sets := active(with(old, newRS))
	allowed := int32(0)
	if *d.Spec.Replicas > 0 {
		allowed = *d.Spec.Replicas + maxSurge(d)
	}
	toAdd := allowed - sum(sets, specReplicas)
	switch {
	case toAdd > 0:
		slices.SortFunc(sets, bySizeNewer)
	case toAdd < 0:
		slices.SortFunc(sets, bySizeOlder)
	}
	s.scaleAll(sets, proportions(d, sets, toAdd), true, fmt.Sprintf("scale in proportion: %d replicas in all", allowed), then)
}

// proportions are the new sizes of the ReplicaSets when toAdd replicas are divided among them; what rounding leaves
// over goes to the first.
func proportions(d *appsv1.Deployment, sets []*appsv1.ReplicaSet, toAdd int32) []int32 {
	sizes := make([]int32, len(sets))
	added := int32(0)
	for i, rs := range sets {
		n := proportion(rs, d, toAdd, added)
		sizes[i] = *rs.Spec.Replicas + n
		added += n
	}
	if toAdd != 0 && len(sizes) > 0 {
		sizes[0] = max(0, sizes[0]+toAdd-added)
	}
	return sizes
}

// activeOrLatest is the only active ReplicaSet, or if none is active the newest; nil if several are.
func activeOrLatest(newRS *appsv1.ReplicaSet, old []*appsv1.ReplicaSet) *appsv1.ReplicaSet {
	all := with(old, newRS)
	switch now := active(all); {
	case len(all) == 0 || len(now) > 1:
		return nil
	case len(now) == 1:
		return now[0]
	case newRS != nil:
		return newRS
	}
	return slices.MaxFunc(old, byCreation)
}

func (s *sync) scaleAll(sets []*appsv1.ReplicaSet, sizes []int32, force bool, why string, then func()) {
	var step func(i int)
	step = func(i int) {
		if i == len(sets) {
			then()
			return
		}
		s.scaleSet(sets[i], sizes[i], force, why, func(_ *appsv1.ReplicaSet, _ bool, err error) {
			s.try(func() { step(i + 1) })(err)
		})
	}
	step(0)
}

// scaleSet writes a ReplicaSet's size, and the Deployment's size into its annotations. force writes the annotations
// even if the size stays. then gets the ReplicaSet as it is now, and whether its size changed.
func (s *sync) scaleSet(rs *appsv1.ReplicaSet, size int32, force bool, why string, then func(now *appsv1.ReplicaSet, scaled bool, err error)) {
	from := *rs.Spec.Replicas
	if !force && from == size {
		then(rs, false, nil)
		return
	}
	o := api.Copy(rs)
	o.Annotations = cloneMap(o.Annotations)
	noted := annotateReplicas(o, *s.d.Spec.Replicas, *s.d.Spec.Replicas+maxSurge(s.d))
	if from == size && !noted {
		then(rs, false, nil)
		return
	}
	o.Spec.Replicas = &size
	if from != size {
		s.decide(fmt.Sprintf("%s %d → %d%s", rs.Name, from, size, bounds(s.d)), why+": scale ReplicaSet")
	}
	client.Update(s.c, api.ReplicaSets, "", o, func(now *appsv1.ReplicaSet, err error) {
		if err == nil && from != size {
			direction := "up"
			if size < from {
				direction = "down"
			}
			s.rec.Event(s.d, corev1.EventTypeNormal, "ScalingReplicaSet",
				fmt.Sprintf("Scaled %s replica set %s from %d to %d", direction, now.Name, from, size))
		}
		then(now, err == nil && from != size, err)
	})
}
