package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

func TestFaultLines(t *testing.T) {
	for line, want := range map[string]engine.Command{
		"kill node-1":                     {Op: "kill", Name: "node-1"},
		"restart etcd@control-plane-2":    {Op: "restart", Name: "etcd@control-plane-2"},
		"pause control-plane-1":           {Op: "pause", Name: "control-plane-1"},
		"cut node-1,node-2 * both":        {Op: "cut", Name: "node-1,node-2", To: "*", Both: true},
		"heal node-1 node-2":              {Op: "heal", Name: "node-1", To: "node-2"},
		"link node-1 * 80ms 10% both":     {Op: "link", Name: "node-1", To: "*", Ms: 80, Share: 0.1, Both: true},
		"link node-1 control-plane-1 0ms": {Op: "link", Name: "node-1", To: "control-plane-1"},
		"disk control-plane-1 500ms":      {Op: "disk", Name: "control-plane-1", Ms: 500},
		"disk control-plane-1 full":       {Op: "disk", Name: "control-plane-1", Full: true},
		"disk control-plane-1 ok":         {Op: "disk", Name: "control-plane-1"},
		"clock node-1 -1m30s":             {Op: "clock", Name: "node-1", Ms: -90_000},
	} {
		got, err := engine.ParseFault("  " + strings.ReplaceAll(line, " ", "  ") + " ")
		require.NoError(t, err, line)
		require.Equal(t, want, got, line)
		require.Equal(t, line, engine.FaultLine(got))
		require.True(t, engine.IsFault(line))
	}
	require.Empty(t, engine.FaultLine(engine.Command{Op: engine.OpKubectl, Line: "get pods"}))
	require.False(t, engine.IsFault("kubectl delete pod killer"))
}

func TestFaultLinesThatAreWrong(t *testing.T) {
	for line, want := range map[string]string{
		"":                       "no fault is named",
		"explode node-1":         `unknown fault "explode": there are kill, restart, pause, continue, cut, heal, link, disk and clock`,
		"kill":                   "kill: what is missing; write: kill MACHINE|COMPONENT@MACHINE",
		"kill node-1 node-2":     `kill: "node-2" is too much; write: kill MACHINE|COMPONENT@MACHINE`,
		"cut node-1":             "cut: the other side is missing; write: cut MACHINE,... MACHINE,...|* [both]",
		"cut node-1 both":        "cut: the other side is missing; write: cut MACHINE,... MACHINE,...|* [both]",
		"cut etcd@a b":           `cut: "etcd@a" is a component: links are between machines; write: cut MACHINE,... MACHINE,...|* [both]`,
		"link a b":               "link: the latency is missing; write: link MACHINE,... MACHINE,...|* LATENCY [LOSS%] [both]",
		"link a b 80":            `link: "80" is not a time such as 80ms or 1.5s; write: link MACHINE,... MACHINE,...|* LATENCY [LOSS%] [both]`,
		"link a b 80ms ten%":     `link: "ten%" is not a percentage such as 10%; write: link MACHINE,... MACHINE,...|* LATENCY [LOSS%] [both]`,
		"link a b 80ms 10":       `link: "10" is not a percentage such as 10%; write: link MACHINE,... MACHINE,...|* LATENCY [LOSS%] [both]`,
		"disk control-plane-1":   "disk: how much is missing; write: disk MACHINE LATENCY|full|ok",
		"disk control-plane-1 x": `disk: "x" is not a time such as 80ms or 1.5s; write: disk MACHINE LATENCY|full|ok`,
	} {
		_, err := engine.ParseFault(line)
		require.EqualError(t, err, want, line)
	}
}

func TestLinesOfTheTerminal(t *testing.T) {
	files := map[string]string{"a": "b"}
	for line, op := range map[string]string{"kubectl get pods": engine.OpKubectl, "etcdctl member list": engine.OpEtcdctl, "cut a b": engine.OpCut} {
		cmd, err := engine.ParseLine(line, files)
		require.NoError(t, err)
		require.Equal(t, op, cmd.Op)
	}
	_, err := engine.ParseLine("kill", nil)
	require.Error(t, err)
}

// faulty is a cluster that takes lines.
type faulty struct {
	t *testing.T
	*engine.Cluster
}

func newFaulty(t *testing.T, masters int) *faulty {
	c, err := engine.New(engine.Config{Nodes: 1, Masters: masters, Seed: 5})
	require.NoError(t, err)
	require.True(t, c.RunTo(sim.Time(time.Minute), c.Ready, 0))
	return &faulty{t, c}
}

func (f *faulty) do(lines ...string) {
	f.t.Helper()
	for _, line := range lines {
		cmd, err := engine.ParseFault(line)
		require.NoError(f.t, err)
		require.NoError(f.t, f.Do(cmd), line)
	}
}

func (f *faulty) pass(d time.Duration) { f.RunTo(f.Now().Add(d), nil, 0) }

// run types a kubectl line.
func (f *faulty) run(line string) *engine.Process {
	f.t.Helper()
	p, err := f.Start(engine.Command{Op: engine.OpKubectl, Line: line}, engine.Output{})
	require.NoError(f.t, err)
	return p
}

func (f *faulty) inForce() map[string]string {
	out := map[string]string{}
	for _, x := range f.Faults() {
		out[x.Line] = x.Undo
	}
	return out
}

func TestFaultsInForce(t *testing.T) {
	f := newFaulty(t, 3)
	require.Empty(t, f.Faults())
	f.do("kill control-plane-1", "pause etcd@control-plane-2", "cut node-1 *", "link control-plane-2 control-plane-3 80ms 10% both", "disk control-plane-3 full", "clock node-1 5s")
	require.Equal(t, map[string]string{
		"kill control-plane-1":       "restart control-plane-1",
		"pause etcd@control-plane-2": "continue etcd@control-plane-2",
		"cut node-1 *":               "heal node-1 *",
		"link control-plane-2 control-plane-3 80ms 10% both": "link control-plane-2 control-plane-3 0ms both",
		"disk control-plane-3 full":                          "disk control-plane-3 ok",
		"clock node-1 5s":                                    "clock node-1 0ms",
	}, f.inForce())

	// A part of a cut is healed, then the rest; later faults take the place of earlier ones.
	f.do("heal node-1 control-plane-1", "disk control-plane-3 500ms")
	require.Contains(t, f.inForce(), "cut node-1 *")
	require.Contains(t, f.inForce(), "disk control-plane-3 500ms")
	require.NotContains(t, f.inForce(), "disk control-plane-3 full")
	for _, undo := range f.inForce() {
		f.do(undo)
	}
	require.Empty(t, f.Faults())

	// A component that was killed runs again when its machine does.
	f.do("kill kubelet@node-1")
	require.Len(t, f.Faults(), 1)
	f.do("kill node-1")
	require.Equal(t, map[string]string{"kill node-1": "restart node-1"}, f.inForce())
	f.do("restart node-1")
	require.Empty(t, f.Faults())
}

// write finds what became of a line.
func (f *faulty) write(part string) engine.Write {
	f.t.Helper()
	for _, w := range f.Writes() {
		if strings.Contains(w.Line, part) {
			return w
		}
	}
	require.Fail(f.t, "no such write", part)
	return engine.Write{}
}

func TestWhatBecameOfAWrite(t *testing.T) {
	f := newFaulty(t, 3)
	f.run("kubectl create configmap plain --from-literal=a=b")
	f.pass(time.Second)
	w := f.write("plain")
	require.Equal(t, engine.WriteCommitted, w.State)
	require.Positive(t, w.Revision)
	require.Equal(t, 1, w.Writes)
	require.Equal(t, "configmap/plain created", w.Answer)

	// Reading is no write; nor is what changes nothing.
	f.run("kubectl get pods")
	f.pass(time.Second)
	require.Len(t, f.Writes(), 1)

	// Without a majority a write gets into the leader's log and no further, and its client is told so.
	leader := f.ControlPlane().Leader
	var others []string
	for _, m := range f.ControlPlane().Masters {
		if m.Name != leader {
			others = append(others, m.Name)
		}
	}
	f.do("pause etcd@"+others[0], "pause etcd@"+others[1])
	f.run("kubectl create configmap hanging --from-literal=a=b")
	f.pass(500 * time.Millisecond)
	w = f.write("hanging")
	require.False(t, w.Done)
	require.Contains(t, []string{engine.WriteLogged, engine.WriteSent, engine.WriteQueued}, w.State)
	f.pass(40 * time.Second)
	w = f.write("hanging")
	require.True(t, w.Done)
	require.NotZero(t, w.Code)
	require.Equal(t, engine.WriteLogged, w.State)
	require.Equal(t, []string{leader}, w.On)
	require.Equal(t, "error: failed to create configmap: etcdserver: request timed out", w.Answer)
	f.do("continue etcd@"+others[0], "continue etcd@"+others[1])
	f.pass(30 * time.Second)
	w = f.write("hanging") // the majority is back with its log: committed, whatever the client was told
	require.Equal(t, engine.WriteCommitted, w.State)
	require.Positive(t, w.Revision)
	require.NotZero(t, w.Code)

	// What only a leader had that lost power is overwritten when it comes back to those who elected another.
	leader, others = f.ControlPlane().Leader, nil
	for _, m := range f.ControlPlane().Masters {
		if m.Name != leader {
			others = append(others, m.Name)
		}
	}
	f.do("kill kube-apiserver@"+others[0], "kill kube-apiserver@"+others[1]) // kubectl then asks the leader's machine
	f.pass(40 * time.Second)
	f.do("cut " + leader + " " + others[0] + "," + others[1] + " both")
	f.run("kubectl create configmap gone --from-literal=a=b")
	f.pass(time.Second)
	require.Equal(t, []string{leader}, f.write("gone").On)
	f.do("kill "+leader, "heal "+leader+" "+others[0]+","+others[1]+" both", "restart kube-apiserver@"+others[0])
	f.pass(40 * time.Second)
	w = f.write("gone")
	require.NotZero(t, w.Code)
	require.Equal(t, engine.WriteLogged, w.State, "its disk still has it")
	f.do("restart " + leader)
	f.pass(20 * time.Second)
	require.Equal(t, engine.WriteLost, f.write("gone").State)
}
