package explain

import (
	"fmt"
	"strconv"
	"strings"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// How much of a long story is told.
const (
	maxChain   = 64
	maxHistory = 100
)

// Step is one link of a chain of causes.
type Step struct {
	ID       uint32  `json:"id"`
	At       float64 `json:"at"` // milliseconds
	Actor    string  `json:"actor"`
	Kind     string  `json:"kind"`
	Ref      string  `json:"ref"`
	Text     string  `json:"text"`
	Revision int64   `json:"revision"`
}

// Score is what one plugin gave one node.
type Score struct {
	Plugin     string `json:"plugin"`
	Raw        int64  `json:"raw"`
	Normalized int64  `json:"normalized"`
	Weight     int64  `json:"weight"` // of the plugin in the pod's profile
	Weighted   int64  `json:"weighted"`
}

// Row is what the scheduler thought of one node.
type Row struct {
	Node    string  `json:"node"`
	Verdict string  `json:"verdict"`
	Plugin  string  `json:"plugin"`
	Scores  []Score `json:"scores"`
	Total   int64   `json:"total"`
	Chosen  bool    `json:"chosen"`
}

// Table is a scheduler's decision about a pod.
type Table struct {
	At      float64 `json:"at"`
	Message string  `json:"message"`
	Profile string  `json:"profile"` // of the scheduler, as the pod's schedulerName gives it
	Rows    []Row   `json:"rows"`
	// Remedies are the single changes that would let a pod in that still waits, as the cluster is now, cheapest first.
	Remedies []Remedy `json:"remedies,omitempty"`
	// Preempted are the pods (namespace/name) that had to leave a node to make room, nil if none had to.
	Preempted []string `json:"preempted,omitempty"`
}

// Remedy is scheduler.Remedy for a page: Kind is one of scheduler's kinds.
type Remedy struct {
	Kind  string   `json:"kind"`
	What  string   `json:"what"`
	Nodes []string `json:"nodes"`
}

// Why is the answer to why something is as it is.
type Why struct {
	Ref       string   `json:"ref"`
	Summary   string   `json:"summary"`
	Chain     []Step   `json:"chain"`   // effect first
	History   []Step   `json:"history"` // of the object itself, newest first
	Scheduler *Table   `json:"scheduler,omitempty"`
	Advice    []string `json:"advice"`
}

// Ref tells why the object (or "requests/N", or "records/N") is as it is. It accepts what people type: "pod/web",
// "deployments/default/web", "nodes/node-1".
func Ref(w *sim.Sim, ref string) (*Why, error) {
	j := &w.Journal
	rec, err := find(j, ref)
	if err != nil {
		return nil, err
	}
	out := &Why{Ref: j.Ref(rec.Ref), Chain: []Step{}, History: []Step{}, Advice: []string{}}
	if out.Ref == "" {
		out.Ref = ref
	}
	chain := silence(j, j.Chain(rec.ID, maxChain))
	for _, r := range chain {
		out.Chain = append(out.Chain, step(w, r))
		out.collect(r)
	}
	for r := rec; r != nil && len(out.History) < maxHistory; r = j.Before(r) {
		out.History = append(out.History, step(w, r))
		out.collect(r)
	}
	out.Summary = summary(w, rec, chain)
	return out, nil
}

// silence goes on where a chain ends with a decision about a machine that stopped talking: no message carries a cause
// across a silence, but the journal knows what silenced the machine, if the last fault it tells of still held.
func silence(j *sim.Journal, chain []*sim.Record) []*sim.Record {
	root := chain[len(chain)-1]
	if root.Cause != 0 || root.Kind != sim.KindDecision {
		return chain
	}
	for r := j.Before(root); r != nil; r = j.Before(r) {
		if r.Kind == sim.KindFault {
			if strings.HasSuffix(r.Text, "lost power") {
				return append(chain, j.Chain(r.ID, maxChain)...)
			}
			return chain
		}
	}
	return chain
}

func find(j *sim.Journal, ref string) (*sim.Record, error) {
	ref = strings.TrimPrefix(strings.TrimSpace(ref), "/")
	if number, ok := strings.CutPrefix(ref, "records/"); ok {
		id, err := strconv.ParseUint(number, 10, 32)
		if err == nil {
			if r := j.Get(sim.RecordID(id)); r != nil {
				return r, nil
			}
		}
		return nil, fmt.Errorf("there is no record %s", number)
	}
	if r := j.Newest(ref); r != nil {
		return r, nil
	}
	kind, name, ok := strings.Cut(ref, "/")
	if !ok {
		return nil, fmt.Errorf("%q is not a reference: write KIND/NAME or KIND/NAMESPACE/NAME, as in pods/default/web-1", ref)
	}
	res := api.ByName(kind)
	if res == nil {
		return nil, fmt.Errorf("nothing is known about %q", ref)
	}
	if res.Namespaced && !strings.Contains(name, "/") {
		name = "default/" + name
	}
	if r := j.Newest(res.Name + "/" + name); r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("nothing has happened to %s %q", res.Singular, name)
}

func step(w *sim.Sim, r *sim.Record) Step {
	return Step{
		ID: uint32(r.ID), At: float64(r.At) / 1e6, Actor: w.ActorName(r.Actor), Kind: r.Kind.String(),
		Ref: w.Journal.Ref(r.Ref), Text: r.Text, Revision: r.Rev,
	}
}

// summary is one sentence: the newest thing that happened, and the root it goes back to.
func summary(w *sim.Sim, r *sim.Record, chain []*sim.Record) string {
	s := sentence(w, r)
	root := chain[len(chain)-1]
	for root.Cause != 0 && len(chain) >= maxChain { // the chain may be cut short
		root = w.Journal.Get(root.Cause)
	}
	if root != r {
		s += ", because " + sentence(w, root)
	}
	return s
}

func sentence(w *sim.Sim, r *sim.Record) string {
	what := r.Text
	ref := w.Journal.Ref(r.Ref)
	switch r.Kind {
	case sim.KindCreate:
		what = ref + " was created"
	case sim.KindDelete:
		what = ref + " was deleted"
	case sim.KindUpdate:
		what = ref + " was updated"
		if r.Text != "" {
			what = ref + ": " + r.Text
		}
	}
	return what
}
