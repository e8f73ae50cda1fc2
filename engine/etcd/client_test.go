package etcd

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/sim"
)

func TestClientWaitsForAMemberToStart(t *testing.T) {
	w := newWorld(t, 1, 1)
	w.hosts[0].KillProgram(Service)
	w.run(time.Second)
	w.s.After(3*time.Second, "start", func() { w.hosts[0].StartProgram(Service) })
	res, err := w.txn(0, put("/a", "1", 0))
	require.NoError(t, err)
	require.True(t, res.Succeeded)
}

func TestClientGivesUpAtItsDeadline(t *testing.T) {
	w := newWorld(t, 1, 1)
	w.hosts[0].KillProgram(Service)
	w.run(time.Second)
	began := w.s.Now()
	_, err := w.txn(0, put("/a", "1", 0))
	require.Equal(t, ErrDeadline, err)
	require.Equal(t, clientDeadline, w.s.Now().Sub(began))
	w.run(time.Minute)
	_, some := w.s.Next()
	require.False(t, some, "a client without requests does not try on")
}

func TestWriteUnderWayFailsWithItsConnection(t *testing.T) {
	w := newWorld(t, 1, 1)
	var err error
	w.clients[0].Txn(put("/a", "1", 0), func(_ TxnResult, e error) { err = e })
	w.run(500 * time.Microsecond) // the disk is still writing
	w.hosts[0].KillProgram(Service)
	w.run(10 * time.Millisecond)
	var conn *ConnError
	require.ErrorAs(t, err, &conn)
	require.True(t, errors.Is(err, sim.ErrReset))
	w.hosts[0].StartProgram(Service)
	kv, err := w.get(0, "/a", 0)
	require.NoError(t, err)
	require.Nil(t, kv, "what had not reached the disk is gone")
}

func TestClientFailsOver(t *testing.T) {
	w := newWorld(t, 1, 3)
	w.elect()
	safe := w.s.AddHost("safe")
	var cl *Client
	safe.Install("client", func(a *sim.Actor) { cl = NewClient(a, w.hosts) })
	n := 0
	w.run(time.Millisecond)
	cl.Watch("/", 1, func(ev []Event) { n += len(ev) }, nil)
	_, err := w.txn(1, put("/a", "1", 0))
	require.NoError(t, err)
	w.run(10 * time.Millisecond)
	require.Equal(t, 1, n)
	w.hosts[0].KillProgram(Service)
	w.run(5 * time.Second)
	_, err = w.txn(1, put("/b", "1", 0))
	require.NoError(t, err)
	w.run(10 * time.Millisecond)
	require.Equal(t, 2, n)
	var rev int64
	cl.Revision(func(r int64, _ error) { rev = r })
	w.run(10 * time.Millisecond)
	require.EqualValues(t, 3, rev)
}

func TestBatchesKeepTheirCauses(t *testing.T) {
	w := newWorld(t, 1, 1)
	causes := map[string]sim.RecordID{}
	got := map[string]sim.Context{}
	answers := map[string]sim.RecordID{}
	w.clients[0].Watch("/", 0, func(ev []Event) {
		for _, e := range ev {
			got[e.KV.Key] = e.Context
		}
	}, nil)
	w.run(time.Millisecond)
	for _, key := range []string{"/a", "/b", "/c"} {
		w.s.After(0, "command", func() {
			causes[key] = w.s.Record(sim.KindCommand, key, "write").ID
			w.clients[0].Txn(put(key, "1", 0), func(TxnResult, error) { answers[key] = w.s.Cause() })
		})
	}
	w.run(500 * time.Microsecond)
	require.False(t, w.s.Settled(), "a write under way is not settled")
	w.run(10 * time.Millisecond)
	require.Len(t, got, 3)
	for key, id := range causes {
		require.Equal(t, sim.Context{Cause: id}, got[key])
		require.Equal(t, id, answers[key])
	}
	require.True(t, w.s.Settled())
}
