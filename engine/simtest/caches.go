package simtest

import (
	"time"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// audited is a cache of some component.
type audited struct {
	a *sim.Actor
	k client.AnyCache
}

// over tells a cache that nobody keeps current any more.
func (x *audited) over() bool { return x.a.Dead() || x.k.Stopped() }

func (j *judge) addCache(a *sim.Actor, k client.AnyCache) {
	x := &audited{a: a, k: k}
	live := j.caches[:0]
	for _, y := range j.caches {
		if !y.over() {
			live = append(live, y)
		}
	}
	j.caches = append(live, x)
	k.OnChange(func(old, new api.Object) {
		if old == nil || new == nil {
			return
		}
		if was, is := api.Revision(old), api.Revision(new); is <= was {
			j.fault("caches", "%s: %s of %s went from revision %d to %d", a.Name(), api.KeyOf(new), k.Resource().Name, was, is)
		}
	})
}

// caches: when nothing is broken or under way, every cache of every component is equal to the store. Heartbeats never
// end, so a cache has a moment: what the store had before, it must have or have newer after it.
func caches(j *judge) {
	j.onCalm = append(j.onCalm, func() {
		s := j.c
		before := map[*api.Resource]map[string]int64{}
		for _, r := range api.Builtin() {
			if !r.Kept() {
				continue
			}
			m := map[string]int64{}
			s.Each(r, func(key string, o api.Object) { m[key] = api.Revision(o) })
			before[r] = m
		}
		until := j.c.Now().Add(100 * time.Millisecond)
		for {
			at, ok := j.c.Sim.Next()
			if !ok || at > until {
				j.c.Sim.RunUntil(until, 1)
				break
			}
			j.step()
		}
		for _, x := range j.caches {
			if x.over() {
				continue
			}
			r, sel := x.k.Resource(), x.k.Selection()
			chosen := func(o api.Object) bool {
				return (sel.Namespace == "" || o.GetNamespace() == sel.Namespace) && r.MatchesFields(o, sel.Fields) &&
					(sel.Labels == nil || sel.Labels.Matches(labelsOf(o)))
			}
			if !x.k.Synced() {
				j.fault("caches", "%s: the cache of %s is not synced", x.a.Name(), r.Name)
				continue
			}
			s.Each(r, func(key string, o api.Object) {
				was, ok := before[r][key]
				if !ok || !chosen(o) || was != api.Revision(o) {
					return
				}
				switch c := x.k.Find(key); {
				case c == nil:
					j.fault("caches", "%s: %s of %s is missing", x.a.Name(), key, r.Name)
				case api.Revision(c) != was:
					j.fault("caches", "%s: %s of %s is of revision %d, the store's of %d", x.a.Name(), key, r.Name, api.Revision(c), was)
				}
			})
			x.k.Each(func(o api.Object) {
				key := api.KeyOf(o)
				if now := s.Peek(r, key); (now == nil || !chosen(now)) && before[r][key] == 0 {
					j.fault("caches", "%s: %s of %s is not in the store", x.a.Name(), key, r.Name)
				}
			})
		}
	})
}

type labelsOfObject map[string]string

func labelsOf(o api.Object) labelsOfObject { return o.GetLabels() }

func (l labelsOfObject) Has(k string) bool              { _, ok := l[k]; return ok }
func (l labelsOfObject) Get(k string) string            { return l[k] }
func (l labelsOfObject) Lookup(k string) (string, bool) { v, ok := l[k]; return v, ok }
