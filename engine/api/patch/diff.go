package patch

import (
	"fmt"
	"reflect"
	"sort"
)

// differ computes the strategic patch that turns one object into another.
type differ struct {
	// onlyDeletions leaves changes and additions out, onlyChanges deletions.
	onlyDeletions, onlyChanges bool
	// retainKeys adds $retainKeys to the patch of this very object.
	retainKeys bool
}

func (d differ) object(original, modified map[string]any, ti typeInfo) (map[string]any, error) {
	patch := map[string]any{}
	var retained []any
	for _, key := range sortedKeys(modified) {
		value := modified[key]
		if d.retainKeys && value != nil {
			retained = append(retained, key)
		}
		have, ok := original[key]
		if !ok {
			d.put(patch, key, value)
			continue
		}
		if key == directiveKey {
			from, okFrom := have.(string)
			to, okTo := value.(string)
			if !okFrom || !okTo {
				return nil, fmt.Errorf("invalid value for special key: %s", directiveKey)
			}
			if from != to {
				patch[key] = value
			}
			continue
		}
		if reflect.TypeOf(have) != reflect.TypeOf(value) {
			d.put(patch, key, value)
			continue
		}
		var err error
		switch have := have.(type) {
		case map[string]any:
			err = d.mapField(patch, key, have, value.(map[string]any), ti)
		case []any:
			err = d.listField(patch, key, have, value.([]any), ti)
		default:
			if have != value {
				d.put(patch, key, value)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	lost := false
	for key, value := range original {
		if _, ok := modified[key]; ok {
			continue
		}
		lost = lost || value != nil
		if !d.onlyChanges {
			patch[key] = nil
		}
	}
	if len(retained) > 0 && (len(patch) > 0 || lost) {
		patch[retainKeysKey] = sortScalars(retained)
	}
	return patch, nil
}

// put records a change or addition.
func (d differ) put(patch map[string]any, key string, value any) {
	if !d.onlyDeletions {
		patch[key] = value
	}
}

func (d differ) mapField(patch map[string]any, key string, original, modified map[string]any, ti typeInfo) error {
	sub, how, err := ti.object(key)
	if err != nil {
		// A field this Go type does not know matters only if it changed.
		if reflect.DeepEqual(original, modified) {
			return nil
		}
		return err
	}
	if how.kind == directiveReplace {
		d.put(patch, key, modified)
		return nil
	}
	d.retainKeys = how.retainKeys
	changes, err := d.object(original, modified, sub)
	if err != nil {
		return err
	}
	if len(changes) > 0 {
		patch[key] = changes
	}
	return nil
}

func (d differ) listField(patch map[string]any, key string, original, modified []any, ti typeInfo) error {
	sub, how, err := ti.list(key)
	if err != nil {
		if reflect.DeepEqual(original, modified) {
			return nil
		}
		return err
	}
	if how.kind != directiveMerge {
		if !reflect.DeepEqual(original, modified) {
			d.put(patch, key, modified)
		}
		return nil
	}
	if len(original) == 0 {
		if len(modified) > 0 {
			d.put(patch, key, modified)
		}
		return nil
	}
	kind, err := elementKind(original, modified)
	if err != nil {
		return err
	}
	d.retainKeys = how.retainKeys
	var changes, deletes, order []any
	switch kind {
	case reflect.Map:
		changes, order, err = d.objectList(original, modified, how.mergeKey, sub)
	case reflect.Slice:
		err = errListOfLists
	default:
		changes, deletes, order, err = d.scalarList(original, modified, how.mergeKey, kind)
	}
	if err != nil {
		return err
	}
	for name, list := range map[string][]any{
		key:                              changes,
		deleteFromListPrefix + "/" + key: deletes,
		elementOrderPrefix + "/" + key:   order,
	} {
		if len(list) > 0 {
			patch[name] = list
		}
	}
	return nil
}

// objectList compares two lists of objects by their merge key.
func (d differ) objectList(original, modified []any, mergeKey string, ti typeInfo) (changes, order []any, err error) {
	was, is := sortedByKey(original, mergeKey), sortedByKey(modified, mergeKey)
	var deletes []any
	for len(was) > 0 || len(is) > 0 {
		if err := requireMergeKey(mergeKey, was[:min(1, len(was))], is[:min(1, len(is))]); err != nil {
			return nil, nil, err
		}
		switch side := compareHeads(was, is, mergeKey); {
		case side == 0:
			from, to := was[0].(map[string]any), is[0].(map[string]any)
			change, err := d.object(from, to, ti)
			if err != nil {
				return nil, nil, err
			}
			if len(change) > 0 {
				change[mergeKey] = to[mergeKey]
				changes = append(changes, change)
			}
			was, is = was[1:], is[1:]
		case side > 0:
			if !d.onlyDeletions {
				changes = append(changes, is[0])
			}
			is = is[1:]
		default:
			if !d.onlyChanges {
				deletes = append(deletes, map[string]any{
					mergeKey:     was[0].(map[string]any)[mergeKey],
					directiveKey: directiveDelete,
				})
			}
			was = was[1:]
		}
	}
	if changes, err = sortLike(changes, modified, mergeKey, reflect.Map); err != nil {
		return nil, nil, err
	}
	ordered, err := sameOrder(original, modified, mergeKey)
	if err != nil {
		return nil, nil, err
	}
	changes = append(changes, deletes...)
	if !d.onlyDeletions && (len(changes) > 0 || !ordered) || !d.onlyChanges && len(changes) > 0 {
		order = make([]any, len(modified))
		for i, v := range modified {
			order[i] = map[string]any{mergeKey: v.(map[string]any)[mergeKey]}
		}
	}
	return changes, order, nil
}

// compareHeads walks two lists sorted by the printed merge key: 0 if the first
// elements have the same key, 1 if the next key is only in the second list, -1
// if only in the first.
func compareHeads(was, is []any, mergeKey string) int {
	printed := func(v any) string {
		if mergeKey == "" {
			return fmt.Sprint(v)
		}
		return fmt.Sprint(v.(map[string]any)[mergeKey])
	}
	switch {
	case len(was) == 0:
		return 1
	case len(is) == 0:
		return -1
	}
	a, b := printed(was[0]), printed(is[0])
	switch {
	case a == b:
		return 0
	case a > b:
		return 1
	}
	return -1
}

// sortedByKey returns a copy sorted by the printed merge key.
func sortedByKey(list []any, mergeKey string) []any {
	out := append([]any{}, list...)
	printed := func(v any) string { return fmt.Sprint(v.(map[string]any)[mergeKey]) }
	sort.Slice(out, func(i, j int) bool { return printed(out[i]) <= printed(out[j]) })
	return out
}

func sameOrder(original, modified []any, mergeKey string) (bool, error) {
	if len(original) != len(modified) {
		return false, nil
	}
	for i := range modified {
		if equal, err := sameElement(original[i], modified[i], mergeKey); err != nil || !equal {
			return false, err
		}
	}
	return true, nil
}

// scalarList compares two lists of scalars as sets. Upstream sorts the
// original list in place before it asks whether the order changed, so a list
// that was not sorted always yields an order; clients see that, so do ours.
func (d differ) scalarList(original, modified []any, mergeKey string, kind reflect.Kind) (changes, deletes, order []any, err error) {
	was := sortScalars(original)
	is := sortScalars(append([]any{}, modified...))
	for len(was) > 0 || len(is) > 0 {
		switch compareHeads(was, is, "") {
		case 0:
			was, is = was[1:], is[1:]
		case 1:
			if !d.onlyDeletions {
				changes = append(changes, is[0])
			}
			is = is[1:]
		default:
			if !d.onlyChanges {
				deletes = append(deletes, was[0])
			}
			was = was[1:]
		}
	}
	deletes = dedupe(deletes)
	if changes, err = sortLike(changes, modified, mergeKey, kind); err != nil {
		return nil, nil, nil, err
	}
	if !d.onlyChanges && len(deletes) > 0 || !d.onlyDeletions && !reflect.DeepEqual(original, modified) {
		order = modified
	}
	return changes, deletes, order, nil
}
