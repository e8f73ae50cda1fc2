package apiserver

import (
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
)

// watcher is one watch of a client.
type watcher struct {
	req     *api.Request
	send    func([]api.WatchEvent)
	group   *group
	batch   []api.WatchEvent
	stopped bool
	onStop  func()
	of      *watchers // nil until it is filed
	counts  *counters
}

func (x *watcher) stop() {
	if x.stopped {
		return
	}
	x.stopped = true
	if x.onStop != nil {
		x.onStop()
	}
	if x.of != nil {
		x.of.remove(x)
		x.counts.watching(x.req.Resource, -1)
	}
}

// Watch starts a watch. It returns nil if the request was refused, after sending the reason.
func (s *Server) Watch(req *api.Request, send func([]api.WatchEvent)) *watcher {
	s.requests++
	refuse := func(err error) *watcher {
		send([]api.WatchEvent{{Type: watch.Error, Err: err, Ctx: s.a.Sim().Context()}})
		return nil
	}
	if err := s.authorize(req); err != nil {
		return refuse(err)
	}
	if req.Resource.Custom != nil {
		if !s.kinds[api.CustomResourceDefinitions].ready {
			return refuse(apierrors.NewServiceUnavailable("the definitions of custom resources are not read yet"))
		}
		r := s.current(req.Resource)
		if r == nil {
			return refuse(notServed(req))
		}
		now := *req
		now.Resource, req = r, &now
		if r.Custom.Webhook != nil {
			return s.watchConverted(req, send)
		}
	}
	if req.Resource.Hub != nil {
		return s.watchVersion(req, send)
	}
	k := s.kinds[req.Resource]
	if k == nil {
		return refuse(notServed(req))
	}
	if req.Subresource == "log" && req.Resource == api.Pods {
		return s.followLog(req, send)
	}
	return s.watchStored(k, req, send)
}

// watchStored starts a watch of objects as they are stored.
func (s *Server) watchStored(k *cacher, req *api.Request, send func([]api.WatchEvent)) *watcher {
	refuse := func(err error) *watcher {
		send([]api.WatchEvent{{Type: watch.Error, Err: err, Ctx: s.a.Sim().Context()}})
		return nil
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
		if k.dropped {
			x.stopped = true
			send([]api.WatchEvent{errorEvent(sm, tooOld(rev, k.rev))})
			return
		}
		if k.r.Custom != nil {
			k.follow(x)
		}
		x.of, x.counts = &k.watchers, &s.counts
		s.counts.watching(req.Resource, 1)
		k.watchers.add(k.r, x)
		if req.ProgressNotify {
			s.bookmark(k, x)
		}
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
