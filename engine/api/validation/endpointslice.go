package validation

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	maxEndpoints         = 1000
	maxEndpointPorts     = 20000
	maxEndpointAddresses = 100
	maxEndpointTopology  = 16
	maxEndpointHints     = 8
)

// endpointSlice checks a slice; old is nil on create. Upstream checks a slice's metadata in full on updates too, but
// not against the old ones.
func (e *errs) endpointSlice(s, old *discoveryv1.EndpointSlice) {
	e.objectMeta(&s.ObjectMeta, true, subdomainName)
	someOf(e, field.NewPath("addressType"), s.AddressType, discoveryv1.AddressTypeFQDN, discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv6)
	e.endpointPorts(field.NewPath("ports"), s.Ports)
	if old != nil && s.AddressType == old.AddressType && len(s.Endpoints) == len(old.Endpoints) &&
		apiequality.Semantic.DeepEqual(s.Endpoints, old.Endpoints) {
		return
	}
	e.endpoints(field.NewPath("endpoints"), s.Endpoints, s.AddressType)
}

func (e *errs) endpointSliceUpdate(s, old *discoveryv1.EndpointSlice) {
	e.endpointSlice(s, old)
	if s.AddressType != old.AddressType {
		e.invalid(field.NewPath("addressType"), s.AddressType, msgImmutable)
	}
}

func (e *errs) endpointPorts(p *field.Path, ports []discoveryv1.EndpointPort) {
	if len(ports) > maxEndpointPorts {
		e.tooMany(p, len(ports), maxEndpointPorts)
		return
	}
	names := make([]string, 0, len(ports))
	for i := range ports {
		port, at := &ports[i], p.Index(i)
		name := deref(port.Name, "")
		if name != "" {
			e.label(at.Child("name"), name)
		}
		if slices.Contains(names, name) {
			e.duplicate(at.Child("name"), port.Name)
		} else {
			names = append(names, name)
		}
		if port.Protocol == nil {
			e.required(at.Child("protocol"), "")
		} else {
			oneOf(e, at.Child("protocol"), *port.Protocol, corev1.ProtocolSCTP, corev1.ProtocolTCP, corev1.ProtocolUDP)
		}
		if port.AppProtocol != nil {
			e.qualified(at.Child("appProtocol"), *port.AppProtocol)
		}
	}
}

func (e *errs) endpoints(p *field.Path, endpoints []discoveryv1.Endpoint, kind discoveryv1.AddressType) {
	if len(endpoints) > maxEndpoints {
		e.tooMany(p, len(endpoints), maxEndpoints)
		return
	}
	for i := range endpoints {
		ep, at := &endpoints[i], p.Index(i)
		e.endpointAddresses(at.Child("addresses"), ep.Addresses, kind)
		if ep.NodeName != nil {
			e.subdomain(at.Child("nodeName"), *ep.NodeName)
		}
		topology := at.Child("deprecatedTopology")
		if n := len(ep.DeprecatedTopology); n > maxEndpointTopology {
			e.tooMany(topology, n, maxEndpointTopology)
		}
		e.labels(topology, ep.DeprecatedTopology)
		if ep.Hostname != nil {
			e.label(at.Child("hostname"), *ep.Hostname)
		}
		if ep.Hints != nil {
			e.endpointHints(at.Child("hints"), ep.Hints)
		}
	}
}

func (e *errs) endpointAddresses(p *field.Path, addresses []string, kind discoveryv1.AddressType) {
	if len(addresses) == 0 {
		e.required(p, "must contain at least 1 address")
	} else if len(addresses) > maxEndpointAddresses {
		e.tooMany(p, len(addresses), maxEndpointAddresses)
	}
	for i, address := range addresses {
		at := p.Index(i)
		switch kind {
		case discoveryv1.AddressTypeIPv4:
			if e.ip(at, address, nil) {
				if isIPv6(address) {
					e.invalid(p, address, "must be an IPv4 address")
				}
				e.endpointIP(at, address)
			}
		case discoveryv1.AddressTypeIPv6:
			if wrong := validation.IsValidIP(at, address); len(wrong) > 0 {
				e.addAll(wrong)
			} else {
				if !isIPv6(address) {
					e.invalid(p, address, "must be an IPv6 address")
				}
				e.endpointIP(at, address)
			}
		case discoveryv1.AddressTypeFQDN:
			e.addAll(validation.IsFullyQualifiedDomainName(at, address))
		}
	}
}

func (e *errs) endpointHints(p *field.Path, hints *discoveryv1.EndpointHints) {
	zones, nodes := p.Child("forZones"), p.Child("forNodes")
	if n := len(hints.ForZones); n > maxEndpointHints {
		e.tooMany(zones, n, maxEndpointHints)
		return
	}
	for i, zone := range hints.ForZones {
		at := zones.Index(i).Child("name")
		if slices.Contains(hints.ForZones[:i], zone) {
			e.duplicate(at, zone.Name)
		}
		e.each(at, zone.Name, validation.IsValidLabelValue(zone.Name))
	}
	if n := len(hints.ForNodes); n > maxEndpointHints {
		e.tooMany(nodes, n, maxEndpointHints)
		return
	}
	for i, node := range hints.ForNodes {
		at := nodes.Index(i).Child("name")
		if slices.Contains(hints.ForNodes[:i], node) {
			e.duplicate(at, node.Name)
		}
		e.subdomain(at, node.Name)
	}
}
