package endpointslicemirroring

import (
	"maps"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	netutils "k8s.io/utils/net"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/endpointrules"
)

// group is a slice as it should be: the addresses of one kind with the same ports.
type group struct {
	family    discoveryv1.AddressType
	key       string // of the ports
	ports     []discoveryv1.EndpointPort
	endpoints []discoveryv1.Endpoint
	have      map[identity]int
}

// identity is what upstream hashes of an endpoint.
type identity struct{ ip, hostname, namespace, name string }

func identityOf(e *discoveryv1.Endpoint) identity {
	id := identity{ip: strings.Join(e.Addresses, " ")}
	if e.Hostname != nil {
		id.hostname = *e.Hostname
	}
	if e.TargetRef != nil {
		id.namespace, id.name = e.TargetRef.Namespace, e.TargetRef.Name
	}
	return id
}

func (g *group) add(e discoveryv1.Endpoint) {
	id := identityOf(&e)
	if i, ok := g.have[id]; ok {
		g.endpoints[i] = e
		return
	}
	g.have[id] = len(g.endpoints)
	g.endpoints = append(g.endpoints, e)
}

// desired are the groups of all subsets in their canonical layout, how many addresses were none, and how many were left
// out, those included.
func desired(ep *corev1.Endpoints) (groups []*group, invalid, skipped int) {
	for _, sub := range endpointrules.Repack(ep.Subsets) {
		key, ports := endpointrules.SlicePorts(slicePorts(sub.Ports))
		both := map[discoveryv1.AddressType]*group{}
		for _, t := range [...]discoveryv1.AddressType{discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv6} {
			for _, g := range groups {
				if g.family == t && g.key == key {
					both[t] = g
				}
			}
			if both[t] == nil {
				both[t] = &group{family: t, key: key, ports: ports, have: map[identity]int{}}
				groups = append(groups, both[t])
			}
		}
		n := 0
		add := func(list []corev1.EndpointAddress, ready bool) {
			for i := range list {
				if n >= MaxAddresses {
					return
				}
				ip, ok := parse(list[i].IP)
				if !ok {
					invalid++
					continue
				}
				t := discoveryv1.AddressTypeIPv4
				if ip.Is6() {
					t = discoveryv1.AddressTypeIPv6
				}
				both[t].add(endpointOf(&list[i], ip, ready))
				n++
			}
		}
		add(sub.Addresses, true)
		add(sub.NotReadyAddresses, false)
		skipped += len(sub.Addresses) + len(sub.NotReadyAddresses) - n
	}
	return groups, invalid, skipped
}

// parse reads an address as upstream's older parser does: leading zeros are none.
func parse(text string) (netip.Addr, bool) {
	ip, ok := netip.AddrFromSlice(netutils.ParseIPSloppy(text))
	return ip.Unmap(), ok
}

func slicePorts(ports []corev1.EndpointPort) []discoveryv1.EndpointPort {
	out := make([]discoveryv1.EndpointPort, len(ports))
	for i := range ports {
		p := ports[i]
		out[i] = discoveryv1.EndpointPort{Name: &p.Name, Port: &p.Port, Protocol: &p.Protocol, AppProtocol: p.AppProtocol}
	}
	return out
}

func endpointOf(a *corev1.EndpointAddress, ip netip.Addr, ready bool) discoveryv1.Endpoint {
	e := discoveryv1.Endpoint{
		Addresses: []string{ip.String()}, Conditions: discoveryv1.EndpointConditions{Ready: &ready},
		TargetRef: a.TargetRef, NodeName: a.NodeName,
	}
	if a.Hostname != "" {
		e.Hostname = &a.Hostname
	}
	return e
}

// same reports that a slice holds just the endpoints of a group, in any order.
func (g *group) same(s *discoveryv1.EndpointSlice) bool {
	if len(s.Endpoints) != len(g.endpoints) {
		return false
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		at, ok := g.have[identityOf(e)]
		if !ok {
			return false
		}
		w := &g.endpoints[at]
		if !equal(w.NodeName, e.NodeName) || !equal(w.Zone, e.Zone) || !equal(w.Conditions.Ready, e.Conditions.Ready) ||
			!equal(w.Conditions.Serving, e.Conditions.Serving) || !equal(w.Conditions.Terminating, e.Conditions.Terminating) ||
			!sameTarget(w.TargetRef, e.TargetRef) {
			return false
		}
	}
	return true
}

func equal[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

func sameTarget(a, b *corev1.ObjectReference) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := *a, *b
	x.ResourceVersion, y.ResourceVersion = "", ""
	return x == y
}

// without is a copy of m that lacks some keys.
func without(m map[string]string, keys ...string) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = v
	}
	for _, k := range keys {
		delete(out, k)
	}
	return out
}

func annotations(ep *corev1.Endpoints) map[string]string {
	return without(ep.Annotations, corev1.EndpointsLastChangeTriggerTime, corev1.LastAppliedConfigAnnotation)
}

// upToDate reports that a slice needs no write: what it lists, its labels and annotations are the Endpoints', and it
// belongs to these and not to older ones of the name.
func (g *group) upToDate(ep *corev1.Endpoints, s *discoveryv1.EndpointSlice) bool {
	for _, r := range s.OwnerReferences {
		if r.Kind == "Endpoints" && r.Name == ep.Name && r.UID != ep.UID {
			return false
		}
	}
	return g.same(s) && maps.Equal(ep.Labels, without(s.Labels, discoveryv1.LabelManagedBy, discoveryv1.LabelServiceName)) &&
		maps.Equal(annotations(ep), s.Annotations)
}

// object is the slice of a group; without a name it will get one.
func (g *group) object(ep *corev1.Endpoints, name string) *discoveryv1.EndpointSlice {
	labels := without(ep.Labels)
	labels[discoveryv1.LabelServiceName], labels[discoveryv1.LabelManagedBy] = ep.Name, Name
	s := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: ep.Namespace, Labels: labels, Annotations: annotations(ep),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(ep, api.Endpoints.GVK())}},
		AddressType: g.family, Ports: g.ports, Endpoints: g.endpoints[:min(len(g.endpoints), MaxAddresses)],
	}
	if name == "" {
		if s.GenerateName = ep.Name + "-"; len(s.GenerateName) > 253 {
			s.GenerateName = ep.Name
		}
	}
	return s
}
