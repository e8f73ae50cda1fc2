package auth

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"tabernetes/engine/api/rbac"
)

// nodeAuthorizer lets a kubelet do what its node needs: on its own Node, Lease and CSINode, on the pods bound to it and
// on what those pods refer to; on everything else what the role system:node says. The answer is a reason when it has no
// opinion. Upstream: plugin/pkg/auth/authorizer/node.
type nodeAuthorizer struct {
	graph   Graph
	rules   []rbacv1.PolicyRule
	uniform map[key]bool // what the rules say, alike for every node
}

func (n *nodeAuthorizer) authorize(node string, a *Request) (allowed bool, reason string) {
	if !a.IsPath() {
		switch a.Group {
		case "":
			switch a.Resource {
			case "secrets", "configmaps":
				return n.read(node, a)
			case "persistentvolumeclaims":
				if a.Subresource == "status" {
					if a.Verb != "update" && a.Verb != "patch" {
						return false, "can only get/update/patch this type"
					}
					return n.related(node, a)
				}
				return n.get(node, a)
			case "persistentvolumes":
				return n.get(node, a)
			case "serviceaccounts":
				return n.account(node, a)
			case "nodes":
				return n.node(node, a)
			case "pods":
				return n.pod(node, a)
			}
		case "coordination.k8s.io":
			if a.Resource == "leases" {
				return n.lease(node, a)
			}
		case "storage.k8s.io":
			switch a.Resource {
			case "volumeattachments":
				return n.get(node, a)
			case "csinodes":
				return n.csiNode(node, a)
			}
		}
	}
	if a.IsPath() {
		return false, ""
	}
	k := key{a.Verb, a.Group, a.Resource, a.Subresource, ""} // the rules know no names and no namespaces
	ok, known := n.uniform[k]
	if !known {
		for i := range n.rules {
			ok = ok || rbac.Allows(&n.rules[i], &a.Access)
		}
		if len(n.uniform) >= maxVerdicts {
			clear(n.uniform)
		}
		n.uniform[k] = ok
	}
	return ok, ""
}

func (n *nodeAuthorizer) related(node string, a *Request) (bool, string) {
	if a.Name == "" {
		return false, "No Object name found"
	}
	if !n.graph.Related(node, a.Resource, a.Namespace, a.Name) {
		return false, "no relationship found between node '" + node + "' and this object"
	}
	return true, ""
}

func (n *nodeAuthorizer) get(node string, a *Request) (bool, string) {
	switch {
	case a.Verb != "get":
		return false, "can only get individual resources of this type"
	case a.Subresource != "":
		return false, "cannot get subresource"
	}
	return n.related(node, a)
}

func (n *nodeAuthorizer) read(node string, a *Request) (bool, string) {
	switch {
	case a.Verb != "get" && a.Verb != "list" && a.Verb != "watch":
		return false, "can only read resources of this type"
	case a.Subresource != "":
		return false, "cannot read subresource"
	case a.Namespace == "":
		return false, "can only read namespaced object of this type"
	}
	return n.related(node, a)
}

func (n *nodeAuthorizer) account(node string, a *Request) (bool, string) {
	switch {
	case a.Verb == "get" && a.Subresource == "":
		return n.read(node, a)
	case a.Verb != "create" || a.Name == "":
		return false, "can only create tokens for individual service accounts"
	case a.Subresource != "token":
		return false, "can only create token subresource of serviceaccount"
	}
	return n.related(node, a)
}

func (n *nodeAuthorizer) lease(node string, a *Request) (bool, string) {
	switch a.Verb {
	case "get", "create", "update", "patch", "delete":
	default:
		return false, "can only get, create, update, patch, or delete a node lease"
	}
	switch {
	case a.Namespace != corev1.NamespaceNodeLease:
		return false, "can only access leases in the " + strconv.Quote(corev1.NamespaceNodeLease) + " system namespace"
	case a.Verb != "create" && a.Name != node:
		return false, "can only access node lease with the same name as the requesting node"
	}
	return true, ""
}

func (n *nodeAuthorizer) csiNode(node string, a *Request) (bool, string) {
	switch a.Subresource {
	case "":
	case "status":
		return false, "CSINode status access requires CSIVolumeHealth feature"
	default:
		return false, "cannot authorize CSINode subresources"
	}
	switch a.Verb {
	case "get", "create", "update", "patch", "delete":
	default:
		return false, "can only get, create, update, patch, or delete a CSINode"
	}
	if a.Verb != "create" && a.Name != node {
		return false, "can only access CSINode with the same name as the requesting node"
	}
	return true, ""
}

// node: that a kubelet writes only its own Node is the NodeRestriction plugin's business.
func (n *nodeAuthorizer) node(node string, a *Request) (bool, string) {
	switch a.Subresource {
	case "":
		switch a.Verb {
		case "create", "update", "patch":
			return true, ""
		case "get", "list", "watch":
			switch a.Name {
			case node:
				return true, ""
			case "":
				return false, "node '" + node + "' cannot read all nodes, only its own Node object"
			}
			return false, "node '" + node + "' cannot read '" + a.Name + "', only its own Node object"
		}
	case "status":
		return a.Verb == "update" || a.Verb == "patch", ""
	}
	return false, ""
}

// pod: that a kubelet writes only its own pods is the NodeRestriction plugin's business.
func (n *nodeAuthorizer) pod(node string, a *Request) (bool, string) {
	switch a.Subresource {
	case "":
		switch a.Verb {
		case "get":
			return n.get(node, a)
		case "list", "watch":
			switch {
			case a.OfNode == node:
				return true, ""
			case a.Name != "":
				return n.related(node, a)
			}
			return false, "can only list/watch pods with spec.nodeName field selector"
		case "create", "delete":
			return true, ""
		}
	case "status":
		return a.Verb == "update" || a.Verb == "patch", ""
	case "eviction":
		return a.Verb == "create", ""
	}
	return false, ""
}
