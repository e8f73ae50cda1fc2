package fieldmanager

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"

	"tabernetes/engine/api"
)

const lastApplied = corev1.LastAppliedConfigAnnotation

// upgrading is merge, but kubectl gets over conflicts about fields that its annotation of client-side apply shows to be
// its own (managedfields/internal/lastappliedmanager.go).
func (a *application) upgrading(books *managed, force bool) (api.Object, *managed, error) {
	obj, out, err := a.merge(books, force)
	var conflicts merge.Conflicts
	if a.w.Manager != kubectl || !errors.As(err, &conflicts) {
		return obj, out, err
	}
	allowed, why := a.allowed()
	if why != nil {
		return obj, out, err
	}
	var left merge.Conflicts
	for _, c := range conflicts {
		if !allowed.Has(c.Path) {
			left = append(left, c)
		}
	}
	if len(left) > 0 {
		return nil, out, left
	}
	return a.merge(books, true)
}

// allowed are the fields that were last applied by a client and are still as they were.
func (a *application) allowed() (*fieldpath.Set, error) {
	text := a.live.GetAnnotations()[lastApplied]
	if text == "" {
		return nil, errors.New("no last applied annotation")
	}
	live, err := a.m.typedOf(a.r, a.live)
	if err != nil {
		return nil, err
	}
	if err := live.Validate(); err != nil {
		return nil, err
	}
	doc, err := Document([]byte(text))
	if err != nil {
		return nil, err
	}
	if v, _ := doc["apiVersion"].(string); v != a.r.APIVersion() {
		return nil, fmt.Errorf("expected version of last applied to match live object '%s', but got '%s'", a.r.APIVersion(), v)
	}
	last, err := a.m.typeOf(a.r).FromUnstructured(doc)
	if err != nil {
		return nil, err
	}
	set, err := last.ToFieldSet()
	if err != nil {
		return nil, err
	}
	c, err := last.Compare(live)
	if err != nil {
		return nil, err
	}
	return set.Difference(c.Modified).Difference(c.Added).Difference(c.Removed), nil
}

// maxAnnotations is the size of all annotations of an object together, in bytes.
const maxAnnotations = 256 * 1024

// setLastApplied keeps the annotation of client-side apply up to date, so that users can go back to it; one that would
// not fit is dropped (lastappliedupdater.go). obj is the caller's own.
func setLastApplied(obj api.Object, patch map[string]any) error {
	doc := patch
	if meta, ok := patch["metadata"].(map[string]any); ok {
		if notes, ok := meta["annotations"].(map[string]any); ok {
			doc, meta, notes = maps.Clone(patch), maps.Clone(meta), maps.Clone(notes)
			delete(notes, lastApplied)
			doc["metadata"], meta["annotations"] = meta, notes
		}
	}
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(doc); err != nil {
		return fmt.Errorf("failed to build last-applied annotation: couldn't encode object into last applied annotation: %w", err)
	}
	notes := maps.Clone(obj.GetAnnotations())
	notes[lastApplied] = b.String()
	total := 0
	for k, v := range notes {
		total += len(k) + len(v)
	}
	if total > maxAnnotations {
		delete(notes, lastApplied)
	}
	obj.SetAnnotations(notes)
	return nil
}

// Document reads JSON as Apply wants it: integers are int64.
func Document(text []byte) (map[string]any, error) {
	var doc map[string]any
	err := kjson.UnmarshalCaseSensitivePreserveInts(text, &doc)
	return doc, err
}
