package framework

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// NodeInfo is a node with what runs on it, added up.
type NodeInfo struct {
	Node  *corev1.Node // nil: pods are bound to a node nobody has seen yet
	Name  string
	Index int32 // place in the cluster's node list, -1 while not in it

	Allocatable   Resource
	AllowedPods   int
	Requested     Resource
	NonZeroCPU    int64 // thousandths of a core
	NonZeroMemory int64 // bytes
	Pods          []*PodInfo
	UsedPorts     []UsedPort
	WithAffinity  int // pods with any inter-pod affinity
	WithAnti      int // pods with required anti-affinity
	// Nominated are waiting pods for which the node is set aside. The list is replaced, never changed.
	Nominated []*PodInfo
	// Generation and NominatedAt are other numbers after each change of the node and its pods, and of Nominated.
	Generation     uint64
	NominatedAt    uint64
	lowestPriority int32
	lowestKnown    bool
}

// UsedPort is a host port in use, n times.
type UsedPort struct {
	HostPort
	n int
}

// SetNode takes over a new version of the node.
func (n *NodeInfo) SetNode(node *corev1.Node) {
	n.Node = node
	if node == nil {
		return
	}
	n.Name = node.Name
	n.Allocatable = NewResource(node.Status.Allocatable)
	pods := node.Status.Allocatable[corev1.ResourcePods]
	n.AllowedPods = int(pods.Value())
}

// AddPod counts a pod in.
func (n *NodeInfo) AddPod(p *PodInfo) {
	n.Pods = append(n.Pods, p)
	n.count(p, 1)
	if n.lowestKnown {
		n.lowestPriority = min(n.lowestPriority, p.Shape.Priority)
	}
}

// RemovePod counts a pod out. It reports whether the pod was there.
func (n *NodeInfo) RemovePod(p *PodInfo) bool {
	i := slices.Index(n.Pods, p)
	if i < 0 {
		return false
	}
	last := len(n.Pods) - 1
	n.Pods[i] = n.Pods[last]
	n.Pods[last] = nil
	n.Pods = n.Pods[:last]
	n.count(p, -1)
	if n.lowestKnown && p.Shape.Priority == n.lowestPriority {
		n.lowestKnown = false
	}
	return true
}

func (n *NodeInfo) count(p *PodInfo, sign int64) {
	s := p.Shape
	n.Requested.add(&s.Held, sign)
	n.NonZeroCPU += sign * s.HeldNonZeroCPU
	n.NonZeroMemory += sign * s.HeldNonZeroMemory
	if s.HasAffinity() {
		n.WithAffinity += int(sign)
	}
	if len(s.RequiredAnti) > 0 {
		n.WithAnti += int(sign)
	}
	for _, hp := range s.Ports {
		i := slices.IndexFunc(n.UsedPorts, func(u UsedPort) bool { return u.HostPort == hp })
		if i < 0 {
			n.UsedPorts = append(n.UsedPorts, UsedPort{HostPort: hp})
			i = len(n.UsedPorts) - 1
		}
		if n.UsedPorts[i].n += int(sign); n.UsedPorts[i].n <= 0 {
			n.UsedPorts = slices.Delete(n.UsedPorts, i, i+1)
		}
	}
}

// LowestPriority is the lowest priority of the node's pods; ok is false when it has none.
func (n *NodeInfo) LowestPriority() (priority int32, ok bool) {
	if len(n.Pods) == 0 {
		return 0, false
	}
	if !n.lowestKnown {
		n.lowestPriority = n.Pods[0].Shape.Priority
		for _, p := range n.Pods[1:] {
			n.lowestPriority = min(n.lowestPriority, p.Shape.Priority)
		}
		n.lowestKnown = true
	}
	return n.lowestPriority, true
}

// Clone is a copy to try things out on.
func (n *NodeInfo) Clone() *NodeInfo {
	c := *n
	c.Requested = n.Requested.clone()
	c.Pods = slices.Clone(n.Pods)
	c.UsedPorts = slices.Clone(n.UsedPorts)
	return &c
}

// PortConflict reports that one of the ports is taken.
func (n *NodeInfo) PortConflict(want []HostPort) bool {
	for _, w := range want {
		for i := range n.UsedPorts {
			if w.conflicts(n.UsedPorts[i].HostPort) {
				return true
			}
		}
	}
	return false
}

// HostPort is a port of the node that a pod claims.
type HostPort struct {
	IP       string // "0.0.0.0" is every address
	Protocol corev1.Protocol
	Port     int32
}

func (a HostPort) conflicts(b HostPort) bool {
	return a.Port == b.Port && a.Protocol == b.Protocol && (a.IP == b.IP || a.IP == anyAddress || b.IP == anyAddress)
}

// PortsConflict reports that two pods cannot share a node.
func PortsConflict(a, b []HostPort) bool {
	for _, x := range a {
		for _, y := range b {
			if x.conflicts(y) {
				return true
			}
		}
	}
	return false
}

const anyAddress = "0.0.0.0"

// hostPorts lists what a pod's containers and sidecars claim.
func hostPorts(pod *corev1.Pod) []HostPort {
	var out []HostPort
	add := func(ports []corev1.ContainerPort) {
		for _, p := range ports {
			if p.HostPort <= 0 {
				continue
			}
			hp := HostPort{IP: p.HostIP, Protocol: p.Protocol, Port: p.HostPort}
			if hp.IP == "" {
				hp.IP = anyAddress
			}
			if hp.Protocol == "" {
				hp.Protocol = corev1.ProtocolTCP
			}
			out = append(out, hp)
		}
	}
	for i := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[i]
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			add(c.Ports)
		}
	}
	for i := range pod.Spec.Containers {
		add(pod.Spec.Containers[i].Ports)
	}
	return out
}
