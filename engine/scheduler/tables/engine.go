package tables

import (
	"math"
	"math/rand/v2"
	"slices"

	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/plugins"
)

// maxSlots bounds the memory of all tables: nodes times shapes, about 30 bytes each.
const maxSlots = 1 << 21

// Engine schedules pods from tables. Its scratch space makes it good for one pod at a time.
type Engine struct {
	c      *cache.Cluster
	tables []*table
	clock  uint64

	t        *table
	feasible []int32
	acc      []float64
	spread   []int64
	inter    []int64
	total    []int32
	norm     []int32
	// bounds of the last scoring, for explaining it
	mostTaint, mostPrefer   int64
	leastSpread, mostSpread int64
	leastInter, mostInter   int64
	plain                   *plugins.State
}

// New makes an engine for a cluster.
func New(c *cache.Cluster) *Engine { return &Engine{c: c} }

// Outcome is the result of looking for a node. It and what the engine tells about it hold until the next look.
type Outcome struct {
	Node     *framework.NodeInfo // nil: none will do
	Place    int                 // among the feasible
	Feasible int
	Looked   int // nodes looked at
	Score    int64
	Ties     int // nodes with that score
}

func (e *Engine) table(s *framework.Shape) *table {
	t, _ := s.Extra.(*table)
	e.clock++
	if t == nil {
		t = &table{s: s, weights: plugins.Weights(s.Profile)}
		s.Extra = t
		e.tables = append(e.tables, t)
		e.forget()
	}
	t.used = e.clock
	t.refresh(e.c)
	return t
}

// forget drops the tables used longest ago while there are too many.
func (e *Engine) forget() {
	most := max(16, maxSlots/max(1, len(e.c.Nodes())))
	if len(e.tables) <= most {
		return
	}
	slices.SortFunc(e.tables, func(a, b *table) int { return int(int64(b.used) - int64(a.used)) })
	keep := most * 3 / 4
	fresh := e.tables[len(e.tables)-1] // just made: not used yet, so sorted last
	for _, t := range e.tables[keep : len(e.tables)-1] {
		t.s.Extra = nil
	}
	clear(e.tables[keep+1:])
	e.tables = e.tables[:keep]
	e.tables = append(e.tables, fresh)
}

// Find looks for a node for a pod, starting at the start-th node.
func (e *Engine) Find(s *framework.Shape, self *framework.PodInfo, start int, rng *rand.Rand) Outcome {
	t := e.table(s)
	e.t = t
	e.plain = nil
	nodes := e.c.Nodes()
	want := s.Profile.NodesToFind(len(nodes))
	e.feasible = e.feasible[:0]
	looked := 0
	special := len(t.hard) > 0 || t.inter != nil || e.c.AnyNominated()
	for _, part := range [2][2]int{{start, len(nodes)}, {0, start}} {
		verdict := t.verdict[part[0]:part[1]]
		for j, v := range verdict {
			if v != nil && !special {
				continue
			}
			i := int32(part[0] + j)
			if special && e.Refusal(i, self) != nil {
				continue
			}
			e.feasible = append(e.feasible, i)
			if len(e.feasible) == want {
				looked += j + 1
				goto found
			}
		}
		looked += len(verdict)
	}
found:
	out := Outcome{Feasible: len(e.feasible), Looked: looked, Ties: 1}
	switch len(e.feasible) {
	case 0:
		return out
	case 1:
		out.Node = nodes[e.feasible[0]]
		return out
	}
	best, ties := e.score(t)
	pick := plugins.Pick(rng, ties)
	for j, v := range e.total {
		if v == best {
			if pick == 0 {
				out.Place, out.Node = j, nodes[e.feasible[j]]
				break
			}
			pick--
		}
	}
	out.Score, out.Ties = int64(best), ties
	return out
}

// Refusal is why the shape of the last Find cannot go to a node; nil if it can.
func (e *Engine) Refusal(i int32, self *framework.PodInfo) *framework.Status {
	t := e.t
	if e.c.AnyNominated() {
		if n := e.c.Nodes()[i]; len(n.Nominated) > 0 {
			return e.refusalWithNominated(n, self)
		}
	}
	if v := t.verdict[i]; v != nil {
		return v
	}
	for k := range t.hard {
		if v := t.hard[k].refuse(i); v != nil {
			return v
		}
	}
	if t.inter != nil {
		return t.inter.refuse(i)
	}
	return nil
}

// refusalWithNominated asks the plain plugins, and remembers what they said.
func (e *Engine) refusalWithNominated(n *framework.NodeInfo, self *framework.PodInfo) *framework.Status {
	t := e.t
	m := t.memo(&t.nominated, n, self)
	if m != nil && m.Holds(n) {
		return m.Status
	}
	if e.plain == nil {
		e.plain, _ = plugins.PreFilter(e.c, t.s)
	}
	s := e.plain.FilterWithNominated(n, self)
	if m != nil {
		m.Keep(n, s)
	}
	return s
}

// Hopeless is where to remember that preemption on a node does not help the shape of the last Find; nil: nowhere.
func (e *Engine) Hopeless(n *framework.NodeInfo, self *framework.PodInfo) *plugins.Memo {
	return e.t.memo(&e.t.hopeless, n, self)
}

// score adds up the scores of the feasible nodes and returns the best and how many have it.
func (e *Engine) score(t *table) (best int32, ties int) {
	n := len(e.feasible)
	e.total = resize(e.total, n)
	w := &t.weights
	base := int32(w[plugins.ColTaint] * framework.MaxNodeScore)
	e.mostTaint, e.mostPrefer = 0, 0
	for j, i := range e.feasible {
		e.total[j] = base + int32(t.local[i]) + int32(t.imageScore[t.images[i]])
	}
	if t.crowded() {
		nodes := e.c.Nodes()
		for j, i := range e.feasible {
			e.total[j] += int32(w[plugins.ColImage] * plugins.ImageScore(plugins.ImageRaw(e.c, t.s, nodes[i]), len(t.s.Images)))
		}
	}
	if t.taints > 0 {
		for _, i := range e.feasible {
			e.mostTaint = max(e.mostTaint, int64(t.taint[i]))
		}
		for j, i := range e.feasible {
			e.total[j] += int32(w[plugins.ColTaint]*plugins.NormalizeDefault(int64(t.taint[i]), e.mostTaint, true)) - base
		}
	}
	if t.prefer != nil {
		for _, i := range e.feasible {
			e.mostPrefer = max(e.mostPrefer, int64(t.prefer[i]))
		}
		for j, i := range e.feasible {
			e.total[j] += int32(w[plugins.ColNodeAffinity] * plugins.NormalizeDefault(int64(t.prefer[i]), e.mostPrefer, false))
		}
	}
	if len(t.soft) > 0 {
		e.scoreSpread(t)
	}
	if t.inter != nil && len(t.inter.weights) > 0 {
		e.scoreInter(t)
	}
	best = math.MinInt32
	for _, v := range e.total {
		if v > best {
			best, ties = v, 0
		}
		if v == best {
			ties++
		}
	}
	return best, ties
}

func (e *Engine) scoreSpread(t *table) {
	n := len(e.feasible)
	e.acc, e.spread = resize(e.acc, n), resize(e.spread, n)
	clear(e.acc)
	weight := t.weights[plugins.ColSpread]
	counted := e.feasible
	if t.lacking != nil {
		counted = e.counted(t)
	}
	for k := range t.soft {
		f := &t.soft[k]
		skew := float64(f.c.MaxSkew - 1)
		if f.host {
			w := plugins.SpreadWeight(len(counted))
			for j, i := range e.feasible {
				if f.labeled == nil || f.labeled[i] {
					e.acc[j] += float64(float64(f.counts[i])*w) + skew
				}
			}
			continue
		}
		w := plugins.SpreadWeight(f.distinct(counted))
		for j, i := range e.feasible {
			if f.labeled == nil || f.labeled[i] {
				e.acc[j] += float64(float64(f.counts[f.domain[i]])*w) + skew
			}
		}
	}
	least, most := int64(math.MaxInt64), int64(0)
	for j, i := range e.feasible {
		if t.lacking != nil && t.lacking[i] {
			e.spread[j] = -1
			continue
		}
		r := plugins.RoundPositive(e.acc[j])
		e.spread[j] = r
		least, most = min(least, r), max(most, r)
	}
	e.leastSpread, e.mostSpread = least, most
	// Few different raw scores stand against many nodes: divide once for each.
	const width = 4096
	if len(counted) == 0 || most-least >= width {
		for j := range e.spread {
			if e.spread[j] >= 0 {
				e.total[j] += int32(weight * plugins.NormalizeSpread(e.spread[j], least, most))
			}
		}
		return
	}
	e.norm = resize(e.norm, int(most-least)+1)
	if len(e.norm) < 4*n {
		for r := range e.norm {
			e.norm[r] = int32(weight * plugins.NormalizeSpread(least+int64(r), least, most))
		}
		for j, r := range e.spread {
			if r >= 0 {
				e.total[j] += e.norm[r-least]
			}
		}
		return
	}
	for j, r := range e.spread {
		if r >= 0 {
			e.total[j] += int32(weight * plugins.NormalizeSpread(r, least, most))
		}
	}
}

// counted are the feasible nodes that have all the keys.
func (e *Engine) counted(t *table) []int32 {
	out := make([]int32, 0, len(e.feasible))
	for _, i := range e.feasible {
		if !t.lacking[i] {
			out = append(out, i)
		}
	}
	return out
}

func (e *Engine) scoreInter(t *table) {
	e.inter = resize(e.inter, len(e.feasible))
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for j, i := range e.feasible {
		r := t.inter.score(i)
		e.inter[j] = r
		least, most = min(least, r), max(most, r)
	}
	e.leastInter, e.mostInter = least, most
	if least == most {
		return
	}
	for j, r := range e.inter {
		e.total[j] += int32(t.weights[plugins.ColAffinity] * plugins.NormalizeAffinity(r, least, most))
	}
}
