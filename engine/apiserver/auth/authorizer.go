package auth

import (
	rbacv1 "k8s.io/api/rbac/v1"

	"tabernetes/engine/api/rbac"
)

// Request is an access with what of its selectors authorizers look at.
type Request struct {
	rbac.Access
	OfNode string // of list and watch: the node that the field selector spec.nodeName asks for
}

// Authorizer is the chain: the privileged group, the Node authorizer, RBAC (--authorization-mode=Node,RBAC).
// Upstream: pkg/kubeapiserver/authorizer, apiserver/pkg/authorization/union.
type Authorizer struct {
	Policy *Policy
	node   nodeAuthorizer

	gen      uint64
	verdicts map[*Identity]map[key]verdict // of RBAC
}

// New makes the chain. What a kubelet may do uniformly are the rules of the bootstrap role system:node.
func New(p *Policy, g Graph) *Authorizer {
	return &Authorizer{Policy: p, node: nodeAuthorizer{graph: g, rules: nodeRules(), uniform: map[key]bool{}}, verdicts: map[*Identity]map[key]verdict{}}
}

func nodeRules() []rbacv1.PolicyRule {
	for _, r := range Bootstrap().ClusterRoles {
		if r.Name == "system:node" {
			return r.Rules
		}
	}
	return nil
}

// Authorize decides, and gives the reason: of a yes the binding, of a no what went wrong, if anything did.
func (z *Authorizer) Authorize(id *Identity, a *Request) (allowed bool, reason string) {
	if id.Super {
		return true, ""
	}
	if id.Node != "" {
		if allowed, reason = z.node.authorize(id.Node, a); allowed {
			return true, reason
		}
		if reason != "" {
			reason = "node: " + reason
		}
	}
	ok, why := z.Policy.authorize(id, &a.Access)
	if ok || why == "" {
		if ok {
			reason = why
		}
		return ok, reason
	}
	if reason != "" {
		reason += "\n"
	}
	return false, reason + "rbac: " + why
}

// key is what a verdict depends on besides the user.
type key struct {
	verb, group, resource, sub, namespace string
}

type verdict uint8

const (
	unknown verdict = iota
	yes
	no
	byName // some rule has resourceNames: it depends
)

// maxVerdicts bounds what is remembered of one user.
const maxVerdicts = 4096

// Allowed is Authorize without a reason, remembered until a role or binding changes. id must be the same pointer for
// the same user; a hit allocates nothing.
func (z *Authorizer) Allowed(id *Identity, a *Request) bool {
	if id.Super {
		return true
	}
	if id.Node != "" {
		if ok, _ := z.node.authorize(id.Node, a); ok {
			return true
		}
	}
	if a.IsPath() {
		ok, _ := z.Policy.authorize(id, &a.Access)
		return ok
	}
	if z.gen != z.Policy.Generation {
		z.gen = z.Policy.Generation
		clear(z.verdicts)
	}
	k := key{a.Verb, a.Group, a.Resource, a.Subresource, a.Namespace}
	m := z.verdicts[id]
	v := m[k]
	if v == unknown {
		v = z.judge(id, a)
		if m == nil || len(m) >= maxVerdicts {
			m = map[key]verdict{}
			z.verdicts[id] = m
		}
		m[k] = v
	}
	if v == byName {
		ok, _ := z.Policy.authorize(id, &a.Access)
		return ok
	}
	return v == yes
}

// judge asks RBAC whatever the name is.
func (z *Authorizer) judge(id *Identity, a *Request) verdict {
	v := no
	z.Policy.visit(id, a.Namespace, func(_ *Source, r *rbacv1.PolicyRule, err error) bool {
		if err != nil || !rbac.AllowsSome(r, &a.Access) {
			return true
		}
		if len(r.ResourceNames) == 0 {
			v = yes
			return false
		}
		v = byName
		return true
	})
	return v
}

// Forget drops what is remembered of a user.
func (z *Authorizer) Forget(id *Identity) { delete(z.verdicts, id) }
