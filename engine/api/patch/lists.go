package patch

import (
	"errors"
	"fmt"
	"reflect"
)

// sameElement tells whether two list elements are the same thing: by the merge
// key, or by value if there is none.
func sameElement(a, b any, mergeKey string) (bool, error) {
	if mergeKey == "" {
		return same(a, b), nil
	}
	if err := requireMergeKey(mergeKey, []any{a}, []any{b}); err != nil {
		return false, err
	}
	return same(a.(map[string]any)[mergeKey], b.(map[string]any)[mergeKey]), nil
}

// list merges a patch's list by the field's strategy.
func (m merger) list(original, patch []any, ti typeInfo, how strategy, deletes bool) ([]any, error) {
	if how.kind != directiveMerge && !deletes {
		return patch, nil
	}
	if len(original) == 0 && len(patch) == 0 {
		return original, nil
	}
	kind, err := elementKind(original, patch)
	if err != nil {
		return nil, err
	}
	var merged []any
	if kind != reflect.Map {
		if deletes && !m.intoPatch {
			kept := make([]any, 0, len(original))
			for _, v := range original {
				if !contains(patch, v) {
					kept = append(kept, v)
				}
			}
			return kept, nil
		}
		merged = dedupe(append(append([]any{}, original...), patch...))
	} else {
		if how.mergeKey == "" {
			return nil, fmt.Errorf("cannot merge lists without merge key for %s", ti.t.Kind())
		}
		if original, patch, err = obeyElements(original, patch, how.mergeKey); err != nil {
			return nil, err
		}
		if merged, err = m.elements(original, patch, how.mergeKey, ti); err != nil {
			return nil, err
		}
	}
	named, others, err := partition(merged, patch, how.mergeKey)
	if err != nil {
		return nil, err
	}
	return weave(named, others, patch, original, how.mergeKey, kind)
}

// obeyElements carries out the elements of a patch's list that are commands
// ($patch: delete, $patch: replace) and returns the rest.
func obeyElements(original, patch []any, mergeKey string) ([]any, []any, error) {
	rest := []any{}
	replace := false
	for _, v := range patch {
		e := v.(map[string]any)
		directive, ok := e[directiveKey]
		if !ok {
			rest = append(rest, v)
			continue
		}
		switch directive {
		case directiveDelete:
			value, ok := e[mergeKey]
			if !ok {
				return nil, nil, errNoMergeKey(e, mergeKey)
			}
			for {
				_, at, err := findByKey(original, mergeKey, value)
				if err != nil {
					return nil, nil, err
				}
				if at < 0 {
					break
				}
				// In place, as upstream: the caller still sees the old
				// list, shifted and later refilled by elements, and takes
				// the order of the server's elements from it.
				original = append(original[:at], original[at+1:]...)
			}
		case directiveReplace:
			replace = true
		case directiveMerge:
			return nil, nil, errors.New("merging lists cannot yet be specified in the patch")
		default:
			return nil, nil, errUnknownDirective(directive, e)
		}
	}
	if replace {
		return rest, nil, nil
	}
	return original, rest, nil
}

// elements merges the elements of two lists of objects by their merge key.
func (m merger) elements(original, patch []any, mergeKey string, ti typeInfo) ([]any, error) {
	merged := original
	for _, v := range patch {
		e := v.(map[string]any)
		value, ok := e[mergeKey]
		if !ok {
			return nil, errNoMergeKey(e, mergeKey)
		}
		have, at, err := findByKey(merged, mergeKey, value)
		if err != nil {
			return nil, err
		}
		if at < 0 {
			merged = append(merged, v)
			continue
		}
		if merged[at], err = m.merge(have, e, ti); err != nil {
			return nil, err
		}
	}
	return merged, nil
}
