package apiserver

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/api/rbac"
	"tabernetes/engine/apiserver/auth"
)

// fullAuthority is what it takes to write an aggregation rule, which can gather anything.
var fullAuthority = []rbacv1.PolicyRule{
	{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}},
	{Verbs: []string{"*"}, NonResourceURLs: []string{"*"}},
}

// escalation refuses a role or binding that grants what its author may not do itself. obj is about to be written over
// old, nil on create. Upstream: the policybased storages of pkg/registry/rbac.
func (s *Server) escalation(req *api.Request, obj, old api.Object) error {
	switch req.Resource {
	case api.Roles, api.ClusterRoles, api.RoleBindings, api.ClusterRoleBindings:
	default:
		return nil
	}
	g := s.gate
	if !g.enforce || req.User == loopbackUser || slices.Contains(req.Groups, auth.Masters) || old != nil && onlyForCollector(obj, old) {
		return nil
	}
	id, err := g.authenticate(req)
	if err != nil {
		return err
	}
	namespace := ""
	if req.Resource.Namespaced {
		namespace = obj.GetNamespace()
	}
	c := escalationCheck{s: s, req: req, id: id, namespace: namespace, name: obj.GetName()}
	switch x := obj.(type) {
	case *rbacv1.Role:
		if c.may("escalate", "roles", c.named()) {
			return nil
		}
		return c.covers(x.Rules)
	case *rbacv1.ClusterRole:
		if c.may("escalate", "clusterroles", c.named()) {
			return nil
		}
		if err := c.covers(x.Rules); err != nil {
			return err
		}
		was, _ := old.(*rbacv1.ClusterRole)
		if (aggregates(x) || was != nil && aggregates(was)) && c.covers(fullAuthority) != nil {
			return apierrors.NewForbidden(req.Resource.GR(), x.Name, errors.New("must have cluster-admin privileges to use the aggregationRule"))
		}
	case *rbacv1.RoleBinding:
		return c.binds(x.RoleRef)
	case *rbacv1.ClusterRoleBinding:
		return c.binds(x.RoleRef)
	}
	return nil
}

type escalationCheck struct {
	s               *Server
	req             *api.Request
	id              *auth.Identity
	namespace, name string
}

// named is the name in the request's path: a create has none.
func (c *escalationCheck) named() string {
	if c.req.Verb == api.Create {
		return ""
	}
	return c.req.Name
}

func (c *escalationCheck) may(verb, resource, name string) bool {
	ok, _ := c.s.gate.chain.Authorize(c.id, &auth.Request{Access: rbac.Access{
		Verb: verb, Group: rbacv1.GroupName, Resource: resource, Namespace: c.namespace, Name: name,
	}})
	return ok
}

// binds checks a binding: its author may bind the role, or has all its rights.
func (c *escalationCheck) binds(ref rbacv1.RoleRef) error {
	resource := map[string]string{"Role": "roles", "ClusterRole": "clusterroles"}[ref.Kind]
	if resource != "" && (ref.APIGroup == rbacv1.GroupName || ref.APIGroup == "") && c.may("bind", resource, ref.Name) {
		return nil
	}
	rules, err := c.s.gate.policy.Rules(ref, c.namespace)
	if err != nil {
		switch {
		case ref.Kind == "Role" && c.namespace != "":
			return notFound(api.Roles, ref.Name)
		case ref.Kind == "ClusterRole":
			return notFound(api.ClusterRoles, ref.Name)
		}
		return apierrors.NewInternalError(err)
	}
	return c.covers(rules)
}

// covers checks that the author has the rights of some rules (validation/rule.go, ConfirmNoEscalation).
func (c *escalationCheck) covers(rules []rbacv1.PolicyRule) error {
	owned, errs := c.s.gate.policy.RulesFor(c.id, c.namespace)
	missing := rbac.Missing(owned, rules)
	if len(missing) == 0 {
		return nil
	}
	var texts []string
	for _, r := range rbac.Compact(missing, false) {
		texts = append(texts, rbac.Short(&r))
	}
	slices.Sort(texts)
	msg := "user " + strconv.Quote(c.id.Name) + " (groups=" + rbac.Quoted(c.id.Groups) + ") is attempting to grant RBAC permissions not currently held:\n" +
		strings.Join(slices.Compact(texts), "\n")
	if len(errs) > 0 {
		msg += "; resolution errors: [" + auth.Joined(errs) + "]"
	}
	return apierrors.NewForbidden(c.req.Resource.GR(), c.name, errors.New(msg))
}

func aggregates(r *rbacv1.ClusterRole) bool {
	return r.AggregationRule != nil && len(r.AggregationRule.ClusterRoleSelectors) > 0
}

// onlyForCollector reports that an update changes nothing but what the garbage collector needs (IsOnlyMutatingGCFields).
func onlyForCollector(obj, old api.Object) bool {
	c := api.Copy(obj)
	c.SetOwnerReferences(old.GetOwnerReferences())
	c.SetFinalizers(old.GetFinalizers())
	c.SetManagedFields(old.GetManagedFields())
	return equality.Semantic.DeepEqual(c, old)
}
