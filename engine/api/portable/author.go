package portable

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api/fieldmanager"
)

// author is what the author of an object is known to have written, in documents that may disagree: the annotation of
// client-side apply, and what server-side applies own.
type author []any

// authorOf reads both. A broken annotation says nothing.
func authorOf(doc map[string]any, entries []metav1.ManagedFieldsEntry) author {
	var a author
	if text := stringAt(doc, "metadata", "annotations", corev1.LastAppliedConfigAnnotation); text != "" {
		if m := values([]byte(text)); len(m) > 0 {
			a = append(a, m)
		}
	}
	var applied []metav1.ManagedFieldsEntry
	for i := range entries {
		if entries[i].Operation == metav1.ManagedFieldsOperationApply {
			applied = append(applied, entries[i])
		}
	}
	if len(applied) > 0 {
		if m, err := fieldmanager.Owned(doc, applied); err == nil {
			a = append(a, m)
		}
	}
	return a
}

// at is what the author wrote at a key.
func (a author) at(key string) author {
	var out author
	for _, v := range a {
		if m, ok := v.(map[string]any); ok {
			if x, has := m[key]; has && x != nil {
				out = append(out, x)
			}
		}
	}
	return out
}

// item is what the author wrote of an item of a list.
func (a author) item(item any, i int) author {
	var out author
	for _, v := range a {
		if list, ok := v.([]any); ok {
			if x := itemLike(item, i, list); x != nil {
				out = append(out, x)
			}
		}
	}
	return out
}

// wrote reports that the author wrote something at a path of keys.
func (a author) wrote(path ...string) bool {
	for _, k := range path {
		a = a.at(k)
	}
	return len(a) > 0
}

// names is wrote for a path through lists: doc is the object whose path it is.
func (a author) names(path []any, doc any) bool {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			doc = doc.(map[string]any)[step]
			a = a.at(step)
		case int:
			doc = doc.([]any)[step]
			a = a.item(doc, step)
		}
	}
	return len(a) > 0
}

// components write what belongs to a cluster. What comes with a cluster besides is up to Cleaner.Components.
var components = []string{"kube-apiserver", "kube-controller-manager", "cloud-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubeadm"}

// Cleaner cleans objects of one cluster.
type Cleaner struct {
	// Components are managers of fields whose writes are the cluster's own, besides those every cluster has.
	Components []string
}

// IsComponent reports that what a manager wrote is a cluster's own.
func (c *Cleaner) IsComponent(manager string) bool {
	return slices.Contains(components, manager) || slices.Contains(c.Components, manager)
}

// authors are the entries of what a person or a person's tool wrote. A number of replicas stays whoever set it last.
func (c *Cleaner) authors(entries []metav1.ManagedFieldsEntry) []metav1.ManagedFieldsEntry {
	var out []metav1.ManagedFieldsEntry
	for i := range entries {
		switch e := &entries[i]; e.Subresource {
		case "", "resize":
			if !c.IsComponent(e.Manager) {
				out = append(out, *e)
			}
		case "scale":
			out = append(out, *e)
		}
	}
	return out
}

// Changed reports that somebody wrote into an object that a component made.
func (c *Cleaner) Changed(entries []metav1.ManagedFieldsEntry) bool {
	return len(c.authors(entries)) > 0
}
