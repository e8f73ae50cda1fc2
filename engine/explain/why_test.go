package explain_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/explain"
	"tabernetes/engine/network"
	"tabernetes/engine/scheduler"
	"tabernetes/engine/sim"
)

func texts(steps []explain.Step) (out []string) {
	for _, s := range steps {
		out = append(out, s.Text)
	}
	return out
}

func TestReferences(t *testing.T) {
	w := sim.New(sim.Config{})
	w.Do(func() { w.Record(sim.KindCreate, "pods/default/web", "one") })
	w.Do(func() { w.Record(sim.KindAct, "pods/other/web", "two") })
	w.Do(func() { w.Record(sim.KindUpdate, "nodes/node-1", "Ready False") })
	w.Do(func() { w.Record(sim.KindRequest, "requests/7", "request failed") })
	w.Do(func() { w.Record(sim.KindCommand, "", "go") })
	for ref, want := range map[string]string{
		"pods/default/web": "pods/default/web", " /pods/default/web ": "pods/default/web", "pod/web": "pods/default/web", "po/web": "pods/default/web",
		"Pod/other/web": "pods/other/web", "nodes/node-1": "nodes/node-1", "no/node-1": "nodes/node-1",
		"requests/7": "requests/7", "records/2": "pods/other/web", "records/5": "records/5",
	} {
		why, err := explain.Ref(w, ref)
		require.NoError(t, err, ref)
		require.Equal(t, want, why.Ref, ref)
	}
	for ref, want := range map[string]string{
		"web":         `"web" is not a reference: write KIND/NAME or KIND/NAMESPACE/NAME, as in pods/default/web-1`,
		"":            `"" is not a reference: write KIND/NAME or KIND/NAMESPACE/NAME, as in pods/default/web-1`,
		"things/web":  `nothing is known about "things/web"`,
		"pods/db":     `nothing has happened to pod "default/db"`,
		"node/node-2": `nothing has happened to node "node-2"`,
		"records/6":   "there is no record 6", "records/0": "there is no record 0", "records/2x": "there is no record 2x", "records/": "there is no record ",
	} {
		_, err := explain.Ref(w, ref)
		require.EqualError(t, err, want, ref)
	}
}

func TestChainHistoryAndSummary(t *testing.T) {
	w := sim.New(sim.Config{})
	var a *sim.Actor
	w.AddHost("h").Install("p", func(x *sim.Actor) { a = x })
	w.RunUntil(sim.Time(1500*time.Microsecond), 0)
	w.Do(func() {
		w.Record(sim.KindCommand, "", "kubectl create")
		w.RecordFrom(a, sim.KindCreate, "deployments/default/web", 41, "")
		w.RecordFrom(a, sim.KindUpdate, "pods/default/web", 42, "bound")
	})
	w.Do(func() {
		w.Record(sim.KindFault, "nodes/n", "n lost power")
		r := w.Record(sim.KindRequest, "requests/1", "failed")
		r.Data = &network.Failure{Advice: "do better"}
		r = w.Record(sim.KindDelete, "pods/default/web", "")
		r.Data = &network.Failure{Advice: "do better"}
	})
	why, err := explain.Ref(w, "pod/web")
	require.NoError(t, err)
	require.Equal(t, []string{"", "failed", "n lost power"}, texts(why.Chain))
	require.Equal(t, []string{"", "bound"}, texts(why.History), "newest first")
	require.Equal(t, "pods/default/web was deleted, because n lost power", why.Summary)
	require.Equal(t, []string{"do better"}, why.Advice, "said once")
	require.Nil(t, why.Scheduler)
	require.Equal(t, explain.Step{ID: 3, At: 1.5, Actor: "p@h", Kind: "update", Ref: "pods/default/web", Text: "bound", Revision: 42}, why.History[1])

	why, err = explain.Ref(w, "records/3")
	require.NoError(t, err)
	require.Equal(t, "pods/default/web: bound, because kubectl create", why.Summary)
	why, err = explain.Ref(w, "records/1")
	require.NoError(t, err)
	require.Equal(t, "kubectl create", why.Summary, "a root has no because")
	require.Empty(t, why.Advice)
	require.NotNil(t, why.Advice, "lists are never null for a page")
}

func TestLongStoriesAreCutButKeepTheirRoot(t *testing.T) {
	w := sim.New(sim.Config{})
	w.Do(func() {
		w.Record(sim.KindCommand, "", "the root")
		for i := range 200 {
			w.Record(sim.KindAct, "pods/default/web", fmt.Sprint(i))
		}
	})
	why, err := explain.Ref(w, "pod/web")
	require.NoError(t, err)
	require.Len(t, why.Chain, 64)
	require.Len(t, why.History, 100)
	require.Equal(t, "199, because the root", why.Summary)
}

func TestSchedulerTables(t *testing.T) {
	columns := new(scheduler.Decision).Columns()
	table := func(d *scheduler.Decision) *explain.Table {
		w := sim.New(sim.Config{})
		w.Do(func() { w.Record(sim.KindDecision, "pods/default/web", "chose it").Data = d })
		why, err := explain.Ref(w, "pod/web")
		require.NoError(t, err)
		return why.Scheduler
	}
	d := &scheduler.Decision{Chosen: "n1", Rows: []scheduler.Row{{Node: "n1", Total: 90}, {Node: "n2", Total: 80}}, Refused: []scheduler.Refusal{{Node: "n3", Plugin: "Taints", Reasons: []string{"a", "b"}}}}
	d.Skipped[0] = true
	d.Rows[0].Raw[1], d.Rows[0].Norm[1] = 7, 70
	got := table(d)
	require.Equal(t, "chose it", got.Message)
	require.Len(t, got.Rows, 3)
	require.True(t, got.Rows[0].Chosen)
	require.False(t, got.Rows[1].Chosen)
	require.EqualValues(t, 90, got.Rows[0].Total)
	require.Len(t, got.Rows[0].Scores, len(columns)-1, "a plugin that had nothing to say is left out")
	require.Equal(t, explain.Score{Plugin: columns[1].Plugin, Raw: 7, Normalized: 70, Weight: int64(columns[1].Weight), Weighted: int64(70 * columns[1].Weight)}, got.Rows[0].Scores[0])
	require.Equal(t, explain.Row{Node: "n3", Verdict: "a, b", Plugin: "Taints", Scores: []explain.Score{}}, got.Rows[2])

	got = table(&scheduler.Decision{Message: "0/9", Reasons: []scheduler.Reason{{Text: "too small", Nodes: 9}}})
	require.Equal(t, "0/9", got.Message)
	require.Equal(t, []explain.Row{{Node: "9 nodes", Verdict: "too small", Scores: []explain.Score{}}}, got.Rows)
	got = table(&scheduler.Decision{Chosen: "n1"})
	require.Equal(t, []explain.Row{{Node: "n1", Verdict: "feasible", Chosen: true, Scores: []explain.Score{}}}, got.Rows, "an old decision keeps no rows")
}

// A true session: the chain goes from a pod back to what a person typed.
func TestWhyInACluster(t *testing.T) {
	c, err := engine.New(engine.Config{Nodes: 3, Seed: 1})
	require.NoError(t, err)
	c.RunTo(sim.Time(time.Minute), c.Ready, 0)
	do := func(line string) {
		require.NoError(t, c.Do(engine.Command{Op: engine.OpKubectl, Line: line}))
		c.RunTo(c.Now().Add(20*time.Second), nil, 0)
	}
	do("create deployment web --image=nginx --replicas=1")
	do("cordon node-1")
	do("cordon node-2")
	do("cordon node-3")
	do("run stuck --image=nginx")
	name := ""
	for i := 1; i <= c.Sim.Journal.Len(); i++ {
		if ref := c.Sim.Journal.Ref(c.Sim.Journal.Get(sim.RecordID(i)).Ref); strings.HasPrefix(ref, "pods/default/web-") {
			name = ref
		}
	}
	why, err := c.Why(name)
	require.NoError(t, err)
	root := why.Chain[len(why.Chain)-1]
	require.Equal(t, "command", root.Kind)
	require.Equal(t, "kubectl create deployment web --image=nginx --replicas=1", root.Text)
	require.True(t, strings.HasSuffix(why.Summary, ", because "+root.Text), why.Summary)
	var kinds []string
	for _, s := range why.Chain {
		kinds = append(kinds, strings.Split(s.Ref, "/")[0])
	}
	require.Subset(t, kinds, []string{"pods", "replicasets", "deployments"})
	require.Len(t, why.Scheduler.Rows, 4, "every node has a line")
	require.True(t, why.Scheduler.Rows[0].Chosen)
	for i := 1; i < len(why.Chain); i++ {
		require.Less(t, why.Chain[i].ID, why.Chain[i-1].ID)
		require.LessOrEqual(t, why.Chain[i].At, why.Chain[i-1].At)
	}

	why, err = c.Why("pod/stuck")
	require.NoError(t, err)
	require.Contains(t, why.Scheduler.Message, "0/4 nodes are available: ")
	require.Len(t, why.Scheduler.Rows, 4)
	for _, r := range why.Scheduler.Rows {
		require.NotEqual(t, "feasible", r.Verdict)
		require.NotEmpty(t, r.Plugin)
		require.False(t, r.Chosen)
	}
}
