package proxy

import (
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// follower is a watch that keeps nothing but how far it has come: the objects live in the histories all nodes share.
type follower struct {
	p      *Proxy
	c      *client.Client
	r      *api.Resource
	listed func([]api.Object, int64)
	change func(o api.Object, rev int64, gone bool)

	rev     int64
	synced  bool
	listing bool
	list    []api.Object
	back    time.Duration
}

func (f *follower) start() {
	req := &api.Request{Resource: f.r, AllowBookmarks: true}
	if f.rev > 0 && f.synced {
		req.ResourceVersion = strconv.FormatInt(f.rev, 10)
	} else {
		f.listing, f.list = true, nil
		req.SendInitialEvents = true
		req.ResourceVersionMatch = metav1.ResourceVersionMatchNotOlderThan
	}
	f.c.Watch(req, f.handle, func(err error) {
		if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
			f.rev = 0
		}
		// The reflector's back-off: 800 ms, doubling to 30 s, with jitter.
		f.back = min(max(2*f.back, 800*time.Millisecond), 30*time.Second)
		f.p.a.Periodic(f.back+time.Duration(f.p.a.Rand().Int64N(int64(f.back))), "restart watch", f.start)
	})
}

func (f *follower) handle(events []api.WatchEvent) {
	f.back = 0
	n := 0
	for i := range events {
		e := &events[i]
		rev := api.Revision(e.Object)
		switch {
		case e.Type == watch.Bookmark:
			if f.listing && e.Object.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true" {
				f.listing = false
				f.listed(f.list, rev)
				n += len(f.list)
				f.list = nil
				f.rev = rev
				f.synced = true
			}
		case f.listing:
			f.list = append(f.list, e.Object)
			continue
		default:
			f.change(e.Object, rev, e.Type == watch.Deleted)
			n++
		}
		f.rev = max(f.rev, rev)
	}
	if n > 0 || !f.p.synced {
		f.p.changed(n)
	}
}
