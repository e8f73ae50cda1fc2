package endpointslice

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"tabernetes/engine/api"
)

// Topology-aware hints, which the annotation service.kubernetes.io/topology-mode: Auto asks for: every zone gets
// endpoints in proportion to its CPU, those of its own first (k8s.io/endpointslice/topologycache, AddHints).

// given are the hints of a Service by family and zone.
type given = map[discoveryv1.AddressType]map[string]int

// spread gives the endpoints of a plan hints, or takes them away; say tells of it when the plan is written.
func (p *pass) spread(t discoveryv1.AddressType, f *family, pl *plan) (say func()) {
	key := api.KeyOf(p.svc)
	tell := func(typ, reason, text string) func() {
		return func() { p.rec.Event(p.svc, typ, reason, text+", addressType: "+string(t)) }
	}
	if !topologyMode(p.svc) {
		if p.hinted[key] == nil {
			return func() {}
		}
		delete(p.hinted, key) // the hints themselves went with the plan
		return tell(corev1.EventTypeWarning, "TopologyAwareHintsDisabled", hintsDisabled)
	}
	counts, why := p.distribute(f, pl)
	if why != "" {
		p.forget(key, t)
		p.unhint(f, pl)
		return tell(corev1.EventTypeWarning, "TopologyAwareHintsDisabled", why)
	}
	news := p.hinted[key] == nil
	if news {
		if p.hinted == nil {
			p.Controller.hinted = map[string]given{}
		}
		p.hinted[key] = given{}
	}
	p.hinted[key][t] = counts
	if !news {
		return func() {}
	}
	return tell(corev1.EventTypeNormal, "TopologyAwareHintsEnabled", hintsEnabled)
}

func (k *Controller) forget(key string, t discoveryv1.AddressType) {
	delete(k.hinted[key], t)
	if len(k.hinted[key]) == 0 {
		delete(k.hinted, key)
	}
}

// rest are the slices that a plan leaves as they are.
func (f *family) rest(pl *plan) []*slice {
	return slices.DeleteFunc(slices.Clone(f.slices), func(s *slice) bool {
		return slices.Contains(pl.remove, s) || slices.ContainsFunc(pl.update, func(c *change) bool { return c.slice == s })
	})
}

func isReady(e *discoveryv1.Endpoint) bool { return e.Conditions.Ready != nil && *e.Conditions.Ready }

func readyIn(list []discoveryv1.Endpoint) int {
	n := 0
	for i := range list {
		if isReady(&list[i]) {
			n++
		}
	}
	return n
}

// touch makes a slice part of the plan.
func (pl *plan) touch(s *slice) *discoveryv1.EndpointSlice {
	obj := api.Copy(s.obj)
	obj.Endpoints = slices.Clone(obj.Endpoints)
	pl.update = append(pl.update, &change{s, obj})
	return obj
}

// unhint takes all hints away.
func (p *pass) unhint(f *family, pl *plan) {
	for _, s := range f.rest(pl) {
		if slices.ContainsFunc(s.obj.Endpoints, func(e discoveryv1.Endpoint) bool { return e.Hints != nil }) {
			pl.touch(s)
		}
	}
	for _, obj := range pl.objects() {
		for i := range obj.Endpoints {
			obj.Endpoints[i].Hints = nil
		}
	}
}

// objects are those that the plan writes.
func (pl *plan) objects() []*discoveryv1.EndpointSlice {
	out := slices.Clone(pl.create)
	for _, c := range pl.update {
		out = append(out, c.obj)
	}
	return out
}

// distribute hints the endpoints of the slices that are written anyway, and of those whose hints cannot stay, and tells
// how many each zone has then, or why that cannot be done.
func (p *pass) distribute(f *family, pl *plan) (counts map[string]int, why string) {
	rest := f.rest(pl)
	total := 0
	for _, obj := range pl.objects() {
		total += readyIn(obj.Endpoints)
	}
	for _, s := range rest {
		total += readyIn(s.obj.Endpoints)
	}
	quotas, why := p.zones.quotas(total)
	if why != "" {
		return nil, why
	}
	counts = map[string]int{}
	for _, s := range rest {
		if here := keptHints(s.obj.Endpoints, counts, quotas); here == nil {
			pl.touch(s)
		} else {
			for zone, n := range here {
				counts[zone] += n
			}
		}
	}
	shared := map[string]*discoveryv1.EndpointHints{}
	hint := func(e *discoveryv1.Endpoint, zone string) {
		if shared[zone] == nil {
			shared[zone] = &discoveryv1.EndpointHints{ForZones: []discoveryv1.ForZone{{Name: zone}}}
		}
		e.Hints = shared[zone]
		counts[zone]++
	}
	objects := pl.objects()
	for _, obj := range objects {
		for i := range obj.Endpoints {
			e := &obj.Endpoints[i]
			switch {
			case !isReady(e):
			case e.Zone == nil || *e.Zone == "":
				return nil, endpointZone
			default:
				hint(e, *e.Zone)
			}
		}
	}
	give, take := exchange(quotas, counts)
	for _, obj := range objects {
		for i := range obj.Endpoints {
			if e := &obj.Endpoints[i]; isReady(e) && give[*e.Zone] > 0 && len(take) > 0 {
				to := first(take)
				counts[*e.Zone]--
				hint(e, to)
				give[*e.Zone]--
				if take[to]--; take[to] == 0 {
					delete(take, to)
				}
			}
		}
	}
	if len(counts) == 0 {
		return nil, nothingGiven
	}
	return counts, ""
}

// keptHints counts the hints of a slice by zone. It is nil if they cannot stay: an endpoint has none, a zone is gone, or
// a zone would have more than it may.
func keptHints(list []discoveryv1.Endpoint, counts map[string]int, quotas map[string]quota) map[string]int {
	here := map[string]int{}
	for i := range list {
		e := &list[i]
		if !isReady(e) {
			continue
		}
		if e.Hints == nil || len(e.Hints.ForZones) == 0 {
			return nil
		}
		for _, z := range e.Hints.ForZones {
			if _, ok := quotas[z.Name]; !ok {
				return nil
			}
			here[z.Name]++
		}
	}
	for zone, n := range here {
		if n+counts[zone] > quotas[zone].maximum {
			return nil
		}
	}
	return here
}

// exchange is how many endpoints each zone gives to others, and how many it takes.
func exchange(quotas map[string]quota, counts map[string]int) (give, take map[string]int) {
	surplus, need := map[string]float64{}, map[string]float64{}
	for zone, q := range quotas {
		if d := float64(counts[zone]) - q.desired; d > 0 {
			surplus[zone] = d
		} else if d < 0 {
			need[zone] = -d
		}
	}
	give, take = map[string]int{}, map[string]int{}
	for {
		from, n := most(surplus)
		to, m := most(need)
		if from == "" || to == "" || n < 1 && m < 1 || n < 0.5 || m < 0.5 {
			return give, take
		}
		give[from]++
		surplus[from]--
		take[to]++
		need[to]--
	}
}

// most is the zone with the greatest number above 0, of equal ones the first by name.
func most(m map[string]float64) (string, float64) {
	best, n := "", 0.0
	for zone, v := range m {
		if v > n || v == n && v > 0 && zone < best {
			best, n = zone, v
		}
	}
	return best, n
}

// first is the first zone by name.
func first(m map[string]int) string {
	best := ""
	for zone := range m {
		if best == "" || zone < best {
			best = zone
		}
	}
	return best
}
