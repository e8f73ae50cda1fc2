package etcd

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/sim"
)

func TestTransactionsGiveRevisions(t *testing.T) {
	w := newWorld(t, 1, 1)
	res, err := w.txn(0, put("/a", "1", 0))
	require.NoError(t, err)
	require.True(t, res.Succeeded)
	require.EqualValues(t, 2, res.Revision, "a fresh etcd is at revision 1")
	require.Equal(t, []*KV{nil}, res.Prev)

	kv, err := w.get(0, "/a", 0)
	require.NoError(t, err)
	require.Equal(t, KV{Key: "/a", Value: &value{"1", "2"}, CreateRevision: 2, ModRevision: 2, Version: 1}, *kv)

	res, _ = w.txn(0, put("/a", "again", 0))
	require.False(t, res.Succeeded)
	require.Equal(t, []*KV{kv}, res.Current)
	require.EqualValues(t, 2, res.Revision)

	res, _ = w.txn(0, put("/a", "2", 2))
	require.True(t, res.Succeeded)
	require.Equal(t, []*KV{kv}, res.Prev)
	kv2, _ := w.get(0, "/a", 0)
	require.Equal(t, KV{Key: "/a", Value: &value{"2", "3"}, CreateRevision: 2, ModRevision: 3, Version: 2}, *kv2)

	res, _ = w.txn(0, del("/none", 0))
	require.True(t, res.Succeeded)
	require.EqualValues(t, 3, res.Revision, "nothing changed, no revision used")

	res, _ = w.txn(0, Txn{Then: []Op{{Type: Delete, Key: "/a"}, {Key: "/b", Value: &value{text: "b"}}, {Key: "/c", Value: &value{text: "c"}}}})
	require.EqualValues(t, 4, res.Revision)
	require.Equal(t, []*KV{kv2, nil, nil}, res.Prev)
	_, err = w.txn(0, Txn{Then: []Op{{Key: "/b"}, {Key: "/b"}}})
	require.Equal(t, ErrDuplicateKey, err)
	_, err = w.txn(0, Txn{Then: []Op{{Key: "/b", Lease: 77}}})
	require.Equal(t, ErrLeaseNotFound, err)
}

func TestRangesNowAndInThePast(t *testing.T) {
	w := newWorld(t, 1, 1)
	for i := range 5 {
		_, _ = w.txn(0, put(fmt.Sprintf("/p/%d", i), "x", 0)) // revisions 2 to 6
	}
	_, _ = w.txn(0, put("/q/1", "x", 0))   // 7
	_, _ = w.txn(0, del("/p/0", 2))        // 8
	_, _ = w.txn(0, put("/p/1", "y", 3))   // 9
	_, _ = w.txn(0, put("/p/0", "new", 0)) // 10
	_, _ = w.txn(0, del("/p/4", 6))        // 11

	out, more, count, rev, err := w.list(0, "/p/", "", 0, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"/p/0=new", "/p/1=y", "/p/2=x", "/p/3=x"}, out)
	require.False(t, more)
	require.Equal(t, 4, count)
	require.EqualValues(t, 11, rev)

	out, more, count, _, _ = w.list(0, "/p/", "", 2, 0)
	require.Equal(t, []string{"/p/0=new", "/p/1=y"}, out)
	require.True(t, more)
	require.Equal(t, 4, count)
	out, more, count, _, _ = w.list(0, "/p/", "/p/1\x00", 2, 0)
	require.Equal(t, []string{"/p/2=x", "/p/3=x"}, out)
	require.False(t, more)
	require.Equal(t, 2, count)

	out, _, _, _, _ = w.list(0, "/p/", "", 0, 7)
	require.Equal(t, []string{"/p/0=x", "/p/1=x", "/p/2=x", "/p/3=x", "/p/4=x"}, out)
	out, _, _, _, _ = w.list(0, "/p/", "", 0, 9)
	require.Equal(t, []string{"/p/1=y", "/p/2=x", "/p/3=x", "/p/4=x"}, out)
	out, _, _, _, _ = w.list(0, "/p/", "", 0, 3)
	require.Equal(t, []string{"/p/0=x", "/p/1=x"}, out)
	kv, _ := w.get(0, "/p/0", 4)
	require.EqualValues(t, 2, kv.ModRevision)
	kv, _ = w.get(0, "/p/0", 8)
	require.Nil(t, kv)

	_, _, _, _, err = w.list(0, "/p/", "", 0, 12)
	require.Equal(t, ErrFutureRev, err)
	var cerr error
	w.clients[0].Compact(8, func(e error) { cerr = e })
	w.run(time.Second)
	require.NoError(t, cerr)
	_, err = w.get(0, "/p/0", 7)
	require.Equal(t, ErrCompacted, err)
	kv, err = w.get(0, "/p/1", 8)
	require.NoError(t, err)
	require.EqualValues(t, 3, kv.ModRevision)
	w.clients[0].Compact(8, func(e error) { cerr = e })
	w.run(time.Second)
	require.Equal(t, ErrCompacted, cerr)
}

func TestWatches(t *testing.T) {
	w := newWorld(t, 1, 1)
	_, _ = w.txn(0, put("/p/1", "a", 0))
	_, _ = w.txn(0, put("/p/1", "b", 2))
	var got []string
	see := func(ev []Event) {
		for _, e := range ev {
			s := fmt.Sprintf("%d %s@%d", e.Type, e.KV.Key, e.KV.ModRevision)
			if e.PrevKV != nil {
				s += fmt.Sprintf(" was %d", e.PrevKV.ModRevision)
			}
			got = append(got, s)
		}
	}
	stop := w.clients[0].Watch("/p/", 3, see, nil)
	n := 0
	w.clients[0].Watch("/", 0, func(ev []Event) { n += len(ev) }, nil)
	nested := 0
	w.clients[0].Watch("/p/2", 1, func(ev []Event) { nested += len(ev) }, nil)
	w.run(time.Millisecond)
	require.Equal(t, []string{"0 /p/1@3 was 2"}, got)
	require.Zero(t, n)
	_, _ = w.txn(0, put("/p/2", "c", 0))
	_, _ = w.txn(0, put("/o/2", "c", 0))
	_, _ = w.txn(0, del("/p/1", 3))
	require.Equal(t, []string{"0 /p/1@3 was 2", "0 /p/2@4", "1 /p/1@6 was 3"}, got, "an answer comes after the events of its revision")
	require.Equal(t, 3, n)
	require.Equal(t, 1, nested)
	stop()
	_, _ = w.txn(0, put("/p/3", "c", 0))
	require.Len(t, got, 3)

	w.clients[0].Compact(5, nil)
	w.run(time.Second)
	var end error
	w.clients[0].Watch("/p/", 4, see, func(err error) { end = err })
	w.run(time.Millisecond)
	require.Equal(t, ErrCompacted, end)
	require.Len(t, got, 3)
}

func TestLeases(t *testing.T) {
	w := newWorld(t, 1, 1)
	var deleted []string
	w.clients[0].Watch("/", 0, func(ev []Event) {
		for _, e := range ev {
			if e.Type == Delete {
				deleted = append(deleted, fmt.Sprintf("%s@%d", e.KV.Key, e.KV.ModRevision))
			}
		}
	}, nil)
	for i := range 3 {
		res, err := w.txn(0, Txn{Then: []Op{{Key: fmt.Sprintf("/e/%d", i), Value: &value{}, TTL: time.Hour}}})
		require.NoError(t, err)
		require.True(t, res.Succeeded)
	}
	require.Len(t, w.members[0].store.leases, 1, "one lease is shared")
	_, _ = w.txn(0, put("/e/1", "no lease any more", 3))
	w.run(2 * time.Minute)
	_, _ = w.txn(0, Txn{Then: []Op{{Key: "/e/3", Value: &value{}, TTL: time.Hour}}})
	require.Len(t, w.members[0].store.leases, 2)
	w.run(time.Hour)
	require.Equal(t, []string{"/e/0@7", "/e/2@7"}, deleted)
	w.run(2 * time.Minute)
	require.Equal(t, []string{"/e/0@7", "/e/2@7", "/e/3@8"}, deleted)
	require.Empty(t, w.members[0].store.leases)
}

func TestAloneIsIdle(t *testing.T) {
	w := newWorld(t, 1, 1)
	_, err := w.txn(0, put("/a", "1", 0))
	require.NoError(t, err)
	w.run(time.Minute)
	_, some := w.s.Next()
	require.False(t, some, "an idle cluster of one has no events")
	require.True(t, w.s.Settled())
}

func TestRestartKeepsEverything(t *testing.T) {
	w := newWorld(t, 1, 1)
	var acked, events int64
	w.clients[0].Watch("/", 0, func(ev []Event) { events += int64(len(ev)) }, nil)
	w.run(time.Millisecond)
	for i := range 20 {
		for range 50 {
			w.clients[0].Txn(Txn{Then: []Op{{Key: fmt.Sprintf("/k%d", acked%7), Value: &value{}}}}, func(r TxnResult, err error) {
				if err == nil {
					acked = max(acked, r.Revision)
				}
			})
			w.run(37 * time.Microsecond)
		}
		w.hosts[0].KillProgram(Service)
		w.run(time.Duration(i) * 100 * time.Millisecond)
		w.hosts[0].StartProgram(Service)
		w.run(2 * time.Second)
		require.GreaterOrEqual(t, w.members[0].store.rev, acked)
	}
	require.EqualValues(t, w.members[0].store.rev-1, events)
	require.True(t, w.s.Settled())
}

func TestMaxHistory(t *testing.T) {
	w := &world{t: t, s: sim.New(sim.Config{}), c: NewCluster()}
	w.c.MaxHistory = 2000
	h := w.s.AddHost("cp-1")
	w.hosts, w.members, w.clients = []*sim.Host{h}, make([]*Server, 1), make([]*Client, 1)
	h.Install(Service, func(a *sim.Actor) { w.members[0] = Boot(a, w.c, Config{}) })
	h.Install("client", func(a *sim.Actor) { w.clients[0] = NewClient(a, w.hosts) })
	w.run(time.Second)
	n := 0
	w.clients[0].Watch("/", 0, func(ev []Event) { n += len(ev) }, nil)
	for range 10000 {
		w.clients[0].Txn(Txn{Then: []Op{{Key: "/k", Value: &value{}}}}, func(TxnResult, error) {})
	}
	w.run(time.Second)
	require.Equal(t, 10000, n)
	st := w.members[0].Status()
	require.EqualValues(t, 10001, st.Revision)
	require.LessOrEqual(t, st.HistorySize, 2000)
	require.LessOrEqual(t, len(w.members[0].store.history.chunks), 4)
	require.Less(t, len(w.members[0].d.batches), 200)
	kv, err := w.get(0, "/k", st.Compacted)
	require.NoError(t, err)
	require.EqualValues(t, st.Compacted, kv.ModRevision)
}
