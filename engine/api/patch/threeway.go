package patch

import (
	"encoding/json"
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/runtime"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// ThreeWayStrategic computes what kubectl apply sends for a built-in kind.
// original is the last-applied annotation (may be empty), modified the user's
// manifest, current the live object; all JSON. sample gives the Go type whose
// struct tags are used. The patch deletes what the manifest no longer has, sets
// what it has, and leaves alone what neither names; "{}" if nothing is to be
// done. Like kubectl's --overwrite=true (the default) it wins over changes
// that others made to fields of the manifest.
//
// Upstream: strategicpatch.CreateThreeWayMergePatch.
func ThreeWayStrategic(original, modified, current []byte, sample runtime.Object) ([]byte, error) {
	if _, ok := sample.(runtime.Unstructured); ok {
		return nil, errStrategicNotSupported
	}
	ti, err := typeOf(sample)
	if err != nil {
		return nil, err
	}
	docs, err := decodeAll(original, modified, current)
	if err != nil {
		return nil, err
	}
	changes, err := differ{onlyChanges: true}.object(docs[2], docs[1], ti)
	if err != nil {
		return nil, err
	}
	deletions, err := differ{onlyDeletions: true}.object(docs[0], docs[1], ti)
	if err != nil {
		return nil, err
	}
	// Both may share parts of the manifest, and merging changes them.
	changes, deletions = runtime.DeepCopyJSON(changes), runtime.DeepCopyJSON(deletions)
	patch, err := merger{intoPatch: true}.merge(deletions, changes, ti)
	if err != nil {
		return nil, err
	}
	return json.Marshal(patch)
}

// TwoWayStrategic computes the strategic patch that turns original into
// modified: what kubectl edit, label, annotate and set send.
//
// Upstream: strategicpatch.CreateTwoWayMergePatch.
func TwoWayStrategic(original, modified []byte, sample runtime.Object) ([]byte, error) {
	if _, ok := sample.(runtime.Unstructured); ok {
		return nil, errStrategicNotSupported
	}
	ti, err := typeOf(sample)
	if err != nil {
		return nil, err
	}
	docs, err := decodeAll(original, modified)
	if err != nil {
		return nil, err
	}
	patch, err := differ{}.object(docs[0], docs[1], ti)
	if err != nil {
		return nil, err
	}
	return json.Marshal(patch)
}

// TwoWayMerge computes the JSON merge patch that turns original into modified.
func TwoWayMerge(original, modified []byte) ([]byte, error) {
	docs, err := decodeAll(original, modified)
	if err != nil {
		return nil, err
	}
	return json.Marshal(mergeDiff(docs[0], docs[1]))
}

// ThreeWayMerge is ThreeWayStrategic for kinds without Go types (custom
// resources): the result is a JSON merge patch, in which lists are values.
// It fails with ErrPreconditionFailed when the manifest is of another object
// and with a ConflictError when one change needs a field that another deletes.
//
// Upstream: jsonmergepatch.CreateThreeWayJSONMergePatch with kubectl's
// preconditions.
func ThreeWayMerge(original, modified, current []byte) ([]byte, error) {
	docs, err := decodeAll(original, modified, current)
	if err != nil {
		return nil, err
	}
	changes := filterNulls(mergeDiff(docs[2], docs[1]), false)
	deletions := filterNulls(mergeDiff(docs[0], docs[1]), true)
	if conflict(changes, deletions) {
		return nil, &ConflictError{fmt.Sprintf("patch:\n%s\nconflicts with changes made from original to current:\n%s\n",
			yamlText(changes), yamlText(deletions))}
	}
	patch := mergeObjects(deletions, changes)
	_, apiVersion := patch["apiVersion"]
	_, kind := patch["kind"]
	meta, _ := patch["metadata"].(map[string]any)
	_, name := meta["name"]
	if apiVersion || kind || name {
		return nil, ErrPreconditionFailed
	}
	return json.Marshal(patch)
}

func decodeAll(texts ...[]byte) ([]map[string]any, error) {
	docs := make([]map[string]any, len(texts))
	for i, text := range texts {
		docs[i] = map[string]any{}
		if len(text) == 0 {
			continue
		}
		if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &docs[i]); err != nil {
			return nil, errBadJSONDoc
		}
		if docs[i] == nil {
			docs[i] = map[string]any{}
		}
	}
	return docs, nil
}

// mergeDiff computes the JSON merge patch from one object to another.
func mergeDiff(from, to map[string]any) map[string]any {
	patch := map[string]any{}
	for key, value := range to {
		have, ok := from[key]
		if !ok {
			patch[key] = value
			continue
		}
		haveMap, isMap := have.(map[string]any)
		valueMap, stillMap := value.(map[string]any)
		if isMap && stillMap {
			if sub := mergeDiff(haveMap, valueMap); len(sub) > 0 {
				patch[key] = sub
			}
		} else if !reflect.DeepEqual(have, value) {
			patch[key] = value
		}
	}
	for key := range from {
		if _, ok := to[key]; !ok {
			patch[key] = nil
		}
	}
	return patch
}

// filterNulls keeps a merge patch's deletions only, or everything else only.
func filterNulls(patch map[string]any, deletions bool) map[string]any {
	out := map[string]any{}
	for key, value := range patch {
		switch value := value.(type) {
		case nil:
			if deletions {
				out[key] = nil
			}
		case map[string]any:
			if len(value) == 0 {
				// An empty object that the manifest sets is a value.
				if !deletions {
					out[key] = value
				}
			} else if sub := filterNulls(value, deletions); len(sub) > 0 {
				out[key] = sub
			}
		default:
			if !deletions {
				out[key] = value
			}
		}
	}
	return out
}

// conflict tells whether two patches give one field different values.
func conflict(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			return true
		}
		for key, value := range a {
			if other, ok := b[key]; ok && conflict(value, other) {
				return true
			}
		}
		return false
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return true
		}
		for i := range a {
			if conflict(a[i], b[i]) {
				return true
			}
		}
		return false
	}
	return !reflect.DeepEqual(a, b)
}

// mergeObjects lays changes over a patch of deletions, keeping the nulls.
func mergeObjects(into, changes map[string]any) map[string]any {
	for key, value := range changes {
		have, okHave := into[key].(map[string]any)
		sub, okSub := value.(map[string]any)
		if okHave && okSub {
			into[key] = mergeObjects(have, sub)
		} else {
			into[key] = value
		}
	}
	return into
}

func yamlText(v any) string {
	text, err := yaml.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
