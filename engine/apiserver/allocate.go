package apiserver

import (
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
)

// allocator gives Services their cluster addresses and node ports (pkg/registry/core/service/storage/alloc.go,
// pkg/registry/core/service/{ipallocator,portallocator}). Which addresses are in use is said by the IPAddress objects
// (KEP-1880), which ports by the Services themselves; what is promised but not yet committed is remembered here.
// Addresses are known by their canonical form, ports by portKey.
type allocator struct {
	s        *Server
	cidrs    []netip.Prefix    // the ranges of the flag, one a family; the first says which family is the default
	holders  map[string]string // the Service that has an address or a port
	promised map[string]string // addresses and ports of writes under way, and the Service each is for
	chosen   map[string]bool   // of these, the addresses that were chosen here, not by the client
}

// newAllocator reads --service-cluster-ip-range: one range, or two of different families with a comma between them.
func newAllocator(s *Server, ranges string) *allocator {
	a := &allocator{s: s, holders: map[string]string{}, promised: map[string]string{}, chosen: map[string]bool{}}
	s.kinds[api.Services].changed(a.note)
	for text := range strings.SplitSeq(ranges, ",") {
		a.cidrs = append(a.cidrs, netip.MustParsePrefix(text))
	}
	return a
}

// note hears of every change of a Service.
func (a *allocator) note(c *change) {
	if c.old != nil {
		for _, k := range holds(c.old.(*corev1.Service)) {
			if a.holders[k] == api.KeyOf(c.old) {
				delete(a.holders, k)
			}
		}
	}
	if c.new != nil {
		for _, k := range holds(c.new.(*corev1.Service)) {
			a.holders[k] = api.KeyOf(c.new)
		}
	}
}

// holds are the keys of all that a Service has.
func holds(svc *corev1.Service) []string {
	out := clusterIPs(svc)
	if n := svc.Spec.HealthCheckNodePort; n != 0 {
		out = append(out, portKey(n))
	}
	for i := range svc.Spec.Ports {
		if n := svc.Spec.Ports[i].NodePort; n != 0 {
			out = append(out, portKey(n))
		}
	}
	return out
}

// busy reports an address or a port that another Service has or is about to have.
func (a *allocator) busy(svc *corev1.Service, key string) bool {
	me := api.KeyOf(svc)
	if owner, ok := a.promised[key]; ok && owner != me {
		return true
	}
	owner, ok := a.holders[key]
	return ok && owner != me
}

// allocation is what one write takes.
type allocation struct {
	*allocator
	svc   *corev1.Service
	dry   bool // nothing is taken, and what is free is not looked for
	taken []string
}

func (o *allocation) take(key string) {
	if !o.dry {
		o.promised[key] = api.KeyOf(o.svc)
		o.taken = append(o.taken, key)
	}
}

// release gives back what was promised. It is to be called when the write fails, and harmless later: once committed, the
// Service itself says what it uses.
func (o *allocation) release() {
	owner := api.KeyOf(o.svc)
	for _, k := range o.taken {
		if o.promised[k] == owner {
			delete(o.promised, k)
			delete(o.chosen, k)
		}
	}
}

// done is the end of an allocation: on an error nothing stays promised.
func (o *allocation) done(err error) (release func(), _ error) {
	if err != nil {
		o.release()
		return func() {}, err
	}
	if len(o.taken) > 0 {
		o.s.a.After(retryEtcd*10, "forget promises", o.release)
	}
	return o.release, nil
}

func (o *allocation) invalid(p *field.Path, value any, detail string) error {
	return invalid(api.Services, o.svc.Name, field.ErrorList{field.Invalid(p, value, detail)})
}

// create fills in a new Service's families, addresses and ports. release gives back what was promised.
func (a *allocator) create(obj api.Object, dry bool) (release func(), err error) {
	svc, ok := obj.(*corev1.Service)
	if !ok {
		return func() {}, nil
	}
	o := &allocation{allocator: a, svc: svc, dry: dry}
	if err = a.families(svc, nil); err == nil {
		err = o.addresses(0)
	}
	if err == nil {
		err = o.newPorts()
	}
	return o.done(err)
}

// update gives a Service what its new form needs more than its old one; what it needs no longer is released when the new
// form is stored.
func (a *allocator) update(obj, cur api.Object, dry bool) error {
	svc, ok := obj.(*corev1.Service)
	if !ok {
		return nil
	}
	old := cur.(*corev1.Service)
	o := &allocation{allocator: a, svc: svc, dry: dry}
	var err error
	if !samePreferred(svc, old) {
		if err = a.families(svc, old); err == nil {
			err = o.moreAddresses(old)
		}
	}
	if err == nil {
		err = o.morePorts(old)
	}
	_, err = o.done(err)
	return err
}

// moreAddresses allocates what an update needs: all addresses for a Service that was a mere name, the second for one that
// becomes dual-stack. A Service keeps its first address for life.
func (o *allocation) moreAddresses(old *corev1.Service) error {
	switch {
	case old.Spec.Type == corev1.ServiceTypeExternalName:
		return o.addresses(0)
	case !needsClusterIP(old) || !needsClusterIP(o.svc):
		return nil
	case len(old.Spec.IPFamilies) == 1 && len(o.svc.Spec.IPFamilies) == 2:
		return o.addresses(1)
	}
	return nil
}

// addresses allocates those of the families from first on.
func (o *allocation) addresses(first int) error {
	spec := &o.svc.Spec
	if !needsClusterIP(o.svc) {
		return nil
	}
	spec.ClusterIPs = slices.Clone(spec.ClusterIPs)
	for len(spec.ClusterIPs) < len(spec.IPFamilies) {
		spec.ClusterIPs = append(spec.ClusterIPs, "") // error texts show it
	}
	got := slices.Clone(spec.ClusterIPs)
	for i := first; i < len(spec.IPFamilies); i++ {
		if text := got[i]; text != "" {
			if why := o.claim(o.svc, text, o.dry); why != "" {
				return o.invalid(clusterIPsPath, spec.ClusterIPs, "failed to allocate IP "+text+": "+why)
			}
		} else {
			ip, err := o.address(o.svc, spec.IPFamilies[i], o.dry)
			if err != nil {
				return err
			}
			got[i] = ip
			if !o.dry {
				o.chosen[ip] = true
			}
		}
		o.take(canonical(got[i]))
	}
	spec.ClusterIP, spec.ClusterIPs = got[0], got
	return nil
}

// needsClusterIP: a Service that is neither a mere name nor headless.
func needsClusterIP(svc *corev1.Service) bool {
	return svc.Spec.Type != corev1.ServiceTypeExternalName && svc.Spec.ClusterIP != corev1.ClusterIPNone
}
