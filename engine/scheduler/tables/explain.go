package tables

import (
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/plugins"
)

// Row is a feasible node's scores.
type Row struct {
	Node      *framework.NodeInfo
	Raw, Norm [plugins.NumScores]int32
	Total     int32
}

// Skipped tells which score plugins had nothing to say in the last Find.
func (e *Engine) Skipped() (out [plugins.NumScores]bool) {
	t := e.t
	for k, w := range t.weights {
		out[k] = w == 0
	}
	out[plugins.ColNodeAffinity] = t.prefer == nil
	out[plugins.ColBalanced] = out[plugins.ColBalanced] || t.s.BestEffort()
	out[plugins.ColSpread] = len(t.soft) == 0
	out[plugins.ColAffinity] = t.inter == nil || len(t.inter.weights) == 0
	return out
}

// Feasible are the indexes of the nodes that the last Find found.
func (e *Engine) Feasible() []int32 { return e.feasible }

// Total is the score of the place-th feasible node; only if there are at least two.
func (e *Engine) Total(place int) int32 { return e.total[place] }

// Row explains the score of the place-th feasible node of the last Find; only if there are at least two, and before
// the cluster changes.
func (e *Engine) Row(place int) Row {
	t, i := e.t, e.feasible[place]
	n := e.c.Nodes()[i]
	r := Row{Node: n, Total: e.total[place]}
	set := func(col int, raw, norm int64) { r.Raw[col], r.Norm[col] = int32(raw), int32(norm) }
	w := &t.weights
	if w[plugins.ColTaint] != 0 {
		set(plugins.ColTaint, int64(t.taint[i]), plugins.NormalizeDefault(int64(t.taint[i]), e.mostTaint, true))
	}
	if t.prefer != nil {
		set(plugins.ColNodeAffinity, int64(t.prefer[i]), plugins.NormalizeDefault(int64(t.prefer[i]), e.mostPrefer, false))
	}
	if w[plugins.ColFit] != 0 {
		fit := t.s.FitScore(n)
		set(plugins.ColFit, fit, fit)
	}
	if w[plugins.ColBalanced] != 0 && !t.s.BestEffort() {
		b := t.s.BalanceScore(n)
		set(plugins.ColBalanced, b, b)
	}
	if len(t.soft) > 0 {
		if raw := e.spread[place]; raw >= 0 {
			set(plugins.ColSpread, raw, plugins.NormalizeSpread(raw, e.leastSpread, e.mostSpread))
		}
	}
	if t.inter != nil && len(t.inter.weights) > 0 {
		raw := e.inter[place]
		set(plugins.ColAffinity, raw, plugins.NormalizeAffinity(raw, e.leastInter, e.mostInter))
	}
	if w[plugins.ColImage] != 0 {
		im := plugins.ImageScore(plugins.ImageRaw(e.c, t.s, n), len(t.s.Images))
		set(plugins.ColImage, im, im)
	}
	return r
}
