package rest

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

// call is what a path names.
type call struct {
	resource    *api.Resource
	namespace   string
	name        string
	subresource string
	watch       bool // by a path below /watch/
	everywhere  bool // a namespaced resource without a namespace
	binding     bool // POST .../bindings: a binding whose pod the body names
}

// parsePath reads what comes after the group version (endpoints/installer.go lists the forms): RESOURCE, RESOURCE/NAME,
// RESOURCE/NAME/SUBRESOURCE, each also below namespaces/NAMESPACE/, and the first two below the old watch/.
func parsePath(t *api.Table, gv schema.GroupVersion, parts []string) (c call, ok bool) {
	for _, p := range parts {
		if p == "" || p == "." || p == ".." {
			return c, false
		}
	}
	if parts[0] == "watch" {
		c.watch = true
		if parts = parts[1:]; len(parts) == 0 {
			return c, false
		}
	}
	scoped := false
	if parts[0] == "namespaces" && len(parts) > 2 && !(gv.Group == "" && isSubresource(api.Namespaces, parts[2]) && len(parts) == 3) {
		scoped = true
		c.namespace, parts = parts[1], parts[2:]
	}
	if scoped && gv.Group == "" && parts[0] == "bindings" && len(parts) == 1 {
		c.resource, c.subresource, c.binding = api.Pods, "binding", true
		return c, !c.watch
	}
	c.resource = t.ByGVR(gv.WithResource(parts[0]))
	if c.resource == nil || scoped && !c.resource.Namespaced || len(parts) > 3 {
		return c, false
	}
	if len(parts) > 1 {
		c.name = parts[1]
	}
	if len(parts) > 2 {
		c.subresource = parts[2]
		if !isSubresource(c.resource, c.subresource) || c.watch {
			return c, false
		}
	}
	c.everywhere = c.resource.Namespaced && !scoped
	return c, !c.everywhere || c.name == ""
}

// subresource is how a subresource is served.
type subresource struct {
	kind  schema.GroupVersionKind // empty: the resource's own
	verbs []string
}

// subresources are those the core serves; the table of kinds says which resource has which.
func subresourceOf(name string) (sub subresource, ok bool) {
	switch name {
	case "status":
		return subresource{verbs: []string{"get", "patch", "update"}}, true
	case "scale":
		return subresource{schema.GroupVersionKind{Group: "autoscaling", Version: "v1", Kind: "Scale"}, []string{"get", "patch", "update"}}, true
	case "binding":
		return subresource{schema.GroupVersionKind{Version: "v1", Kind: "Binding"}, []string{"create"}}, true
	case "eviction":
		return subresource{schema.GroupVersionKind{Group: "policy", Version: "v1", Kind: "Eviction"}, []string{"create"}}, true
	case "token":
		return subresource{schema.GroupVersionKind{Group: "authentication.k8s.io", Version: "v1", Kind: "TokenRequest"}, []string{"create"}}, true
	case "log":
		return subresource{verbs: []string{"get"}}, true
	case "approval", "ephemeralcontainers", "resize":
		return subresource{verbs: []string{"get", "patch", "update"}}, true
	case "finalize":
		return subresource{verbs: []string{"update"}}, true
	}
	return sub, false
}

func isSubresource(r *api.Resource, name string) bool {
	if _, ok := subresourceOf(name); !ok {
		return false
	}
	for _, s := range r.Subresources {
		if s == name {
			return true
		}
	}
	return false
}

// verbsOf are the verbs of a resource itself, as discovery has them.
func verbsOf(r *api.Resource) []string { return r.ServedVerbs() }
