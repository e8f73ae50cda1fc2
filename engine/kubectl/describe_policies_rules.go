package kubectl

import (
	"slices"
	"sort"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
)

// policyRules writes the rules of a role, taken apart and put together again so that each resource has one line
// (kubectl/pkg/util/rbac: BreakdownRule, CompactRules).
func (p *page) policyRules(rules []rbacv1.PolicyRule) {
	p.line(0, "PolicyRule:")
	p.line(1, "Resources\tNon-Resource URLs\tResource Names\tVerbs")
	p.line(1, "---------\t-----------------\t--------------\t-----")
	for _, r := range compactRules(rules) {
		p.line(1, "%s\t%s\t%s\t%s", qualifiedResource(r), inBrackets(r.NonResourceURLs), inBrackets(r.ResourceNames), inBrackets(r.Verbs))
	}
}

// qualifiedResource is "deployments.apps/scale".
func qualifiedResource(r rbacv1.PolicyRule) string {
	if len(r.Resources) == 0 {
		return ""
	}
	name, sub, has := strings.Cut(r.Resources[0], "/")
	if len(r.APIGroups) > 0 && r.APIGroups[0] != "" {
		name += "." + r.APIGroups[0]
	}
	if has {
		name += "/" + sub
	}
	return name
}

// compactRules gives one rule for each resource and name, and one for each path and verb, in upstream's order: that of
// the rules printed as Go does, verbs first.
func compactRules(rules []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	at := map[[3]string]int{}
	add := func(group, resource, verb string, names []string) {
		key := [3]string{group, resource, strings.Join(names, "")}
		if len(names) == 0 {
			key[2] = "\x00" // no name is another thing than an empty one
		}
		if i, ok := at[key]; ok {
			if !slices.Contains(out[i].Verbs, verb) {
				out[i].Verbs = append(out[i].Verbs, verb)
			}
			return
		}
		at[key] = len(out)
		out = append(out, rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}, ResourceNames: names})
	}
	for _, r := range rules {
		for _, group := range r.APIGroups {
			for _, resource := range r.Resources {
				for _, verb := range r.Verbs {
					if len(r.ResourceNames) == 0 {
						add(group, resource, verb, nil)
					}
					for _, name := range r.ResourceNames {
						add(group, resource, verb, []string{name})
					}
				}
			}
		}
	}
	for _, r := range rules {
		for _, path := range r.NonResourceURLs {
			for _, verb := range r.Verbs {
				out = append(out, rbacv1.PolicyRule{NonResourceURLs: []string{path}, Verbs: []string{verb}})
			}
		}
	}
	printed := func(r rbacv1.PolicyRule) string {
		return "Verbs:" + inBrackets(r.Verbs) + ",APIGroups:" + inBrackets(r.APIGroups) + ",Resources:" + inBrackets(r.Resources) +
			",ResourceNames:" + inBrackets(r.ResourceNames) + ",NonResourceURLs:" + inBrackets(r.NonResourceURLs)
	}
	sort.SliceStable(out, func(i, j int) bool { return printed(out[i]) < printed(out[j]) })
	return out
}

func inBrackets(list []string) string { return "[" + strings.Join(list, " ") + "]" }
