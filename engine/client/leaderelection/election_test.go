package leaderelection_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	coordinationv1 "k8s.io/api/coordination/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver"
	"tabernetes/engine/client"
	"tabernetes/engine/client/leaderelection"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

// world is a control plane of one and some processes that compete for a Lease.
type world struct {
	t        *testing.T
	s        *sim.Sim
	master   *sim.Host
	hosts    []*sim.Host
	electors []*leaderelection.Elector
	leads    []string
	lost     []string
}

func newWorld(t *testing.T, n int) *world {
	w := &world{t: t, s: sim.New(sim.Config{Seed: 4}), electors: make([]*leaderelection.Elector, n)}
	w.master = w.s.AddHost("master")
	members := etcd.NewCluster()
	w.master.Install("etcd", func(a *sim.Actor) { etcd.Boot(a, members, etcd.Config{}) })
	w.master.Install("kube-apiserver", func(a *sim.Actor) {
		apiserver.Run(a, apiserver.Config{Etcd: []*sim.Host{w.master}, ServiceCIDR: "10.96.0.0/12", Advertise: "10.0.0.2", Kubelet: func(string) *sim.Host { return nil }})
	})
	w.run(time.Second)
	for i := range n {
		h := w.s.AddHost("host-" + strconv.Itoa(i))
		w.hosts = append(w.hosts, h)
		h.Install("p", func(a *sim.Actor) {
			conf := client.Config{Servers: []*sim.Host{w.master}, User: "kubernetes-admin", UserAgent: "p"}
			w.electors[i] = leaderelection.Run(a, conf, leaderelection.Config{
				Name: "p", Component: "p",
				Lead: func() { w.leads = append(w.leads, h.Name) },
				Lost: func() { w.lost = append(w.lost, h.Name); a.Exit() },
			})
		})
	}
	return w
}

func (w *world) run(d time.Duration) { w.s.RunUntil(w.s.Now().Add(d), 0) }

func (w *world) lease() *coordinationv1.Lease {
	w.t.Helper()
	var l *coordinationv1.Lease
	w.master.Install("reader", func(a *sim.Actor) {
		c := client.New(a, client.Config{Servers: []*sim.Host{w.master}, User: "kubernetes-admin"})
		client.Get(c, api.Leases, "kube-system", "p", func(x *coordinationv1.Lease, err error) { l = x })
	})
	w.run(100 * time.Millisecond)
	require.NotNil(w.t, l)
	return l
}

func (w *world) leader() int {
	n := -1
	for i, e := range w.electors {
		if e != nil && e.Leading() && w.s.Host("host-"+strconv.Itoa(i)).Up() {
			require.Equal(w.t, -1, n, "two lead")
			n = i
		}
	}
	return n
}

func TestOneLeads(t *testing.T) {
	w := newWorld(t, 3)
	w.run(10 * time.Second)
	require.Len(t, w.leads, 1)
	i := w.leader()
	l := w.lease()
	require.Equal(t, w.electors[i].Identity(), *l.Spec.HolderIdentity)
	require.True(t, strings.HasPrefix(*l.Spec.HolderIdentity, w.leads[0]+"_"))
	require.Len(t, *l.Spec.HolderIdentity, len(w.leads[0])+37)
	require.EqualValues(t, 15, *l.Spec.LeaseDurationSeconds)
	require.EqualValues(t, 0, *l.Spec.LeaseTransitions)
	acquired := *l.Spec.AcquireTime
	w.run(time.Minute)
	l = w.lease()
	require.Equal(t, acquired, *l.Spec.AcquireTime)
	require.Less(t, w.s.Wall(w.s.Now()).Sub(l.Spec.RenewTime.Time), 3*time.Second)
	require.Len(t, w.leads, 1)

	// The leader's machine dies: nobody leads before the Lease is 15 s old.
	died := w.s.Now()
	w.hosts[i].Stop()
	for len(w.leads) == 1 && w.s.Now().Sub(died) < time.Minute {
		w.s.Step()
	}
	took := w.s.Now().Sub(died)
	require.Greater(t, took, 13*time.Second)
	require.Less(t, took, 20*time.Second)
	w.run(10 * time.Second)
	require.EqualValues(t, 1, *w.lease().Spec.LeaseTransitions)

	// It comes back and waits in line, under another name.
	was := w.electors[i].Identity()
	w.hosts[i].Start()
	w.run(20 * time.Second)
	require.NotEqual(t, was, w.electors[i].Identity())
	require.False(t, w.electors[i].Leading())
	require.Len(t, w.leads, 2)
	require.Empty(t, w.lost)
}

func TestLeaderThatCannotRenewEnds(t *testing.T) {
	w := newWorld(t, 2)
	w.run(10 * time.Second)
	i := w.leader()
	w.s.Cut(w.hosts[i], w.master)
	cut := w.s.Now()
	for len(w.lost) == 0 && w.s.Now().Sub(cut) < time.Minute {
		require.Len(t, w.leads, 1, "the other waits until it is safe")
		w.s.Step()
	}
	took := w.s.Now().Sub(cut)
	require.Greater(t, took, 9*time.Second)
	require.Less(t, took, 13*time.Second)
	require.False(t, w.hosts[i].Programs()[0].Up, "the process ends")
	w.run(20 * time.Second)
	require.Len(t, w.leads, 2)
	require.Equal(t, 1-i, w.leader())
}

func TestPausedLeaderFindsItHasLost(t *testing.T) {
	w := newWorld(t, 2)
	w.run(10 * time.Second)
	i := w.leader()
	w.hosts[i].PauseProgram("p")
	w.run(40 * time.Second)
	require.Len(t, w.leads, 2, "the other took over")
	w.hosts[i].ResumeProgram("p")
	w.run(time.Second)
	require.Empty(t, w.lost, "it tries to renew for ten seconds, as client-go does: a Lease fences nobody")
	w.run(12 * time.Second)
	require.Equal(t, []string{w.hosts[i].Name}, w.lost)
}

func TestAnotherClockDoesNotMatter(t *testing.T) {
	w := newWorld(t, 2)
	w.hosts[0].SetSkew(-time.Hour)
	w.hosts[1].SetSkew(time.Hour)
	w.run(2 * time.Minute)
	require.Len(t, w.leads, 1, "what counts is how long nothing changed, not what the Lease says")
}
