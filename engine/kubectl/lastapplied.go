package kubectl

import (
	"encoding/json"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"

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
