package explain

import (
	"fmt"
	"slices"
	"strings"

	"tabernetes/engine/network"
	"tabernetes/engine/scheduler"
	"tabernetes/engine/sim"
)

// collect takes what a component kept beside its record.
func (y *Why) collect(r *sim.Record) {
	switch d := r.Data.(type) {
	case *scheduler.Decision:
		if y.Scheduler == nil {
			y.Scheduler = table(r, d)
		}
	case *network.Failure:
		if d.Advice != "" && !slices.Contains(y.Advice, d.Advice) {
			y.Advice = append(y.Advice, d.Advice)
		}
	}
}

// table lays a decision out by node: scored ones first, then those that will not do.
func table(r *sim.Record, d *scheduler.Decision) *Table {
	t := &Table{At: float64(r.At) / 1e6, Message: d.Message, Profile: d.Profile(), Rows: []Row{}}
	if d.Chosen != "" {
		t.Message = r.Text
	}
	columns := d.Columns()
	for i := range d.Rows {
		x := &d.Rows[i]
		row := Row{Node: x.Node, Verdict: "feasible", Total: int64(x.Total), Chosen: x.Node == d.Chosen, Scores: []Score{}}
		for c := range columns {
			if d.Skipped[c] {
				continue
			}
			row.Scores = append(row.Scores, Score{columns[c].Plugin, int64(x.Raw[c]), int64(x.Norm[c]), int64(columns[c].Weight), int64(d.Weighted(x, c))})
		}
		t.Rows = append(t.Rows, row)
	}
	if len(d.Rows) == 0 && d.Chosen != "" {
		t.Rows = append(t.Rows, Row{Node: d.Chosen, Verdict: "feasible", Chosen: true, Scores: []Score{}})
	}
	for _, x := range d.Refused {
		t.Rows = append(t.Rows, Row{Node: x.Node, Verdict: strings.Join(x.Reasons, ", "), Plugin: x.Plugin, Scores: []Score{}})
	}
	if len(d.Rows)+len(d.Refused) == 0 {
		for _, x := range d.Reasons {
			t.Rows = append(t.Rows, Row{Node: fmt.Sprintf("%d nodes", x.Nodes), Verdict: x.Text, Scores: []Score{}})
		}
	}
	if d.Preempted != nil {
		t.Preempted = d.Preempted.Victims
	}
	for _, x := range d.Remedies() {
		t.Remedies = append(t.Remedies, Remedy{x.Kind, x.What, append([]string{}, x.Nodes...)})
	}
	return t
}
