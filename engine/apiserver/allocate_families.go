package apiserver

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
	"tabernetes/engine/api/validation"
)

var (
	clusterIPsPath = field.NewPath("spec", "clusterIPs")
	familiesPath   = field.NewPath("spec", "ipFamilies")
	policyPath     = field.NewPath("spec", "ipFamilyPolicy")
)

func familyOf(ip netip.Addr) corev1.IPFamily {
	if ip.Unmap().Is4() {
		return corev1.IPv4Protocol
	}
	return corev1.IPv6Protocol
}

func otherFamily(f corev1.IPFamily) corev1.IPFamily {
	if f == corev1.IPv4Protocol {
		return corev1.IPv6Protocol
	}
	return corev1.IPv4Protocol
}

// canonical is an address as the name of its IPAddress has it.
func canonical(text string) string {
	if ip, err := netip.ParseAddr(text); err == nil {
		return ip.Unmap().String()
	}
	return text
}

// has reports that the cluster has addresses of a family for Services.
func (a *allocator) has(f corev1.IPFamily) bool {
	return slices.ContainsFunc(a.cidrs, func(p netip.Prefix) bool { return familyOf(p.Addr()) == f })
}

// families fills in a Service's family policy and families, or says why they cannot be (initIPFamilyFields). A policy
// that is not given is never a change: a new Service is single-stack, an old one keeps what it has.
func (a *allocator) families(svc, old *corev1.Service) error {
	spec := &svc.Spec
	if spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	anyEndpoints := spec.ClusterIP == corev1.ClusterIPNone && len(spec.Selector) == 0
	if spec.IPFamilyPolicy == nil {
		policy := corev1.IPFamilyPolicySingleStack
		switch {
		case old != nil && old.Spec.IPFamilyPolicy != nil:
			policy = *old.Spec.IPFamilyPolicy
		case anyEndpoints:
			policy = corev1.IPFamilyPolicyRequireDualStack
		}
		spec.IPFamilyPolicy = &policy
	}
	policy := *spec.IPFamilyPolicy
	single := policy == corev1.IPFamilyPolicySingleStack
	if errs := validation.ServiceIPs(svc, old); len(errs) > 0 {
		return invalid(api.Services, svc.Name, errs)
	}
	var errs field.ErrorList
	wrong := func(p *field.Path, value any, detail string) { errs = append(errs, field.Invalid(p, value, detail)) }
	switch {
	case old != nil && single:
		// The policy alone says clearly enough what is to go.
		if slices.Equal(spec.ClusterIPs, old.Spec.ClusterIPs) && len(spec.ClusterIPs) > 1 {
			spec.ClusterIPs = spec.ClusterIPs[:1:1]
		}
		if slices.Equal(spec.IPFamilies, old.Spec.IPFamilies) && len(spec.IPFamilies) > 1 {
			spec.IPFamilies = spec.IPFamilies[:1:1]
		}
	case old != nil:
		if n := len(spec.ClusterIPs); n > 0 && n < len(old.Spec.ClusterIPs) {
			wrong(policyPath, policy, "must be 'SingleStack' to release the secondary cluster IP")
		}
		if n := len(spec.IPFamilies); n > 0 && n < len(old.Spec.IPFamilies) {
			wrong(policyPath, policy, "must be 'SingleStack' to release the secondary IP family")
		}
	}
	if single && len(spec.ClusterIPs) == 2 {
		wrong(policyPath, policy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified")
	}
	if single && len(spec.IPFamilies) == 2 {
		wrong(policyPath, policy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified")
	}
	spec.IPFamilies = slices.Clip(spec.IPFamilies) // the old version may share them
	for i, text := range spec.ClusterIPs {
		ip, err := netip.ParseAddr(text)
		if err != nil { // "None"
			break
		}
		if f := familyOf(ip); i < len(spec.IPFamilies) {
			continue
		} else if !a.has(f) {
			wrong(clusterIPsPath.Index(i), spec.ClusterIPs, string(f)+" is not configured on this cluster")
		} else {
			spec.IPFamilies = append(spec.IPFamilies, f)
		}
	}
	if len(errs) > 0 {
		return invalid(api.Services, svc.Name, errs)
	}
	defaultFamily := familyOf(a.cidrs[0].Addr())
	if anyEndpoints {
		// Whoever writes the endpoints may use families that Services have no addresses of.
		if len(spec.IPFamilies) == 0 {
			spec.IPFamilies = []corev1.IPFamily{defaultFamily}
		}
		if len(spec.IPFamilies) < 2 && !single {
			spec.IPFamilies = append(spec.IPFamilies, otherFamily(spec.IPFamilies[0]))
		}
		return nil
	}
	if policy == corev1.IPFamilyPolicyRequireDualStack && len(a.cidrs) < 2 {
		wrong(policyPath, policy, "this cluster is not configured for dual-stack services")
	}
	for i, f := range spec.IPFamilies {
		if !a.has(f) {
			wrong(familiesPath.Index(i), f, "not configured on this cluster")
		}
	}
	if len(errs) > 0 {
		return invalid(api.Services, svc.Name, errs)
	}
	if len(spec.IPFamilies) == 0 {
		spec.IPFamilies = []corev1.IPFamily{defaultFamily}
	}
	if !single && len(spec.IPFamilies) == 1 && len(a.cidrs) == 2 {
		spec.IPFamilies = append(spec.IPFamilies, otherFamily(spec.IPFamilies[0]))
	}
	return nil
}

// samePreferred: a Service that prefers two families and changes neither them nor its addresses is left as it is, so that
// it does not gain or lose an address because the cluster's ranges are others now
// (isMatchingPreferDualStackClusterIPFields).
func samePreferred(svc, old *corev1.Service) bool {
	prefers := func(p *corev1.IPFamilyPolicy) bool { return *p == corev1.IPFamilyPolicyPreferDualStack }
	return svc.Spec.IPFamilyPolicy != nil && prefers(svc.Spec.IPFamilyPolicy) &&
		(old.Spec.IPFamilyPolicy == nil || prefers(old.Spec.IPFamilyPolicy)) &&
		svc.Spec.Type == old.Spec.Type && svc.Spec.Type != corev1.ServiceTypeExternalName &&
		slices.Equal(svc.Spec.ClusterIPs, old.Spec.ClusterIPs) && slices.Equal(svc.Spec.IPFamilies, old.Spec.IPFamilies)
}
