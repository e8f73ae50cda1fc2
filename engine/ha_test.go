package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// house is a cluster and a terminal.
type house struct {
	*engine.Cluster
	t *testing.T
}

func newHouse(t *testing.T, masters int) *house {
	c, err := engine.New(engine.Config{Nodes: 3, Masters: masters, Seed: 5})
	require.NoError(t, err)
	require.True(t, c.RunTo(sim.Time(time.Minute), c.Ready, 0))
	require.True(t, c.Ready())
	return &house{c, t}
}

// line runs a line of kubectl or etcdctl and gives what it printed.
func (h *house) line(text string) string {
	h.t.Helper()
	var b strings.Builder
	put := func(s string) { b.WriteString(s) }
	op := engine.OpKubectl
	if strings.HasPrefix(text, "etcdctl") {
		op = engine.OpEtcdctl
	}
	p, err := h.Start(engine.Command{Op: op, Line: text}, engine.Output{Out: put, Err: put})
	require.NoError(h.t, err)
	h.RunTo(h.Now().Add(2*time.Minute), p.Done, 0)
	require.True(h.t, p.Done(), "%s is not done: %s", text, b.String())
	return b.String()
}

func (h *house) do(cmd engine.Command) {
	h.t.Helper()
	require.NoError(h.t, h.Do(cmd))
}

func (h *house) wait(d time.Duration) { h.RunTo(h.Now().Add(d), nil, 0) }

// until runs until cond holds.
func (h *house) until(d time.Duration, what string, cond func() bool) {
	h.t.Helper()
	h.RunTo(h.Now().Add(d), cond, 0)
	require.True(h.t, cond(), "never: %s", what)
}

func (h *house) replays() {
	h.t.Helper()
	again, err := engine.Replay(h.Config(), h.Log(), h.Now())
	require.NoError(h.t, err)
	require.Equal(h.t, h.Stats(), again.Stats())
}

// lease is who holds a Lease of the control plane.
func (h *house) lease(name string) engine.Leadership {
	h.t.Helper()
	for _, l := range h.ControlPlane().Leases {
		if l.Name == name {
			return l
		}
	}
	return engine.Leadership{}
}

func TestThreeMastersLoseTheirLeaders(t *testing.T) {
	h := newHouse(t, 3)
	h.line("kubectl create deployment web --image=nginx --replicas=3")
	h.until(time.Minute, "three pods", func() bool { return h.Stage.ReadyPods() == 3 })
	h.wait(30 * time.Second)
	require.Contains(t, h.line("kubectl get endpointslices kubernetes"), "10.0.0.2,10.0.0.3,10.0.0.4")

	// Whoever leads loses power: etcd elects, the Leases run out, and the others take over.
	v := h.ControlPlane()
	require.True(t, v.Quorum)
	require.NotNil(t, v.Election)
	require.Contains(t, v.Election.Granted, v.Leader)
	leader := v.Leader
	holder := h.lease("kube-controller-manager")
	h.do(engine.Command{Op: engine.OpKill, Name: leader})
	if holder.Host != leader {
		h.do(engine.Command{Op: engine.OpKill, Name: "kube-controller-manager@" + holder.Host})
	}
	killed := h.Now()
	h.until(5*time.Second, "another leader", func() bool { l := h.ControlPlane().Leader; return l != "" && l != leader })
	require.Greater(t, h.ControlPlane().Election.Term, v.Election.Term)
	h.until(time.Minute, "another holder", func() bool { return h.lease("kube-controller-manager").Host != holder.Host })
	took := h.Now().Sub(killed)
	require.Greater(t, took, 12*time.Second, "not before the Lease has run out")
	require.Less(t, took, 25*time.Second)
	require.Equal(t, holder.Transitions+1, h.lease("kube-controller-manager").Transitions)
	h.wait(20 * time.Second)
	require.Contains(t, h.line("kubectl scale deployment web --replicas=5"), "scaled")
	h.until(time.Minute, "five pods", func() bool { return h.Stage.ReadyPods() == 5 })
	require.NotContains(t, h.line("kubectl get endpointslices kubernetes"), "10.0.0.2,10.0.0.3,10.0.0.4")
	require.Contains(t, h.line("kubectl get events -n kube-system"), "became leader")

	h.do(engine.Command{Op: engine.OpRestart, Name: leader})
	h.wait(time.Minute)
	require.Contains(t, h.line("kubectl get endpointslices kubernetes"), "10.0.0.2,10.0.0.3,10.0.0.4")
	v = h.ControlPlane()
	for _, m := range v.Masters {
		require.Equal(t, v.Revision, m.Etcd.Revision, "%s caught up", m.Name)
		require.True(t, m.Endpoint, m.Name)
	}
	h.replays()
}

func TestWithoutQuorum(t *testing.T) {
	h := newHouse(t, 3)
	h.line("kubectl create deployment web --image=nginx --replicas=3")
	h.line("kubectl expose deployment web --port=80 --type=NodePort")
	h.until(time.Minute, "three pods", func() bool { return h.Stage.ReadyPods() == 3 })
	h.do(engine.Command{Op: engine.OpTraffic, Name: "web", RPS: 20})
	h.wait(10 * time.Second)
	h.do(engine.Command{Op: engine.OpKill, Name: "control-plane-2"})
	h.do(engine.Command{Op: engine.OpKill, Name: "control-plane-3"})
	h.wait(3 * time.Second)
	require.False(t, h.ControlPlane().Quorum)
	require.Contains(t, h.line("kubectl create configmap a --from-literal=x=y"), "etcdserver: request timed out")
	require.Contains(t, h.line("kubectl get pods"), "Error from server: etcdserver: request timed out")
	require.Contains(t, h.line("etcdctl endpoint health"), "is unhealthy")
	before := h.TrafficStats()
	h.wait(time.Minute)
	after := h.TrafficStats()
	require.Greater(t, after.OK, before.OK+1000, "the workload serves")
	require.Equal(t, before.Failed, after.Failed)
	require.False(t, h.ControlPlane().Masters[0].Endpoint, "without etcd the API server is not ready")

	h.do(engine.Command{Op: engine.OpRestart, Name: "control-plane-3"})
	h.until(5*time.Minute, "a leader", func() bool { return h.ControlPlane().Quorum })
	h.wait(time.Minute)
	require.Contains(t, h.line("kubectl create configmap a --from-literal=x=y"), "created")
	h.line("kubectl scale deployment web --replicas=4")
	h.until(5*time.Minute, "four pods", func() bool { return h.Stage.ReadyPods() == 4 })
}

func TestWhatTheAPIServerDidNotSee(t *testing.T) {
	h := newHouse(t, 1)
	h.line("kubectl create configmap gone --from-literal=x=y")
	n := 0
	h.OnCommitted(func(r *api.Resource, old, new api.Object) {
		if r == api.ConfigMaps && old != nil && old.GetName() == "gone" && new == nil {
			n++
		}
	})
	p, err := h.Start(engine.Command{Op: engine.OpKubectl, Line: "kubectl delete configmap gone --wait=false"}, engine.Output{})
	require.NoError(t, err)
	// The API server ends after it has sent the delete and before it hears of it.
	h.RunTo(h.Now().Add(time.Second), func() bool { return n > 0 }, 0)
	require.False(t, p.Done())
	h.do(engine.Command{Op: engine.OpKill, Name: "kube-apiserver@control-plane-1"})
	require.Equal(t, 1, n, "observers hear of a write when it is committed")
	require.Nil(t, h.Peek(api.ConfigMaps, "default/gone"))
	w, err := h.Why("configmaps/default/gone")
	require.NoError(t, err)
	require.Equal(t, "delete", w.Chain[0].Kind)
	h.do(engine.Command{Op: engine.OpRestart, Name: "kube-apiserver@control-plane-1"})
	h.wait(time.Minute)
	require.Equal(t, 1, n, "once")
}

func TestFaultsAreChecked(t *testing.T) {
	h := newHouse(t, 1)
	for want, cmd := range map[string]engine.Command{
		`there is no machine "node-9"`:                      {Op: engine.OpKill, Name: "node-9"},
		`there is no machine "nowhere"`:                     {Op: engine.OpPause, Name: "etcd@nowhere"},
		`there is no component "etcd" on node-1`:            {Op: engine.OpKill, Name: "etcd@node-1"},
		`node-1 is running already`:                         {Op: engine.OpRestart, Name: "node-1"},
		`node-1 is not paused`:                              {Op: engine.OpContinue, Name: "node-1"},
		`etcd@control-plane-1 is not paused`:                {Op: engine.OpContinue, Name: "etcd@control-plane-1"},
		`node-1 is on both sides`:                           {Op: engine.OpCut, Name: "node-1,node-2", To: "node-1"},
		`there is no machine ""`:                            {Op: engine.OpCut, Name: "node-1"},
		`ms: -1 is not between 0 and 60000`:                 {Op: engine.OpDisk, Name: "node-1", Ms: -1},
		`share: 1 is not between 0 and 0.95`:                {Op: engine.OpLink, Name: "node-1", To: "*", Share: 1},
		`ms: 1e+12 is not between -604800000 and 604800000`: {Op: engine.OpClock, Name: "node-1", Ms: 1e12},
	} {
		require.ErrorContains(t, h.Do(cmd), want)
	}
	require.Empty(t, h.Log())
	for _, n := range []int{2, 4, 8, -1} {
		_, err := engine.New(engine.Config{Masters: n})
		require.ErrorContains(t, err, "is not 1, 3, 5 or 7")
	}

	h.do(engine.Command{Op: engine.OpPause, Name: "node-1"})
	require.ErrorContains(t, h.Do(engine.Command{Op: engine.OpPause, Name: "node-1"}), "node-1 is paused already")
	h.do(engine.Command{Op: engine.OpKill, Name: "kubelet@node-2"})
	require.ErrorContains(t, h.Do(engine.Command{Op: engine.OpKill, Name: "kubelet@node-2"}), "kubelet@node-2 is stopped already")
	require.ErrorContains(t, h.Do(engine.Command{Op: engine.OpPause, Name: "kubelet@node-2"}), "kubelet@node-2 is stopped")
	h.do(engine.Command{Op: engine.OpCut, Name: "node-3", To: "*", Both: true})
	h.do(engine.Command{Op: engine.OpLink, Name: "node-2", To: "control-plane-1", Ms: 80, Share: 0.1})
	h.do(engine.Command{Op: engine.OpClock, Name: "node-2", Ms: -90_000})
	h.wait(70 * time.Second)
	out := h.line("kubectl get nodes")
	require.Equal(t, 3, strings.Count(out, "NotReady"), out)
	h.do(engine.Command{Op: engine.OpContinue, Name: "node-1"})
	h.do(engine.Command{Op: engine.OpRestart, Name: "kubelet@node-2"})
	h.do(engine.Command{Op: engine.OpHeal, Name: "node-3", To: "*", Both: true})
	h.until(3*time.Minute, "all nodes ready", h.Ready)
	var words []string
	for i := 1; i <= h.Sim.Journal.Len(); i++ {
		if r := h.Sim.Journal.Get(sim.RecordID(i)); r.Kind == sim.KindFault {
			words = append(words, r.Text)
		}
	}
	require.Equal(t, []string{
		"node-1 was suspended: nothing on it moves", "kubelet@node-2 was stopped", "the links between node-3 and * were cut",
		"the link from node-2 to control-plane-1 is bad: 80ms one way, 10% of packets lost", "the clock of node-2 is 1m30s slow",
		"node-1 goes on", "kubelet@node-2 was started", "the links between node-3 and * are whole again",
	}, words)
	h.replays()
}

func TestFullDisk(t *testing.T) {
	h := newHouse(t, 3)
	h.do(engine.Command{Op: engine.OpDisk, Name: "control-plane-2", Full: true})
	full := func() bool { return strings.Contains(h.line("etcdctl alarm list"), "alarm:NOSPACE") }
	h.wait(30 * time.Second)
	require.True(t, full())
	require.Contains(t, h.line("kubectl create configmap a --from-literal=x=y"), "etcdserver: mvcc: database space exceeded")
	require.Contains(t, h.line("etcdctl endpoint status"), "alarm:NOSPACE")
	h.do(engine.Command{Op: engine.OpDisk, Name: "control-plane-2"})
	require.True(t, full(), "an alarm stays until somebody disarms it")
	require.Contains(t, h.line("etcdctl alarm disarm"), "alarm:NOSPACE")
	require.False(t, full())
	require.Contains(t, h.line("kubectl create configmap a --from-literal=x=y"), "created")
}

func TestSnapshotAndRestore(t *testing.T) {
	h := newHouse(t, 3)
	h.line("kubectl create deployment web --image=nginx --replicas=2")
	h.until(time.Minute, "two pods", func() bool { return h.Stage.ReadyPods() == 2 })
	require.Contains(t, h.line("etcdctl snapshot save backup.db"), "Snapshot saved at backup.db")
	require.Contains(t, h.line("etcdctl snapshot status backup.db -w table"), "TOTAL KEYS")
	require.Contains(t, h.line("etcdctl snapshot status other.db"), "Error: stat other.db: no such file or directory")
	h.line("kubectl create configmap late --from-literal=x=y")
	h.line("kubectl scale deployment web --replicas=6")
	h.until(time.Minute, "six pods", func() bool { return h.Stage.ReadyPods() == 6 })
	rev := h.ControlPlane().Revision

	out := h.line("etcdctl snapshot restore backup.db")
	require.Contains(t, out, "Stopping kube-apiserver on every control-plane node\nStopping etcd")
	h.wait(2 * time.Minute)
	require.Contains(t, h.line("kubectl get configmap late"), `configmaps "late" not found`)
	require.Greater(t, h.ControlPlane().Revision, rev+500_000_000, "revisions go on far beyond those that clients know")
	h.until(3*time.Minute, "two pods again", func() bool { return h.Stage.ReadyPods() == 2 })
	require.Contains(t, h.line("kubectl get deployment web"), "2/2")
	h.until(3*time.Minute, "all nodes ready", h.Ready)
	h.replays()
}

func TestMembersComeAndGo(t *testing.T) {
	h := newHouse(t, 3)
	find := func(name string) (id, line string) {
		for _, l := range strings.Split(h.line("etcdctl member list"), "\n") {
			if strings.Contains(l, name) {
				id, _, _ = strings.Cut(l, ",")
				return id, l
			}
		}
		return "", ""
	}
	id, line := find("control-plane-3")
	require.Equal(t, "started", strings.Fields(strings.ReplaceAll(line, ",", ""))[1])
	require.Contains(t, h.line("etcdctl member remove "+id), "Member "+id+" removed from cluster")
	_, line = find("control-plane-3")
	require.Empty(t, line)
	require.Equal(t, "removed", h.ControlPlane().Masters[2].Etcd.Role)
	h.wait(time.Minute)
	require.False(t, h.ControlPlane().Masters[2].Endpoint)
	require.Contains(t, h.line("etcdctl member add control-plane-3 --learner"), `ETCD_INITIAL_CLUSTER_STATE="existing"`)
	h.wait(5 * time.Second)
	require.Contains(t, h.line("etcdctl member promote "+id), "promoted")
	h.wait(time.Minute)
	v := h.ControlPlane()
	require.Equal(t, v.Revision, v.Masters[2].Etcd.Revision)
	require.True(t, v.Masters[2].Endpoint)
	to := "control-plane-3"
	if v.Leader == to {
		to = "control-plane-1"
		id, _ = find(to)
	}
	require.Contains(t, h.line("etcdctl move-leader "+id), "Leadership transferred from")
	require.Equal(t, to, h.ControlPlane().Leader)
	require.Contains(t, h.line("etcdctl move-leader"), "Error: member ID is not provided")
	require.Contains(t, h.line("etcdctl frobnicate"), `Error: unknown command "frobnicate" for "etcdctl"`)
	require.Contains(t, h.line("etcdctl defrag --cluster"), "Finished defragmenting etcd member[https://10.0.0.2:2379]")
	require.Contains(t, h.line("etcdctl compact 99999999"), "required revision is a future revision")
	require.Contains(t, h.line("etcdctl get /registry/namespaces --prefix --keys-only"), "/registry/namespaces/kube-system")
}
