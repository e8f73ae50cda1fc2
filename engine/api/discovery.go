package api

import "slices"

// ServedVerbs are the verbs of a resource, in the order in which discovery lists them.
func (r *Resource) ServedVerbs() []string {
	switch {
	case r.Custom != nil && r.Custom.Terminating:
		return []string{"delete", "deletecollection", "get", "list", "watch"}
	case r.Custom != nil:
		return []string{"delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"}
	case r == Namespaces:
		return []string{"create", "delete", "get", "list", "patch", "update", "watch"}
	case r.Verbs == nil:
		return []string{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
	}
	var out []string
	for _, v := range r.Verbs {
		out = append(out, string(v))
	}
	slices.Sort(out)
	return out
}

// Preferred lists the rows with one version of each resource: the first, which is the one clients prefer.
func (t *Table) Preferred() []*Resource {
	seen := map[[2]string]bool{}
	var out []*Resource
	for _, r := range t.rows {
		if id := [2]string{r.Group, r.Name}; !seen[id] {
			seen[id] = true
			out = append(out, r)
		}
	}
	return out
}
