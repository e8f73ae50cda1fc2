package client

import (
	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// Audit lets a judge of the whole cluster look into its clients. It must change nothing; nil functions are not called.
type Audit struct {
	// Cache hears of every cache when it is made.
	Cache func(a *sim.Actor, k AnyCache)
	// Sent hears of every request but watches as it leaves, Answered of its answer, which may be an error.
	Sent     func(a *sim.Actor, req *api.Request)
	Answered func(a *sim.Actor, req *api.Request, resp *api.Response)
}

// AnyCache is a Cache without its type.
type AnyCache interface {
	Resource() *api.Resource
	Selection() Selection
	Synced() bool
	// Stopped reports that the cache's owner has done with it.
	Stopped() bool
	Len() int
	// Find is GetKey; nil if there is none.
	Find(key string) api.Object
	// Each calls fn for every object.
	Each(fn func(api.Object))
	// OnChange is Subscribe; old and new are nil where there is none.
	OnChange(fn func(old, new api.Object))
}

// Resource is what the cache mirrors.
func (k *Cache[T]) Resource() *api.Resource { return k.r }

// Selection is what of it the cache holds.
func (k *Cache[T]) Selection() Selection { return k.sel }

// Stopped implements AnyCache.
func (k *Cache[T]) Stopped() bool { return k.stopped }

// Find implements AnyCache.
func (k *Cache[T]) Find(key string) api.Object {
	if i, ok := k.pos[key]; ok {
		return k.list[i]
	}
	return nil
}

// Each implements AnyCache.
func (k *Cache[T]) Each(fn func(api.Object)) {
	for _, o := range k.list {
		fn(o)
	}
}

// OnChange implements AnyCache.
func (k *Cache[T]) OnChange(fn func(old, new api.Object)) {
	var none T
	k.Subscribe(func(old, new T) {
		var a, b api.Object
		if !Same(old, none) {
			a = old
		}
		if !Same(new, none) {
			b = new
		}
		fn(a, b)
	})
}

func (x *Audit) wrap(a *sim.Actor, req *api.Request, done func(*api.Response)) func(*api.Response) {
	if x.Sent != nil {
		x.Sent(a, req)
	}
	if x.Answered == nil || done == nil {
		return done
	}
	return func(resp *api.Response) {
		x.Answered(a, req, resp)
		done(resp)
	}
}
