package validation

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

// eachPeer visits the peers of a policy in their order.
func eachPeer(spec *networkingv1.NetworkPolicySpec, visit func(p *field.Path, peer *networkingv1.NetworkPolicyPeer)) {
	for i := range spec.Ingress {
		for j := range spec.Ingress[i].From {
			visit(specPath.Child("ingress").Index(i).Child("from").Index(j), &spec.Ingress[i].From[j])
		}
	}
	for i := range spec.Egress {
		for j := range spec.Egress[i].To {
			visit(specPath.Child("egress").Index(i).Child("to").Index(j), &spec.Egress[i].To[j])
		}
	}
}

// knownBlocks are the ranges a policy already has: they pass an update unchecked.
func knownBlocks(spec *networkingv1.NetworkPolicySpec) (out []string) {
	eachPeer(spec, func(_ *field.Path, peer *networkingv1.NetworkPolicyPeer) {
		if b := peer.IPBlock; b != nil {
			out = append(append(out, b.CIDR), b.Except...)
		}
	})
	return out
}

func (e *errs) networkPolicySpec(spec *networkingv1.NetworkPolicySpec, had []string) {
	e.labelSelector(specPath.Child("podSelector"), &spec.PodSelector)
	rule := func(p *field.Path, peers string, ports []networkingv1.NetworkPolicyPort, list []networkingv1.NetworkPolicyPeer) {
		for i := range ports {
			e.policyPort(p.Child("ports").Index(i), &ports[i])
		}
		for i := range list {
			e.policyPeer(p.Child(peers).Index(i), &list[i], had)
		}
	}
	for i := range spec.Ingress {
		rule(specPath.Child("ingress").Index(i), "from", spec.Ingress[i].Ports, spec.Ingress[i].From)
	}
	for i := range spec.Egress {
		rule(specPath.Child("egress").Index(i), "to", spec.Egress[i].Ports, spec.Egress[i].To)
	}
	types := specPath.Child("policyTypes")
	if len(spec.PolicyTypes) > 2 {
		e.invalid(types, &spec.PolicyTypes, "may not specify more than two policyTypes")
	} else {
		for i, t := range spec.PolicyTypes {
			oneOf(e, types.Index(i), t, networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress)
		}
	}
	eachPeer(spec, func(p *field.Path, peer *networkingv1.NetworkPolicyPeer) {
		if peer.IPBlock != nil {
			e.nonEmpty(p.Child("ipBlock", "cidr"), peer.IPBlock.CIDR) // a rule generated from the types
		}
	})
}

func (e *errs) policyPort(p *field.Path, port *networkingv1.NetworkPolicyPort) {
	optionalOneOf(e, p.Child("protocol"), port.Protocol, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP)
	at, end := p.Child("port"), p.Child("endPort")
	switch {
	case port.Port == nil:
		if port.EndPort != nil {
			e.invalid(end, *port.EndPort, "may not be specified when `port` is not specified")
		}
	case port.Port.Type == intstr.Int:
		e.each(at, port.Port.IntVal, validation.IsValidPortNum(int(port.Port.IntVal)))
		if port.EndPort != nil {
			if *port.EndPort < port.Port.IntVal {
				e.invalid(end, *port.EndPort, "must be greater than or equal to `port`")
			}
			e.each(end, *port.EndPort, validation.IsValidPortNum(int(*port.EndPort)))
		}
	default:
		if port.EndPort != nil {
			e.invalid(end, *port.EndPort, "may not be specified when `port` is non-numeric")
		}
		e.each(at, port.Port.StrVal, validation.IsValidPortName(port.Port.StrVal))
	}
}

func (e *errs) policyPeer(p *field.Path, peer *networkingv1.NetworkPolicyPeer, had []string) {
	e.labelSelector(p.Child("podSelector"), peer.PodSelector)
	e.labelSelector(p.Child("namespaceSelector"), peer.NamespaceSelector)
	if peer.IPBlock != nil {
		e.ipBlock(p.Child("ipBlock"), peer.IPBlock, had)
	}
	switch selects := peer.PodSelector != nil || peer.NamespaceSelector != nil; {
	case !selects && peer.IPBlock == nil:
		e.required(p, "must specify a peer")
	case selects && peer.IPBlock != nil:
		e.forbidden(p, "may not specify both ipBlock and another peer")
	}
}

func (e *errs) ipBlock(p *field.Path, b *networkingv1.IPBlock, had []string) {
	if b.CIDR == "" {
		return // reported at the end
	}
	e.cidr(p.Child("cidr"), b.CIDR, had)
	_, all, err := netutils.ParseCIDRSloppy(b.CIDR)
	if err != nil {
		return
	}
	size, _ := all.Mask.Size()
	for i, text := range b.Except {
		at := p.Child("except").Index(i)
		e.cidr(at, text, had)
		_, part, err := netutils.ParseCIDRSloppy(text)
		if err != nil {
			continue
		}
		if n, _ := part.Mask.Size(); !all.Contains(part.IP) || size >= n {
			e.invalid(at, text, "must be a strict subset of `cidr`")
		}
	}
}
