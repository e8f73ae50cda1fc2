package apiserver

import (
	"slices"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
)

// watcher is one watch of a client.
type watcher struct {
	req     *api.Request
	send    func([]api.WatchEvent)
	group   *[]*watcher
	batch   []api.WatchEvent
	stopped bool
	onStop  func()
}

// watchers are the watches of one resource, found by what they select: a write to a pod of node-1 is looked at only
// by those who watch node-1's pods, that one pod, or everything.
type watchers struct {
	all     []*watcher
	byIndex map[string]*[]*watcher // value of the resource's Index field
	byName  map[string]*[]*watcher // api.Key of the one object selected
	touched []*watcher
}

func (w *watchers) init() {
	w.byIndex, w.byName = map[string]*[]*watcher{}, map[string]*[]*watcher{}
}

func (w *watchers) add(r *api.Resource, x *watcher) {
	x.group = &w.all
	if sel := x.req.FieldSelector; sel != nil {
		if v, ok := sel.RequiresExactMatch(r.IndexField); ok && r.IndexField != "" {
			x.group = groupOf(w.byIndex, v)
		} else if v, ok := sel.RequiresExactMatch("metadata.name"); ok && (x.req.Namespace != "" || !r.Namespaced) {
			x.group = groupOf(w.byName, api.Key(x.req.Namespace, v))
		}
	}
	*x.group = append(*x.group, x)
}

func groupOf(m map[string]*[]*watcher, v string) *[]*watcher {
	g := m[v]
	if g == nil {
		g = new([]*watcher)
		m[v] = g
	}
	return g
}

func (x *watcher) stop() {
	if x.stopped {
		return
	}
	x.stopped = true
	if x.onStop != nil {
		x.onStop()
	}
	if x.group != nil {
		if i := slices.Index(*x.group, x); i >= 0 {
			*x.group = slices.Delete(*x.group, i, i+1)
		}
	}
}

func (w *watchers) dispatch(r *api.Resource, c *change) {
	w.offer(w.all, r, c)
	if len(w.byName) > 0 {
		o := c.new
		if o == nil {
			o = c.last
		}
		if g := w.byName[api.KeyOf(o)]; g != nil {
			w.offer(*g, r, c)
		}
	}
	if len(w.byIndex) > 0 {
		was, is := "\x00", "\x00"
		if c.old != nil {
			was = r.Index(c.old)
			if g := w.byIndex[was]; g != nil {
				w.offer(*g, r, c)
			}
		}
		if c.new != nil {
			if is = r.Index(c.new); is != was {
				if g := w.byIndex[is]; g != nil {
					w.offer(*g, r, c)
				}
			}
		}
	}
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

// Watch starts a watch. It returns nil if the request was refused, after sending the reason.
func (s *Server) Watch(req *api.Request, send func([]api.WatchEvent)) *watcher {
	s.requests++
	refuse := func(err error) *watcher {
		send([]api.WatchEvent{{Type: watch.Error, Err: err, Ctx: s.a.Sim().Context()}})
		return nil
	}
	k := s.kinds[req.Resource]
	if k == nil {
		return refuse(notServed(req))
	}
	if req.Subresource == "log" && req.Resource == api.Pods {
		return s.followLog(req, send)
	}
	if err := checkSelectors(req); err != nil {
		return refuse(err)
	}
	rev, err := parseRevision(req.ResourceVersion)
	if err != nil {
		return refuse(err)
	}
	sm := s.a.Sim()
	x := &watcher{req: req}
	x.send = func(b []api.WatchEvent) {
		ctx := b[len(b)-1].Ctx
		for i := len(b) - 1; i >= 0 && ctx.Background; i-- {
			ctx = b[i].Ctx
		}
		sm.In(ctx, func() { send(b) })
	}
	begin := func() {
		if x.stopped {
			return
		}
		var first []api.WatchEvent
		ctx := sm.Context()
		switch {
		case req.SendInitialEvents || req.ResourceVersion == "" || req.ResourceVersion == "0":
			for _, o := range k.matching(req) {
				first = append(first, api.WatchEvent{Type: watch.Added, Object: o, Ctx: ctx})
			}
			if req.SendInitialEvents && req.AllowBookmarks {
				first = append(first, api.WatchEvent{Type: watch.Bookmark, Object: k.bookmark(true), Ctx: ctx})
			}
		case rev < k.oldest:
			x.stopped = true
			send([]api.WatchEvent{{Type: watch.Error, Err: tooOld(rev, k.oldest), Ctx: ctx}})
			return
		default:
			for i := range k.history {
				c := &k.history[(k.start+i)%len(k.history)]
				if c.rev > rev {
					if e, ok := watchEventFor(k.r, req, c); ok {
						first = append(first, e)
					}
				}
			}
		}
		k.watchers.add(k.r, x)
		if len(first) > 0 {
			x.send(first)
		}
	}
	switch {
	case req.ResourceVersion == "" || req.SendInitialEvents && req.ResourceVersion == "":
		k.fresh(begin, func(err error) {
			x.stopped = true
			send([]api.WatchEvent{{Type: watch.Error, Err: storageError(err), Ctx: sm.Context()}})
		})
	default:
		k.atLeast(rev, begin)
	}
	return x
}

// bookmark is an otherwise empty object with the cache's revision.
func (k *cacher) bookmark(endOfInitial bool) api.Object {
	o := k.r.New()
	o.SetResourceVersion(strconv.FormatInt(k.rev, 10))
	if endOfInitial {
		o.SetAnnotations(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
	}
	return o
}

func labelSet(o api.Object) labels.Set { return labels.Set(o.GetLabels()) }
