package simtest

import (
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// order: a StatefulSet of the policy OrderedReady takes a pod away because it is one too many only when those behind it
// are gone.
func order(j *judge) {
	b := &bounds{j: j}
	j.onChange = append(j.onChange, func(r *api.Resource, old, new api.Object) {
		if r != api.Pods {
			return
		}
		was, _ := old.(*corev1.Pod)
		is, _ := new.(*corev1.Pod)
		p := is
		if p == nil {
			p = was
		}
		set, n := j.setOf(p)
		if set == nil || set.Spec.PodManagementPolicy != appsv1.OrderedReadyPodManagement || set.DeletionTimestamp != nil {
			return
		}
		first := 0
		if set.Spec.Ordinals != nil {
			first = int(set.Spec.Ordinals.Start)
		}
		switch {
		case is != nil && is.DeletionTimestamp != nil && was.DeletionTimestamp == nil && n >= first+int(*set.Spec.Replicas):
			if !strings.HasPrefix(b.writer("pods/"+api.KeyOf(p)), "kube-controller-manager@") || b.evicted(p) {
				return
			}
			for _, o := range j.mirror[api.Pods] {
				if x, k := j.setOf(o.(*corev1.Pod)); x == set && k > n {
					j.fault("order", "StatefulSet %s: pod %d is taken away before pod %d", api.KeyOf(set), n, k)
				}
			}
		}
	})
}

// setOf is the StatefulSet of a pod, and the pod's ordinal; nil if it has none.
func (j *judge) setOf(p *corev1.Pod) (*appsv1.StatefulSet, int) {
	ref := api.ControllerOf(p)
	if ref == nil || ref.Kind != "StatefulSet" {
		return nil, 0
	}
	set, _ := j.mirror[api.StatefulSets][api.Key(p.Namespace, ref.Name)].(*appsv1.StatefulSet)
	n, err := strconv.Atoi(p.Name[strings.LastIndexByte(p.Name, '-')+1:])
	if set == nil || set.UID != ref.UID || err != nil {
		return nil, 0
	}
	return set, n
}
