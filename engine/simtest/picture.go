package simtest

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/fieldmanager"
)

// picture: what the page is shown is what the store has.
func picture(j *judge) {
	j.onCalm = append(j.onCalm, func() {
		pods, ready := 0, 0
		for _, o := range j.mirror[api.Pods] {
			p := o.(*corev1.Pod)
			if onNode(p) != p.UID || shipped(j, p) {
				continue // static pods are shown as the components they run, and what ships with the cluster is not
			}
			pods++
			if api.PodReady(p) && p.DeletionTimestamp == nil {
				ready++
			}
		}
		n := 0
		for _, x := range j.c.Stage.PodCounts() {
			n += x
		}
		if n != pods {
			j.fault("picture", "the stage shows %d pods, the store has %d", n, pods)
		}
	})
}

// shipped reports that a pod is of a Deployment which nobody outside made.
func shipped(j *judge, p *corev1.Pod) bool {
	rs := j.controller(p, api.ReplicaSets)
	if rs == nil {
		return false
	}
	d := j.controller(rs, api.Deployments)
	return d != nil && fieldmanager.MadeWithin(d)
}

// controller is the object of a kind that controls another; nil if there is none.
func (j *judge) controller(o api.Object, r *api.Resource) api.Object {
	ref := api.ControllerOf(o)
	if ref == nil {
		return nil
	}
	if owner := j.mirror[r][api.Key(o.GetNamespace(), ref.Name)]; owner != nil && owner.GetUID() == ref.UID {
		return owner
	}
	return nil
}
