package apiserver

import (
	"slices"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
	"tabernetes/engine/etcd"
	"tabernetes/engine/order"
	"tabernetes/engine/sim"
)

// historySize is how many events a watch cache remembers for watches that resume; older ones get 410 Expired. It is
// between upstream's bounds of 100 and 102,400 (watch_cache.go).
const historySize = 8192

// cacher is the watch cache of one resource: the current objects, the recent events, and who watches.
type cacher struct {
	s   *Server
	r   *api.Resource
	rev int64 // revision of etcd that the cache has seen

	objects map[string]api.Object // by api.Key
	history []change              // ring
	start   int
	oldest  int64 // revision of the newest event that has left history

	ready   bool
	live    bool     // etcd's watch runs: what it has not told has not happened
	waiting []waiter // reads that wait for a revision

	watchers watchers

	dropped   bool       // its kind is gone or is kept by another cache now
	followers []*watcher // of a custom resource: its watches end when the definition changes

	conversions map[string]map[string]keptConversion // by version and key, of custom resources that a webhook converts

	onChange []func(*change) // what the server itself keeps beside the objects; nil for most
}

// changed calls fn with every change, before the cache has it.
func (k *cacher) changed(fn func(*change)) { k.onChange = append(k.onChange, fn) }

// change is one committed write.
type change struct {
	rev      int64
	old, new api.Object // new is nil for a delete; last is then the object with the delete's revision
	last     api.Object
	ctx      sim.Context
}

type waiter struct {
	rev int64
	fn  func()
}

func newCacher(s *Server, r *api.Resource) *cacher {
	k := &cacher{s: s, r: r, objects: map[string]api.Object{}}
	k.watchers.init()
	k.load()
	return k
}

// load reads everything and watches from there on; it starts over when the watch is lost.
func (k *cacher) load() {
	prefix := k.s.key(k.r, "", "")
	k.s.db.Range(prefix, "", 0, 0, func(kvs []*etcd.KV, _ bool, _ int, rev int64, err error) {
		if k.dropped {
			return
		}
		if err != nil {
			k.s.a.Periodic(retryEtcd, "retry list", k.load)
			return
		}
		seen := make(map[string]bool, len(kvs))
		var changes []change
		for _, kv := range kvs {
			st := kv.Value.(*stored)
			key := api.KeyOf(st.obj)
			seen[key] = true
			obj := k.own(st.obj)
			if old := k.objects[key]; old != obj && (old == nil || k.r.Custom == nil || api.Revision(old) != kv.ModRevision) {
				changes = append(changes, change{rev: kv.ModRevision, old: old, new: obj, ctx: st.ctx})
			}
		}
		if len(seen) < len(k.objects) {
			var gone []string
			for key := range k.objects {
				if !seen[key] {
					gone = append(gone, key)
				}
			}
			slices.Sort(gone)
			for _, key := range gone {
				changes = append(changes, change{rev: rev, old: k.objects[key], last: withRevision(k.objects[key], rev)})
			}
		}
		order.By(changes, func(a, b change) int { return int(a.rev - b.rev) })
		if !k.ready {
			k.oldest = rev // no history before the first load
		}
		k.apply(changes, rev)
		k.ready = true
		k.live = true
		k.s.db.Watch(prefix, rev+1, k.onEvents, func(error) {
			k.live = false
			if !k.dropped {
				k.s.a.Periodic(retryEtcd, "retry watch", k.load)
			}
		})
		k.flushWaiting()
	})
}

func (k *cacher) onEvents(events []etcd.Event) {
	if k.dropped {
		return
	}
	changes := make([]change, 0, len(events))
	var rev int64
	for i := range events {
		e := &events[i]
		st := e.KV.Value.(*stored)
		c := change{rev: e.KV.ModRevision, ctx: st.settle(k.s.a.Sim(), e.KV.ModRevision)}
		c.old = k.objects[api.KeyOf(st.obj)]
		if e.Type == etcd.Delete {
			c.last = k.own(st.obj)
		} else {
			c.new = k.own(st.obj)
		}
		changes = append(changes, c)
		k.applyOne(&changes[len(changes)-1])
		rev = max(rev, c.rev)
	}
	k.deliver(changes, rev)
}

func (k *cacher) apply(changes []change, rev int64) {
	for i := range changes {
		k.applyOne(&changes[i])
	}
	k.deliver(changes, rev)
}

func (k *cacher) applyOne(c *change) {
	for _, fn := range k.onChange {
		fn(c)
	}
	if c.new != nil {
		k.objects[api.KeyOf(c.new)] = c.new
	} else {
		delete(k.objects, api.KeyOf(c.last))
		k.forgetConversions(api.KeyOf(c.last))
	}
	if len(k.history) < historySize {
		k.history = append(k.history, *c)
	} else {
		k.oldest = k.history[k.start].rev
		k.history[k.start] = *c
		k.start = (k.start + 1) % historySize
	}
}

func (k *cacher) deliver(changes []change, rev int64) {
	k.rev = max(k.rev, rev)
	for i := range changes {
		c := &changes[i]
		k.watchers.dispatch(k.r, c)
	}
	k.watchers.flush()
	k.flushWaiting()
}

func (k *cacher) flushWaiting() {
	if !k.ready || len(k.waiting) == 0 {
		return
	}
	w := k.waiting
	k.waiting = nil
	for _, x := range w {
		if x.rev <= k.rev {
			x.fn()
		} else {
			k.waiting = append(k.waiting, x)
		}
	}
}

// progress tells the cache that etcd's revision is at least rev without anything of this resource having changed.
func (k *cacher) progress(rev int64) {
	if k.ready && k.live && rev > k.rev {
		k.rev = rev
		k.flushWaiting()
	}
}

// fresh calls fn when the cache is as new as etcd was when fresh was called. Events of a transaction reach the
// server before any later answer, on the same connection, so a revision that was answered has been seen.
func (k *cacher) fresh(fn func(), fail func(error)) {
	k.s.db.Revision(func(rev int64, err error) {
		if err != nil {
			fail(err)
			return
		}
		k.progress(rev)
		k.soon(rev, fn, func(err error) { fail(apierrors.NewTooManyRequests(err.Error(), 1)) })
	})
}

func (k *cacher) atLeast(rev int64, fn func()) {
	if k.ready && k.rev >= rev {
		fn()
		return
	}
	c := k.s.a.Sim().Context()
	k.waiting = append(k.waiting, waiter{rev, func() { k.s.a.Sim().In(c, fn) }})
}

// freshWait is how long a read waits for the cache to reach a revision (blockTimeout of watch_cache.go).
const freshWait = 3 * time.Second

// soon is atLeast for a read that gives up: late gets the error of a revision that does not come.
func (k *cacher) soon(rev int64, fn func(), late func(error)) {
	if k.ready && k.rev >= rev {
		fn()
		return
	}
	over := false
	timer := k.s.a.After(freshWait, "wait for revision", func() {
		over = true
		late(tooLarge(rev, k.rev, 1))
	})
	k.atLeast(rev, func() {
		if !over {
			timer.Stop()
			fn()
		}
	})
}

func matches(r *api.Resource, req *api.Request, o api.Object) bool {
	if req.Namespace != "" && o.GetNamespace() != req.Namespace {
		return false
	}
	if req.LabelSelector != nil && !req.LabelSelector.Empty() && !req.LabelSelector.Matches(labelSet(o)) {
		return false
	}
	return r.MatchesFields(o, req.FieldSelector)
}

func withRevision(o api.Object, rev int64) api.Object {
	c := api.Copy(o)
	c.SetResourceVersion(strconv.FormatInt(rev, 10))
	return c
}

// watchEventFor turns a change into what a selection sees of it; ok is false when it sees nothing.
func watchEventFor(r *api.Resource, req *api.Request, c *change) (e api.WatchEvent, ok bool) {
	was := c.old != nil && matches(r, req, c.old)
	is := c.new != nil && matches(r, req, c.new)
	switch {
	case is && was:
		e.Type, e.Object = watch.Modified, c.new
	case is:
		e.Type, e.Object = watch.Added, c.new
	case was:
		e.Type = watch.Deleted
		if c.new == nil {
			e.Object = c.last
		} else {
			e.Object = withRevision(c.old, c.rev)
		}
	default:
		return e, false
	}
	e.Ctx = c.ctx
	return e, true
}
