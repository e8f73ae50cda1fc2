package portable

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	"tabernetes/engine/api/manifest"
)

// Limits of a text that is read. A document may be as big as a request (manifest.MaxBytes).
const (
	MaxText    = 4 * 1024 * 1024
	MaxObjects = 5000
)

// Target is the cluster that manifests are to be applied to.
type Target struct {
	Table     *api.Table
	Namespace func(name string) bool // exists there
}

// Read makes manifests fit for a cluster: what was read of another one is cleaned, what cannot be applied is left out. A
// text in which nothing is to be changed comes back as it is, comments and all. An error names document and line.
func (c *Cleaner) Read(text string, to Target) (string, []Left, error) {
	docs, err := split(text)
	if err != nil {
		return "", nil, err
	}
	var left Leaving
	kinds := defined(docs)
	out := []map[string]any{}
	changed := false
	needs := map[string]bool{}
	for i := range docs {
		d := &docs[i]
		doc := values(d.Raw)
		r := to.Table.ByGVK(d.GVK)
		if r != nil && !r.Can(api.Create) {
			r = nil
		}
		if r != nil {
			if err := fits(r, d); err != nil {
				return "", nil, err
			}
		}
		live := isLive(doc)
		if live {
			if why, stays := StaysBehind(doc); stays {
				left.Add(why, d.GVK.Kind, d.Namespace, d.Name)
				changed = true
				continue
			}
		}
		if r == nil && !kinds[d.GVK] {
			left.Add(Unserved, d.GVK.Kind, d.Namespace, d.Name)
			changed = true
			continue
		}
		if live {
			doc = c.Clean(r, doc, entriesOf(d.Raw), len(docs) <= maxCleaned)
			changed = true
			if d.Namespace != "" && d.Namespace != metav1.NamespaceDefault {
				needs[d.Namespace] = true
			}
		}
		out = append(out, doc)
	}
	if !changed {
		return text, left.List(), nil
	}
	for i := range docs {
		if docs[i].GVK.Kind == api.Namespaces.Kind && docs[i].GVK.Group == "" {
			delete(needs, docs[i].Name)
		}
	}
	for ns := range needs { // Write sorts them
		if to.Namespace == nil || !to.Namespace(ns) {
			out = append(out, map[string]any{"apiVersion": "v1", "kind": api.Namespaces.Kind, "metadata": map[string]any{"name": ns}})
		}
	}
	var comments []string
	if Defines(out) {
		comments = append(comments, DefinedLate)
	}
	clean, err := Write(out, comments...)
	return clean, left.List(), err
}

// maxCleaned is up to how many objects defaults are taken away as well.
const maxCleaned = 500

// split finds the objects of a text; errors say where.
func split(text string) ([]manifest.Document, error) {
	if len(text) > MaxText {
		return nil, fmt.Errorf("the text has %d bytes, the limit is %d", len(text), MaxText)
	}
	docs, err := manifest.SplitText([]byte(text), MaxText)
	var at *manifest.Error
	if errors.As(err, &at) {
		return nil, placed(len(docs)+1, at.Line, at.Column, at.Err)
	}
	if err != nil {
		return nil, err
	}
	if len(docs) > MaxObjects {
		return nil, placed(MaxObjects+1, docs[MaxObjects].Line, 0, fmt.Errorf("the text has %d objects, the limit is %d", len(docs), MaxObjects))
	}
	return docs, nil
}

// placed says in which document and line something is wrong. The YAML library's words name the line themselves.
func placed(document, line, column int, err error) error {
	where := fmt.Sprintf("document %d, line %d", document, line)
	if column > 0 {
		where += fmt.Sprintf(", column %d", column)
	}
	text := err.Error()
	if rest, ok := strings.CutPrefix(text, "yaml: line "); ok {
		if _, after, ok := strings.Cut(rest, ": "); ok {
			text = after
		}
	}
	return fmt.Errorf("%s: %s", where, strings.TrimPrefix(text, "yaml: "))
}

// fits reports what keeps a document from being an object of its kind; fields that the kind does not have do not, as a
// cluster of another version may have them.
func fits(r *api.Resource, d *manifest.Document) error {
	if _, err := manifest.Decode(*d, r.New(), false); err != nil {
		return placed(d.Index+1, d.Line, 0, fmt.Errorf("%s in version %q cannot be handled as a %s: %w", d.GVK.Kind, d.GVK.Version, d.GVK.Kind, err))
	}
	return nil
}

// defined are the kinds whose definitions are in the text.
func defined(docs []manifest.Document) map[schema.GroupVersionKind]bool {
	kinds := map[schema.GroupVersionKind]bool{}
	for i := range docs {
		if docs[i].GVK.GroupKind() != api.CustomResourceDefinitions.GVK().GroupKind() {
			continue
		}
		doc := values(docs[i].Raw)
		for _, v := range listAt(doc, "spec", "versions") {
			if v["served"] == true {
				kinds[schema.GroupVersionKind{Group: stringAt(doc, "spec", "group"), Version: stringAt(v, "name"), Kind: stringAt(doc, "spec", "names", "kind")}] = true
			}
		}
	}
	return kinds
}

// isLive reports that a document was read of a cluster: nobody writes these fields.
func isLive(doc map[string]any) bool {
	meta := mapAt(doc, "metadata")
	for _, k := range []string{"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "selfLink", "ownerReferences"} {
		if v, ok := meta[k]; ok && v != nil && v != "" {
			return true
		}
	}
	return len(mapAt(doc, "status")) > 0
}

// entriesOf are the managedFields of a document.
func entriesOf(raw []byte) []metav1.ManagedFieldsEntry {
	var doc struct {
		Metadata struct {
			ManagedFields []metav1.ManagedFieldsEntry `json:"managedFields"`
		} `json:"metadata"`
	}
	if json.Unmarshal(raw, &doc) != nil {
		return nil
	}
	return doc.Metadata.ManagedFields
}
