package validation

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ServiceIPs checks the addresses and families of a Service alone, before any are allocated (upstream:
// ValidateServiceClusterIPsRelatedFields); old is nil for a new one.
func ServiceIPs(s, old *corev1.Service) field.ErrorList {
	e := &errs{}
	e.clusterIPs(s, old)
	return e.list
}

// clusterIPs checks the addresses of a Service and their families against one another.
func (e *errs) clusterIPs(s, old *corev1.Service) {
	spec := &s.Spec
	if spec.Type == corev1.ServiceTypeExternalName {
		return
	}
	p := specPath.Child("clusterIPs")
	switch {
	case spec.ClusterIP == "" && len(spec.ClusterIPs) > 0:
		e.invalid(p, spec.ClusterIPs, "must be empty when `clusterIP` is not specified")
	case spec.ClusterIP != "" && len(spec.ClusterIPs) == 0:
		e.required(p, "")
	case spec.ClusterIP != "" && spec.ClusterIPs[0] != spec.ClusterIP:
		e.invalid(p, spec.ClusterIPs, "first value must match `clusterIP`")
	}
	families := specPath.Child("ipFamilies")
	seen := map[corev1.IPFamily]bool{}
	for i, family := range spec.IPFamilies {
		oneOf(e, families.Index(i), family, corev1.IPv4Protocol, corev1.IPv6Protocol)
		if seen[family] {
			e.duplicate(families.Index(i), family)
		}
		seen[family] = true
	}
	optionalOneOf(e, specPath.Child("ipFamilyPolicy"), spec.IPFamilyPolicy, corev1.IPFamilyPolicyPreferDualStack,
		corev1.IPFamilyPolicyRequireDualStack, corev1.IPFamilyPolicySingleStack)
	var had []string
	if old != nil {
		had = old.Spec.ClusterIPs
	}
	good := true
	for i, ip := range spec.ClusterIPs {
		if i == 0 && ip == corev1.ClusterIPNone {
			if len(spec.ClusterIPs) > 1 {
				e.invalid(p, spec.ClusterIPs, "'None' must be the first and only value")
				good = false
			}
			continue
		}
		wrong := validation.IsValidIPForLegacyField(p.Index(i), ip, true, had)
		e.addAll(wrong)
		good = good && len(wrong) == 0
	}
	if len(spec.ClusterIPs) > 2 {
		e.invalid(p, spec.ClusterIPs, "may only hold up to 2 values")
	}
	if !good {
		return // what follows would only confuse
	}
	if len(spec.ClusterIPs) > 1 && !isDualStack(spec.ClusterIPs) {
		e.invalid(p, spec.ClusterIPs, "may specify no more than one IP for each IP family")
	}
	if isHeadless(s) {
		return
	}
	for i, ip := range spec.ClusterIPs {
		if i >= len(spec.IPFamilies) {
			break
		}
		switch family := spec.IPFamilies[i]; {
		case family == corev1.IPv4Protocol && isIPv6(ip):
			e.invalid(p.Index(i), ip, fmt.Sprintf("expected an IPv4 value as indicated by `ipFamilies[%v]`", i))
		case family == corev1.IPv6Protocol && !isIPv6(ip):
			e.invalid(p.Index(i), ip, fmt.Sprintf("expected an IPv6 value as indicated by `ipFamilies[%v]`", i))
		}
	}
}

func (e *errs) serviceUpdate(s, old *corev1.Service) {
	e.objectMetaUpdate(&s.ObjectMeta, &old.ObjectMeta)
	if s.Spec.Type != corev1.ServiceTypeExternalName && old.Spec.Type != corev1.ServiceTypeExternalName {
		e.clusterIPsUpdate(s, old)
		e.ipFamiliesUpdate(s, old)
	}
	e.loadBalancerClass(s, old)
	if needsHealthCheckPort(old) && needsHealthCheckPort(s) && s.Spec.HealthCheckNodePort != old.Spec.HealthCheckNodePort {
		e.forbidden(specPath.Child("healthCheckNodePort"), msgImmutable)
	}
	e.service(s, old)
}

func isSingleStack(s *corev1.Service) bool {
	return s.Spec.IPFamilyPolicy != nil && *s.Spec.IPFamilyPolicy == corev1.IPFamilyPolicySingleStack
}

// clusterIPsUpdate: the second address may come and go with the second family; the first never changes.
func (e *errs) clusterIPsUpdate(s, old *corev1.Service) {
	if isHeadless(s) && isHeadless(old) {
		return
	}
	p, now, was := specPath.Child("clusterIPs"), s.Spec.ClusterIPs, old.Spec.ClusterIPs
	if len(now) == len(was) {
		for i := range was {
			if was[i] != now[i] {
				e.invalid(p.Index(i), now, "may not change once set")
			}
		}
		return
	}
	if len(now) == 0 {
		e.invalid(p.Index(0), now, "primary clusterIP can not be unset")
	} else if len(was) > 0 && now[0] != was[0] {
		e.invalid(p.Index(0), now, "may not change once set")
	}
	if len(was) > len(now) && len(now) == 1 && !isSingleStack(s) {
		e.invalid(specPath.Child("ipFamilyPolicy"), s.Spec.IPFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary clusterIP")
	}
}

// ipFamiliesUpdate follows the same rule, except that a headless Service may change its families.
func (e *errs) ipFamiliesUpdate(s, old *corev1.Service) {
	if isHeadless(s) || isHeadless(old) {
		return
	}
	p, now, was := specPath.Child("ipFamilies").Index(0), s.Spec.IPFamilies, old.Spec.IPFamilies
	if len(now) == len(was) {
		for i := range was {
			if was[i] != now[i] {
				e.invalid(p, now, "may not change once set")
			}
		}
		return
	}
	if len(was) > len(now) && len(s.Spec.ClusterIPs) == 0 {
		e.invalid(p, now, "primary ipFamily can not be unset")
	}
	if len(was) > 0 && len(now) > 0 && now[0] != was[0] {
		e.invalid(p, s.Spec.ClusterIPs, "may not change once set") // upstream shows the addresses here
	}
	if len(was) > len(now) && len(now) == 1 && !isSingleStack(s) {
		e.invalid(specPath.Child("ipFamilyPolicy"), s.Spec.IPFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary ipFamily")
	}
}

func (e *errs) serviceStatusUpdate(s, old *corev1.Service) {
	e.objectMetaUpdate(&s.ObjectMeta, &old.ObjectMeta)
	p := statusPath.Child("loadBalancer", "ingress")
	ingress := s.Status.LoadBalancer.Ingress
	if !isLoadBalancer(s) && len(ingress) > 0 {
		e.forbidden(p, "may only be used when `spec.type` is 'LoadBalancer'")
		return
	}
	var had []string
	for i := range old.Status.LoadBalancer.Ingress {
		had = append(had, old.Status.LoadBalancer.Ingress[i].IP)
	}
	for i := range ingress {
		in, at := &ingress[i], p.Index(i)
		if in.IP != "" {
			e.ip(at.Child("ip"), in.IP, had)
		}
		switch {
		case in.IPMode == nil && in.IP != "":
			e.required(at.Child("ipMode"), "must be specified when `ip` is set")
		case in.IPMode != nil && in.IP == "":
			e.forbidden(at.Child("ipMode"), "may not be specified when `ip` is not set")
		default:
			optionalOneOf(e, at.Child("ipMode"), in.IPMode, corev1.LoadBalancerIPModeProxy, corev1.LoadBalancerIPModeVIP)
		}
		if in.Hostname != "" {
			e.subdomain(at.Child("hostname"), in.Hostname)
			if len(validation.IsValidIPForLegacyField(nil, in.Hostname, false, nil)) == 0 {
				e.invalid(at.Child("hostname"), in.Hostname, "must be a DNS name, not an IP address")
			}
		}
	}
}
