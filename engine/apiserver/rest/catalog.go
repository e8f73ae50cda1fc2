package rest

import (
	"net/http"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

// catalog is what one table of resources gives: the documents of discovery, made at once, and those of OpenAPI, made
// when they are first asked for.
type catalog struct {
	table *api.Table
	discovery

	openapi     sync.Once
	openapiDocs map[string][]byte // by path below /openapi/v3/
	openapiHash map[string]string
	second      sync.Once
	v2          []byte // /openapi/v2
	v2Packed    []byte
}

func newCatalog(t *api.Table) *catalog { return &catalog{table: t, discovery: newDiscovery(t)} }

// catalogs keeps the newest catalog.
type catalogs struct {
	mu  sync.Mutex
	now *catalog
}

func (c *catalogs) get() *catalog {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now == nil {
		c.now = newCatalog(api.BuiltinTable())
	}
	return c.now
}

// newest asks the core what it serves now: custom resources come and go. Without an answer the last one counts.
func (s *server) newest(r *http.Request) *catalog {
	resp := s.do(r, &api.Request{Verb: api.Discover, Resource: api.Discovery, User: s.opts.User})
	if resp.Err != nil || resp.Table == nil {
		return s.docs.get()
	}
	s.docs.mu.Lock()
	defer s.docs.mu.Unlock()
	if s.docs.now == nil || s.docs.now.table != resp.Table {
		s.docs.now = newCatalog(resp.Table)
	}
	return s.docs.now
}

// find reads a path to objects by what is known, and if that does not do, by what is served now.
func (s *server) find(r *http.Request, gv schema.GroupVersion, parts []string) (cat *catalog, c call, ok bool) {
	cat = s.docs.get()
	if cat.resources[gv] != nil {
		if c, ok = parsePath(cat.table, gv, parts); ok {
			return cat, c, true
		}
	}
	cat = s.newest(r)
	if cat.resources[gv] != nil {
		c, ok = parsePath(cat.table, gv, parts)
	}
	return cat, c, ok
}
