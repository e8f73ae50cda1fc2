package paths

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

// Call is what a path names.
type Call struct {
	Resource    *api.Resource
	Namespace   string
	Name        string
	Subresource string
	Watch       bool // by a path below /watch/
	Everywhere  bool // a namespaced resource without a namespace
	Binding     bool // POST .../bindings: a binding whose pod the body names
}

// Parse reads what comes after the group version (endpoints/installer.go lists the forms): RESOURCE, RESOURCE/NAME,
// RESOURCE/NAME/SUBRESOURCE, each also below namespaces/NAMESPACE/, and the first two below the old watch/.
func Parse(t *api.Table, gv schema.GroupVersion, parts []string) (c Call, ok bool) {
	for _, p := range parts {
		if p == "" || p == "." || p == ".." {
			return c, false
		}
	}
	if parts[0] == "watch" {
		c.Watch = true
		if parts = parts[1:]; len(parts) == 0 {
			return c, false
		}
	}
	scoped := false
	if parts[0] == "namespaces" && len(parts) > 2 && !(gv.Group == "" && IsSubresource(api.Namespaces, parts[2]) && len(parts) == 3) {
		scoped = true
		c.Namespace, parts = parts[1], parts[2:]
	}
	if scoped && gv.Group == "" && parts[0] == "bindings" && len(parts) == 1 {
		c.Resource, c.Subresource, c.Binding = api.Pods, "binding", true
		return c, !c.Watch
	}
	c.Resource = t.ByGVR(gv.WithResource(parts[0]))
	if c.Resource == nil || scoped && !c.Resource.Namespaced || len(parts) > 3 {
		return c, false
	}
	if len(parts) > 1 {
		c.Name = parts[1]
	}
	if len(parts) > 2 {
		c.Subresource = parts[2]
		if !IsSubresource(c.Resource, c.Subresource) || c.Watch {
			return c, false
		}
	}
	c.Everywhere = c.Resource.Namespaced && !scoped
	return c, !c.Everywhere || c.Name == ""
}

// Verb is what a method of HTTP means for the path; false if it means nothing.
func (c *Call) Verb(method string) (api.Verb, bool) {
	var verb api.Verb
	switch {
	case c.Watch, c.Everywhere:
		return api.List, method == "GET"
	case c.Binding:
		return api.Create, method == "POST"
	case c.Name == "":
		switch method {
		case "GET":
			verb = api.List
		case "POST":
			verb = api.Create
		case "DELETE":
			verb = api.DeleteCollection
		}
	default:
		switch method {
		case "GET":
			verb = api.Get
		case "PUT":
			verb = api.Update
		case "PATCH":
			verb = api.Patch
		case "DELETE":
			verb = api.Delete
		case "POST":
			verb = api.Create
		}
		if c.Subresource == "" && verb == api.Create {
			return "", false
		}
	}
	allowed := c.Resource.ServedVerbs()
	if c.Subresource != "" {
		sub, _ := SubresourceOf(c.Subresource)
		allowed = sub.Verbs
	}
	return verb, slices.Contains(allowed, string(verb))
}

// Kind is the kind of what a call answers with.
func (c *Call) Kind() schema.GroupVersionKind {
	if sub, ok := SubresourceOf(c.Subresource); ok && !sub.Kind.Empty() {
		return sub.Kind
	}
	return c.Resource.GVK()
}

// Subresource is how a subresource is served.
type Subresource struct {
	Kind  schema.GroupVersionKind // empty: the resource's own
	Verbs []string
	// Connects says that it answers with a stream and reads no body: api.Connector serves it.
	Connects bool
}

// SubresourceOf finds one of those the core serves; the table of kinds says which resource has which.
func SubresourceOf(name string) (sub Subresource, ok bool) {
	switch name {
	case "status":
		return Subresource{Verbs: []string{"get", "patch", "update"}}, true
	case "scale":
		return Subresource{Kind: schema.GroupVersionKind{Group: "autoscaling", Version: "v1", Kind: "Scale"}, Verbs: []string{"get", "patch", "update"}}, true
	case "binding":
		return Subresource{Kind: schema.GroupVersionKind{Version: "v1", Kind: "Binding"}, Verbs: []string{"create"}}, true
	case "eviction":
		return Subresource{Kind: schema.GroupVersionKind{Group: "policy", Version: "v1", Kind: "Eviction"}, Verbs: []string{"create"}}, true
	case "token":
		return Subresource{Kind: schema.GroupVersionKind{Group: "authentication.k8s.io", Version: "v1", Kind: "TokenRequest"}, Verbs: []string{"create"}}, true
	case "log":
		return Subresource{Verbs: []string{"get"}}, true
	case "exec", "attach", "portforward":
		kind := map[string]string{"exec": "PodExecOptions", "attach": "PodAttachOptions", "portforward": "PodPortForwardOptions"}[name]
		return Subresource{Kind: schema.GroupVersionKind{Version: "v1", Kind: kind}, Verbs: []string{"create", "get"}, Connects: true}, true
	case "approval", "ephemeralcontainers", "resize":
		return Subresource{Verbs: []string{"get", "patch", "update"}}, true
	case "finalize":
		return Subresource{Verbs: []string{"update"}}, true
	}
	return sub, false
}

// IsSubresource reports that a resource has a subresource that is served over HTTP.
func IsSubresource(r *api.Resource, name string) bool {
	_, ok := SubresourceOf(name)
	return ok && slices.Contains(r.Subresources, name)
}
