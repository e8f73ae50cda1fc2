package simtest

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

// orphans lists objects whose owners are all gone: what the garbage collector should have taken away.
func (j *judge) orphans() (out []string) {
	for _, r := range api.Builtin() {
		for _, key := range sortedKeys(j.mirror[r]) {
			o := j.mirror[r][key]
			refs := o.GetOwnerReferences()
			held := len(refs) == 0
			for _, ref := range refs {
				owner := api.ByGVK(schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind))
				if owner == nil {
					held = true // a custom resource's
					continue
				}
				ns := o.GetNamespace()
				if !owner.Namespaced {
					ns = ""
				}
				if x := j.mirror[owner][api.Key(ns, ref.Name)]; x != nil && x.GetUID() == ref.UID {
					held = true
				}
			}
			if !held {
				out = append(out, r.Name+" "+key+" is an orphan of "+refs[0].Kind+" "+refs[0].Name)
			}
		}
	}
	return out
}
