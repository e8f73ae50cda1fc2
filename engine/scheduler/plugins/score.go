package plugins

import (
	"math/rand/v2"

	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
)

// ScorePlugins are the plugins that score, in the order their columns stand in.
var ScorePlugins = [NumScores]framework.Plugin{
	framework.TaintToleration, framework.NodeAffinity, framework.NodeResourcesFit, framework.PodTopologySpread,
	framework.InterPodAffinity, framework.NodeResourcesBalancedAllocation, framework.ImageLocality,
}

// Weights are a profile's by column; 0: the plugin does not score.
func Weights(p *framework.Profile) (out [NumScores]int64) {
	for k, pl := range ScorePlugins {
		out[k] = p.Weights[pl]
	}
	return out
}

// Columns of a score table.
const (
	ColTaint = iota
	ColNodeAffinity
	ColFit
	ColSpread
	ColAffinity
	ColBalanced
	ColImage
	NumScores
)

// Table holds the scores of feasible nodes, by node and column.
type Table struct {
	Nodes     []*framework.NodeInfo
	Raw, Norm [NumScores][]int64
	Total     []int64
	// Skipped columns had nothing to say and count for nothing.
	Skipped [NumScores]bool
}

// Score scores the feasible nodes for a shape.
func Score(c *cache.Cluster, s *framework.Shape, nodes []*framework.NodeInfo) *Table {
	t := &Table{Nodes: nodes, Total: make([]int64, len(nodes))}
	for k := range t.Raw {
		t.Raw[k], t.Norm[k] = make([]int64, len(nodes)), make([]int64, len(nodes))
	}
	weights := Weights(s.Profile)
	for k, w := range weights {
		t.Skipped[k] = w == 0
	}
	t.Skipped[ColNodeAffinity] = t.Skipped[ColNodeAffinity] || !Prefers(s)
	t.Skipped[ColBalanced] = t.Skipped[ColBalanced] || s.BestEffort()
	var mostTaints, mostAffinity int64
	for i, n := range nodes {
		if !t.Skipped[ColTaint] {
			t.Raw[ColTaint][i] = IntolerableSoft(s, n.Node)
			mostTaints = max(mostTaints, t.Raw[ColTaint][i])
		}
		if !t.Skipped[ColNodeAffinity] {
			t.Raw[ColNodeAffinity][i] = Preference(s, n.Node)
			mostAffinity = max(mostAffinity, t.Raw[ColNodeAffinity][i])
		}
		if !t.Skipped[ColFit] {
			t.Raw[ColFit][i] = s.FitScore(n)
		}
		if !t.Skipped[ColBalanced] {
			t.Raw[ColBalanced][i] = s.BalanceScore(n)
		}
		if !t.Skipped[ColImage] {
			t.Raw[ColImage][i] = ImageScore(ImageRaw(c, s, n), len(s.Images))
		}
	}
	t.Skipped[ColSpread] = !spreadScores(c, s, nodes, t.Raw[ColSpread], t.Norm[ColSpread])
	t.Skipped[ColAffinity] = !affinityScores(c, s, nodes, t.Raw[ColAffinity], t.Norm[ColAffinity])
	for i := range nodes {
		t.Norm[ColTaint][i] = NormalizeDefault(t.Raw[ColTaint][i], mostTaints, true)
		t.Norm[ColNodeAffinity][i] = NormalizeDefault(t.Raw[ColNodeAffinity][i], mostAffinity, false)
		for _, k := range [...]int{ColFit, ColBalanced, ColImage} {
			t.Norm[k][i] = t.Raw[k][i]
		}
		for k := range NumScores {
			if !t.Skipped[k] {
				t.Total[i] += weights[k] * t.Norm[k][i]
			}
		}
	}
	return t
}

// Best chooses one of the best nodes at random: its place in the table.
func (t *Table) Best(rng *rand.Rand) int {
	best, ties := t.Total[0], 0
	for _, v := range t.Total {
		if v > best {
			best, ties = v, 0
		}
		if v == best {
			ties++
		}
	}
	pick := Pick(rng, ties)
	for i, v := range t.Total {
		if v == best {
			if pick == 0 {
				return i
			}
			pick--
		}
	}
	panic("scheduler: no best node")
}

// Pick draws one of n equals. Upstream gives every node a random number and takes the highest, which is the same
// choice with more numbers.
func Pick(rng *rand.Rand, n int) int {
	if n == 1 {
		return 0
	}
	return int(rng.Uint64N(uint64(n)))
}

// Search is a plain search for feasible nodes.
type Search struct {
	Feasible []*framework.NodeInfo
	Refused  []Refusal
}

// Refusal is a node that will not do.
type Refusal struct {
	Node   *framework.NodeInfo
	Status *framework.Status
}

// Find looks for feasible nodes from the start-th candidate on until enough are found.
func (st *State) Find(candidates []*framework.NodeInfo, start int, self *framework.PodInfo) Search {
	var out Search
	want := st.Shape.Profile.NodesToFind(len(candidates))
	for i := range candidates {
		n := candidates[(start+i)%len(candidates)]
		if s := st.FilterWithNominated(n, self); s != nil {
			out.Refused = append(out.Refused, Refusal{n, s})
			continue
		}
		if out.Feasible = append(out.Feasible, n); len(out.Feasible) == want {
			break
		}
	}
	return out
}
