package kubelet

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"

	"tabernetes/engine/api"
	"tabernetes/engine/api/nodeaffinity"
	"tabernetes/engine/client"
)

// reasonAffinity is that of pods which the node's labels refuse.
const reasonAffinity = "NodeAffinity"

// consider admits a new pod or rejects it. A pod that only the node's labels refuse gets a second chance with the node as the
// API server has it: the scheduler may have heard of a label before this kubelet did.
func (k *Kubelet) consider(p *pod) {
	node, ok := k.nodes.Get("", k.conf.NodeName)
	if !ok {
		node = &corev1.Node{}
		node.Name, node.Labels = k.conf.NodeName, k.node.labels
	}
	reason, message := k.admit(p.obj, node)
	decide := func() {
		if reason != "" {
			p.reject(reason, message)
			return
		}
		p.sync()
	}
	if reason != reasonAffinity {
		decide()
		return
	}
	p.undecided = true
	client.Get(k.c, api.Nodes, "", k.conf.NodeName, func(n *corev1.Node, err error) {
		p.undecided = false
		if p.gone || k.pods[p.obj.UID] != p {
			return
		}
		if err == nil {
			reason, message = k.admit(p.obj, n)
		}
		if p.obj.DeletionTimestamp != nil {
			reason = ""
		}
		decide()
	})
}

// admit is the kubelet's own admission, pkg/kubelet/lifecycle/predicate.go: the scheduler may have decided on an old
// picture of the node, or somebody may have set nodeName by hand. reason is "" for a pod that is welcome.
func (k *Kubelet) admit(obj *corev1.Pod, node *corev1.Node) (reason, message string) {
	if reason, message = k.admitResources(obj); reason != "" {
		return reason, message
	}
	failed := func(predicate, why string) (string, string) {
		return predicate, "Predicate " + predicate + " failed: " + why
	}
	if !nodeaffinity.RequiredOf(&obj.Spec).Match(node) {
		return failed(reasonAffinity, "node(s) didn't match Pod's node affinity/selector")
	}
	if k.portTaken(obj) {
		return failed("NodePorts", "node(s) didn't have free ports for the requested pod ports")
	}
	for i := range node.Spec.Taints {
		t := &node.Spec.Taints[i]
		if t.Effect == corev1.TaintEffectNoExecute && !slices.ContainsFunc(obj.Spec.Tolerations, func(o corev1.Toleration) bool { return o.ToleratesTaint(klog.Logger{}, t, false) }) {
			return failed("TaintToleration", "node(s) had taints that the pod didn't tolerate")
		}
	}
	return "", ""
}

// portTaken reports that a pod of the node has a host port that obj wants.
func (k *Kubelet) portTaken(obj *corev1.Pod) bool {
	for i := range obj.Spec.Containers {
		for _, want := range obj.Spec.Containers[i].Ports {
			if want.HostPort == 0 {
				continue
			}
			for _, p := range k.pods {
				if p.obj.UID == obj.UID || p.gone || p.finished || terminal(p.obj.Status.Phase) {
					continue
				}
				for j := range p.obj.Spec.Containers {
					if slices.ContainsFunc(p.obj.Spec.Containers[j].Ports, func(have corev1.ContainerPort) bool { return conflict(have, want) }) {
						return true
					}
				}
			}
		}
	}
	return false
}

func conflict(a, b corev1.ContainerPort) bool {
	every := func(ip string) bool { return ip == "" || ip == "0.0.0.0" }
	return a.HostPort == b.HostPort && a.Protocol == b.Protocol && (a.HostIP == b.HostIP || every(a.HostIP) || every(b.HostIP))
}

// admitResources is admission by what the node has left.
func (k *Kubelet) admitResources(obj *corev1.Pod) (reason, message string) {
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
