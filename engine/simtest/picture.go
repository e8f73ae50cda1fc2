package simtest

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/stage"
)

// picture: what the page is shown is what the store has.
func picture(j *judge) {
	j.onCalm = append(j.onCalm, func() {
		pods, ready := 0, 0
		for _, o := range j.mirror[api.Pods] {
			p := o.(*corev1.Pod)
			if onNode(p) != p.UID || stage.Shipped(p) {
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
