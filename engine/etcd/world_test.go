package etcd

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/sim"
)

// value is the simplest Value.
type value struct {
	text string
	rev  string
}

func (v *value) SetResourceVersion(r string) { v.rev = r }

// world is a cluster of members and a client for each on its host.
type world struct {
	t       testing.TB
	s       *sim.Sim
	c       *Cluster
	hosts   []*sim.Host
	members []*Server
	clients []*Client
}

func newWorld(t testing.TB, seed uint64, n int) *world {
	w := &world{t: t, s: sim.New(sim.Config{Seed: seed}), c: NewCluster()}
	for i := range n {
		w.hosts = append(w.hosts, w.s.AddHost(fmt.Sprintf("cp-%d", i+1)))
	}
	w.members = make([]*Server, n)
	w.clients = make([]*Client, n)
	for i, h := range w.hosts {
		h.Install(Service, func(a *sim.Actor) { w.members[i] = Boot(a, w.c, Config{Initial: w.hosts}) })
		h.Install("client", func(a *sim.Actor) { w.clients[i] = NewClient(a, []*sim.Host{h}) })
	}
	w.run(10 * time.Millisecond)
	return w
}

func (w *world) run(d time.Duration) { w.s.RunUntil(w.s.Now().Add(d), 0) }

// until runs until cond holds, at most d.
func (w *world) until(d time.Duration, what string, cond func() bool) {
	w.t.Helper()
	end := w.s.Now().Add(d)
	for !cond() {
		at, ok := w.s.Next()
		if !ok || at > end {
			require.FailNow(w.t, "never: "+what)
		}
		w.s.Step()
	}
}

func (w *world) leader() int {
	for i, m := range w.members {
		if w.hosts[i].Up() && m != nil && !m.a.Dead() && m.leading {
			return i
		}
	}
	return -1
}

func put(key, text string, rev int64) Txn {
	return Txn{Compare: []Compare{{key, rev}}, Then: []Op{{Key: key, Value: &value{text: text}}}}
}

func del(key string, rev int64) Txn {
	return Txn{Compare: []Compare{{key, rev}}, Then: []Op{{Type: Delete, Key: key}}}
}

// txn runs a transaction to its end.
func (w *world) txn(i int, t Txn) (TxnResult, error) {
	w.t.Helper()
	var res TxnResult
	var err error
	ok := false
	w.clients[i].Txn(t, func(r TxnResult, e error) { res, err, ok = r, e, true })
	w.until(30*time.Second, "answer to a transaction", func() bool { return ok })
	return res, err
}

func (w *world) list(i int, prefix, from string, limit int, rev int64) (out []string, more bool, count int, at int64, err error) {
	w.t.Helper()
	ok := false
	w.clients[i].Range(prefix, from, limit, rev, func(kvs []*KV, m bool, n int, r int64, e error) {
		for _, kv := range kvs {
			out = append(out, kv.Key+"="+kv.Value.(*value).text)
		}
		more, count, at, err, ok = m, n, r, e, true
	})
	w.until(30*time.Second, "answer to a range", func() bool { return ok })
	return
}

func (w *world) get(i int, key string, rev int64) (kv *KV, err error) {
	w.t.Helper()
	ok := false
	w.clients[i].Get(key, rev, false, func(k *KV, _ int64, e error) { kv, err, ok = k, e, true })
	w.until(30*time.Second, "answer to a get", func() bool { return ok })
	return
}
