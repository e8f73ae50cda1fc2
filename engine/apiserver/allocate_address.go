package apiserver

import (
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

// defaultCIDR is the name of the ServiceCIDR that the API servers make of their --service-cluster-ip-range.
const defaultCIDR = "kubernetes"

// ranges are where addresses may come from: the default range, and the other ServiceCIDRs that are ready, by name.
func (a *allocator) ranges() []netip.Prefix {
	out := []netip.Prefix{a.cidr}
	more := a.s.kinds[api.ServiceCIDRs].objects
	if len(more) < 2 {
		return out
	}
	names := make([]string, 0, len(more))
	for name := range more {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c := more[name].(*networkingv1.ServiceCIDR)
		if name == defaultCIDR || c.DeletionTimestamp != nil || !cidrReady(c) {
			continue
		}
		for _, text := range c.Spec.CIDRs {
			if p, err := netip.ParsePrefix(text); err == nil && p.Addr().Is4() {
				out = append(out, p)
			}
		}
	}
	return out
}

// cidrReady: a range nobody said anything about yet may be used.
func cidrReady(c *networkingv1.ServiceCIDR) bool {
	for i := range c.Status.Conditions {
		if c.Status.Conditions[i].Type == networkingv1.ServiceCIDRConditionReady {
			return c.Status.Conditions[i].Status == metav1.ConditionTrue
		}
	}
	return true
}

// taken reports an address that another Service has or is about to have.
func (a *allocator) taken(svc *corev1.Service, ip string) bool {
	if owner, ok := a.promised[ip]; ok && owner != api.KeyOf(svc) {
		return true
	}
	o, ok := a.s.kinds[api.IPAddresses].objects[ip].(*networkingv1.IPAddress)
	return ok && !isFor(o, svc)
}

// isFor reports that an address is reserved for a Service.
func isFor(o *networkingv1.IPAddress, svc *corev1.Service) bool {
	r := o.Spec.ParentRef
	return r != nil && r.Group == "" && r.Resource == "services" && r.Namespace == svc.Namespace && r.Name == svc.Name
}

// claim says why a Service may not have the address it asks for.
func (a *allocator) claim(svc *corev1.Service, text string) string {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return "" // validation says it better
	}
	for _, p := range a.ranges() {
		if !p.Contains(ip) {
			continue
		}
		if ip == p.Masked().Addr() || ip == at(p, size(p)-1) {
			return fmt.Sprintf("the provided IP (%s) is not in the valid range. The range of valid IPs is %s", ip, p)
		}
		if a.taken(svc, text) {
			return "provided IP is already allocated"
		}
		return ""
	}
	return "the provided network does not match the current range"
}

// size is the number of addresses in an IPv4 range.
func size(p netip.Prefix) int { return 1 << (32 - p.Bits()) }

// at is the nth address of a range, the network's own being 0.
func at(p netip.Prefix, n int) netip.Addr {
	b := p.Masked().Addr().As4()
	n += int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3])
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// addressTries is how often an address is drawn before the free ones are looked for one after another.
const addressTries = 64

// address picks a free one at random from the upper band of a range first, as upstream leaves the lower band to
// addresses chosen by hand (KEP-3070).
func (a *allocator) address(svc *corev1.Service) (string, error) {
	for _, p := range a.ranges() {
		n := size(p)
		low := min(max(16, n/16), 256)
		if n <= low+1 {
			low = 0
		}
		for i := 0; i < addressTries && n > low+1; i++ {
			if ip := at(p, max(1, low+a.s.rng.IntN(n-low-1))).String(); !a.taken(svc, ip) {
				return ip, nil
			}
		}
		for i := 1; i < n-1; i++ {
			if ip := at(p, i).String(); !a.taken(svc, ip) {
				return ip, nil
			}
		}
	}
	return "", apierrors.NewInternalError(fmt.Errorf("failed to allocate a serviceIP for Service %q: range is full", svc.Name))
}
