package endpointslice

import (
	"maps"
	"slices"

	discoveryv1 "k8s.io/api/discovery/v1"

	"tabernetes/engine/api"
)

// plan is what has to be written for one address type. Objects in create and update are copies.
type plan struct {
	create []*discoveryv1.EndpointSlice
	update []*change
	remove []*slice
}

// change is a slice with its new object; obj is not written to once it is sent.
type change struct {
	slice *slice
	obj   *discoveryv1.EndpointSlice
}

func (p *pass) family(t discoveryv1.AddressType, done func(error)) {
	f := p.st.families[t]
	if f == nil {
		f = &family{placed: map[string]*slice{}}
		p.st.families[t] = f
	}
	list, byName := p.want(t)
	pl := p.plan(t, f, list, byName)
	p.placeholder(t, f, pl)
	say := p.spread(t, f, pl)
	p.finalize(f, pl, func(err error) {
		say()
		done(err)
	})
}

// plan fits the endpoints into the slices as upstream does, port set by port set: endpoints that are in a slice stay
// there; new ones fill slices that change anyway, the fullest first; the rest goes into the one unchanged slice it fits
// best, or else into new ones.
func (p *pass) plan(t discoveryv1.AddressType, f *family, list []*desired, byName map[string]*desired) *plan {
	pl := &plan{}
	touched := p.touched(f)
	for _, s := range touched {
		if s.foreign {
			pl.remove = append(pl.remove, s)
			continue
		}
		p.keep(f, s, byName, pl)
	}
	var groups []*portSet
	left := map[string][]*desired{}
	for _, d := range list {
		if d.placed {
			continue
		}
		if left[d.ports.key] == nil {
			groups = append(groups, d.ports)
		}
		left[d.ports.key] = append(left[d.ports.key], d)
	}
	for _, g := range groups {
		p.fill(t, f, g, left[g.key], pl)
	}
	return pl
}

// touched are the slices that the pods to look at are in; in a full pass, all.
func (p *pass) touched(f *family) []*slice {
	if p.full {
		return f.slices
	}
	var out []*slice
	if len(p.names) < 8 {
		for name := range p.names { // order restored below
			if s := f.placed[name]; s != nil && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
		slices.SortFunc(out, func(a, b *slice) int { return slices.Index(f.slices, a) - slices.Index(f.slices, b) })
		return out
	}
	in := map[*slice]bool{}
	for name := range p.names {
		if s := f.placed[name]; s != nil {
			in[s] = true
		}
	}
	for _, s := range f.slices {
		if in[s] {
			out = append(out, s)
		}
	}
	return out
}

// keep decides about the endpoints that are in a slice.
func (p *pass) keep(f *family, s *slice, byName map[string]*desired, pl *plan) {
	eps := make([]discoveryv1.Endpoint, 0, len(s.obj.Endpoints))
	updated := false
	for i := range s.obj.Endpoints {
		e := &s.obj.Endpoints[i]
		name := ""
		if e.TargetRef != nil {
			name = e.TargetRef.Name
		}
		if !p.full && !p.names[name] {
			eps = append(eps, *e)
			continue
		}
		d := byName[name]
		if d == nil || d.placed || d.ports.key != s.ports || !sameIdentity(&d.ep, e) {
			if f.placed[name] == s {
				delete(f.placed, name)
			}
			continue
		}
		d.placed = true
		f.placed[name] = s
		if !equalBeyond(&d.ep, e, !p.auto) {
			updated = true
			eps = append(eps, d.ep)
		} else {
			eps = append(eps, *e)
		}
	}
	labels, relabelled := s.obj.Labels, false
	if p.full {
		labels, relabelled = p.labels(s.obj.Labels)
	}
	if len(eps) == 0 && (len(s.obj.Endpoints) > 0 || p.full && !p.anyWith(byName, s.ports)) {
		pl.remove = append(pl.remove, s) // what is left of a port set that nobody has any more
		return
	}
	if !updated && !relabelled && len(eps) == len(s.obj.Endpoints) {
		return
	}
	obj := api.Copy(s.obj)
	obj.Endpoints, obj.Labels = eps, labels
	pl.update = append(pl.update, &change{s, obj})
}

func (p *pass) anyWith(byName map[string]*desired, ports string) bool {
	for _, d := range byName {
		if d.ports.key == ports {
			return true
		}
	}
	return false
}

func (p *pass) fill(t discoveryv1.AddressType, f *family, set *portSet, left []*desired, pl *plan) {
	var room []*change
	for _, c := range pl.update {
		if c.slice.ports == set.key {
			room = append(room, c)
		}
	}
	slices.SortStableFunc(room, func(a, b *change) int { return len(b.obj.Endpoints) - len(a.obj.Endpoints) })
	put := func(obj *discoveryv1.EndpointSlice, s *slice) {
		for len(left) > 0 && len(obj.Endpoints) < MaxEndpoints {
			obj.Endpoints = append(obj.Endpoints, left[0].ep)
			left[0].placed = true
			if s != nil {
				f.placed[left[0].name] = s
			}
			left = left[1:]
		}
	}
	for _, c := range room {
		put(c.obj, c.slice)
	}
	for len(left) > 0 {
		if s := p.unchanged(f, set, len(left), pl); s != nil {
			obj := api.Copy(s.obj)
			obj.Endpoints = slices.Clone(obj.Endpoints)
			pl.update = append(pl.update, &change{s, obj})
			put(obj, s)
			continue
		}
		obj := p.newObject(t, set.ports)
		put(obj, nil)
		pl.create = append(pl.create, obj)
	}
}

// unchanged is the slice that n more endpoints fill best, of those that would otherwise stay as they are.
func (p *pass) unchanged(f *family, set *portSet, n int, pl *plan) *slice {
	if n >= MaxEndpoints {
		return nil
	}
	closest := MaxEndpoints
	var best *slice
	for _, s := range f.slices {
		d := MaxEndpoints - n - len(s.obj.Endpoints)
		if s.foreign || s.ports != set.key || d < 0 || d >= closest {
			continue
		}
		if slices.ContainsFunc(pl.update, func(c *change) bool { return c.slice == s }) || slices.Contains(pl.remove, s) {
			continue
		}
		closest, best = d, s
	}
	return best
}

// placeholder keeps one empty slice where there would be none.
func (p *pass) placeholder(t discoveryv1.AddressType, f *family, pl *plan) {
	// An empty slice stands only as long as nothing else does.
	if !p.full && (len(pl.create) > 0 || len(pl.update) > 0) {
		for _, s := range f.slices {
			if len(s.obj.Endpoints) == 0 && !slices.Contains(pl.remove, s) &&
				!slices.ContainsFunc(pl.update, func(c *change) bool { return c.slice == s }) {
				pl.remove = append(pl.remove, s)
			}
		}
	}
	if len(pl.create) > 0 || len(pl.remove) != len(f.slices) {
		return
	}
	obj := p.newObject(t, nil)
	if len(pl.remove) == 1 {
		if s := pl.remove[0]; !s.foreign && len(s.obj.Endpoints) == 0 && len(s.obj.Ports) == 0 && maps.Equal(s.obj.Labels, obj.Labels) {
			pl.remove = nil
			return
		}
	}
	pl.create = append(pl.create, obj)
}
