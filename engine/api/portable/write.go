package portable

import (
	"cmp"
	"strings"

	"tabernetes/engine/api"
	"tabernetes/engine/api/manifest"
	"tabernetes/engine/order"
)

// Write is a stream of manifests as YAML, in the order in which they can be applied. Comments go before it.
func Write(docs []map[string]any, comments ...string) (string, error) {
	type keyed struct {
		rank          int
		group, ns, nm string
		doc           map[string]any
	}
	list := make([]keyed, len(docs))
	for i, d := range docs {
		group, _, ok := strings.Cut(stringAt(d, "apiVersion"), "/")
		if !ok {
			group = ""
		}
		kind := stringAt(d, "kind")
		list[i] = keyed{rank(group, kind), group + " " + kind, stringAt(d, "metadata", "namespace"), stringAt(d, "metadata", "name"), d}
	}
	order.By(list, func(a, b keyed) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.group, b.group), cmp.Compare(a.ns, b.ns), cmp.Compare(a.nm, b.nm))
	})
	var b strings.Builder
	for _, c := range comments {
		b.WriteString("# " + c + "\n")
	}
	for i := range list {
		text, err := manifest.YAML(list[i].doc)
		if err != nil {
			return "", err
		}
		if i > 0 || len(comments) > 0 {
			b.WriteString("---\n")
		}
		b.Write(text)
	}
	return b.String(), nil
}

// DefinedLate is what a stream says whose custom resources come with their definitions.
const DefinedLate = "Custom resources are among it, and their definitions. kubectl looks up kinds before it applies anything: where they are new, apply this twice."

// Defines reports that documents hold definitions and objects of their kinds.
func Defines(docs []map[string]any) bool {
	kinds := map[string]bool{}
	for _, d := range docs {
		if stringAt(d, "kind") == api.CustomResourceDefinitions.Kind {
			kinds[stringAt(d, "spec", "group")+" "+stringAt(d, "spec", "names", "kind")] = true
		}
	}
	for _, d := range docs {
		group, _, _ := strings.Cut(stringAt(d, "apiVersion"), "/")
		if kinds[group+" "+stringAt(d, "kind")] {
			return true
		}
	}
	return false
}
