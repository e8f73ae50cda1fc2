package simtest

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

// jobs: a Job never has more pods at work than its parallelism, as it was until a moment ago, and none while it is
// suspended; an index that succeeded is not run again.
func jobs(j *judge) {
	b := &bounds{j: j}
	sizes := map[types.UID][]spec{}
	j.onChange = append(j.onChange, func(r *api.Resource, old, new api.Object) {
		switch o := new.(type) {
		case *batchv1.Job:
			most := *o.Spec.Parallelism
			if o.Spec.Suspend != nil && *o.Spec.Suspend {
				most = 0
			}
			sizes[o.UID] = remember(sizes[o.UID], j.c.Now(), spec{most: most})
		case *corev1.Pod:
			ref := api.ControllerOf(o)
			if old != nil || ref == nil || ref.Kind != "Job" {
				return
			}
			n := int32(0)
			for _, x := range j.mirror[api.Pods] {
				if p := x.(*corev1.Pod); owned(p, ref.UID) && p.DeletionTimestamp == nil && !ended(p) {
					n++
				}
			}
			if _, most := b.recent(sizes[ref.UID]); n > most {
				j.fault("jobs", "Job %s has %d pods at work, at most %d are allowed", api.Key(o.Namespace, ref.Name), n, most)
			}
		}
	})
}
