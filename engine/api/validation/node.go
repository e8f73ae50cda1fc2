package validation

import (
	"encoding/json"
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (e *errs) node(n *corev1.Node) {
	e.objectMeta(&n.ObjectMeta, false, subdomainName)
	e.nodeAnnotations(n)
	e.taints(metaPath.Child("taints"), n.Spec.Taints) // under metadata, as upstream reports them
	e.nodeResources(n)
	if swap := n.Status.NodeInfo.Swap; swap != nil && swap.Capacity != nil {
		e.positive(metaPath.Child("nodeSwapStatus", "capacity"), *swap.Capacity)
	}
	e.declaredFeatures(n.Status.DeclaredFeatures)
	if len(n.Spec.PodCIDRs) == 0 {
		return
	}
	p := specPath.Child("podCIDRs")
	v4, v6 := false, false
	var broken error
	for i, cidr := range n.Spec.PodCIDRs {
		e.cidr(p.Index(i), cidr, nil)
		if prefix, err := netip.ParsePrefix(cidr); err == nil {
			v4, v6 = v4 || prefix.Addr().Is4(), v6 || !prefix.Addr().Is4()
		} else if broken == nil {
			broken = fmt.Errorf("invalid CIDR[%d]: <nil> (invalid CIDR address: %s)", i, cidr)
		}
	}
	if len(n.Spec.PodCIDRs) > 1 && broken != nil {
		e.add(field.InternalError(p, fmt.Errorf("invalid PodCIDRs. failed to check with dual stack with error:%w", broken)))
		v4 = false // none of them counts
	}
	if count := len(n.Spec.PodCIDRs); count > 2 || (count == 2 && !(v4 && v6)) {
		e.invalid(p, n.Spec.PodCIDRs, "may specify no more than one CIDR for each IP family")
	}
}

func (e *errs) nodeAnnotations(n *corev1.Node) {
	if text := n.Annotations[corev1.TaintsAnnotationKey]; text != "" {
		var taints []corev1.Taint
		p := metaPath.Child("annotations")
		if err := json.Unmarshal([]byte(text), &taints); err != nil {
			e.invalid(p, corev1.TaintsAnnotationKey, err.Error())
		} else {
			e.taints(p.Child(corev1.TaintsAnnotationKey), taints)
		}
	}
}

func (e *errs) nodeResources(n *corev1.Node) {
	for _, list := range []struct {
		name      string
		resources corev1.ResourceList
	}{{"capacity", n.Status.Capacity}, {"allocatable", n.Status.Allocatable}} {
		for _, name := range sortedKeys(list.resources) {
			e.quantity(statusPath.Child(list.name, string(name)), name, list.resources[name])
		}
	}
}

// declaredFeatures checks the features a kubelet says it has (KEP-5328): well-formed names, sorted, each once.
func (e *errs) declaredFeatures(features []string) {
	p := statusPath.Child("declaredFeatures")
	for i, f := range features {
		if len(f) > validation.DNS1123SubdomainMaxLength {
			e.invalid(p.Index(i), f, fmt.Sprintf("invalid feature name %q: must be no more than %d characters", f, validation.DNS1123SubdomainMaxLength))
		} else if !isFeatureName(f) {
			e.invalid(p.Index(i), f, fmt.Sprintf("invalid feature name %q: must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes", f))
		}
		if i+1 == len(features) {
			break
		}
		if next := features[i+1]; f == next {
			e.duplicate(p.Index(i+1), next)
		} else if f > next {
			e.invalid(p.Index(i+1), next, "list must be sorted alphabetically")
		}
	}
}

func isFeatureName(s string) bool {
	start := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		upper, lower, digit := c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9'
		switch {
		case start && i == 0 && !upper, start && !upper && !lower:
			return false
		case c == '/':
			start = true
			continue
		case !upper && !lower && !digit:
			return false
		}
		start = false
	}
	return !start
}

func (e *errs) nodeUpdate(n, old *corev1.Node) {
	e.objectMetaUpdate(&n.ObjectMeta, &old.ObjectMeta)
	e.nodeAnnotations(n)
	e.nodeResources(n)
	e.declaredFeatures(n.Status.DeclaredFeatures)
	seen := make(map[corev1.NodeAddress]bool, len(n.Status.Addresses))
	for i, address := range n.Status.Addresses {
		if seen[address] {
			e.duplicate(statusPath.Child("addresses").Index(i), goNames{address})
		}
		seen[address] = true
	}
	if was := old.Spec.PodCIDRs; len(was) > 0 {
		const why = `node updates may not change podCIDR except from "" to valid`
		if len(was) != len(n.Spec.PodCIDRs) {
			e.forbidden(specPath.Child("podCIDRs"), why)
		} else {
			for i := range was {
				if was[i] != n.Spec.PodCIDRs[i] {
					e.forbidden(specPath.Child("podCIDRs"), why)
				}
			}
		}
	}
	if was, now := old.Spec.ProviderID, n.Spec.ProviderID; was != "" && now != was {
		if now != "" {
			e.invalid(specPath.Child("providerID"), nil, "field cannot be modified once set")
		} else {
			e.invalid(specPath.Child("providerID"), nil, "field cannot be cleared once set")
		}
	}
	e.taints(metaPath.Child("taints"), n.Spec.Taints)
	if n.Spec.DoNotUseExternalID != old.Spec.DoNotUseExternalID {
		e.forbidden(specPath.Child("externalID"), "may not be updated")
	}
}
