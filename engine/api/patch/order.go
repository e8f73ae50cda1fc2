package patch

import (
	"reflect"
	"sort"
)

// Order of merged lists. A client that knows the order it wants sends it as
// $setElementOrder/FIELD. Elements it names follow that order, elements only
// the server has keep theirs, and the two sequences are woven together.
// https://git.k8s.io/design-proposals-archive/cli/preserve-order-in-strategic-merge-patch.md

// indexIn finds v in list: objects by their merge key, scalars by value.
func indexIn(list []any, v any, mergeKey string, kind reflect.Kind) int {
	keyOf := func(item any) any {
		if kind != reflect.Map {
			return item
		}
		m, _ := item.(map[string]any)
		return m[mergeKey]
	}
	want := keyOf(v)
	for i, w := range list {
		if same(want, keyOf(w)) {
			return i
		}
	}
	return -1
}

// requireMergeKey checks that all elements are objects with the merge key.
func requireMergeKey(mergeKey string, lists ...[]any) error {
	for _, list := range lists {
		for _, v := range list {
			m, ok := v.(map[string]any)
			if !ok {
				return errWrongType(m, v)
			}
			if _, ok := m[mergeKey]; !ok {
				return errNoMergeKey(m, mergeKey)
			}
		}
	}
	return nil
}

// splitDeletes parts a list of objects into the ones that stay and the ones
// marked "$patch: delete".
func splitDeletes(list []any) (keep, remove []any, err error) {
	for _, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, nil, errWrongType(m, v)
		}
		if m[directiveKey] == directiveDelete {
			remove = append(remove, v)
		} else {
			keep = append(keep, v)
		}
	}
	return keep, remove, nil
}

// sortLike sorts list in the order of another list; deletes go last.
func sortLike(list, order []any, mergeKey string, kind reflect.Kind) ([]any, error) {
	var deletes []any
	if kind == reflect.Map {
		if err := requireMergeKey(mergeKey, list, order); err != nil {
			return nil, err
		}
		var err error
		if list, deletes, err = splitDeletes(list); err != nil {
			return nil, err
		}
	}
	// An element the order does not know counts as smaller than any other.
	// That is no proper ordering; its result is upstream's because the sort is.
	sort.SliceStable(list, func(i, j int) bool {
		a := indexIn(order, list[i], mergeKey, kind)
		if a < 0 {
			return true
		}
		b := indexIn(order, list[j], mergeKey, kind)
		return b < 0 || a < b
	})
	return append(list, deletes...), nil
}

// weave orders a merged list: patched elements by wanted, the server's own by
// live, both sequences kept, joined by where they stood in live.
func weave(patched, serverOnly, wanted, live []any, mergeKey string, kind reflect.Kind) ([]any, error) {
	patched, err := sortLike(patched, wanted, mergeKey, kind)
	if err != nil {
		return nil, err
	}
	serverOnly, err = sortLike(serverOnly, live, mergeKey, kind)
	if err != nil {
		return nil, err
	}
	out := make([]any, 0, len(patched)+len(serverOnly))
	for len(patched) > 0 && len(serverOnly) > 0 {
		s := indexIn(live, serverOnly[0], mergeKey, kind)
		p := indexIn(live, patched[0], mergeKey, kind)
		if s >= 0 && p >= 0 && s < p {
			out, serverOnly = append(out, serverOnly[0]), serverOnly[1:]
		} else {
			out, patched = append(out, patched[0]), patched[1:]
		}
	}
	out = append(out, patched...)
	return append(out, serverOnly...), nil
}

// partition parts list into the elements that by names and the others.
func partition(list, by []any, mergeKey string) (named, others []any, err error) {
	named, others = make([]any, 0, len(list)), make([]any, 0, len(list))
	for _, v := range list {
		var found bool
		if mergeKey == "" {
			found = contains(by, v)
		} else {
			if err := requireMergeKey(mergeKey, []any{v}); err != nil {
				return nil, nil, err
			}
			_, at, err := findByKey(by, mergeKey, v.(map[string]any)[mergeKey])
			if err != nil {
				return nil, nil, err
			}
			found = at >= 0
		}
		if found {
			named = append(named, v)
		} else {
			others = append(others, v)
		}
	}
	return named, others, nil
}
