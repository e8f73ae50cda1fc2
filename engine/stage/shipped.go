package stage

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/fieldmanager"
)

// hidden tells what came with the cluster as a workload: Deployments that nobody outside made, what controllers make of them,
// and the Services in front of their pods. The picture is of what its user runs. Pods that an addon makes on somebody's behalf
// are drawn, and so is the Service of the API servers, which selects no pods.
func (st *Stage) hidden(old, new api.Object) bool {
	o := new
	if o == nil {
		o = old
	}
	uid := string(o.GetUID())
	is := st.shipped[uid] // whoever takes its fields over later
	switch x := o.(type) {
	case *appsv1.Deployment:
		is = is || fieldmanager.MadeWithin(x)
	case *appsv1.ReplicaSet:
		// An orphan is what it was.
		if owner := api.ControllerOf(x); owner != nil {
			is = st.shipped[string(owner.UID)]
		}
	case *corev1.Service:
		is = is || len(x.Spec.Selector) > 0 && fieldmanager.MadeWithin(x)
	}
	if is {
		st.shipped[uid] = true // for good: its pods may outlive it for a while
	} else {
		delete(st.shipped, uid)
	}
	return is
}

// ofShipped reports that a pod belongs to what came with the cluster.
func (st *Stage) ofShipped(p *corev1.Pod) bool {
	owner := api.ControllerOf(p)
	return owner != nil && st.shipped[string(owner.UID)]
}
