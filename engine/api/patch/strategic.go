package patch

import (
	"fmt"
	"reflect"
	"strings"
)

// Keys and values with a meaning of their own inside a strategic merge patch.
const (
	directiveKey     = "$patch"
	directiveDelete  = "delete"
	directiveReplace = "replace"
	directiveMerge   = "merge"

	directiveRetainKeys = "retainKeys"
	retainKeysKey       = "$retainKeys"
	// These two stand before a slash and a field's name.
	deleteFromListPrefix = "$deleteFromPrimitiveList"
	elementOrderPrefix   = "$setElementOrder"
)

// merger merges a patch into an object, or a patch into a patch.
type merger struct {
	// intoPatch keeps directives and nulls, because the result is a patch that
	// somebody else will apply.
	intoPatch bool
}

// merge changes original and patch and returns the merged object, which may
// share parts of both.
func (m merger) merge(original, patch map[string]any, ti typeInfo) (map[string]any, error) {
	if directive, ok := patch[directiveKey]; ok {
		switch directive {
		case directiveReplace:
			delete(patch, directiveKey)
			return patch, nil
		case directiveDelete:
			return map[string]any{}, nil
		}
		return nil, errUnknownDirective(directive, patch)
	}
	if original == nil {
		original = map[string]any{}
	}
	if err := m.retainKeys(original, patch); err != nil {
		return nil, err
	}
	if err := m.orderedLists(original, patch, ti); err != nil {
		return nil, err
	}
	for _, key := range sortedKeys(patch) {
		if err := m.field(original, key, patch[key], ti); err != nil {
			return nil, err
		}
	}
	return original, nil
}

// field merges one field of a patch into original.
func (m merger) field(original map[string]any, key string, value any, ti typeInfo) error {
	deletes := strings.HasPrefix(key, deleteFromListPrefix)
	if deletes {
		if m.intoPatch {
			original[key] = value
			return nil
		}
		var err error
		if key, err = listOfDirective(key, deleteFromListPrefix, errBadPrimitiveList); err != nil {
			return err
		}
	}
	if value == nil {
		delete(original, key)
		if !m.intoPatch {
			return nil
		}
	}
	have, found := original[key]
	if !found || reflect.TypeOf(have) != reflect.TypeOf(value) {
		if !deletes {
			m.set(original, key, value)
		}
		return nil
	}
	switch have := have.(type) {
	case map[string]any:
		sub, how, err := ti.object(key)
		if err != nil {
			return err
		}
		if how.kind == directiveReplace {
			original[key] = value
			return nil
		}
		merged, err := m.merge(have, value.(map[string]any), sub)
		if err != nil {
			return err
		}
		original[key] = merged
	case []any:
		sub, how, err := ti.list(key)
		if err != nil {
			return err
		}
		merged, err := m.list(have, value.([]any), sub, how, deletes)
		if err != nil {
			return err
		}
		original[key] = merged
	default:
		m.set(original, key, value)
	}
	return nil
}

// set stores a value that has nothing to merge with.
func (m merger) set(original map[string]any, key string, value any) {
	if !m.intoPatch {
		dropNulls(value)
	}
	if v, keep := withoutDirectives(value); keep {
		original[key] = v
	} else {
		delete(original, key)
	}
}

// listOfDirective gets FIELD from "$setElementOrder/FIELD" and its like.
func listOfDirective(key, prefix string, malformed error) (string, error) {
	before, field, ok := strings.Cut(key, "/")
	if !ok || before != prefix {
		return "", malformed
	}
	return field, nil
}

// retainKeys obeys $retainKeys: what it does not list leaves the object.
func (m merger) retainKeys(original, patch map[string]any) error {
	directive, ok := patch[retainKeysKey]
	if !ok {
		return nil
	}
	delete(patch, retainKeysKey)
	if m.intoPatch {
		have, ok := original[retainKeysKey]
		if ok && !reflect.DeepEqual(have, directive) {
			return fmt.Errorf("%v and %v are not deep equal: this may happen when calculating the 3-way diff patch", have, directive)
		}
		original[retainKeysKey] = directive
		return nil
	}
	list, ok := directive.([]any)
	if !ok {
		return errBadRetainKeys
	}
	for _, key := range sortedKeys(patch) {
		if patch[key] == nil || strings.HasPrefix(key, deleteFromListPrefix) || strings.HasPrefix(key, elementOrderPrefix) {
			continue
		}
		if !contains(list, key) {
			return errBadRetainKeys
		}
	}
	for key := range original {
		if !contains(list, key) {
			delete(original, key)
		}
	}
	return nil
}

// orderedLists merges the lists whose order the patch gives, and takes them
// out of the patch so that they are not merged twice.
func (m merger) orderedLists(original, patch map[string]any, ti typeInfo) error {
	for _, directive := range sortedKeys(patch) {
		if !strings.HasPrefix(directive, elementOrderPrefix) {
			continue
		}
		value := patch[directive]
		if m.intoPatch {
			if have, ok := original[directive]; ok && !reflect.DeepEqual(have, value) {
				return errBadElementOrder
			}
			original[directive] = value
		}
		delete(patch, directive)

		order, ok := value.([]any)
		if !ok {
			return errWrongType(order, value)
		}
		key, err := listOfDirective(directive, elementOrderPrefix, errBadElementOrder)
		if err != nil {
			return err
		}
		if err := m.orderedList(original, patch, key, order, ti); err != nil {
			return err
		}
	}
	return nil
}

func (m merger) orderedList(original, patch map[string]any, key string, order []any, ti typeInfo) error {
	liveValue, inLive := original[key]
	live, ok := liveValue.([]any)
	if inLive && !ok {
		return errWrongType(live, liveValue)
	}
	changesValue, inPatch := patch[key]
	changes, ok := changesValue.([]any)
	if inPatch && !ok {
		return errWrongType(changes, changesValue)
	}
	sub, how, err := ti.list(key)
	if err != nil {
		return err
	}
	if err := checkOrder(changes, order, how.mergeKey); err != nil {
		return err
	}

	var merged []any
	switch {
	case !inLive && !inPatch:
		return nil
	case !inPatch:
		merged = live
	case !inLive:
		v, _ := withoutDirectives(changes)
		merged, _ = v.([]any)
	default:
		if merged, err = m.list(live, changes, sub, how, false); err != nil {
			return err
		}
	}
	named, others, err := partition(merged, order, how.mergeKey)
	if err != nil {
		return err
	}
	kind, err := elementKind(live, changes)
	if err != nil {
		return err
	}
	if original[key], err = weave(named, others, order, live, how.mergeKey, kind); err != nil {
		return err
	}
	delete(patch, key)
	return nil
}

// checkOrder requires that the patch's own list goes in the order the patch
// itself demands.
func checkOrder(changes, order []any, mergeKey string) error {
	if len(changes) == 0 || len(order) == 0 {
		return nil
	}
	rest := changes
	if mergeKey != "" {
		var err error
		if rest, _, err = splitDeletes(changes); err != nil {
			return err
		}
	}
	at := 0
	for len(rest) > 0 && at < len(order) {
		if v, ok := rest[0].(map[string]any); ok {
			if _, special := v[directiveKey]; special {
				rest = rest[1:]
				continue
			}
		}
		equal, err := sameElement(rest[0], order[at], mergeKey)
		if err != nil {
			return err
		}
		if equal {
			rest = rest[1:]
		}
		at++
	}
	if len(rest) > 0 && at >= len(order) {
		return fmt.Errorf("The order in patch list:\n%v\n doesn't match %s list:\n%v\n", changes, elementOrderPrefix, order)
	}
	return nil
}

// dropNulls removes null fields at any depth of a value that is new: there is
// nothing they could delete.
func dropNulls(v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if value == nil {
				delete(v, key)
			} else {
				dropNulls(value)
			}
		}
	case []any:
		for _, value := range v {
			dropNulls(value)
		}
	}
}

// withoutDirectives removes directives from a value that is new; false if the
// value itself is one.
func withoutDirectives(v any) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v[directiveKey]; ok {
			return nil, false
		}
		for _, key := range sortedKeys(v) {
			if value, keep := withoutDirectives(v[key]); keep {
				v[key] = value
			} else {
				delete(v, key)
			}
		}
		return v, true
	case []any:
		out := []any{}
		for _, value := range v {
			if value, keep := withoutDirectives(value); keep {
				out = append(out, value)
			}
		}
		return out, true
	}
	return v, true
}
