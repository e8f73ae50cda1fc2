package etcd

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFullDiskRaisesTheAlarm(t *testing.T) {
	w := newWorld(t, 3, 3)
	w.run(3 * time.Second)
	_, err := w.txn(0, put("/a", "1", 0))
	require.NoError(t, err)
	w.hosts[1].DiskFull = true
	_, err = w.txn(0, put("/b", "1", 0))
	require.NoError(t, err, "nobody knows before that member is asked to grow")
	_, err = w.txn(1, put("/c", "1", 0))
	require.Equal(t, ErrNoSpace, err)
	w.run(time.Second)
	_, err = w.txn(0, put("/c", "1", 0))
	require.Equal(t, ErrNoSpace, err, "then the whole cluster refuses")
	_, err = w.txn(0, del("/b", 3))
	require.NoError(t, err, "but for deletes")
	var alarms []Alarm
	w.clients[2].Alarms(func(l []Alarm, _ error) { alarms = l })
	w.run(time.Second)
	require.Equal(t, []Alarm{{MemberID(w.hosts[1]), NoSpace}}, alarms)

	// Disarmed while the disk is full: the next write raises it again.
	w.clients[0].Disarm(alarms[0], func(err error) { require.NoError(t, err) })
	w.run(time.Second)
	_, err = w.txn(0, put("/c", "1", 0))
	require.NoError(t, err)
	_, err = w.txn(1, put("/d", "1", 0))
	require.Equal(t, ErrNoSpace, err)
	w.hosts[1].DiskFull = false
	w.run(time.Second)
	w.clients[0].Disarm(alarms[0], func(err error) { require.NoError(t, err) })
	w.run(time.Second)
	_, err = w.txn(1, put("/d", "1", 0))
	require.NoError(t, err)
}

func TestSlowDisk(t *testing.T) {
	w := newWorld(t, 3, 3)
	w.run(3 * time.Second)
	l := w.leader()
	at := w.s.Now()
	_, err := w.txn(l, put("/a", "1", 0))
	require.NoError(t, err)
	require.Less(t, w.s.Now().Sub(at), 5*time.Millisecond)
	// A follower's slow disk is hidden by the majority.
	timed := func(key string) time.Duration {
		at := w.s.Now()
		_, err := w.txn(l, put(key, "1", 0))
		require.NoError(t, err)
		return w.s.Now().Sub(at)
	}
	w.hosts[(l+1)%3].DiskDelay = 300 * time.Millisecond
	require.Less(t, timed("/b"), 5*time.Millisecond)
	w.run(time.Second)
	// Two of three are not, nor is the leader's: it applies what is on its own disk.
	w.hosts[(l+2)%3].DiskDelay = 300 * time.Millisecond
	require.Greater(t, timed("/c"), 290*time.Millisecond)
	w.hosts[(l+1)%3].DiskDelay, w.hosts[(l+2)%3].DiskDelay, w.hosts[l].DiskDelay = 0, 0, 300*time.Millisecond
	w.run(time.Second)
	require.Greater(t, timed("/d"), 290*time.Millisecond)
}

func TestDefragGivesBackSpace(t *testing.T) {
	w := newWorld(t, 1, 1)
	rev := int64(0)
	for i := range 300 {
		res, err := w.txn(0, put("/a", string(rune('a'+i%26)), rev))
		require.NoError(t, err)
		rev = res.Revision
	}
	status := func() (st Status) {
		w.clients[0].Status(func(x Status, _ error) { st = x })
		w.run(time.Second)
		return st
	}
	before := status()
	require.Equal(t, before.DBSize, before.DBInUse)
	w.clients[0].Compact(rev, nil)
	w.run(time.Second)
	compacted := status()
	require.Equal(t, before.DBSize, compacted.DBSize, "compaction frees pages, not the file")
	require.Less(t, compacted.DBInUse, before.DBInUse)
	w.clients[0].Defrag(func(err error) { require.NoError(t, err) })
	w.run(time.Second)
	require.Equal(t, compacted.DBInUse, status().DBSize)
}

func TestObserverHearsOfEveryWriteOnce(t *testing.T) {
	w := newWorld(t, 9, 3)
	var heard []int64
	w.c.Observer = func(e *Event) { heard = append(heard, e.KV.ModRevision) }
	w.run(3 * time.Second)
	var acked []int64
	for i := range 60 {
		switch i {
		case 20:
			w.hosts[w.leader()].Stop()
			w.run(3 * time.Second)
		case 40:
			for _, h := range w.hosts {
				h.Start()
			}
			w.run(3 * time.Second)
		}
		n := w.leader()
		res, err := w.txn(n, Txn{Then: []Op{{Key: "/a", Value: &value{text: "x"}}}})
		require.NoError(t, err)
		require.Equal(t, res.Revision, heard[len(heard)-1], "observers hear before the writer does")
		acked = append(acked, res.Revision)
	}
	require.Equal(t, acked, heard)
	require.Equal(t, heard[len(heard)-1], w.c.Committed())
	for _, h := range w.hosts {
		h.Stop()
	}
	require.NotNil(t, w.c.Get("/a"), "what was committed can be seen with everything off")
}

func TestReportAndElection(t *testing.T) {
	w := newWorld(t, 3, 5)
	w.run(3 * time.Second)
	l := w.leader()
	e, ok := w.c.LastElection()
	require.True(t, ok)
	require.Equal(t, MemberID(w.hosts[l]), e.Leader)
	require.GreaterOrEqual(t, len(e.Granted), 3)
	require.Contains(t, e.Granted, e.Leader)
	r, ok := w.c.Report(w.hosts[l])
	require.True(t, ok)
	require.Equal(t, "leader", r.Role)
	require.Len(t, r.Peers, 5)
	for _, p := range r.Peers {
		require.Equal(t, r.Last, p.Match)
		require.True(t, p.Active)
	}
	voted := 0
	for _, h := range w.hosts {
		r, _ := w.c.Report(h)
		require.Equal(t, e.Term, r.Term)
		if r.Vote == e.Leader {
			voted++
		}
	}
	require.GreaterOrEqual(t, voted, 3)
	// A write in flight: on the leader's disk, on nobody else's, and its client waits.
	for i, h := range w.hosts {
		if i != l {
			h.PauseProgram(Service)
		}
	}
	before := r.Last
	w.clients[l].Txn(put("/a", "1", 0), func(TxnResult, error) {})
	w.run(20 * time.Millisecond)
	r, _ = w.c.Report(w.hosts[l])
	require.Equal(t, 1, r.Pending)
	require.Equal(t, before+1, r.Last)
	require.Equal(t, before, r.Index)
	for _, p := range r.Peers {
		if p.ID == r.ID {
			require.Equal(t, r.Last, p.Match)
		} else {
			require.Equal(t, before, p.Match)
		}
	}
	w.hosts[l].Stop()
	r, ok = w.c.Report(w.hosts[l])
	require.True(t, ok)
	require.Equal(t, "stopped", r.Role)
	require.Equal(t, before+1, r.Last)
}
