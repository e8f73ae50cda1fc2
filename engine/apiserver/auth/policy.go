package auth

import (
	"slices"
	"strconv"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/rbac"
)

// Policy is the roles and bindings of a cluster, ordered by name, so that of several bindings that allow something the
// first is told as the reason.
type Policy struct {
	roles           map[string]*rbacv1.Role // by api.Key
	clusterRoles    map[string]*rbacv1.ClusterRole
	bindings        map[string][]*rbacv1.RoleBinding // by namespace
	clusterBindings []*rbacv1.ClusterRoleBinding

	// Generation counts the changes: what was decided before the last one may be wrong.
	Generation uint64
}

// NewPolicy makes an empty policy.
func NewPolicy() *Policy {
	return &Policy{roles: map[string]*rbacv1.Role{}, clusterRoles: map[string]*rbacv1.ClusterRole{}, bindings: map[string][]*rbacv1.RoleBinding{}}
}

// Change notes a change of an object of rbac.authorization.k8s.io; old or new is nil where there is none.
func (p *Policy) Change(old, new api.Object) {
	o := new
	if o == nil {
		o = old
	}
	switch x := o.(type) {
	case *rbacv1.Role:
		put(p.roles, api.KeyOf(x), x, new != nil)
	case *rbacv1.ClusterRole:
		put(p.clusterRoles, x.Name, x, new != nil)
	case *rbacv1.RoleBinding:
		p.bindings[x.Namespace] = insert(p.bindings[x.Namespace], x, x.Name, new != nil, func(b *rbacv1.RoleBinding) string { return b.Name })
	case *rbacv1.ClusterRoleBinding:
		p.clusterBindings = insert(p.clusterBindings, x, x.Name, new != nil, func(b *rbacv1.ClusterRoleBinding) string { return b.Name })
	default:
		return
	}
	p.Generation++
}

func put[T any](m map[string]T, key string, v T, is bool) {
	if is {
		m[key] = v
	} else {
		delete(m, key)
	}
}

// insert replaces, adds or removes a binding in a list sorted by name.
func insert[T any](list []T, x T, name string, is bool, nameOf func(T) string) []T {
	i, found := slices.BinarySearchFunc(list, name, func(e T, name string) int { return strings.Compare(nameOf(e), name) })
	switch {
	case found && is:
		list[i] = x
	case found:
		list = slices.Delete(list, i, i+1)
	case is:
		list = slices.Insert(list, i, x)
	}
	return list
}

// ClusterRole finds a cluster role; nil if there is none.
func (p *Policy) ClusterRole(name string) *rbacv1.ClusterRole { return p.clusterRoles[name] }

// Source is the binding from which a rule comes, and the subject in it that applies.
type Source struct {
	Kind, Name, Namespace string
	RoleRef               rbacv1.RoleRef
	Subject               rbacv1.Subject
}

// String is how reasons name it (rule.go, roleBindingDescriber).
func (s *Source) String() string {
	name, subject := s.Name, s.Subject.Name
	if s.Namespace != "" {
		name += "/" + s.Namespace
	}
	if s.Subject.Kind == rbacv1.ServiceAccountKind {
		ns := s.Subject.Namespace
		if ns == "" {
			ns = s.Namespace
		}
		subject += "/" + ns
	}
	return s.Kind + " " + strconv.Quote(name) + " of " + s.RoleRef.Kind + " " + strconv.Quote(s.RoleRef.Name) + " to " +
		s.Subject.Kind + " " + strconv.Quote(subject)
}

// missingRole is the error of a binding whose role does not exist, in the words of the lister that looks for it.
type missingRole struct{ ref rbacv1.RoleRef }

func (e missingRole) Error() string {
	switch e.ref.Kind {
	case "Role", "ClusterRole":
		return strings.ToLower(e.ref.Kind) + ".rbac.authorization.k8s.io " + strconv.Quote(e.ref.Name) + " not found"
	}
	return "unsupported role reference kind: " + strconv.Quote(e.ref.Kind)
}

// Rules are the rules a binding refers to.
func (p *Policy) Rules(ref rbacv1.RoleRef, namespace string) ([]rbacv1.PolicyRule, error) {
	switch ref.Kind {
	case "Role":
		if r := p.roles[api.Key(namespace, ref.Name)]; r != nil && namespace != "" {
			return r.Rules, nil
		}
	case "ClusterRole":
		if r := p.clusterRoles[ref.Name]; r != nil {
			return r.Rules, nil
		}
	}
	return nil, missingRole{ref}
}

// visit calls fn with every rule that applies to a user in a namespace ("": in none), and with every error met, until
// it returns false. source must not be kept. Upstream: VisitRulesFor.
func (p *Policy) visit(id *Identity, namespace string, fn func(s *Source, r *rbacv1.PolicyRule, err error) bool) {
	var s Source
	each := func(ref rbacv1.RoleRef, subjects []rbacv1.Subject, ns string) bool {
		i := slices.IndexFunc(subjects, func(x rbacv1.Subject) bool { return applies(id, &x, ns) })
		if i < 0 {
			return true
		}
		rules, err := p.Rules(ref, ns)
		if err != nil {
			return fn(nil, nil, err)
		}
		s.RoleRef, s.Subject = ref, subjects[i]
		for j := range rules {
			if !fn(&s, &rules[j], nil) {
				return false
			}
		}
		return true
	}
	s.Kind = "ClusterRoleBinding"
	for _, b := range p.clusterBindings {
		s.Name = b.Name
		if !each(b.RoleRef, b.Subjects, "") {
			return
		}
	}
	if namespace == "" {
		return
	}
	s.Kind, s.Namespace = "RoleBinding", namespace
	for _, b := range p.bindings[namespace] {
		s.Name = b.Name
		if !each(b.RoleRef, b.Subjects, namespace) {
			return
		}
	}
}

// applies reports that a subject of a binding in a namespace ("" of a ClusterRoleBinding) is a user.
func applies(id *Identity, s *rbacv1.Subject, namespace string) bool {
	switch s.Kind {
	case rbacv1.UserKind:
		return id.Name == s.Name
	case rbacv1.GroupKind:
		return slices.Contains(id.Groups, s.Name)
	case rbacv1.ServiceAccountKind:
		if s.Namespace != "" {
			namespace = s.Namespace
		}
		rest, ok := strings.CutPrefix(id.Name, accountPrefix)
		if !ok || namespace == "" {
			return false
		}
		ns, name, _ := strings.Cut(rest, ":")
		return ns == namespace && name == s.Name
	}
	return false
}

// RulesFor are all rules that apply to a user in a namespace, and what went wrong in finding them.
func (p *Policy) RulesFor(id *Identity, namespace string) (rules []rbacv1.PolicyRule, errs []error) {
	p.visit(id, namespace, func(_ *Source, r *rbacv1.PolicyRule, err error) bool {
		if err != nil {
			errs = append(errs, err)
		} else {
			rules = append(rules, *r)
		}
		return true
	})
	return rules, errs
}

// authorize is the RBAC authorizer: the reason of a yes, or what went wrong on the way to a no.
func (p *Policy) authorize(id *Identity, a *rbac.Access) (allowed bool, reason string) {
	var errs []error
	p.visit(id, a.Namespace, func(s *Source, r *rbacv1.PolicyRule, err error) bool {
		switch {
		case err != nil:
			errs = append(errs, err)
		case rbac.Allows(r, a):
			allowed, reason = true, "RBAC: allowed by "+s.String()
			return false
		}
		return true
	})
	if !allowed && len(errs) > 0 {
		reason = "RBAC: " + Joined(errs)
	}
	return allowed, reason
}

// Joined is how an aggregate prints: each text once, in brackets if there are several.
func Joined(errs []error) string {
	var texts []string
	for _, err := range errs {
		if t := err.Error(); !slices.Contains(texts, t) {
			texts = append(texts, t)
		}
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return "[" + strings.Join(texts, ", ") + "]"
}
