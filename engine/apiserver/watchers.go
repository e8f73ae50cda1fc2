package apiserver

import (
	"slices"

	"k8s.io/apimachinery/pkg/selection"

	"tabernetes/engine/api"
)

// watchers are the watches of one resource, each filed under the narrowest thing it selects by: a write to a pod of
// node-1 is looked at only by those who watch node-1's pods, that one pod, its namespace, one of its labels, or
// everything. What a write costs depends on who wants to hear of it, not on how many watch.
type watchers struct {
	all         []*watcher
	byIndex     map[string]*group // value of the resource's Index field
	byName      map[string]*group // api.Key of the one object selected
	byNamespace map[string]*group
	byLabel     map[string]map[string]*group // value by key
	labels      []string                     // the keys of byLabel, sorted
	touched     []*watcher
}

// group are the watches filed under one value.
type group struct{ list []*watcher }

func (w *watchers) init() {
	w.byIndex, w.byName, w.byNamespace = map[string]*group{}, map[string]*group{}, map[string]*group{}
	w.byLabel = map[string]map[string]*group{}
}

func groupOf(m map[string]*group, v string) *group {
	g := m[v]
	if g == nil {
		g = &group{}
		m[v] = g
	}
	return g
}

func (w *watchers) add(r *api.Resource, x *watcher) {
	if x.group = w.place(r, x.req); x.group == nil {
		w.all = append(w.all, x)
		return
	}
	x.group.list = append(x.group.list, x)
}

// place is the group a watch belongs to; nil for one that has to look at everything.
func (w *watchers) place(r *api.Resource, req *api.Request) *group {
	if sel := req.FieldSelector; sel != nil {
		if v, ok := sel.RequiresExactMatch(r.IndexField); ok && r.IndexField != "" {
			return groupOf(w.byIndex, v)
		}
		if v, ok := sel.RequiresExactMatch("metadata.name"); ok && (req.Namespace != "" || !r.Namespaced) {
			return groupOf(w.byName, api.Key(req.Namespace, v))
		}
	}
	if sel := req.LabelSelector; sel != nil {
		if terms, ok := sel.Requirements(); ok {
			for _, t := range terms {
				if op := t.Operator(); (op == selection.Equals || op == selection.DoubleEquals || op == selection.In) && len(t.ValuesUnsorted()) == 1 {
					return w.labelGroup(t.Key(), t.ValuesUnsorted()[0])
				}
			}
		}
	}
	if req.Namespace != "" {
		return groupOf(w.byNamespace, req.Namespace)
	}
	return nil
}

func (w *watchers) labelGroup(key, value string) *group {
	values := w.byLabel[key]
	if values == nil {
		values = map[string]*group{}
		w.byLabel[key] = values
		i, _ := slices.BinarySearch(w.labels, key)
		w.labels = slices.Insert(w.labels, i, key)
	}
	return groupOf(values, value)
}

// remove takes a watch that stopped out of its group; empty groups stay, there is one for each value ever watched.
func (w *watchers) remove(x *watcher) {
	list := &w.all
	if x.group != nil {
		list = &x.group.list
	}
	if i := slices.Index(*list, x); i >= 0 {
		*list = slices.Delete(*list, i, i+1)
	}
}

func (w *watchers) dispatch(r *api.Resource, c *change) {
	w.offer(w.all, r, c)
	o := c.new
	if o == nil {
		o = c.last
	}
	if len(w.byName) > 0 {
		if g := w.byName[api.KeyOf(o)]; g != nil {
			w.offer(g.list, r, c)
		}
	}
	if len(w.byNamespace) > 0 {
		if g := w.byNamespace[o.GetNamespace()]; g != nil {
			w.offer(g.list, r, c)
		}
	}
	if len(w.byIndex) > 0 {
		was, is := "\x00", "\x00"
		if c.old != nil {
			was = r.Index(c.old)
			if g := w.byIndex[was]; g != nil {
				w.offer(g.list, r, c)
			}
		}
		if c.new != nil {
			if is = r.Index(c.new); is != was {
				if g := w.byIndex[is]; g != nil {
					w.offer(g.list, r, c)
				}
			}
		}
	}
	for _, key := range w.labels {
		was, had := valueOf(c.old, key)
		if had {
			if g := w.byLabel[key][was]; g != nil {
				w.offer(g.list, r, c)
			}
		}
		if is, has := valueOf(c.new, key); has && !(had && is == was) {
			if g := w.byLabel[key][is]; g != nil {
				w.offer(g.list, r, c)
			}
		}
	}
}

func valueOf(o api.Object, label string) (value string, ok bool) {
	if o == nil {
		return "", false
	}
	value, ok = o.GetLabels()[label]
	return value, ok
}

func (w *watchers) offer(group []*watcher, r *api.Resource, c *change) {
	for _, x := range group {
		if e, ok := watchEventFor(r, x.req, c); ok {
			if len(x.batch) == 0 {
				w.touched = append(w.touched, x)
			}
			x.batch = append(x.batch, e)
		}
	}
}

// flush sends each touched watcher its batch. The message travels in the context of the batch's last event that is
// a change; the receiver takes each event's own.
func (w *watchers) flush() {
	touched := w.touched
	w.touched = nil
	for i, x := range touched {
		b := x.batch
		x.batch = nil
		touched[i] = nil
		if x.stopped {
			continue
		}
		x.send(b)
	}
	w.touched = touched[:0]
}
