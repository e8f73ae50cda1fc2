package kubectl

import (
	"slices"
	"sort"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/rbac"
)

// Verbs that auth can-i knows; of others it warns.
const (
	resourceVerbs = "get list watch create update patch delete deletecollection use bind impersonate * approve sign escalate attest"
	pathVerbs     = "get put post head options delete patch *"
)

// access is what auth can-i asks for.
type access struct {
	verb, path      string
	group, resource string
	sub, name       string
	known           *api.Resource // nil for "*" and what the server does not have
}

// canI is auth can-i.
func canI(c *cmd) {
	var a access
	if c.f.bool("list") {
		switch {
		case len(c.args) != 0:
			c.failf("list option must be specified with no arguments")
		case c.f.bool("quiet") || c.f.bool("all-namespaces") || c.f.str("subresource") != "":
			c.failf("list option can't be specified with neither quiet, all-namespaces nor subresource options")
		default:
			c.listAccess()
		}
		return
	}
	if len(c.args) != 2 {
		c.failf("you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.")
		return
	}
	a.verb, a.sub = c.args[0], c.f.str("subresource")
	if strings.HasPrefix(c.args[1], "/") {
		a.path = c.args[1]
	} else {
		c.resolveAccess(&a)
	}
	switch {
	case a.path != "" && a.sub != "":
		c.failf("--subresource can not be used with NonResourceURL")
		return
	case a.path != "":
		c.warnVerb(a.verb, pathVerbs)
	case !c.f.bool("all-namespaces"):
		if r := a.known; r != nil && !r.Namespaced {
			text := "Warning: resource '" + r.Name + "' is not namespace scoped"
			if r.Group != "" {
				text += " in group '" + r.Group + "'"
			}
			c.errOut(text + "\n\n")
		}
		c.warnVerb(a.verb, resourceVerbs)
	}
	if c.f.bool("no-headers") {
		c.failf("--no-headers cannot be set without --list specified")
		return
	}
	c.checkAccess(&a)
}

func (c *cmd) warnVerb(verb, known string) {
	if !slices.Contains(strings.Fields(known), verb) {
		c.errf("Warning: verb '%s' is not a known verb\n\n", verb)
	}
}

// resolveAccess finds the resource that TYPE or TYPE/NAME names.
func (c *cmd) resolveAccess(a *access) {
	arg, name, _ := strings.Cut(c.args[1], "/")
	a.name = name
	if arg == "*" {
		a.resource = arg
		return
	}
	if r := c.table().ByName(arg); r != nil {
		a.group, a.resource, a.known = r.Group, r.Name, r
		return
	}
	a.resource = arg
	base, group, _ := strings.Cut(strings.ToLower(arg), ".")
	switch {
	case group != "":
		c.errf("Warning: the server doesn't have a resource type '%s' in group '%s'\n\n", base, group)
	case base != "users" && base != "groups": // to be impersonated, and never discovered
		c.errf("Warning: the server doesn't have a resource type '%s'\n\n", base)
	}
}

func (c *cmd) checkAccess(a *access) {
	spec := authorizationv1.SelfSubjectAccessReviewSpec{}
	if a.path != "" {
		spec.NonResourceAttributes = &authorizationv1.NonResourceAttributes{Verb: a.verb, Path: a.path}
	} else {
		spec.ResourceAttributes = &authorizationv1.ResourceAttributes{Verb: a.verb, Group: a.group, Resource: a.resource, Subresource: a.sub, Name: a.name}
		if !c.f.bool("all-namespaces") {
			spec.ResourceAttributes.Namespace = c.ns
		}
	}
	c.do(&api.Request{Verb: api.Create, Resource: api.SelfSubjectAccessReviews, Object: &authorizationv1.SelfSubjectAccessReview{Spec: spec}}, func(r *api.Response) {
		if r.Err != nil {
			c.fail(r.Err)
			return
		}
		st := &r.Object.(*authorizationv1.SelfSubjectAccessReview).Status
		text, code := "yes", 0
		if !st.Allowed {
			text, code = "no", 1
			if st.Reason != "" {
				text += " - " + st.Reason
			}
			if st.EvaluationError != "" {
				text += " - " + st.EvaluationError
			}
		}
		if !c.f.bool("quiet") {
			c.out(text + "\n")
		}
		c.exit(code)
	})
}

// listAccess is auth can-i --list.
func (c *cmd) listAccess() {
	o := &authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: c.ns}}
	c.do(&api.Request{Verb: api.Create, Resource: api.SelfSubjectRulesReviews, Object: o}, func(r *api.Response) {
		if r.Err != nil {
			c.fail(r.Err)
			return
		}
		st := &r.Object.(*authorizationv1.SelfSubjectRulesReview).Status
		if st.Incomplete {
			c.errf("Warning: the list may be incomplete: %v\n", st.EvaluationError)
		}
		var rights []rbacv1.PolicyRule
		for _, x := range st.ResourceRules {
			rights = append(rights, rbac.Breakdown(&rbacv1.PolicyRule{Verbs: x.Verbs, APIGroups: x.APIGroups, Resources: x.Resources, ResourceNames: x.ResourceNames})...)
		}
		for _, x := range st.NonResourceRules {
			rights = append(rights, rbac.Breakdown(&rbacv1.PolicyRule{Verbs: x.Verbs, NonResourceURLs: x.NonResourceURLs})...)
		}
		rules := rbac.Compact(rights, true)
		sort.SliceStable(rules, func(i, j int) bool { return rbac.Less(&rules[i], &rules[j]) })
		var rows [][]string
		if !c.f.bool("no-headers") {
			rows = append(rows, []string{"Resources", "Non-Resource URLs", "Resource Names", "Verbs"})
		}
		for _, x := range rules {
			rows = append(rows, []string{qualifiedResource(x), bracketed(x.NonResourceURLs), bracketed(x.ResourceNames), bracketed(x.Verbs)})
		}
		c.out(alignRows(rows, nil))
		c.end()
	})
}
