package simtest

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// overcommit: what the pods bound to a node and not ended ask for is at most what the node has to give.
func overcommit(j *judge) {
	on := map[string]map[string]*corev1.Pod{} // by node and key
	j.onChange = append(j.onChange, func(r *api.Resource, old, new api.Object) {
		if r != api.Pods {
			return
		}
		if p, ok := old.(*corev1.Pod); ok {
			delete(on[p.Spec.NodeName], api.KeyOf(p))
		}
		p, ok := new.(*corev1.Pod)
		if !ok || p.Spec.NodeName == "" || ended(p) {
			return
		}
		name := p.Spec.NodeName
		if on[name] == nil {
			on[name] = map[string]*corev1.Pod{}
		}
		on[name][api.KeyOf(p)] = p
		if q, ok := old.(*corev1.Pod); ok && q.UID == p.UID && q.Spec.NodeName == name {
			return // it was counted
		}
		n, ok := j.mirror[api.Nodes][name].(*corev1.Node)
		if !ok {
			return
		}
		var cpu, mem int64
		for _, p := range on[name] {
			c, m := requests(p)
			cpu, mem = cpu+c, mem+m
		}
		a := n.Status.Allocatable
		if c, m, most := a.Cpu().MilliValue(), a.Memory().Value(), a.Pods().Value(); cpu > c || mem > m || int64(len(on[name])) > most {
			j.fault("overcommit", "%s: %d pods of %d, %dm of %dm CPU, %d of %d bytes after the binding of %s", name, len(on[name]), most, cpu, c, mem, m, api.KeyOf(p))
		}
	})
}

func ended(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
}

// requests are a pod's, in thousandths of a core and bytes.
func requests(p *corev1.Pod) (cpu, mem int64) {
	for i := range p.Spec.Containers {
		r := p.Spec.Containers[i].Resources.Requests
		cpu += r.Cpu().MilliValue()
		mem += r.Memory().Value()
	}
	return cpu, mem
}
