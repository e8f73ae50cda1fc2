package etcd

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/sim"
)

func (w *world) elect() int {
	w.t.Helper()
	w.until(10*time.Second, "a leader", func() bool { return w.leader() >= 0 })
	w.run(50 * time.Millisecond)
	return w.leader()
}

func (w *world) isolate(i int, on bool) {
	for j, h := range w.hosts {
		if j != i {
			if on {
				w.s.Cut(w.hosts[i], h)
				w.s.Cut(h, w.hosts[i])
			} else {
				w.s.Heal(w.hosts[i], h)
				w.s.Heal(h, w.hosts[i])
			}
		}
	}
}

func TestThreeMembersAgree(t *testing.T) {
	w := newWorld(t, 1, 3)
	w.elect()
	for i := range 3 {
		res, err := w.txn(i, put(fmt.Sprintf("/k%d", i), "x", 0))
		require.NoError(t, err)
		require.EqualValues(t, 2+i, res.Revision)
		for j := range 3 {
			kv, err := w.get(j, fmt.Sprintf("/k%d", i), 0)
			require.NoError(t, err)
			require.NotNil(t, kv, "a read after the answer sees the write, on every member")
		}
	}
	w.run(time.Minute)
	require.True(t, w.s.Settled(), "heartbeats are no change")
	require.Equal(t, w.members[0].store.get("/k1"), w.members[2].store.get("/k1"))
}

func TestLostLeaderIsReplaced(t *testing.T) {
	w := newWorld(t, 1, 3)
	l := w.elect()
	other := (l + 1) % 3
	_, err := w.txn(other, put("/a", "1", 0))
	require.NoError(t, err)
	w.hosts[l].Stop()
	began := w.s.Now()
	_, err = w.txn(other, put("/a", "2", 2))
	require.Equal(t, ErrTimeoutLeaderFail, err, "what went to the dead leader is lost")
	require.Equal(t, requestTimeout, w.s.Now().Sub(began).Truncate(time.Millisecond))
	l2 := w.leader()
	require.NotEqual(t, -1, l2)
	require.Less(t, w.members[other].elected.Sub(began), 3*time.Second)
	_, err = w.txn(other, put("/a", "2", 2))
	require.NoError(t, err)
	w.hosts[l].Start()
	w.run(5 * time.Second)
	kv, err := w.get(l, "/a", 0)
	require.NoError(t, err)
	require.Equal(t, "2", kv.Value.(*value).text)
}

func TestNoQuorum(t *testing.T) {
	w := newWorld(t, 1, 3)
	l := w.elect()
	_, err := w.txn(l, put("/a", "1", 0))
	require.NoError(t, err)
	w.isolate(l, true)
	began := w.s.Now()
	_, err = w.txn(l, put("/a", "2", 2))
	require.ErrorContains(t, err, "etcdserver: request timed out")
	require.Equal(t, requestTimeout, w.s.Now().Sub(began).Truncate(time.Millisecond))
	require.Equal(t, -1, func() int {
		if w.members[l].leading {
			return l
		}
		return -1
	}(), "a leader without a quorum steps down")
	_, err = w.get(l, "/a", 0)
	require.Equal(t, ErrTimeout, err)
	var kv *KV
	w.clients[l].Get("/a", 0, true, func(k *KV, _ int64, e error) { kv, err = k, e })
	w.run(time.Millisecond)
	require.NoError(t, err, "a serializable read needs nobody")
	require.Equal(t, "1", kv.Value.(*value).text)
	_, err = w.txn((l+1)%3, put("/b", "1", 0))
	require.NoError(t, err, "the majority goes on")
	w.isolate(l, false)
	w.run(10 * time.Second)
	kv, err = w.get(l, "/b", 0)
	require.NoError(t, err)
	require.NotNil(t, kv)
	_, err = w.txn(l, put("/c", "1", 0))
	require.NoError(t, err)
}

func TestSlowFollowerGetsSnapshot(t *testing.T) {
	w := newWorld(t, 1, 3)
	l := w.elect()
	f := (l + 1) % 3
	n := 0
	w.clients[f].Watch("/", 0, func(ev []Event) { n += len(ev) }, nil)
	w.run(time.Second)
	w.isolate(f, true)
	for i := range 30000 {
		w.clients[l].Txn(Txn{Then: []Op{{Key: fmt.Sprintf("/k%d", i%100), Value: &value{}}}}, func(_ TxnResult, err error) {
			require.NoError(t, err)
		})
		w.run(10 * time.Microsecond)
	}
	w.run(time.Second)
	require.Greater(t, w.members[l].d.offset, w.members[f].d.last())
	w.isolate(f, false)
	w.run(5 * time.Second)
	require.Equal(t, w.members[l].store.rev, w.members[f].store.rev)
	require.Equal(t, 30000, n)
	for _, m := range w.members {
		require.Less(t, len(m.d.batches), 4*len(m.d.entries)+2048)
	}
}

func TestMembership(t *testing.T) {
	w := newWorld(t, 1, 1)
	_, _ = w.txn(0, put("/a", "1", 0))
	h := w.s.AddHost("cp-2")
	h.Install(Service, func(a *sim.Actor) { w.members = append(w.members, Boot(a, w.c, Config{Join: true})) })
	h.Install("client", func(a *sim.Actor) { w.clients = append(w.clients, NewClient(a, []*sim.Host{h})) })
	w.hosts = append(w.hosts, h)
	w.run(time.Second)
	do := func(f func(done func(error))) error {
		t.Helper()
		var err error
		ok := false
		f(func(e error) { err, ok = e, true })
		w.until(20*time.Second, "change of membership", func() bool { return ok })
		return err
	}
	require.NoError(t, do(func(d func(error)) { w.clients[0].MemberAdd(h, true, d) }))
	require.Equal(t, ErrMemberLearnerNotReady, do(func(d func(error)) { w.clients[0].MemberPromote(MemberID(h), d) }))
	w.run(3 * time.Second)
	require.EqualValues(t, 2, w.members[1].store.rev)
	_, err := w.get(1, "/a", 0)
	require.Equal(t, ErrLearner, err)
	require.Equal(t, ErrNotLeader, do(func(d func(error)) { w.clients[1].MoveLeader(MemberID(h), d) }))
	require.NoError(t, do(func(d func(error)) { w.clients[1].MemberPromote(MemberID(h), d) }), "the leader is asked")
	w.run(time.Second)
	kv, err := w.get(1, "/a", 0)
	require.NoError(t, err)
	require.NotNil(t, kv)
	require.NoError(t, do(func(d func(error)) { w.clients[0].MoveLeader(MemberID(h), d) }))
	require.Equal(t, 1, w.leader())
	_, err = w.txn(0, put("/b", "1", 0))
	require.NoError(t, err)
	require.Equal(t, ErrMemberNotLearner, do(func(d func(error)) { w.clients[0].MemberPromote(MemberID(h), d) }))
	require.Equal(t, ErrMemberExist, do(func(d func(error)) { w.clients[0].MemberAdd(h, true, d) }))
	require.Equal(t, ErrMemberNotFound, do(func(d func(error)) { w.clients[0].MemberRemove(99, d) }))
	require.NoError(t, do(func(d func(error)) { w.clients[1].MemberRemove(MemberID(w.hosts[0]), d) }))
	w.run(2 * time.Second)
	var list []Member
	w.clients[1].MemberList(func(l []Member, _ error) { list = l })
	w.run(time.Second)
	require.Equal(t, []Member{{ID: MemberID(h), Name: "cp-2", Host: h, Started: true}}, list)
	_, err = w.txn(1, put("/c", "1", 0))
	require.NoError(t, err)
	_, err = w.txn(0, put("/d", "1", 0))
	require.Equal(t, ErrStopped, err)
}

// chaos runs writers, readers and watchers while hosts fail and links break, checks what they saw, and returns the
// journal's hash.
func chaos(t *testing.T, seed uint64, n int) uint64 {
	w := newWorld(t, seed, n)
	if seed%2 == 1 {
		w.c.catchUp = 20 // who was away needs a snapshot
	}
	rng := rand.New(rand.NewPCG(seed, 7))
	type write struct {
		rev  int64
		text string
	}
	var acked []write
	var newest int64 // acknowledged to anybody
	saw := make([][]*KV, n)
	failed, reads := 0, 0
	serial := 0
	writer := func(a *sim.Actor, hosts []*sim.Host) {
		cl := NewClient(a, hosts)
		var next func()
		next = func() {
			serial++
			text := fmt.Sprint(serial)
			before := newest
			key := fmt.Sprintf("/k/%d", a.Rand().IntN(20))
			cl.Txn(Txn{Then: []Op{{Key: key, Value: &value{text: text}}}}, func(r TxnResult, err error) {
				if err != nil {
					failed++
				} else {
					require.Greater(t, r.Revision, before, "a write is newer than what was acknowledged before it began")
					acked = append(acked, write{r.Revision, text})
					newest = max(newest, r.Revision)
				}
				a.After(time.Duration(a.Rand().IntN(500))*time.Millisecond, "next", next)
			})
		}
		for range 3 {
			a.After(time.Second, "go", next)
		}
		var read func()
		read = func() {
			before := newest
			cl.Revision(func(rev int64, err error) {
				if err == nil {
					reads++
					require.GreaterOrEqual(t, rev, before, "a linearizable read is as new as what was acknowledged")
				}
				a.After(100*time.Millisecond, "next", read)
			})
		}
		a.After(time.Second, "go", read)
	}
	// The watchers and half of the writers live on a host that does not fail, each beginning with another member.
	safe := w.s.AddHost("safe")
	for i := range n {
		hosts := append(append([]*sim.Host(nil), w.hosts[i:]...), w.hosts[:i]...)
		w.hosts[i].Install("writer", func(a *sim.Actor) { writer(a, hosts) })
		safe.Install(fmt.Sprint("writer-", i), func(a *sim.Actor) { writer(a, hosts) })
		safe.Install(fmt.Sprint("watcher-", i), func(a *sim.Actor) {
			cl := NewClient(a, hosts)
			from := int64(1)
			var watch func(error)
			watch = func(err error) {
				if err != nil {
					require.Equal(t, ErrNoLeader, err)
				}
				cl.Watch("/k/", from, func(ev []Event) {
					for _, e := range ev {
						saw[i] = append(saw[i], e.KV)
						from = e.KV.ModRevision + 1
					}
				}, watch)
			}
			watch(nil)
		})
	}
	w.run(3 * time.Second)
	for range 18 {
		i, j := rng.IntN(n), rng.IntN(n)
		d := time.Duration(rng.IntN(8000)) * time.Millisecond
		switch rng.IntN(5) {
		case 0:
			w.hosts[i].Stop()
			w.run(d)
			w.hosts[i].Start()
		case 1:
			w.isolate(i, true)
			w.run(d)
			w.isolate(i, false)
		case 2:
			if i != j {
				w.s.Cut(w.hosts[i], w.hosts[j]) // one way
				w.run(d)
				w.s.Heal(w.hosts[i], w.hosts[j])
			}
		case 3:
			w.hosts[i].KillProgram(Service)
			w.run(d / 10)
			w.hosts[i].StartProgram(Service)
		case 4: // everything off
			for _, h := range w.hosts {
				h.Stop()
			}
			w.run(d / 10)
			for _, h := range w.hosts {
				h.Start()
			}
		}
		w.run(time.Duration(rng.IntN(3000)) * time.Millisecond)
	}
	w.run(sim.SilenceTimeout + 15*time.Second) // faults are over: everything converges
	require.GreaterOrEqual(t, w.leader(), 0)
	for i, h := range w.hosts {
		h.KillProgram("writer")
		safe.KillProgram(fmt.Sprint("writer-", i))
	}
	w.run(5 * time.Second)
	m := w.members[0]
	require.Greater(t, len(acked), 500)
	require.Greater(t, reads, 500)
	for _, x := range w.members[1:] {
		require.Equal(t, m.store.rev, x.store.rev)
		require.Equal(t, m.store.history.n, x.store.history.n)
	}
	byRev := map[int64]*KV{}
	for i := range m.store.history.n {
		e := m.store.history.at(i)
		byRev[e.KV.ModRevision] = e.KV
		for _, x := range w.members[1:] {
			require.True(t, e.KV == x.store.history.at(i).KV, "members agree")
		}
	}
	for _, x := range acked {
		kv := byRev[x.rev]
		require.NotNil(t, kv, "an acknowledged write is not lost")
		require.Equal(t, x.text, kv.Value.(*value).text)
	}
	for i := range n {
		require.Equal(t, m.store.history.n, len(saw[i]), "a watch sees every event once")
		for k, kv := range saw[i] {
			require.True(t, m.store.history.at(k).KV == kv, "in order")
		}
	}
	t.Logf("%d acknowledged, %d failed, %d reads, %d revisions, %v", len(acked), failed, reads, m.store.rev, w.s.Now())
	return w.s.Journal.Hash()
}

func TestChaos(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("3 members, seed ", seed), func(t *testing.T) { chaos(t, seed, 3) })
	}
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("5 members, seed ", seed), func(t *testing.T) { chaos(t, seed, 5) })
	}
}

func TestSameSeedSameJournal(t *testing.T) {
	require.Equal(t, chaos(t, 42, 3), chaos(t, 42, 3))
}
