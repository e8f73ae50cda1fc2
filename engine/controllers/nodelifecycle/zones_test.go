package nodelifecycle

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/controllers/apitest"
)

func (w *world) lose(from, to int) {
	for i := from; i < to; i++ {
		w.lost[fmt.Sprintf("node-%d", i)] = true
	}
}

// back lets nodes report again, as a kubelet that finds its status Unknown does.
func (w *world) back(from, to int) {
	for i := from; i < to; i++ {
		name := fmt.Sprintf("node-%d", i)
		w.lost[name] = false
		apitest.Edit(w.Server, "", name, func(n *corev1.Node) {
			n.Status.Conditions = nil
			w.status(n)
		})
		apitest.Edit(w.Server, "", name, func(n *corev1.Node) {})
	}
}

// of are the zones of consecutive nodes: so many in zone-0, so many in zone-1 ...
func of(sizes ...int) func(int) string {
	return func(i int) string {
		for z, n := range sizes {
			if i < n {
				return fmt.Sprint("zone-", z)
			}
			i -= n
		}
		return ""
	}
}

// TestStates is when a zone counts as lost, in part or altogether (ComputeZoneState).
func TestStates(t *testing.T) {
	for _, c := range []struct {
		ready, notReady int
		state           zoneState
		rate            float64
	}{
		{0, 0, stateNormal, EvictionRate},
		{1, 0, stateNormal, EvictionRate},
		{0, 1, stateFullDisruption, EvictionRate},
		{0, 100, stateFullDisruption, EvictionRate},
		{1, 2, stateNormal, EvictionRate}, // more than two
		{1, 3, statePartialDisruption, 0},
		{9, 11, statePartialDisruption, 0}, // 55 %
		{10, 11, stateNormal, EvictionRate},
		{22, 28, statePartialDisruption, 0}, // fifty are not many
		{22, 29, statePartialDisruption, SecondaryEvictionRate},
		{100, 50, stateNormal, EvictionRate},
	} {
		tally := &zoneTally{c.ready, c.notReady}
		assert.Equal(t, c.state, tally.state(), "%d ready, %d not", c.ready, c.notReady)
		assert.Equal(t, c.rate, rateIn(tally.state(), c.ready+c.notReady), "%d ready, %d not", c.ready, c.notReady)
	}
}

// TestALargeZoneMostlyLost: one node in a hundred seconds.
func TestALargeZoneMostlyLost(t *testing.T) {
	w := start(60, nil)
	w.Run(15 * time.Second)
	w.lose(0, 40)
	w.Run(60 * time.Second) // Unknown at 60 to 65 s
	assert.LessOrEqual(t, tainted(w, 60), 1)
	w.Run(205 * time.Second)
	assert.Equal(t, 3, tainted(w, 60), "the first, and one in each hundred seconds")
}

// TestZonesByThemselves: one lost in part, one altogether, one not: each has a rate of its own.
func TestZonesByThemselves(t *testing.T) {
	w := start(24, of(10, 4, 10))
	w.Run(15 * time.Second)
	w.lose(0, 7)   // most of zone-0
	w.lose(10, 14) // all of zone-1
	w.lose(14, 16) // two of zone-2
	w.Run(180 * time.Second)
	in := func(from, to int) (n int) {
		for i := from; i < to; i++ {
			if hasTaint(w.node(i), corev1.TaintNodeUnreachable) {
				n++
			}
		}
		return n
	}
	assert.LessOrEqual(t, in(0, 10), 1, "a small zone that is mostly lost: nobody after the first")
	assert.Equal(t, 4, in(10, 14), "a zone that is lost altogether goes on at the full rate, while another lives")
	assert.Equal(t, 2, in(14, 24))
}

// TestExcluded nodes do not count in their zone.
func TestExcluded(t *testing.T) {
	w := start(10, nil)
	for i := range 7 {
		apitest.Edit(w.Server, "", fmt.Sprintf("node-%d", i), func(n *corev1.Node) { n.Labels = map[string]string{labelExclude: ""} })
	}
	w.Run(15 * time.Second)
	w.lose(0, 7)
	w.Run(150 * time.Second)
	assert.Equal(t, 7, tainted(w, 10), "three of three are well: the zone is")
}

// TestBackBeforeItsTurn: a node that reports again leaves the queue of its zone.
func TestBackBeforeItsTurn(t *testing.T) {
	w := start(10, nil)
	w.Run(15 * time.Second)
	w.lose(0, 4)
	w.Run(55 * time.Second)
	require.Equal(t, 1, tainted(w, 10))
	w.back(0, 4)
	w.Run(60 * time.Second)
	assert.Equal(t, 0, tainted(w, 10))
	for i := range 4 {
		assert.Empty(t, w.taints(i))
	}
}

// TestAllLostAndBack: nothing is evicted while everything is lost, and what was tainted is untainted; with the first sign
// of life it goes on.
func TestAllLostAndBack(t *testing.T) {
	w := start(4, nil)
	w.Run(15 * time.Second)
	w.lose(0, 1)
	w.Run(60 * time.Second)
	require.Equal(t, 1, tainted(w, 4))
	w.lose(1, 4)
	w.Run(60 * time.Second)
	assert.Equal(t, 0, tainted(w, 4), "it is more likely that the controller is cut off")
	w.Run(10 * time.Minute)
	assert.Equal(t, 0, tainted(w, 4))
	w.back(2, 4)
	w.Run(26 * time.Second)
	assert.Equal(t, 2, tainted(w, 4), "the queue of those that are Unknown is worked off, the first after ten seconds")
	assert.Empty(t, w.taints(2))
	assert.Empty(t, w.taints(3))
}

// TestAZoneThatGoes: the last node of the only zone that lived is deleted. What is left was lost before and is lost now:
// nothing has changed, and the evictions go on, as upstream's do (handleDisruption forgets a zone before it compares).
func TestAZoneThatGoes(t *testing.T) {
	w := start(4, of(3, 1))
	w.Run(15 * time.Second)
	w.lose(0, 3)
	w.Run(70 * time.Second)
	require.Equal(t, 2, tainted(w, 4), "one zone lives")
	apitest.Remove[*corev1.Node](w.Server, "", "node-3")
	w.Run(30 * time.Second)
	assert.Equal(t, 3, tainted(w, 3))
	assert.Contains(t, w.Events(), "RemovingNode: Node node-3 event: Removing Node node-3 from Controller")
}
