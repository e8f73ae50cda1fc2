package kubectl

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func createRoleCommand() *command {
	return &command{name: "role", use: "NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]",
		short: "Create a role with single rule", flags: createFlags + "verb:l resource:l resource-name:a", run: createRole}
}

func createClusterRoleCommand() *command {
	return &command{name: "clusterrole", use: "NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]",
		short: "Create a cluster role", flags: createFlags + "verb:l resource:l resource-name:a non-resource-url:l aggregation-rule:l", run: createClusterRole}
}

var (
	roleVerbs    = []string{"*", "get", "delete", "list", "create", "update", "patch", "watch", "proxy", "deletecollection", "use", "bind", "escalate", "impersonate"}
	roleURLVerbs = []string{"*", "get", "post", "put", "delete", "patch", "head", "options"}
)

// verbFits reports whether a verb that is meant for certain resources fits one; of other verbs nothing is known.
func verbFits(verb string, r schema.GroupResource) (special, fits bool) {
	switch verb {
	case "use":
		return true, r.Resource == "podsecuritypolicies" && (r.Group == "policy" || r.Group == "extensions")
	case "bind", "escalate":
		return true, r.Group == rbacv1.GroupName && (r.Resource == "roles" || r.Resource == "clusterroles")
	case "impersonate":
		return true, r.Group == "" && (r.Resource == "users" || r.Resource == "serviceaccounts" || r.Resource == "groups") ||
			r.Group == "authentication.k8s.io" && r.Resource == "userextras"
	}
	return false, false
}

// roleResource is one --resource: RESOURCE[.GROUP][/SUBRESOURCE].
type roleResource struct {
	schema.GroupResource
	sub   string
	known bool
}

// roleFlags are what role and clusterrole are made from.
type roleFlags struct {
	verbs, names []string
	resources    []roleResource
}

func (c *cmd) roleFlags() (r roleFlags) {
	r.verbs, r.names = unique(c.f.list("verb")), unique(c.f.list("resource-name"))
	if slices.Contains(r.verbs, "*") {
		r.verbs = []string{"*"}
	}
	for _, text := range c.f.list("resource") {
		var res roleResource
		var sub, group bool
		res.Resource, res.sub, sub = strings.Cut(text, "/")
		res.Resource, res.Group, group = strings.Cut(res.Resource, ".")
		name := res.Resource
		if group {
			name += "." + res.Group
		}
		if row := c.table().ByName(name); row != nil && res.Resource != "" {
			res.GroupResource, res.known = row.GR(), true
		}
		if res.Resource == "*" && !group && !sub {
			r.resources = []roleResource{res}
			break
		}
		r.resources = append(r.resources, res)
	}
	return r
}

func unique(list []string) (out []string) {
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// validResources checks the resources; it reports what is wrong itself.
func (c *cmd) validResources(r roleFlags) bool {
	for _, v := range r.verbs {
		if !slices.Contains(roleVerbs, v) {
			c.errf("Warning: '%s' is not a standard resource verb\n", v)
		}
	}
	if len(r.resources) == 0 {
		c.failf("at least one resource must be specified")
		return false
	}
	for _, res := range r.resources {
		if res.Resource == "" {
			c.failf("resource must be specified if apiGroup/subresource specified")
			return false
		}
		if res.Resource == "*" {
			return true
		}
		known := res.known
		for _, v := range r.verbs {
			if special, fits := verbFits(v, res.GroupResource); fits {
				known = true
			} else if special {
				c.failf("can not perform '%s' on '%s' in group '%s'", v, res.Resource, res.Group)
				return false
			}
		}
		switch {
		case known:
		case res.Group != "":
			c.errf("the server doesn't have a resource type %q in group %q\n", res.Resource, res.Group)
			c.exit(1)
			return false
		default:
			c.errf("the server doesn't have a resource type %q\n", res.Resource)
			c.exit(1)
			return false
		}
	}
	return true
}

// policyRules makes a rule for each API group, and one for paths.
func (r roleFlags) policyRules(paths []string) (rules []rbacv1.PolicyRule) {
	groups := map[string][]string{}
	for _, res := range r.resources {
		name := res.Resource
		if res.sub != "" {
			name += "/" + res.sub
		}
		if !slices.Contains(groups[res.Group], name) {
			groups[res.Group] = append(groups[res.Group], name)
		}
	}
	for _, g := range sortedKeys(groups) {
		rules = append(rules, rbacv1.PolicyRule{Verbs: r.verbs, APIGroups: []string{g}, Resources: groups[g], ResourceNames: r.names})
	}
	if len(paths) > 0 {
		rules = append(rules, rbacv1.PolicyRule{Verbs: r.verbs, NonResourceURLs: paths})
	}
	return rules
}

func createRole(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	r := c.roleFlags()
	if len(r.verbs) == 0 {
		c.failf("at least one verb must be specified")
		return
	}
	if c.validResources(r) {
		c.createGenerated(&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: r.policyRules(nil)}, asIs)
	}
}

func createClusterRole(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	r, paths, aggregate := c.roleFlags(), unique(c.f.list("non-resource-url")), c.f.list("aggregation-rule")
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if len(aggregate) > 0 {
		labels := map[string]string{}
		for _, pair := range aggregate {
			key, value, ok := strings.Cut(pair, "=")
			if !ok {
				c.failf("invalid argument %q for \"--aggregation-rule\" flag: malformed pair, expect string=string\nSee '%s --help' for usage.", strings.Join(aggregate, ","), c.path)
				return
			}
			labels[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
		if len(paths)+len(r.verbs)+len(r.resources)+len(r.names) > 0 {
			c.failf("aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames")
			return
		}
		role.AggregationRule = &rbacv1.AggregationRule{ClusterRoleSelectors: []metav1.LabelSelector{{MatchLabels: labels}}}
		c.createGenerated(role, asIs)
		return
	}
	switch {
	case len(r.verbs) == 0:
		c.failf("at least one verb must be specified")
		return
	case len(r.resources)+len(paths) == 0:
		c.failf("one of resource or nonResourceURL must be specified")
		return
	case len(r.resources) > 0 && !c.validResources(r):
		return
	}
	if len(paths) > 0 {
		for _, v := range r.verbs {
			if !slices.Contains(roleURLVerbs, v) {
				c.failf("invalid verb: '%s' for nonResourceURL", v)
				return
			}
		}
	}
	for _, p := range paths {
		switch {
		case p == "*":
		case !strings.HasPrefix(p, "/"):
			c.failf("nonResourceURL should start with /")
			return
		case strings.Contains(p[:len(p)-1], "*"):
			c.failf("nonResourceURL only supports wildcard matches when '*' is at the end")
			return
		}
	}
	role.Rules = r.policyRules(paths)
	c.createGenerated(role, asIs)
}
