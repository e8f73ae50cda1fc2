package rest

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	"tabernetes/engine/api/paths"
)

// call is what a path names: see paths.Call.
type call struct {
	resource    *api.Resource
	namespace   string
	name        string
	subresource string
	watch       bool // by a path below /watch/
	everywhere  bool // a namespaced resource without a namespace
	binding     bool // POST .../bindings: a binding whose pod the body names
}

func parsePath(t *api.Table, gv schema.GroupVersion, parts []string) (call, bool) {
	c, ok := paths.Parse(t, gv, parts)
	return call{c.Resource, c.Namespace, c.Name, c.Subresource, c.Watch, c.Everywhere, c.Binding}, ok
}

func (c *call) path() *paths.Call {
	return &paths.Call{Resource: c.resource, Namespace: c.namespace, Name: c.name, Subresource: c.subresource, Watch: c.watch, Everywhere: c.everywhere, Binding: c.binding}
}

// subresource is how a subresource is served.
type subresource struct {
	kind  schema.GroupVersionKind // empty: the resource's own
	verbs []string

	connects bool // answers with a stream
}

func subresourceOf(name string) (subresource, bool) {
	s, ok := paths.SubresourceOf(name)
	return subresource{s.Kind, s.Verbs, s.Connects}, ok
}
