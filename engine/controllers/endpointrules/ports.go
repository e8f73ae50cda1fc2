package endpointrules

import (
	"encoding/hex"
	"hash/fnv"
	"slices"
	"sort"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// FindPort is the number of a port of a Service at a pod. A named port that no container of the pod has is not found;
// of the init containers those count that run beside the others.
func FindPort(p *corev1.Pod, sp *corev1.ServicePort) (int32, bool) {
	if sp.TargetPort.Type == intstr.Int {
		return sp.TargetPort.IntVal, true
	}
	in := func(c *corev1.Container) (int32, bool) {
		for i := range c.Ports {
			if c.Ports[i].Name == sp.TargetPort.StrVal && c.Ports[i].Protocol == sp.Protocol {
				return c.Ports[i].ContainerPort, true
			}
		}
		return 0, false
	}
	for i := range p.Spec.Containers {
		if n, ok := in(&p.Spec.Containers[i]); ok {
			return n, true
		}
	}
	for i := range p.Spec.InitContainers {
		c := &p.Spec.InitContainers[i]
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			if n, ok := in(c); ok {
				return n, true
			}
		}
	}
	return 0, false
}

// SlicePorts are ports of an EndpointSlice in upstream's order, and a key that is the same for the same ports.
func SlicePorts(ports []discoveryv1.EndpointPort) (string, []discoveryv1.EndpointPort) {
	hashes := make([]string, len(ports))
	for i := range ports {
		hashes[i] = hash(dumpSlicePort(&ports[i]))
	}
	ports = slices.Clone(ports)
	sort.Sort(byHash[discoveryv1.EndpointPort]{ports, hashes})
	key := ""
	for _, h := range hashes {
		key += hex.EncodeToString([]byte(h))
	}
	return key, ports
}

// SortPorts puts ports of Endpoints into upstream's order, in place.
func SortPorts(ports []corev1.EndpointPort) {
	if len(ports) < 2 {
		return
	}
	hashes := make([]string, len(ports))
	for i := range ports {
		hashes[i] = hash("(v1.EndpointPort)" + dumpPort(&ports[i]))
	}
	sort.Sort(byHash[corev1.EndpointPort]{ports, hashes})
}

// byHash sorts things whose hashes are known.
type byHash[T any] struct {
	items  []T
	hashes []string
}

func (b byHash[T]) Len() int           { return len(b.items) }
func (b byHash[T]) Less(i, j int) bool { return b.hashes[i] < b.hashes[j] }
func (b byHash[T]) Swap(i, j int) {
	b.items[i], b.items[j] = b.items[j], b.items[i]
	b.hashes[i], b.hashes[j] = b.hashes[j], b.hashes[i]
}

// hash is the one of pkg/util/hash, DeepHashObject, of what was dumped.
func hash(dump string) string {
	h := fnv.New128a()
	h.Write([]byte(dump))
	return string(h.Sum(nil))
}

// dumpSlicePort writes a port as go-spew does (k8s.io/utils/dump, ForHash).
func dumpSlicePort(p *discoveryv1.EndpointPort) string {
	s := "(v1.EndpointPort){Name:" + pointer(p.Name, "string") + " Protocol:"
	if p.Protocol == nil {
		s += pointer(nil, "v1.Protocol")
	} else {
		protocol := string(*p.Protocol)
		s += pointer(&protocol, "v1.Protocol")
	}
	s += " Port:(*int32)"
	if p.Port == nil {
		s += "<nil>"
	} else {
		s += strconv.Itoa(int(*p.Port))
	}
	return s + " AppProtocol:" + pointer(p.AppProtocol, "string") + "}"
}

// dumpPort is the same for a port of Endpoints, without the type's name, which is left out within lists.
func dumpPort(p *corev1.EndpointPort) string {
	return "{Name:(string)" + p.Name + " Port:(int32)" + strconv.Itoa(int(p.Port)) + " Protocol:(v1.Protocol)" + string(p.Protocol) +
		" AppProtocol:" + pointer(p.AppProtocol, "string") + "}"
}

func pointer(v *string, typ string) string {
	if v == nil {
		return "(*" + typ + ")<nil>"
	}
	return "(*" + typ + ")" + *v
}
