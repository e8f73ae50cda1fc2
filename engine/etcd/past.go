package etcd

import (
	"slices"
	"strings"
)

// pastOf collects how keys in a range that were written after rev were at rev: nil for those that did not exist. gone
// lists, by key, those that existed then and do not exist now. The cost is that of the history since rev.
func (s *store) pastOf(prefix, from string, rev int64) (past map[string]*KV, gone []*KV) {
	past = map[string]*KV{}
	for i := s.history.find(rev + 1); i < s.history.n; i++ {
		e := s.history.at(i)
		key := e.KV.Key
		if key < from || !strings.HasPrefix(key, prefix) {
			continue
		}
		if _, seen := past[key]; seen {
			continue
		}
		past[key] = e.PrevKV
		if e.PrevKV != nil && s.keys[key] == nil {
			gone = append(gone, e.PrevKV)
		}
	}
	slices.SortFunc(gone, func(a, b *KV) int { return strings.Compare(a.Key, b.Key) })
	return past, gone
}
