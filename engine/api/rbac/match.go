package rbac

import (
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
)

// Access is one thing somebody wants to do. Path alone is set for what is no resource.
type Access struct {
	Verb                         string
	Group, Resource, Subresource string
	Namespace, Name              string
	Path                         string
}

// IsPath reports that a path is asked for that is no resource's.
func (a *Access) IsPath() bool { return a.Path != "" && a.Resource == "" }

// Allows reports that a rule allows an access. The namespace is not its business: it was chosen by the binding.
// Upstream: RuleAllows.
func Allows(r *rbacv1.PolicyRule, a *Access) bool {
	if !has(r.Verbs, rbacv1.VerbAll, a.Verb) {
		return false
	}
	if a.IsPath() {
		return matchesPath(r.NonResourceURLs, a.Path)
	}
	return has(r.APIGroups, rbacv1.APIGroupAll, a.Group) && matchesResource(r.Resources, a.Resource, a.Subresource) &&
		(len(r.ResourceNames) == 0 || contains(r.ResourceNames, a.Name))
}

// AllowsSome is Allows for some name: it differs only for rules with resourceNames.
func AllowsSome(r *rbacv1.PolicyRule, a *Access) bool {
	return has(r.Verbs, rbacv1.VerbAll, a.Verb) && !a.IsPath() &&
		has(r.APIGroups, rbacv1.APIGroupAll, a.Group) && matchesResource(r.Resources, a.Resource, a.Subresource)
}

func has(list []string, all, one string) bool {
	for _, s := range list {
		if s == all || s == one {
			return true
		}
	}
	return false
}

func contains(list []string, one string) bool {
	for _, s := range list {
		if s == one {
			return true
		}
	}
	return false
}

// matchesResource compares without joining resource and subresource.
func matchesResource(list []string, resource, sub string) bool {
	for _, s := range list {
		if s == rbacv1.ResourceAll {
			return true
		}
		if sub == "" {
			if s == resource {
				return true
			}
			continue
		}
		if n := len(s) - len(sub) - 1; n > 0 && s[n] == '/' && s[n+1:] == sub && (s[:n] == resource || s[:n] == "*") {
			return true
		}
	}
	return false
}

func matchesPath(list []string, path string) bool {
	for _, s := range list {
		if s == rbacv1.NonResourceAll || covered(s, path) {
			return true
		}
	}
	return false
}

// covered: a path, or one that begins with what stands before the stars at the end.
func covered(owner, path string) bool {
	return owner == path || strings.HasSuffix(owner, "*") && strings.HasPrefix(path, strings.TrimRight(owner, "*"))
}
