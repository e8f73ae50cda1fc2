package client_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// bench is a queue whose work ends when the test says so.
type bench struct {
	*client.Queue
	t     *testing.T
	s     *sim.Sim
	a     *sim.Actor
	began []string
	at    []sim.Time
	ctx   []sim.Context
	done  map[string]func(error)
	work  func(key string, done func(error)) // instead of waiting for the test
}

func newBench(t *testing.T, workers int) *bench {
	b := &bench{t: t, s: sim.New(sim.Config{Seed: 1}), done: map[string]func(error){}}
	b.s.AddHost("h").Install("p", func(a *sim.Actor) {
		b.a = a
		b.Queue = client.NewQueue(a, "reconcile", workers, func(key string, done func(error)) {
			b.began, b.at, b.ctx = append(b.began, key), append(b.at, b.s.Now()), append(b.ctx, b.s.Context())
			if b.work != nil {
				b.work(key, done)
				return
			}
			require.Nil(t, b.done[key], "never twice at a time")
			b.done[key] = done
		})
	})
	b.run(0)
	return b
}

func (b *bench) run(d time.Duration) { b.s.RunUntil(b.s.Now().Add(d), 0) }

func (b *bench) end(key string, err error) {
	done := b.done[key]
	delete(b.done, key)
	require.NotNil(b.t, done)
	done(err)
	b.run(time.Millisecond)
}

func (b *bench) ok() { b.work = func(_ string, done func(error)) { done(nil) } }

func TestQueueDedupes(t *testing.T) {
	b := newBench(t, 2)
	for _, k := range []string{"a", "b", "a", "c", "a"} {
		b.Add(k)
	}
	b.run(time.Second)
	require.Empty(t, b.began, "not started")
	require.Equal(t, 3, b.Len())
	b.Start()
	b.run(time.Second)
	require.Equal(t, []string{"a", "b"}, b.began, "two workers")
	require.Equal(t, 1, b.Len())
	b.end("b", nil)
	require.Equal(t, []string{"a", "b", "c"}, b.began)
	b.end("a", nil)
	b.end("c", nil)
	require.Len(t, b.began, 3)
	require.Zero(t, b.Len())
	require.True(t, b.s.Settled())
}

func TestQueueAgainWhileRunning(t *testing.T) {
	b := newBench(t, 5)
	b.Start()
	b.Add("a")
	b.run(time.Second)
	b.Add("a")
	b.Add("a")
	b.run(time.Second)
	require.Equal(t, []string{"a"}, b.began)
	require.Zero(t, b.Len())
	b.end("a", nil)
	require.Equal(t, []string{"a", "a"}, b.began)
	b.end("a", nil)
	require.Len(t, b.began, 2)
	b.Add("a")
	b.run(time.Second)
	require.Panics(t, func() { d := b.done["a"]; d(nil); d(nil) })
}

func TestQueueManyKeysInOrder(t *testing.T) {
	b := newBench(t, 1)
	b.ok()
	b.Start()
	var want []string
	for i := range 1000 {
		k := string(rune('a'+i%26)) + string(rune('a'+i/26))
		want = append(want, k)
		b.Add(k)
		if i%3 == 0 {
			b.run(client.ReconcileCost)
		}
	}
	b.run(time.Second)
	require.Equal(t, want, b.began)
	require.Equal(t, client.ReconcileCost, b.at[999].Sub(b.at[998]), "one after the other")
}

func TestQueueBackOff(t *testing.T) {
	b := newBench(t, 1)
	fail := true
	b.work = func(_ string, done func(error)) {
		if fail {
			done(errors.New("no"))
		} else {
			done(nil)
		}
	}
	b.Start()
	b.Add("a")
	b.run(3000 * time.Second)
	var want []time.Duration
	for d := 5 * time.Millisecond; len(want) < len(b.at)-1; d *= 2 {
		want = append(want, min(d, 1000*time.Second)+client.ReconcileCost)
	}
	var gaps []time.Duration
	for i := 1; i < len(b.at); i++ {
		gaps = append(gaps, b.at[i].Sub(b.at[i-1]))
	}
	require.Equal(t, want, gaps)
	require.Greater(t, len(gaps), 18, "up to the longest")
	n := len(b.at)
	b.Add("a")
	b.run(time.Second)
	require.Len(t, b.at, n+1, "Add does not wait for the back-off")

	fail = false
	b.run(1500 * time.Second)
	fail = true
	n = len(b.at)
	b.Add("a")
	b.run(20 * time.Millisecond)
	require.Equal(t, 5*time.Millisecond+client.ReconcileCost, b.at[n+1].Sub(b.at[n]), "success forgets")
}

func TestQueueAddAfter(t *testing.T) {
	b := newBench(t, 1)
	b.ok()
	b.Start()
	b.AddAfter("a", 10*time.Second)
	b.AddAfter("a", 20*time.Second)
	b.AddAfter("a", 5*time.Second)
	b.AddAfter("a", 7*time.Second)
	require.Zero(t, b.Len())
	b.run(time.Minute)
	require.Equal(t, []sim.Time{sim.Time(5*time.Second + client.ReconcileCost)}, b.at, "the earliest wins")
	b.AddAfter("a", 0)
	require.Equal(t, 0, b.Len(), "at once: a worker took it")
	b.AddAfter("b", time.Second)
	b.Add("b")
	b.run(time.Minute)
	require.Equal(t, []string{"a", "a", "b", "b"}, b.began, "a time that was asked for is kept")
}

func TestQueueWorksForTheNewest(t *testing.T) {
	b := newBench(t, 1)
	b.ok()
	var last sim.RecordID
	for range 3 {
		b.s.Do(func() {
			last = b.s.Record(sim.KindCommand, "", "go").ID
			b.Add("a")
		})
	}
	// A heartbeat that comes later does not take the blame.
	b.a.Periodic(0, "beat", func() { b.Add("a"); b.Add("beat") })
	b.run(time.Second)
	b.Start()
	b.run(time.Second)
	require.Equal(t, []string{"a", "beat"}, b.began)
	require.Equal(t, sim.Context{Cause: last}, b.ctx[0])
	require.Equal(t, sim.Context{Background: true}, b.ctx[1])
}

func TestQueueKeepsTheWorldUnsettledForChanges(t *testing.T) {
	b := newBench(t, 1)
	b.a.Periodic(0, "beat", func() { b.Add("a") })
	b.run(time.Second)
	require.True(t, b.s.Settled(), "a heartbeat waits")
	b.Add("a")
	require.False(t, b.s.Settled(), "a change takes over")
	b.Add("a")
	b.a.Periodic(0, "beat", func() { b.Add("a") })
	b.run(time.Second)
	require.False(t, b.s.Settled())
	b.Start()
	b.run(time.Second)
	require.Equal(t, []sim.Context{{}}, b.ctx, "as the change")
	require.True(t, b.s.Settled(), "the worker only waits for what others do")
	b.end("a", nil)
	require.True(t, b.s.Settled())

	// A change that comes while a heartbeat is worked on.
	b.a.Periodic(0, "beat", func() { b.Add("a") })
	b.run(time.Second)
	b.a.Periodic(0, "beat", func() { b.Add("a") })
	b.run(time.Second)
	require.True(t, b.s.Settled())
	b.Add("a")
	require.False(t, b.s.Settled(), "it waits behind the heartbeat")
	b.run(time.Minute)
	require.False(t, b.s.Settled())
	b.end("a", nil)
	b.end("a", nil)
	require.Len(t, b.began, 3)
	require.True(t, b.s.Settled())

	// A host that stops takes what waits with it.
	b.Add("x")
	b.Add("y")
	b.a.Host().Stop()
	b.run(sim.SilenceTimeout + 20*time.Second)
	require.True(t, b.s.Settled())
}
