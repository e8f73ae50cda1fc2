package apiserver

import (
	"encoding/binary"
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

// ranges are where addresses of a family may come from: the default range, and the other ServiceCIDRs that are ready, by
// name. IPv6 ranges larger than a /64 give none, as upstream's allocator refuses them.
func (a *allocator) ranges(f corev1.IPFamily) []netip.Prefix {
	var out []netip.Prefix
	add := func(p netip.Prefix) {
		if familyOf(p.Addr()) == f && (p.Addr().Is4() || p.Bits() >= 64) {
			out = append(out, p)
		}
	}
	more := a.s.kinds[api.ServiceCIDRs].objects
	// Before there is an object, the flag says enough.
	if c, ok := more[defaultCIDR].(*networkingv1.ServiceCIDR); !ok || c.DeletionTimestamp == nil && cidrReady(c) {
		for _, p := range a.cidrs {
			add(p)
		}
	}
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
			if p, err := netip.ParsePrefix(text); err == nil {
				add(p)
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

// inUse reports an address that another Service has or is about to have, or that somebody has reserved by hand.
func (a *allocator) inUse(svc *corev1.Service, ip string) bool {
	o, ok := a.s.kinds[api.IPAddresses].objects[ip].(*networkingv1.IPAddress)
	return ok && !isFor(o, svc) || a.busy(svc, ip)
}

// isFor reports that an address is reserved for a Service.
func isFor(o *networkingv1.IPAddress, svc *corev1.Service) bool {
	r := o.Spec.ParentRef
	return r != nil && r.Group == "" && r.Resource == "services" && r.Namespace == svc.Namespace && r.Name == svc.Name
}

// claim says why a Service may not have the address it asks for. A dry run does not care who has it.
func (a *allocator) claim(svc *corev1.Service, text string, dry bool) string {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return "" // validation says it better
	}
	ip = ip.Unmap()
	for _, p := range a.ranges(familyOf(ip)) {
		if ip.Less(at(p, 1)) || at(p, usable(p)).Less(ip) {
			continue // neither a network's own address nor the broadcast address is one of its addresses
		}
		if !dry && a.inUse(svc, ip.String()) {
			return "provided IP is already allocated"
		}
		return ""
	}
	return "the provided network does not match the current range"
}

// usable is the number of addresses in a range: all but the network's own, and with IPv4 the broadcast address.
func usable(p netip.Prefix) uint64 {
	n := uint64(1)<<min(p.Addr().BitLen()-p.Bits(), 62) - 1
	if p.Addr().Is4() {
		n--
	}
	return n
}

// at is the nth address of a range, the network's own being 0.
func at(p netip.Prefix, n uint64) netip.Addr {
	b := p.Masked().Addr().As16()
	low := b[8:]
	binary.BigEndian.PutUint64(low, binary.BigEndian.Uint64(low)+n) // a range of addresses ends within the low half
	ip := netip.AddrFrom16(b)
	if p.Addr().Is4() {
		return ip.Unmap()
	}
	return ip
}

// addressTries is how often an address is drawn before the free ones are looked for one after another.
const addressTries = 64

// address picks a free one at random from the upper band of a range first, as upstream leaves the lower band to
// addresses chosen by hand (KEP-3070). A dry run gets the range's own address.
func (a *allocator) address(svc *corev1.Service, f corev1.IPFamily, dry bool) (string, error) {
	for _, p := range a.ranges(f) {
		if dry {
			return p.Masked().Addr().String(), nil
		}
		n := usable(p)
		low := min(max(16, (n+1)/16), 256)
		if n <= low {
			low = 0
		}
		for i := 0; i < addressTries && n > low; i++ {
			if ip := at(p, 1+low+a.s.rng.Uint64N(n-low)).String(); !a.inUse(svc, ip) {
				return ip, nil
			}
		}
		for i := range n {
			if ip := at(p, 1+i).String(); !a.inUse(svc, ip) {
				return ip, nil
			}
		}
	}
	return "", apierrors.NewInternalError(fmt.Errorf("failed to allocate a serviceIP for Service %q: range is full", svc.Name))
}
