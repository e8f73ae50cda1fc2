package client

import "tabernetes/engine/api"

// Informers shares caches between the controllers of one process, as a SharedInformerFactory does.
type Informers struct {
	c *Client
	m map[string]any
}

// NewInformers makes an empty set of caches for a client.
func NewInformers(c *Client) *Informers { return &Informers{c: c, m: map[string]any{}} }

// Client is the client the caches use.
func (f *Informers) Client() *Client { return f.c }

// Shared is the process's cache of a resource, started when first asked for.
func Shared[T Typed](f *Informers, r *api.Resource) *Cache[T] {
	key := r.Qualified()
	if k, ok := f.m[key]; ok {
		return k.(*Cache[T])
	}
	k := NewCache[T](f.c, r, Selection{})
	f.m[key] = k
	return k
}
