package apiserver

import (
	"strings"

	"tabernetes/engine/api"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

// What follows is for observers outside the world, which look at etcd instead of at one of several servers' caches.

// StoreKey is the key in etcd of an object ("default/web"), or with "" the prefix of all objects of a resource.
func StoreKey(r *api.Resource, key string) string {
	return (*Server)(nil).key(r.Stored(), "", key)
}

// Stored is the object that a value of etcd holds; ok is false for what is no object.
func Stored(v etcd.Value) (r *api.Resource, obj api.Object, ok bool) {
	st, ok := v.(*stored)
	if !ok {
		return nil, nil, false
	}
	return st.resource, st.obj, true
}

// Observed is called with every committed event once, in order: it writes the journal's record of it, before anybody
// in the world has heard of the write. old and new are nil where there is none; ok is false for what is no object.
func Observed(w *sim.Sim, e *etcd.Event) (r *api.Resource, old, new api.Object, ok bool) {
	st, ok := e.KV.Value.(*stored)
	if !ok {
		return nil, nil, nil, false
	}
	st.settle(w, e.KV.ModRevision)
	if e.PrevKV != nil {
		if was, ok := e.PrevKV.Value.(*stored); ok {
			old = was.obj
		}
	}
	if e.Type == etcd.Put {
		new = st.obj
	}
	return st.resource, old, new, true
}

// name of a key in a folder of etcd that holds no objects.
func leaf(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }
