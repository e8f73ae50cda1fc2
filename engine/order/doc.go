// Package order sorts lists of structs by one compiled body. slices.SortFunc is compiled anew for every type of element,
// some 15 KB of the wasm module each; pointers and strings share one, so lists of those sort with package slices.
package order

import "sort"

// By sorts a list, stably. compare gives a negative number when a comes before b.
func By[T any](list []T, compare func(a, b T) int) {
	sort.SliceStable(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}
