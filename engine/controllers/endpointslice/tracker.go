package endpointslice

import (
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
)

// tracker remembers the generations of a Service's slices as the controller wrote them, to know foreign writes from its
// own and a cache that lags from one that is current (k8s.io/endpointslice/util, EndpointSliceTracker).
type tracker struct {
	generations map[types.UID]int64
	behind      map[types.UID]bool // the cache has not seen the last write or deletion
}

const deleted = -1

// wrote notes a write; cached is the generation the cache holds, -1 if it does not have the slice.
func (t *tracker) wrote(s *discoveryv1.EndpointSlice, cached int64) {
	t.set(s.UID, s.Generation, cached < s.Generation)
}

func (t *tracker) deleting(uid types.UID) { t.set(uid, deleted, true) }

func (t *tracker) set(uid types.UID, generation int64, behind bool) {
	if t.generations == nil {
		t.generations, t.behind = map[types.UID]int64{}, map[types.UID]bool{}
	}
	t.generations[uid] = generation
	if behind {
		t.behind[uid] = true
	} else {
		delete(t.behind, uid)
	}
}

func (t *tracker) has(uid types.UID) bool {
	_, ok := t.generations[uid]
	return ok
}

// seen takes note of a slice in the cache and reports whether it is news.
func (t *tracker) seen(s *discoveryv1.EndpointSlice) bool {
	g, ok := t.generations[s.UID]
	if g != deleted && s.Generation >= g {
		delete(t.behind, s.UID)
	}
	return !ok || s.Generation > g
}

// gone takes note of a deletion and reports whether it was the controller's own.
func (t *tracker) gone(uid types.UID) bool {
	g := t.generations[uid]
	delete(t.generations, uid)
	delete(t.behind, uid)
	return g == deleted
}

// stale reports that the cache lags.
func (t *tracker) stale() bool { return len(t.behind) > 0 }
