package scheduler

import (
	"math"
	"strconv"

	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/plugins"
	"tabernetes/engine/scheduler/tables"
	"tabernetes/engine/sim"
)

// Decision is one attempt to find a node for a pod, kept as Data of the journal's record about it.
type Decision struct {
	At       sim.Time
	Pod      string // namespace/name
	Chosen   string // node, "" if none will do
	Message  string // why none will do
	Attempt  int32  // from 1
	Looked   int32  // nodes looked at; in a big cluster the search ends early
	Feasible int32
	Score    int32 // of the chosen node; 0 if it was the only feasible one
	Ties     int32 // nodes with that score, of which one was drawn by lot
	// Reasons counts the nodes that will not do by reason: those looked at in a small cluster, all of them when none
	// will do.
	Reasons []Reason
	// Rows are the scored nodes, the chosen one first: all in a small cluster, the best in a big one. Old decisions
	// keep none.
	Rows []Row
	// Refused are the nodes that will not do, in a small cluster. Old decisions keep none.
	Refused []Refusal
	// Skipped tells, by column, which score plugins had nothing to say.
	Skipped [plugins.NumScores]bool
	// Preempted is set when pods had to go to make room.
	Preempted *Preempted

	profile *framework.Profile
	waits   *waiting // nil: the pod got a node
}

// Preempted is what a preemption did: the node set aside for the pod, and the pods that must leave it.
type Preempted struct {
	Node    string
	Victims []string // namespace/name
}

// Reason is why some nodes will not do.
type Reason = plugins.Reason

// Row is how one node was scored. Raw, Norm and Weighted go by Columns.
type Row struct {
	Node      string
	Raw, Norm [plugins.NumScores]int32
	Total     int32
}

// Refusal is a node that will not do.
type Refusal struct {
	Node         string
	Plugin       string
	Reasons      []string
	Unresolvable bool // preempting pods would not help
}

// Column is a score plugin with its weight; 0: the pod's profile does not have it score.
type Column struct {
	Plugin string
	Weight int
}

// Columns are the score plugins in the order of a Row, with the weights of the pod's profile.
func (d *Decision) Columns() []Column {
	p := d.profile
	if p == nil {
		p = framework.Default
	}
	out := make([]Column, plugins.NumScores)
	for i, w := range plugins.Weights(p) {
		out[i] = Column{plugins.ScorePlugins[i].String(), int(w)}
	}
	return out
}

// Profile is the name of the profile that decided, as the pod's spec.schedulerName gives it.
func (d *Decision) Profile() string {
	if d.profile == nil {
		return DefaultName
	}
	return d.profile.Name
}

// Weighted is what a column adds to the total of a row.
func (d *Decision) Weighted(r *Row, column int) int {
	if d.Skipped[column] {
		return 0
	}
	return int(r.Norm[column]) * d.Columns()[column].Weight
}

const (
	smallCluster = 100  // nodes up to which a decision keeps every node
	topRows      = 20   // rows kept in a bigger one
	keepTables   = 1000 // decisions that keep their tables
	sampleEvery  = 32   // in a bigger cluster, of decisions about alike pods one in so many keeps the top rows
)

// summary is the record's line.
func (d *Decision) summary() string {
	b := make([]byte, 0, 64)
	switch {
	case d.Chosen == "":
		b = append(append(b, "found no node: "...), d.Message...)
	case d.Feasible == 1:
		b = append(append(append(b, "chose "...), d.Chosen...), ", the only feasible node"...)
	default:
		b = append(append(append(b, "chose "...), d.Chosen...), " of "...)
		b = strconv.AppendInt(b, int64(d.Feasible), 10)
		b = append(b, " feasible, score "...)
		b = strconv.AppendInt(b, int64(d.Score), 10)
	}
	return string(b)
}

// history lets old decisions forget their tables.
type history struct {
	ring [keepTables]*Decision
	next int
}

func (h *history) add(d *Decision) {
	if len(d.Rows) == 0 && len(d.Refused) == 0 {
		return
	}
	if old := h.ring[h.next]; old != nil {
		old.Rows, old.Refused = nil, nil
	}
	h.ring[h.next] = d
	h.next = (h.next + 1) % keepTables
}

// capped is a score as it is shown; weights can be beyond all reason.
func capped(score int64) int32 { return int32(min(score, math.MaxInt32)) }

func row(r tables.Row) Row { return Row{Node: r.Node.Name, Raw: r.Raw, Norm: r.Norm, Total: r.Total} }

// explain fills in how the nodes did, from an engine that has just found one.
func (s *Scheduler) explain(d *Decision, out *tables.Outcome, shape *framework.Shape, self *framework.PodInfo) {
	e, nodes := s.engine, s.cluster.Nodes()
	if len(nodes) <= smallCluster {
		s.refusals(d, out, self)
	}
	if out.Feasible < 2 {
		return
	}
	d.Skipped = e.Skipped()
	n := 1
	if len(nodes) <= smallCluster {
		n = out.Feasible
	} else if s.sample(shape) {
		n = min(topRows, out.Feasible)
	}
	d.Rows = make([]Row, 0, n)
	d.Rows = append(d.Rows, row(e.Row(out.Place)))
	if n == 1 {
		return
	}
	if n == out.Feasible {
		for j := range n {
			if j != out.Place {
				d.Rows = append(d.Rows, row(e.Row(j)))
			}
		}
		return
	}
	// The best n by score: lower the bar until enough are above it.
	bar := int32(out.Score)
	for len(d.Rows) < n {
		next := int32(-1)
		for j := 0; j < out.Feasible && len(d.Rows) < n; j++ {
			switch v := e.Total(j); {
			case v == bar && j != out.Place:
				d.Rows = append(d.Rows, row(e.Row(j)))
			case v < bar && v > next:
				next = v
			}
		}
		bar = next
	}
}

// sample picks the decisions about a shape that keep their top rows.
func (s *Scheduler) sample(shape *framework.Shape) bool {
	if s.sampled != shape {
		s.sampled, s.since = shape, 0
	}
	s.since++
	return s.since%sampleEvery == 1
}

// refusals fills in the nodes that will not do, of those that were looked at.
func (s *Scheduler) refusals(d *Decision, out *tables.Outcome, self *framework.PodInfo) {
	nodes := s.cluster.Nodes()
	if out.Looked == out.Feasible {
		return
	}
	var reasons plugins.Reasons
	for k := range out.Looked {
		n := nodes[(s.start+k)%len(nodes)]
		st := s.engine.Refusal(n.Index, self)
		if st == nil {
			continue
		}
		d.Refused = append(d.Refused, refusal(n, st))
		for _, r := range st.Reasons {
			reasons.Add(r, 1)
		}
	}
	d.Reasons = reasons
}

func refusal(n *framework.NodeInfo, st *framework.Status) Refusal {
	return Refusal{n.Name, st.Plugin.String(), st.Reasons, st.Code == framework.UnschedulableAndUnresolvable}
}
