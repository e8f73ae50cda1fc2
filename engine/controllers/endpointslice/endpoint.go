package endpointslice

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/endpointrules"
)

// isEndpoint reports pods that belong into slices: with an address, and not ended.
func isEndpoint(p *corev1.Pod) bool {
	return !isTerminal(p) && (p.Status.PodIP != "" || len(p.Status.PodIPs) > 0)
}

func isTerminal(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodFailed || p.Status.Phase == corev1.PodSucceeded
}

// yes and no are shared by all endpoints: objects are never written to.
var yes, no = true, false

func pointer(b bool) *bool {
	if b {
		return &yes
	}
	return &no
}

// endpointOf is the endpoint of a pod; node is nil if it is unknown.
func endpointOf(p *corev1.Pod, node *corev1.Node, svc *corev1.Service, family discoveryv1.AddressType) discoveryv1.Endpoint {
	serving, terminating := api.PodReady(p), p.DeletionTimestamp != nil
	ready := svc.Spec.PublishNotReadyAddresses || serving && !terminating
	e := discoveryv1.Endpoint{
		Addresses:  addresses(p, family),
		Conditions: discoveryv1.EndpointConditions{Ready: pointer(ready), Serving: pointer(serving), Terminating: pointer(terminating)},
		TargetRef:  &corev1.ObjectReference{Kind: "Pod", Namespace: p.Namespace, Name: p.Name, UID: p.UID},
	}
	if p.Spec.NodeName != "" {
		e.NodeName = &p.Spec.NodeName
	}
	if node != nil {
		if zone := node.Labels[corev1.LabelTopologyZone]; zone != "" {
			e.Zone = &zone
		}
	}
	if p.Spec.Hostname != "" && p.Spec.Subdomain == svc.Name {
		e.Hostname = &p.Spec.Hostname
	}
	if ready {
		e.Hints = hints(&e, svc)
	}
	return e
}

// hints are those of the Service's trafficDistribution (k8s.io/endpointslice/trafficdist).
func hints(e *discoveryv1.Endpoint, svc *corev1.Service) *discoveryv1.EndpointHints {
	if svc.Spec.TrafficDistribution == nil || topologyMode(svc) {
		return nil
	}
	h := &discoveryv1.EndpointHints{}
	switch *svc.Spec.TrafficDistribution {
	case corev1.ServiceTrafficDistributionPreferSameNode:
		if e.NodeName != nil {
			h.ForNodes = []discoveryv1.ForNode{{Name: *e.NodeName}}
		}
	case corev1.ServiceTrafficDistributionPreferClose, corev1.ServiceTrafficDistributionPreferSameZone:
	default:
		return nil
	}
	if e.Zone != nil {
		h.ForZones = []discoveryv1.ForZone{{Name: *e.Zone}}
	}
	if h.ForNodes == nil && h.ForZones == nil {
		return nil
	}
	return h
}

// topologyMode reports the annotation that takes precedence over trafficDistribution.
func topologyMode(svc *corev1.Service) bool {
	v, ok := svc.Annotations[corev1.DeprecatedAnnotationTopologyAwareHints]
	if !ok {
		v = svc.Annotations[corev1.AnnotationTopologyMode]
	}
	return v == "Auto" || v == "auto"
}

func addresses(p *corev1.Pod, family discoveryv1.AddressType) []string {
	var out []string
	for i := range p.Status.PodIPs {
		ip, err := netip.ParseAddr(p.Status.PodIPs[i].IP)
		if err != nil {
			continue
		}
		ip = ip.Unmap()
		if ip.Is6() == (family == discoveryv1.AddressTypeIPv6) {
			out = append(out, ip.String())
		}
	}
	if len(out) > 1 {
		slices.Sort(out)
	}
	return out
}

// sameIdentity compares what upstream hashes: two endpoints of a pod with another address or hostname are different
// endpoints, with other conditions they are the same one.
func sameIdentity(a, b *discoveryv1.Endpoint) bool {
	return equalStrings(a.Hostname, b.Hostname) && slices.Equal(a.Addresses, b.Addresses)
}

// equalBeyond compares the rest, with or without hints.
func equalBeyond(a, b *discoveryv1.Endpoint, hints bool) bool {
	return equalStrings(a.NodeName, b.NodeName) && equalStrings(a.Zone, b.Zone) &&
		equalBools(a.Conditions.Ready, b.Conditions.Ready) && equalBools(a.Conditions.Serving, b.Conditions.Serving) &&
		equalBools(a.Conditions.Terminating, b.Conditions.Terminating) &&
		a.TargetRef != nil && b.TargetRef != nil && a.TargetRef.UID == b.TargetRef.UID && a.TargetRef.Name == b.TargetRef.Name &&
		(!hints || equalHints(a.Hints, b.Hints))
}

func equalHints(a, b *discoveryv1.EndpointHints) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.Equal(a.ForZones, b.ForZones) && slices.Equal(a.ForNodes, b.ForNodes)
}

func equalStrings(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }

func equalBools(a, b *bool) bool { return a == b || a != nil && b != nil && *a == *b }

// portSet are the ports of a group of slices.
type portSet struct {
	key   string
	ports []discoveryv1.EndpointPort
}

// portsOf resolves the ports of a Service at a pod. Named ports that the pod does not have are left out.
func portsOf(svc *corev1.Service, p *corev1.Pod) []discoveryv1.EndpointPort {
	if len(svc.Spec.Ports) == 0 && svc.Spec.ClusterIP == corev1.ClusterIPNone {
		return nil
	}
	var out []discoveryv1.EndpointPort
	for i := range svc.Spec.Ports {
		sp := &svc.Spec.Ports[i]
		if n, ok := endpointrules.FindPort(p, sp); ok {
			out = append(out, discoveryv1.EndpointPort{Name: &sp.Name, Port: &n, Protocol: &sp.Protocol, AppProtocol: sp.AppProtocol})
		}
	}
	return out
}

// newPortSet puts ports into upstream's order, which is that of hashes of their dumps, and gives them a key.
func newPortSet(ports []discoveryv1.EndpointPort) portSet {
	key, ports := endpointrules.SlicePorts(ports)
	return portSet{key, ports}
}
