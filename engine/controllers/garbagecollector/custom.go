package garbagecollector

import (
	"time"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/client"
)

// resyncDelay is how long after a definition changed the collector discovers anew what is served. Upstream looks every
// 30 s whether anything changed; here it knows when, and waits only for the change to be through.
const resyncDelay = time.Second

// custom are the caches of custom resources.
type custom struct {
	caches map[string]*client.Cache[api.Object] // by qualified name
	ahead  bool
}

// definitionChanged begins or ends to follow a kind when its definition is established or goes.
func (k *Controller) definitionChanged(old, obj api.Object) {
	if established(old) == established(obj) || k.custom.ahead {
		return
	}
	k.custom.ahead = true
	k.a.After(resyncDelay, "resync custom resources", k.resync)
}

func established(o api.Object) bool {
	crd, ok := o.(*apiextensions.CustomResourceDefinition)
	return ok && crd != nil && crd.Is(apiextensions.Established)
}

func (k *Controller) resync() {
	k.custom.ahead = false
	k.c.Do(&api.Request{Verb: api.Discover, Resource: api.Discovery}, func(resp *api.Response) {
		if resp.Err != nil {
			if !k.custom.ahead {
				k.custom.ahead = true
				k.a.Periodic(resyncDelay, "resync custom resources", k.resync)
			}
			return
		}
		k.table = resp.Table
		served := map[string]bool{}
		for _, r := range k.table.Preferred() {
			name := r.Qualified()
			if r.Custom == nil {
				continue
			}
			served[name] = true
			if k.custom.caches[name] == nil {
				cache := client.NewCache[api.Object](k.c, r, client.Selection{})
				cache.Subscribe(func(old, obj api.Object) { k.changed(r, old, obj) })
				k.custom.caches[name] = cache
			}
		}
		for _, name := range apiextensions.SortedKeys(k.custom.caches) {
			if served[name] {
				continue
			}
			cache := k.custom.caches[name]
			delete(k.custom.caches, name)
			cache.Stop()
			for _, o := range cache.All() {
				k.gone(cache.Resource(), o)
			}
		}
	})
}
