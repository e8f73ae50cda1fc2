package etcd

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (w *world) snapshot(i int) *Snapshot {
	w.t.Helper()
	var snap *Snapshot
	w.clients[i].Snapshot(func(s *Snapshot, err error) {
		require.NoError(w.t, err)
		snap = s
	})
	w.until(time.Second, "snapshot", func() bool { return snap != nil })
	return snap
}

func (w *world) restore(s *Snapshot, bump int64) {
	for _, h := range w.hosts {
		h.KillProgram(Service)
	}
	w.c.Restore(w.hosts, s, bump)
	for _, h := range w.hosts {
		h.StartProgram(Service)
	}
	w.run(5 * time.Second)
}

func TestSnapshotRestore(t *testing.T) {
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWorld(t, 1, n)
			w.elect()
			for i := range 10 {
				_, err := w.txn(0, put(fmt.Sprintf("/k%d", i), "old", 0))
				require.NoError(t, err)
			}
			snap := w.snapshot(0)
			require.EqualValues(t, 11, snap.Revision())
			_, _ = w.txn(0, put("/k1", "new", 3))
			_, _ = w.txn(0, del("/k2", 4))
			_, _ = w.txn(0, put("/later", "new", 0))

			w.restore(snap, 0)
			for i := range n {
				out, _, count, rev, err := w.list(i, "/", "", 0, 0)
				require.NoError(t, err)
				require.Equal(t, 10, count)
				require.EqualValues(t, 11, rev)
				require.Equal(t, "/k1=old", out[1])
			}
			res, err := w.txn(0, put("/k1", "newer", 3))
			require.NoError(t, err)
			require.True(t, res.Succeeded)
			require.EqualValues(t, 12, res.Revision)

			w.restore(snap, 1000)
			kv, err := w.get(0, "/k1", 0)
			require.NoError(t, err)
			require.Equal(t, "old", kv.Value.(*value).text, "a snapshot can be restored again")
			_, err = w.get(0, "/k1", 11)
			require.Equal(t, ErrCompacted, err)
			res, err = w.txn(n-1, put("/k1", "newest", 3))
			require.NoError(t, err)
			require.EqualValues(t, 1012, res.Revision)
		})
	}
}

func TestWatchEndsWithoutLeader(t *testing.T) {
	w := newWorld(t, 1, 3)
	l := w.elect()
	var ends []error
	for i := range 3 {
		w.clients[i].Watch("/", 0, func([]Event) {}, func(err error) { ends = append(ends, err) })
	}
	w.run(time.Second)
	w.isolate(l, true)
	w.run(10 * time.Second)
	require.Equal(t, []error{ErrNoLeader}, ends, "only the member cut off ends its watches")
}
