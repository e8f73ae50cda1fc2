package fieldmanager

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"
)

// MadeWithin reports that a component of this cluster made the object: its creation was noted, not tracked. An object that
// a client outside made is never noted so, and one that nobody tracks has no entries.
func MadeWithin(obj metav1.Object) bool {
	return slices.ContainsFunc(obj.GetManagedFields(), func(e metav1.ManagedFieldsEntry) bool { return e.FieldsType == lazyCreated })
}

// Entries are those of an object with known fields: what clients outside wrote, and components into their objects.
func Entries(obj metav1.Object) []metav1.ManagedFieldsEntry {
	exact, _ := split(obj.GetManagedFields())
	return exact
}

// Owned is the part of an object, as JSON values, that some of its entries name. It goes by the entries alone, without a
// schema: a list whose items they do not tell apart is one value. What it returns shares values with doc.
func Owned(doc map[string]any, entries []metav1.ManagedFieldsEntry) (map[string]any, error) {
	set := fieldpath.NewSet()
	for i := range entries {
		one, err := decodeSet(entries[i].FieldsV1)
		if err != nil {
			return nil, err
		}
		set = set.Union(one)
	}
	return ownedMap(doc, set), nil
}

func ownedMap(m map[string]any, set *fieldpath.Set) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		if part, ok := ownedAt(v, set, fieldpath.PathElement{FieldName: &k}); ok {
			out[k] = part
		}
	}
	return out
}

// ownedAt is what a set names of the value that lies at a path element.
func ownedAt(v any, set *fieldpath.Set, pe fieldpath.PathElement) (any, bool) {
	below, ok := set.Children.Get(pe)
	if !ok || below.Empty() {
		return v, set.Members.Has(pe)
	}
	switch v := v.(type) {
	case map[string]any:
		part := ownedMap(v, below)
		return part, len(part) > 0 || set.Members.Has(pe)
	case []any:
		part := ownedItems(v, below)
		return part, len(part) > 0 || set.Members.Has(pe)
	}
	return v, true
}

// ownedItems are the items of a list that a set names, each with its keys.
func ownedItems(list []any, set *fieldpath.Set) []any {
	var names []fieldpath.PathElement
	add := func(pe fieldpath.PathElement) { names = append(names, pe) }
	set.Members.Iterate(add)
	set.Children.Iterate(func(pe fieldpath.PathElement) {
		if !set.Members.Has(pe) {
			add(pe)
		}
	})
	out := []any{}
	for i, item := range list {
		for _, pe := range names {
			if !isItem(pe, i, item) {
				continue
			}
			part, _ := ownedAt(item, set, pe)
			if m, ok := part.(map[string]any); ok && pe.Key != nil {
				m = maps.Clone(m) // it may be doc's
				part = m
				for _, f := range *pe.Key {
					if v, has := item.(map[string]any)[f.Name]; has {
						m[f.Name] = v
					}
				}
			}
			out = append(out, part)
			break
		}
	}
	return out
}

// isItem reports that a path element names an item of a list. A key that the item does not say is its default.
func isItem(pe fieldpath.PathElement, i int, item any) bool {
	switch {
	case pe.Index != nil:
		return *pe.Index == i
	case pe.Value != nil:
		return value.Equals(*pe.Value, value.NewValueInterface(item))
	case pe.Key != nil:
		m, ok := item.(map[string]any)
		if !ok {
			return false
		}
		for _, f := range *pe.Key {
			if v, has := m[f.Name]; has && !value.Equals(f.Value, value.NewValueInterface(v)) {
				return false
			}
		}
		return true
	}
	return false
}
