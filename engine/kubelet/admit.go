package kubelet

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
)

// admit is the kubelet's own admission, pkg/kubelet/lifecycle/predicate.go: the scheduler may have decided on an old
// picture of the node, or somebody may have set nodeName by hand. reason is "" for a pod that is welcome.
func (k *Kubelet) admit(obj *corev1.Pod) (reason, message string) {
	labels := k.node.labels
	if n, ok := k.nodes.Get("", k.conf.NodeName); ok {
		labels = n.Labels
	}
	for key, v := range obj.Spec.NodeSelector {
		if labels[key] != v {
			return "NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"
		}
	}
	var pods int
	var cpu, mem int64
	for _, p := range k.pods {
		// What was deleted by force no longer counts, though it may still be ending: the API has forgotten it
		// (filterOutInactivePods sees only the pod manager's pods).
		if p.obj.UID == obj.UID || p.gone || p.finished || terminal(p.obj.Status.Phase) {
			continue
		}
		pods++
		c, m := requests(p.obj)
		cpu += c
		mem += m
	}
	text := func(name string, requested, used, capacity int64) string {
		n := func(x int64) string { return strconv.FormatInt(x, 10) }
		return "Node didn't have enough resource: " + name + ", requested: " + n(requested) + ", used: " + n(used) + ", capacity: " + n(capacity)
	}
	if pods+1 > k.conf.MaxPods {
		return "OutOfpods", text("pods", 1, int64(pods), int64(k.conf.MaxPods))
	}
	c, m := requests(obj)
	if c > 0 && cpu+c > k.cpu {
		return "OutOfcpu", text("cpu", c, cpu, k.cpu)
	}
	if m > 0 && mem+m > k.memory {
		return "OutOfmemory", text("memory", m, mem, k.memory)
	}
	return "", ""
}

// requests is a pod's effective request (k8s.io/component-helpers/resource): containers and sidecars together, or the
// largest moment of initialization if that is more.
func requests(obj *corev1.Pod) (milliCPU, memory int64) {
	var sideC, sideM, initC, initM int64
	for i := range obj.Spec.InitContainers {
		c := &obj.Spec.InitContainers[i]
		cpu, mem := c.Resources.Requests.Cpu().MilliValue(), c.Resources.Requests.Memory().Value()
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			sideC, sideM = sideC+cpu, sideM+mem
			initC, initM = max(initC, sideC), max(initM, sideM)
		} else {
			initC, initM = max(initC, sideC+cpu), max(initM, sideM+mem)
		}
	}
	for i := range obj.Spec.Containers {
		r := obj.Spec.Containers[i].Resources.Requests
		milliCPU += r.Cpu().MilliValue()
		memory += r.Memory().Value()
	}
	return max(milliCPU+sideC, initC) + obj.Spec.Overhead.Cpu().MilliValue(), max(memory+sideM, initM) + obj.Spec.Overhead.Memory().Value()
}
