package rbac

import (
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
)

// Missing lists what of the wanted rules the owned ones do not allow, broken down to single rights.
// Upstream: Covers of k8s.io/component-helpers/auth/rbac/validation.
func Missing(owned, wanted []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	for i := range wanted {
		for _, right := range Breakdown(&wanted[i]) {
			found := false
			for j := range owned {
				if found = covers(&owned[j], &right); found {
					break
				}
			}
			if !found {
				out = append(out, right)
			}
		}
	}
	return out
}

// Breakdown splits a rule into rights of one verb on one resource or path, and at most one name.
func Breakdown(r *rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	for _, group := range r.APIGroups {
		for _, resource := range r.Resources {
			for _, verb := range r.Verbs {
				right := rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}}
				if len(r.ResourceNames) == 0 {
					out = append(out, right)
				}
				for _, name := range r.ResourceNames {
					right.ResourceNames = []string{name}
					out = append(out, right)
				}
			}
		}
	}
	for _, path := range r.NonResourceURLs {
		for _, verb := range r.Verbs {
			out = append(out, rbacv1.PolicyRule{NonResourceURLs: []string{path}, Verbs: []string{verb}})
		}
	}
	return out
}

// covers reports that a rule allows a single right. A star is covered only by a star.
func covers(owner, right *rbacv1.PolicyRule) bool {
	if !has(owner.Verbs, rbacv1.VerbAll, right.Verbs[0]) {
		return false
	}
	if len(right.NonResourceURLs) > 0 {
		for _, s := range owner.NonResourceURLs {
			if covered(s, right.NonResourceURLs[0]) {
				return true
			}
		}
		return false
	}
	if !has(owner.APIGroups, rbacv1.APIGroupAll, right.APIGroups[0]) {
		return false
	}
	resource, sub, _ := strings.Cut(right.Resources[0], "/")
	if !matchesResource(owner.Resources, resource, sub) {
		return false
	}
	switch {
	case len(owner.ResourceNames) == 0:
		return true
	case len(right.ResourceNames) == 0:
		return false
	}
	return contains(owner.ResourceNames, right.ResourceNames[0])
}

// Compact joins rights that differ only by their verb, in the order in which they appear, a verb once if once is set.
// Upstream: CompactRules of pkg/registry/rbac/validation, and with once that of k8s.io/kubectl/pkg/util/rbac; both have
// the result in the order of a map.
func Compact(rights []rbacv1.PolicyRule, once bool) []rbacv1.PolicyRule {
	type key struct {
		group, resource, name string
		named                 bool
	}
	var paths, out []rbacv1.PolicyRule
	at := map[key]int{}
	for _, r := range rights {
		if len(r.NonResourceURLs) > 0 || len(r.APIGroups) != 1 || len(r.Resources) != 1 || len(r.ResourceNames) > 1 {
			paths = append(paths, r)
			continue
		}
		k := key{group: r.APIGroups[0], resource: r.Resources[0]}
		if len(r.ResourceNames) == 1 {
			k.name, k.named = r.ResourceNames[0], true
		}
		i, ok := at[k]
		if !ok {
			at[k] = len(out)
			r.Verbs = append([]string(nil), r.Verbs...)
			out = append(out, r)
			continue
		}
		for _, v := range r.Verbs {
			if !once || !contains(out[i].Verbs, v) {
				out[i].Verbs = append(out[i].Verbs, v)
			}
		}
	}
	return append(paths, out...)
}

// Short is how an error shows a rule: {APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}.
// Upstream: CompactString of pkg/apis/rbac/v1.
func Short(r *rbacv1.PolicyRule) string {
	var b strings.Builder
	b.WriteByte('{')
	for _, f := range [...]struct {
		name string
		list []string
	}{{"APIGroups", r.APIGroups}, {"Resources", r.Resources}, {"NonResourceURLs", r.NonResourceURLs}, {"ResourceNames", r.ResourceNames}, {"Verbs", r.Verbs}} {
		if len(f.list) > 0 {
			if b.Len() > 1 {
				b.WriteString(", ")
			}
			b.WriteString(f.name + ":" + Quoted(f.list))
		}
	}
	b.WriteByte('}')
	return b.String()
}

// Less orders rules as their printed form sorts (PolicyRule.String).
func Less(a, b *rbacv1.PolicyRule) bool { return text(a) < text(b) }

func text(r *rbacv1.PolicyRule) string {
	list := func(s []string) string { return "[" + strings.Join(s, " ") + "]" }
	return "&PolicyRule{Verbs:" + list(r.Verbs) + ",APIGroups:" + list(r.APIGroups) + ",Resources:" + list(r.Resources) +
		",ResourceNames:" + list(r.ResourceNames) + ",NonResourceURLs:" + list(r.NonResourceURLs) + ",}"
}
