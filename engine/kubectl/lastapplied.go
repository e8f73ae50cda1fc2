package kubectl

import (
	"encoding/json"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

// lastAppliedText is the annotation for a manifest: the manifest without the annotation.
func lastAppliedText(raw map[string]any) string {
	doc := maps.Clone(raw)
	meta, _ := doc["metadata"].(map[string]any)
	meta = maps.Clone(meta)
	if meta == nil {
		meta = map[string]any{}
	}
	annotations, _ := meta["annotations"].(map[string]any)
	annotations = maps.Clone(annotations)
	if annotations == nil {
		annotations = map[string]any{}
	}
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	meta["annotations"], doc["metadata"] = annotations, meta
	text, err := json.Marshal(doc)
	if err != nil {
		return ""
	}
	return string(text) + "\n"
}

// withLastApplied is a manifest with the annotation in it, as JSON.
func withLastApplied(raw map[string]any) []byte {
	text := lastAppliedText(raw)
	doc := maps.Clone(raw)
	meta, _ := doc["metadata"].(map[string]any)
	meta = maps.Clone(meta)
	annotations, _ := meta["annotations"].(map[string]any)
	annotations = maps.Clone(annotations)
	if annotations == nil {
		annotations = map[string]any{}
	}
	annotations[corev1.LastAppliedConfigAnnotation] = text
	if meta == nil {
		meta = map[string]any{}
	}
	meta["annotations"], doc["metadata"] = annotations, meta
	out, err := json.Marshal(doc)
	if err != nil {
		return nil
	}
	return out
}

// setLastApplied puts the annotation on an object that this command made.
func setLastApplied(obj api.Object, raw map[string]any) {
	annotations := maps.Clone(obj.GetAnnotations())
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[corev1.LastAppliedConfigAnnotation] = lastAppliedText(raw)
	obj.SetAnnotations(annotations)
}

// viewLastApplied is apply view-last-applied.
func viewLastApplied(c *cmd) {
	c.gather(c.selectionFromFlags(c.args), func(r *result) {
		c.fresh(r, func() {
			for _, in := range r.infos {
				text, ok := in.obj.GetAnnotations()[corev1.LastAppliedConfigAnnotation]
				if !ok {
					r.errs = append(r.errs, fmt.Errorf("no last-applied-configuration annotation found on resource: %s", in.name))
					continue
				}
				m := map[string]any{}
				if err := json.Unmarshal([]byte(text), &m); err != nil {
					r.errs = append(r.errs, err)
					continue
				}
				f := &format{name: "yaml"}
				if c.f.str("output") == "json" {
					f.name = "json"
				}
				if err := f.print(m, c.out); err != nil {
					r.errs = append(r.errs, err)
				}
			}
			c.end(r.errs...)
		})
	})
}

// setLastAppliedCommand is apply set-last-applied: first everything is looked at, then what differs is written.
func setLastAppliedCommand(c *cmd) {
	files := c.f.list("filename")
	dry, f, _, ok := c.createOptions()
	if !ok {
		return
	}
	if len(files) == 0 {
		c.failf("must specify one of -f and -k")
		return
	}
	infos, errs := c.manifests(files)
	type change struct {
		in   *info
		body []byte
	}
	var changes []change
	each(len(infos), func(i int, next func()) {
		in := infos[i]
		fail := func(err error) {
			if err != nil {
				errs = append(errs, err)
			}
			next()
		}
		text, err := json.Marshal(in.raw)
		if err != nil {
			fail(err)
			return
		}
		text = append(text, '\n')
		body, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]any{corev1.LastAppliedConfigAnnotation: string(text)}}})
		if err != nil {
			fail(err)
			return
		}
		c.do(&api.Request{Verb: api.Get, Resource: in.res, Namespace: in.ns, Name: in.name}, func(r *api.Response) {
			if r.Err != nil {
				if !apierrors.IsNotFound(r.Err) {
					r.Err = withSource(fmt.Sprintf("retrieving current configuration of:\n%s\nfrom server for:", in.describe()), in.source, r.Err)
				}
				fail(r.Err)
				return
			}
			in.obj = r.Object
			switch last, has := r.Object.GetAnnotations()[corev1.LastAppliedConfigAnnotation]; {
			case !has && !c.f.bool("create-annotation"):
				fail(fmt.Errorf("no last-applied-configuration annotation found on resource: %s, to create the annotation, run the command with --create-annotation", in.name))
				return
			case last == string(text):
				c.printf("set-last-applied %s: no changes required.\n", in.name)
			default:
				changes = append(changes, change{in, body})
			}
			fail(nil)
		})
	}, func() {
		if len(errs) > 0 {
			c.end(errs...)
			return
		}
		each(len(changes), func(i int, next func()) {
			in := changes[i].in
			if dry == "client" {
				c.did(f, in, "configured", dry)
				next()
				return
			}
			c.do(&api.Request{Verb: api.Patch, Resource: in.res, Namespace: in.ns, Name: in.name, PatchType: types.MergePatchType, Patch: changes[i].body,
				FieldManager: "kubectl", DryRun: dry == "server"}, func(r *api.Response) {
				if r.Err != nil {
					errs = append(errs, r.Err)
				} else {
					in.obj = r.Object
					c.did(f, in, "configured", dry)
				}
				next()
			})
		}, func() { c.end(errs...) })
	})
}
