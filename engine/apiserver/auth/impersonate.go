package auth

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
	"tabernetes/engine/api/rbac"
)

// authenticationGroup is the API group of uids and extra values, and of everything in constrained impersonation.
const authenticationGroup = "authentication.k8s.io"

// mode is one way to be allowed to act as somebody else. A constrained mode (KEP-5284) asks twice: may the user do
// this request in that mode, and may it be that user; the old way asks only the second, with the verb impersonate.
type mode struct {
	name    string // "" for the old way
	applies func(wanted *api.UserInfo, by *Identity) bool
}

var modes = [...]mode{
	{"associated-node", func(w *api.UserInfo, by *Identity) bool {
		node, ok := nodeUser(w.Name)
		_, _, account := SplitAccount(by.Name)
		at := by.Extra[nodeNameKey]
		return ok && account && onlyName(w) && len(at) == 1 && at[0] == node
	}},
	{"arbitrary-node", func(w *api.UserInfo, _ *Identity) bool {
		_, ok := nodeUser(w.Name)
		return ok && onlyName(w)
	}},
	{"serviceaccount", func(w *api.UserInfo, _ *Identity) bool {
		_, _, ok := SplitAccount(w.Name)
		return ok && onlyName(w)
	}},
	{"user-info", func(w *api.UserInfo, _ *Identity) bool {
		_, node := nodeUser(w.Name)
		_, _, account := SplitAccount(w.Name)
		return !node && !account
	}},
	{"", func(*api.UserInfo, *Identity) bool { return true }},
}

func onlyName(w *api.UserInfo) bool { return w.UID == "" && len(w.Groups) == 0 && len(w.Extra) == 0 }

// Impersonate decides whether a user may make a request in another's name, and who that is. Upstream:
// apiserver/pkg/endpoints/filters/impersonation; of several ways that fail the first is told.
func (z *Authorizer) Impersonate(by *Identity, wanted *api.UserInfo, a *Request) (*Identity, error) {
	var first error
	for i := range modes {
		if m := &modes[i]; m.applies(wanted, by) {
			u, err := z.impersonate(m, by, wanted, a)
			if err == nil {
				return NewIdentity(u), nil
			}
			if first == nil {
				first = err
			}
		}
	}
	return nil, first
}

func (z *Authorizer) impersonate(m *mode, by *Identity, wanted *api.UserInfo, a *Request) (api.UserInfo, error) {
	u := *wanted
	verb, group := "impersonate", ""
	check := func(x *Request) error {
		ok, reason := z.Authorize(by, x)
		if !ok {
			return Forbidden(by.Name, &x.Access, reason)
		}
		return nil
	}
	constrained := m.name != ""
	if constrained {
		on := *a
		on.Verb = "impersonate-on:" + m.name + ":" + a.Verb
		if err := check(&on); err != nil {
			return u, err
		}
		verb, group = "impersonate:"+m.name, authenticationGroup
	}
	who := &Request{Access: rbac.Access{Verb: verb, Group: group, Resource: "users", Name: wanted.Name}}
	if node, ok := nodeUser(wanted.Name); ok && constrained {
		who.Resource, who.Name = "nodes", node
		if m.name == "associated-node" {
			who.Name = "*"
		}
		u.Groups = []string{Nodes}
	}
	if ns, name, ok := SplitAccount(wanted.Name); ok {
		who.Resource, who.Namespace, who.Name = "serviceaccounts", ns, name
		if len(wanted.Groups) == 0 {
			u.Groups = AccountGroups(ns)
		}
	}
	if err := check(who); err != nil {
		return u, err
	}
	if wanted.UID != "" {
		if err := check(&Request{Access: rbac.Access{Verb: verb, Group: authenticationGroup, Resource: "uids", Name: wanted.UID}}); err != nil {
			return u, err
		}
	}
	if err := impersonateGroups(by, wanted, constrained, Request{Access: rbac.Access{Verb: verb, Group: group, Resource: "groups"}}, check); err != nil {
		return u, err
	}
	if err := impersonateExtra(by, wanted, constrained, Request{Access: rbac.Access{Verb: verb, Group: authenticationGroup, Resource: "userextras"}}, check); err != nil {
		return u, err
	}
	switch {
	case u.Name == Anonymous:
		u.Groups = withGroup(u.Groups, Unauthenticated)
	case !slices.Contains(u.Groups, Unauthenticated):
		u.Groups = withGroup(u.Groups, Authenticated)
	}
	return u, nil
}

func withGroup(groups []string, g string) []string {
	if slices.Contains(groups, g) {
		return groups
	}
	return append(slices.Clone(groups), g)
}

// many is from how many checks on one check for all of them is tried first.
const many = 4

func impersonateGroups(by *Identity, wanted *api.UserInfo, constrained bool, x Request, check func(*Request) error) error {
	if constrained {
		if slices.Contains(wanted.Groups, "") {
			return Forbidden(by.Name, &x.Access, "impersonating the empty string group is not allowed")
		}
		if slices.Contains(wanted.Groups, Masters) {
			x.Name = Masters
			return Forbidden(by.Name, &x.Access, "impersonating the system:masters group is not allowed")
		}
		if x.Name = "*"; len(wanted.Groups) >= many && check(&x) == nil {
			return nil
		}
	}
	for _, g := range wanted.Groups {
		x.Name = g
		if err := check(&x); err != nil {
			return err
		}
	}
	return nil
}

func impersonateExtra(by *Identity, wanted *api.UserInfo, constrained bool, x Request, check func(*Request) error) error {
	keys := slices.Sorted(maps.Keys(wanted.Extra))
	if constrained {
		count := 0
		for _, k := range keys {
			if why := badExtra(k, wanted.Extra[k]); why != "" {
				return Forbidden(by.Name, &x.Access, why)
			}
			count += len(wanted.Extra[k])
		}
		if all := x; count >= many {
			all.Subresource, all.Name = "*", "*"
			if check(&all) == nil {
				return nil
			}
		}
	}
	for _, k := range keys {
		x.Subresource = k
		for _, v := range wanted.Extra[k] {
			x.Name = v
			if err := check(&x); err != nil {
				return err
			}
		}
	}
	return nil
}

// badExtra says what constrained impersonation does not like about an extra value.
func badExtra(key string, values []string) string {
	if key == "" {
		return "impersonating the empty string key in extra is not allowed"
	}
	if errs := validation.IsDomainPrefixedPath(field.NewPath("extra", "key"), key); len(errs) > 0 {
		return "impersonating an invalid key in extra is not allowed: " + errs.ToAggregate().Error()
	}
	switch {
	case key != strings.ToLower(key):
		return "impersonating a non-lowercase key in extra is not allowed: " + strconv.Quote(key)
	case len(values) == 0:
		return "impersonating empty values in extra is not allowed"
	case slices.Contains(values, ""):
		return "impersonating the empty string value in extra is not allowed"
	}
	return ""
}
