package client

import "tabernetes/engine/api"

// Informers shares caches between the controllers of one process, as a SharedInformerFactory does.
type Informers struct {
	c *Client // of the requests of who uses them
	w *Client // of the caches' watches
	m map[string]any
}

// NewInformers makes an empty set of caches for a client.
func NewInformers(c *Client) *Informers { return &Informers{c: c, w: c, m: map[string]any{}} }

// As are the same caches for somebody who makes requests as another user: a controller with a service account of its
// own. The caches are filled by the process itself.
func (f *Informers) As(user string) *Informers {
	return &Informers{c: f.c.As(user), w: f.w, m: f.m}
}

// Client is the client for requests.
func (f *Informers) Client() *Client { return f.c }

// Shared is the process's cache of a resource, started when first asked for.
func Shared[T Typed](f *Informers, r *api.Resource) *Cache[T] {
	key := r.Qualified()
	if k, ok := f.m[key]; ok {
		return k.(*Cache[T])
	}
	k := NewCache[T](f.w, r, Selection{})
	f.m[key] = k
	return k
}
