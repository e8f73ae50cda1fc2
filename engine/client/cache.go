package client

import (
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
)

// Typed is an API object's pointer type. It has methods only, and is not comparable: that way all caches share one
// compiled body, where each type would have its own.
type Typed interface{ api.Object }

// Same compares two pointers, or a pointer with nil.
func Same[T Typed](a, b T) bool { return any(a) == any(b) }

// Selection narrows what a cache holds; the zero Selection is everything.
type Selection struct {
	Namespace string
	Fields    fields.Selector
	Labels    labels.Selector
}

// Cache mirrors the objects of one resource, kept current by a watch. Objects in it are shared: never change them.
// It is an informer: subscribers hear of every change, after the cache has made it.
type Cache[T Typed] struct {
	c   *Client
	r   *api.Resource
	sel Selection

	pos     map[string]int
	list    []T
	indexes []*index[T]
	subs    []func(old, new T)

	synced   bool
	onSynced []func()
	seen     map[string]bool // during a relist: keys the server sent
	rev      int64
	back     backoff

	watch   *Watch
	stopped bool
}

// NewCache starts a cache of a resource.
func NewCache[T Typed](c *Client, r *api.Resource, sel Selection) *Cache[T] {
	k := &Cache[T]{c: c, r: r, sel: sel, pos: map[string]int{}}
	c.a.After(0, "start watch", k.start)
	if x := c.conf.Audit; x != nil && x.Cache != nil {
		x.Cache(c.a, k)
	}
	return k
}

// Subscribe calls fn on every change: old is nil for an object that is new, new is nil for one that is gone. Objects
// already in the cache are told as new at once.
func (k *Cache[T]) Subscribe(fn func(old, new T)) {
	k.subs = append(k.subs, fn)
	var none T
	for _, o := range k.list {
		fn(none, o)
	}
}

// Synced reports that the cache has held everything once.
func (k *Cache[T]) Synced() bool { return k.synced }

// OnSynced calls fn when the cache has held everything once.
func (k *Cache[T]) OnSynced(fn func()) {
	if k.synced {
		fn()
		return
	}
	k.onSynced = append(k.onSynced, fn)
}

// Syncable is any cache.
type Syncable interface{ OnSynced(fn func()) }

// WhenSynced calls fn once all caches are synced.
func WhenSynced(fn func(), caches ...Syncable) {
	left := len(caches)
	for _, k := range caches {
		k.OnSynced(func() {
			if left--; left == 0 {
				fn()
			}
		})
	}
}

// Revision is the newest resourceVersion the cache has seen.
func (k *Cache[T]) Revision() int64 { return k.rev }

// Len is the number of objects.
func (k *Cache[T]) Len() int { return len(k.list) }

// Get finds an object by namespace ("" if cluster-scoped) and name.
func (k *Cache[T]) Get(namespace, name string) (T, bool) { return k.GetKey(api.Key(namespace, name)) }

// GetKey finds an object by key.
func (k *Cache[T]) GetKey(key string) (T, bool) {
	i, ok := k.pos[key]
	if !ok {
		var none T
		return none, false
	}
	return k.list[i], true
}

// All are all objects in a deterministic but arbitrary order. The slice is the cache's own: read it, and not across
// events.
func (k *Cache[T]) All() []T { return k.list }

// Stop ends the cache's watch: it keeps what it has and hears of nothing more.
func (k *Cache[T]) Stop() {
	k.stopped = true
	if k.watch != nil {
		k.watch.Stop()
	}
}

func (k *Cache[T]) start() {
	if k.stopped {
		return
	}
	req := &api.Request{Resource: k.r, Namespace: k.sel.Namespace, FieldSelector: k.sel.Fields, LabelSelector: k.sel.Labels, AllowBookmarks: true}
	if k.rev > 0 && k.synced && k.seen == nil {
		req.ResourceVersion = strconv.FormatInt(k.rev, 10)
	} else {
		k.seen = map[string]bool{}
		req.SendInitialEvents = true
		req.ResourceVersionMatch = metav1.ResourceVersionMatchNotOlderThan
	}
	k.watch = k.c.Watch(req, k.handle, func(err error) {
		if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
			k.rev = 0
		}
		k.c.a.Periodic(k.back.next(k.c.a), "restart watch", k.start)
	})
}

func (k *Cache[T]) handle(events []api.WatchEvent) {
	k.back = backoff{}
	for i := range events {
		k.c.a.Sim().In(events[i].Ctx, func() { k.handleOne(&events[i]) })
	}
}

func (k *Cache[T]) handleOne(e *api.WatchEvent) {
	var none T
	if rev := api.Revision(e.Object); rev > k.rev {
		k.rev = rev
	}
	switch e.Type {
	case watch.Bookmark:
		if k.seen != nil && e.Object.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true" {
			k.finishInitial()
		}
	case watch.Deleted:
		key := api.KeyOf(e.Object)
		if old, ok := k.GetKey(key); ok {
			k.remove(key, old)
			k.tell(e.Object.(T), none)
		}
	default:
		k.put(e.Object.(T))
	}
}

func (k *Cache[T]) put(obj T) {
	key := api.KeyOf(obj)
	if k.seen != nil {
		k.seen[key] = true
	}
	var old T
	if i, ok := k.pos[key]; ok {
		old = k.list[i]
		if Same(old, obj) {
			return
		}
		k.list[i] = obj
	} else {
		k.pos[key] = len(k.list)
		k.list = append(k.list, obj)
	}
	for _, x := range k.indexes {
		x.update(key, old, obj)
	}
	k.tell(old, obj)
}

func (k *Cache[T]) remove(key string, old T) {
	i, last := k.pos[key], len(k.list)-1
	delete(k.pos, key)
	var none T
	if i != last {
		k.list[i] = k.list[last]
		k.pos[api.KeyOf(k.list[i])] = i
	}
	k.list[last] = none
	k.list = k.list[:last]
	for _, x := range k.indexes {
		x.update(key, old, none)
	}
}

func (k *Cache[T]) tell(old, new T) {
	for _, fn := range k.subs {
		fn(old, new)
	}
}

// finishInitial ends a relist: what the server did not send is gone.
func (k *Cache[T]) finishInitial() {
	seen := k.seen
	k.seen = nil
	if len(seen) < len(k.list) {
		var none T
		for _, o := range append([]T(nil), k.list...) {
			if key := api.KeyOf(o); !seen[key] {
				k.remove(key, o)
				k.tell(o, none)
			}
		}
	}
	if !k.synced {
		k.synced = true
		fns := k.onSynced
		k.onSynced = nil
		for _, fn := range fns {
			fn()
		}
	}
}
