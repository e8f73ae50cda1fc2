package endpointslicemirroring

import (
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
)

// generations are those of a Service's slices as the controller wrote them, to know foreign writes from its own and a
// cache that lags from one that is current (k8s.io/endpointslice/util, EndpointSliceTracker). The nil one knows nothing.
type generations map[types.UID]int64

// deleted stands for a deletion of the controller's own that the cache has not seen.
const deleted = -1

// news reports a slice that somebody else wrote.
func (g generations) news(s *discoveryv1.EndpointSlice) bool {
	n, ok := g[s.UID]
	return !ok || s.Generation > n
}

// gone takes note of a deletion and reports whether it was expected, or of nothing that is known.
func (g generations) gone(uid types.UID) bool {
	n, ok := g[uid]
	delete(g, uid)
	return !ok || n == deleted
}

// stale reports that the slices in the cache are older than what was written.
func (g generations) stale(have []*discoveryv1.EndpointSlice) bool {
	found := 0
	for _, s := range have {
		if n, ok := g[s.UID]; ok {
			found++
			if n == deleted || n > s.Generation {
				return true
			}
		}
	}
	for _, n := range g { // they are counted, in any order
		if n == deleted {
			found++
		}
	}
	return found < len(g)
}
