package auth

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"tabernetes/engine/api"
)

// Users and groups that the system itself knows (k8s.io/apiserver/pkg/authentication/user).
const (
	Masters         = "system:masters"
	Authenticated   = "system:authenticated"
	Unauthenticated = "system:unauthenticated"
	Anonymous       = "system:anonymous"
	Nodes           = "system:nodes"
	ServiceAccounts = "system:serviceaccounts"
	APIServer       = "system:apiserver" // the server's own requests
	ClusterAdmins   = "kubeadm:cluster-admins"

	accountPrefix = "system:serviceaccount:"
	nodePrefix    = "system:node:"
)

// Identity is who makes a request. An Identity is never changed once it is made.
type Identity struct {
	api.UserInfo
	Super bool   // in system:masters
	Node  string // the node whose kubelet this is, if it is one
}

// NewIdentity makes an identity.
func NewIdentity(u api.UserInfo) *Identity {
	id := &Identity{UserInfo: u, Super: slices.Contains(u.Groups, Masters)}
	// Upstream: pkg/auth/nodeidentifier.
	if name, ok := strings.CutPrefix(u.Name, nodePrefix); ok && slices.Contains(u.Groups, Nodes) {
		id.Node = name
	}
	return id
}

// Certified is the user that the client certificate of a name stands for, as kubeadm makes them: name and groups. A
// name nobody made a certificate for is an ordinary user without groups.
func Certified(name string) api.UserInfo {
	u := api.UserInfo{Name: name}
	switch {
	case name == Anonymous:
		u.Groups = []string{Unauthenticated}
		return u
	case name == APIServer, name == "kubernetes-super-admin":
		u.Groups = []string{Masters}
	case name == "kubernetes-admin":
		u.Groups = []string{ClusterAdmins}
	case strings.HasPrefix(name, nodePrefix):
		u.Groups = []string{Nodes}
	default:
		if ns, _, ok := SplitAccount(name); ok {
			u.Groups = AccountGroups(ns)
		}
	}
	u.Groups = append(u.Groups, Authenticated)
	return u
}

// AccountUser is the user name of a service account.
func AccountUser(namespace, name string) string { return accountPrefix + namespace + ":" + name }

// AccountGroups are the groups of the service accounts of a namespace.
func AccountGroups(namespace string) []string {
	return []string{ServiceAccounts, ServiceAccounts + ":" + namespace}
}

// SplitAccount takes a service account's user name apart (apiserver/pkg/authentication/serviceaccount).
func SplitAccount(user string) (namespace, name string, ok bool) {
	rest, ok := strings.CutPrefix(user, accountPrefix)
	if !ok {
		return "", "", false
	}
	namespace, name, ok = strings.Cut(rest, ":")
	if !ok || strings.Contains(name, ":") || len(validation.IsDNS1123Label(namespace)) > 0 || len(validation.IsDNS1123Subdomain(name)) > 0 {
		return "", "", false
	}
	return namespace, name, true
}

// nodeUser reports that a user name is a node's.
func nodeUser(user string) (node string, ok bool) {
	node, ok = strings.CutPrefix(user, nodePrefix)
	return node, ok && len(validation.IsDNS1123Subdomain(node)) == 0
}
