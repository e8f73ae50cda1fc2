package sim_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/sim"
)

// boot makes a host with one program that only keeps its actor.
func boot(s *sim.Sim, host, program string) func() *sim.Actor {
	h := s.Host(host)
	if h == nil {
		h = s.AddHost(host)
	}
	var a *sim.Actor
	h.Install(program, func(x *sim.Actor) { a = x })
	s.RunUntil(s.Now(), 0)
	return func() *sim.Actor { return a }
}

func run(s *sim.Sim, d time.Duration) { s.RunUntil(s.Now().Add(d), 0) }

func TestEventsComeByTimeThenByOrderOfScheduling(t *testing.T) {
	s := sim.New(sim.Config{Seed: 1})
	rng := rand.New(rand.NewPCG(1, 2))
	type what struct{ at, n int }
	var want, got []what
	timers := map[int]sim.Timer{}
	for n := range 3000 {
		w := what{rng.IntN(200), n}
		timers[n] = s.After(time.Duration(w.at), "x", func() {
			require.Equal(t, sim.Time(w.at), s.Now())
			got = append(got, w)
		})
		want = append(want, w)
	}
	for n := range 3000 {
		if n%7 == 0 {
			require.True(t, timers[n].Stop())
			require.False(t, timers[n].Stop(), "stopped once")
		}
	}
	want = slices.DeleteFunc(want, func(w what) bool { return w.n%7 == 0 })
	slices.SortFunc(want, func(a, b what) int {
		if a.at != b.at {
			return a.at - b.at
		}
		return a.n - b.n
	})
	run(s, time.Second)
	require.Equal(t, want, got)
	require.EqualValues(t, len(want), s.Executed(), "a stopped timer is no event")
	require.True(t, s.Settled())
}

func TestScheduledInThePastIsNow(t *testing.T) {
	s := sim.New(sim.Config{})
	run(s, time.Second)
	at := sim.Time(-1)
	s.After(-time.Minute, "late", func() { at = s.Now() })
	run(s, 0)
	require.Equal(t, sim.Time(time.Second), at)
}

func TestTimersOfRecycledEvents(t *testing.T) {
	s := sim.New(sim.Config{})
	var zero sim.Timer
	require.False(t, zero.Pending())
	require.False(t, zero.Stop())

	fired := 0
	var first sim.Timer
	first = s.After(1, "first", func() {
		fired++
		require.False(t, first.Pending(), "a timer that fires is not pending")
	})
	require.True(t, first.Pending())
	run(s, 1)
	// The event of the first timer is used again: the old handle must not touch it.
	second := s.After(1, "second", func() { fired++ })
	require.False(t, first.Pending())
	require.False(t, first.Stop())
	require.True(t, second.Pending())
	run(s, 1)
	require.Equal(t, 2, fired)

	third := s.After(5, "third", func() { t.Error("stopped") })
	require.True(t, third.Stop())
	run(s, 10)
	fourth := s.After(5, "fourth", func() { fired++ })
	require.False(t, third.Stop())
	require.True(t, fourth.Pending())
	run(s, 10)
	require.Equal(t, 3, fired)
}

func TestHostStopTakesItsActorsWithIt(t *testing.T) {
	s := sim.New(sim.Config{})
	h := s.AddHost("node")
	var runs []*sim.Actor
	h.Install("p", func(a *sim.Actor) { runs = append(runs, a) })
	require.Empty(t, runs, "booting is an event")
	run(s, 0)
	require.Len(t, runs, 1)
	a := runs[0]
	require.Equal(t, "p@node", a.Name())
	require.Equal(t, "p@node", s.ActorName(a.ID()))
	require.Equal(t, 0, a.Incarnation())
	a.After(time.Second, "timer", func() { t.Error("the timer of a dead actor") })
	h.Disk["x"] = 1

	require.True(t, h.Stop())
	require.False(t, h.Stop())
	require.True(t, a.Dead())
	require.Equal(t, []sim.ProgramStatus{{Name: "p", Up: false}}, h.Programs())
	require.False(t, h.StartProgram("p"), "no program without power")
	run(s, time.Minute)
	require.True(t, h.Start())
	require.False(t, h.Start())
	run(s, 0)
	require.Len(t, runs, 2)
	require.Equal(t, a.ID(), runs[1].ID())
	require.Equal(t, 1, runs[1].Incarnation())
	require.Equal(t, 1, h.Disk["x"])

	require.True(t, h.KillProgram("p"))
	require.False(t, h.KillProgram("p"))
	require.True(t, runs[1].Dead())
	require.True(t, h.Up())
	require.True(t, h.StartProgram("p"))
	require.False(t, h.StartProgram("p"))
	run(s, 0)
	require.Len(t, runs, 3)
	require.Equal(t, 2, runs[2].Incarnation())
	require.Panics(t, func() { s.AddHost("node") })
	// Power that fails before the program has booted: it never boots.
	h.Stop()
	h.Start()
	h.Stop()
	run(s, time.Minute)
	require.Len(t, runs, 3)
}

func TestInstallOnAMachineWithoutPower(t *testing.T) {
	s := sim.New(sim.Config{})
	h := s.AddHost("node")
	h.Stop()
	n := 0
	h.Install("p", func(*sim.Actor) { n++ })
	run(s, time.Second)
	require.Zero(t, n)
	h.Start()
	run(s, 0)
	require.Equal(t, 1, n)
}

func TestSettled(t *testing.T) {
	s := sim.New(sim.Config{})
	a := boot(s, "node", "p")()
	require.True(t, s.Settled())

	var beat func()
	beats := 0
	beat = func() {
		beats++
		a.After(time.Millisecond, "after", func() { // inherits the mark
			if beats == 3 {
				s.Foreground()
				a.After(time.Second, "change", func() {})
			}
		})
		a.Periodic(10*time.Second, "beat", beat)
	}
	a.Periodic(10*time.Second, "beat", beat)
	run(s, 25*time.Second)
	require.True(t, s.Settled(), "heartbeats are no change")
	run(s, 5*time.Second+500*time.Millisecond)
	require.False(t, s.Settled(), "until a heartbeat finds something")
	run(s, time.Second)
	require.True(t, s.Settled())

	tm := a.After(time.Hour, "change", func() {})
	require.False(t, s.Settled())
	tm.Stop()
	require.True(t, s.Settled(), "a stopped timer is not waited for")

	a.Busy(2)
	a.Busy(-1)
	require.False(t, s.Settled())
	a.Busy(-1)
	require.True(t, s.Settled())

	s.Expect(time.Second)
	require.False(t, s.Settled())
	run(s, time.Second)
	require.True(t, s.Settled())
}

func TestSettledAfterAHostStopped(t *testing.T) {
	s := sim.New(sim.Config{})
	a, b := boot(s, "node", "p")(), boot(s, "node", "q")()
	a.Busy(3)
	tm := a.After(time.Hour, "change", func() {})
	b.Periodic(time.Hour, "beat", func() {})
	b.After(2*time.Hour, "change", func() {})
	s.Host("node").KillProgram("p")
	require.False(t, s.Settled(), "q still has something to do")
	s.Host("node").Stop()
	require.False(t, s.Settled(), "others will notice the silence")
	run(s, sim.SilenceTimeout+20*time.Second)
	require.True(t, s.Settled(), "what the dead had in mind never happens: nobody need wait for it")
	tm.Stop()
	a.Busy(1)
	a.After(time.Hour, "from the grave", func() { t.Error("dead") })
	require.True(t, s.Settled())
	c := boot(s, "other", "p")()
	c.After(time.Second, "change", func() {})
	require.False(t, s.Settled())
	run(s, 3*time.Hour)
	require.True(t, s.Settled())
}

func TestCausesAndChains(t *testing.T) {
	s := sim.New(sim.Config{})
	a, b := boot(s, "one", "p")(), boot(s, "two", "p")()
	var root, sent, got *sim.Record
	s.Do(func() {
		root = s.Record(sim.KindCommand, "", "go")
		a.After(time.Second, "act", func() {
			require.Equal(t, root.ID, s.Cause())
			sent = a.Record(sim.KindDecision, "pods/default/x", "send")
			a.Send(b, "hello", func() {
				require.Equal(t, sent.ID, s.Cause())
				got = s.Record(sim.KindAct, "pods/default/x", "received")
			})
			a.Periodic(time.Second, "later", func() { require.Zero(t, s.Cause(), "periodic work has no cause") })
		})
	})
	require.Zero(t, s.Cause(), "what Do left behind")
	run(s, 5*time.Second)
	require.Equal(t, b.ID(), got.Actor, "a record is of the actor whose event it is")
	require.Zero(t, root.Cause)
	j := &s.Journal
	require.Equal(t, []*sim.Record{got, sent, root}, j.Chain(got.ID, 64))
	require.Equal(t, []*sim.Record{got, sent}, j.Chain(got.ID, 2))
	require.Nil(t, j.Get(0))
	require.Nil(t, j.Get(sim.RecordID(j.Len()+1)))
	require.Same(t, got, j.Newest("pods/default/x"))
	require.Same(t, sent, j.Before(got))
	require.Nil(t, j.Before(sent))
	require.Nil(t, j.Newest("pods/default/y"))
	require.Equal(t, "pods/default/x", j.Ref(got.Ref))
	require.Less(t, s.Since(got), 4*time.Second)

	// In another's context, and back.
	s.Do(func() {
		mine := s.Record(sim.KindInfo, "", "mine")
		s.In(sim.Context{Cause: got.ID, Background: true}, func() {
			require.Equal(t, sim.Context{Cause: got.ID, Background: true}, s.Context())
			require.Equal(t, got.ID, s.Record(sim.KindInfo, "", "on behalf").Cause)
		})
		require.Equal(t, sim.Context{Cause: mine.ID}, s.Context())
	})
}

func TestJournalKeepsPointersOverManyChunks(t *testing.T) {
	s := sim.New(sim.Config{})
	var kept []*sim.Record
	for i := range 10000 {
		r := s.Record(sim.KindInfo, fmt.Sprintf("pods/default/p%d", i%3), fmt.Sprint(i))
		kept = append(kept, r)
	}
	for i, r := range kept {
		require.Same(t, r, s.Journal.Get(sim.RecordID(i+1)))
		require.Equal(t, fmt.Sprint(i), r.Text)
	}
	n := 0
	for r := s.Journal.Newest("pods/default/p1"); r != nil; r = s.Journal.Before(r) {
		n++
	}
	require.Equal(t, 3333, n)
}

func TestRandIndependence(t *testing.T) {
	draw := func(r *rand.Rand) (out [4]uint64) {
		for i := range out {
			out[i] = r.Uint64()
		}
		return out
	}
	one, two := sim.New(sim.Config{Seed: 7}), sim.New(sim.Config{Seed: 7})
	for range 100 {
		one.Rand("noisy").Uint64()
	}
	na := one.Rand("noisy")
	na.Uint64()
	require.Equal(t, draw(one.Rand("x")), draw(two.Rand("x")), "by seed and name alone")
	require.NotEqual(t, draw(one.Rand("x")), draw(one.Rand("y")))
	require.NotEqual(t, draw(one.Rand("x")), draw(sim.New(sim.Config{Seed: 8}).Rand("x")))

	// Actors: one that draws more does not disturb another; every run of a program has numbers of its own.
	a1, b1, b2 := boot(one, "h", "a")(), boot(one, "h", "b"), boot(two, "h", "b")
	a1.Rand().Uint64()
	first := draw(b1().Rand())
	require.Equal(t, first, draw(b2().Rand()))
	one.Host("h").KillProgram("b")
	one.Host("h").StartProgram("b")
	run(one, 0)
	require.NotEqual(t, first, draw(b1().Rand()))
}

func TestJournalHash(t *testing.T) {
	type story struct {
		seed  uint64
		at    time.Duration
		kind  sim.Kind
		ref   string
		rev   int64
		text  string
		cause bool
		other bool
		more  bool
		data  any
	}
	hash := func(p story) uint64 {
		s := sim.New(sim.Config{Seed: p.seed})
		a, b := boot(s, "one", "p")(), boot(s, "two", "p")()
		s.Do(func() {
			if s.Record(sim.KindCommand, "", "go"); !p.cause {
				s.In(sim.Context{}, func() { a.After(time.Second, "t", func() {}) })
			} else {
				a.After(time.Second, "t", func() {})
			}
		})
		run(s, p.at)
		by := a
		if p.other {
			by = b
		}
		ctx := sim.Context{}
		if p.cause {
			ctx.Cause = 1
		}
		s.Do(func() { s.In(ctx, func() { s.RecordFrom(by, p.kind, p.ref, p.rev, p.text).Data = p.data }) })
		if p.more {
			a.Periodic(0, "silent", func() {})
			run(s, 0)
		}
		return s.Journal.Hash()
	}
	base := story{at: time.Minute, kind: sim.KindAct, ref: "pods/a/b", rev: 3, text: "t"}
	want := hash(base)
	require.Equal(t, want, hash(base), "the same session")
	same := base
	same.data, same.seed = "what a reader wants beside", 5
	require.Equal(t, want, hash(same), "data is no part of it, nor a seed nobody drew from")
	for name, change := range map[string]func(*story){
		"time":  func(p *story) { p.at++ },
		"kind":  func(p *story) { p.kind = sim.KindFault },
		"ref":   func(p *story) { p.ref = "pods/ab" },
		"rev":   func(p *story) { p.rev = 4 },
		"text":  func(p *story) { p.text = "u" },
		"cause": func(p *story) { p.cause = true },
		"actor": func(p *story) { p.other = true },
		"event": func(p *story) { p.more = true },
		"shift": func(p *story) { p.ref, p.text = "pods/a/bt", "" },
	} {
		p := base
		change(&p)
		require.NotEqual(t, want, hash(p), "%s changed", name)
	}
}

func TestSameSeedSameSession(t *testing.T) {
	session := func(seed uint64) (uint64, sim.Time) {
		s := sim.New(sim.Config{Seed: seed})
		a, b := boot(s, "one", "p")(), boot(s, "two", "p")()
		for range 20 {
			a.Send(b, "m", func() { s.Record(sim.KindInfo, "", s.Now().String()) })
		}
		run(s, time.Second)
		return s.Journal.Hash(), s.Journal.Get(1).At
	}
	h1, at := session(1)
	h2, again := session(1)
	require.Equal(t, h1, h2)
	require.Equal(t, at, again)
	h3, _ := session(2)
	require.NotEqual(t, h1, h3, "latencies jitter by seed")
}

func TestRunUntilAndSetNow(t *testing.T) {
	s := sim.New(sim.Config{})
	n := 0
	for i := 1; i <= 5; i++ {
		s.After(time.Duration(i)*time.Second, "x", func() { n++ })
	}
	require.False(t, s.RunUntil(sim.Time(time.Minute), 2))
	require.Equal(t, 2, n)
	require.Equal(t, sim.Time(2*time.Second), s.Now())
	require.True(t, s.RunUntil(sim.Time(3*time.Second+time.Millisecond), 0))
	require.Equal(t, 3, n)
	require.Equal(t, sim.Time(3*time.Second+time.Millisecond), s.Now())
	require.True(t, s.RunUntil(0, 0), "the past is reached")
	require.Equal(t, sim.Time(3*time.Second+time.Millisecond), s.Now())

	s.SetNow(sim.Time(3500 * time.Millisecond))
	require.Equal(t, sim.Time(3500*time.Millisecond), s.Now())
	s.SetNow(0)
	require.Equal(t, sim.Time(3500*time.Millisecond), s.Now(), "never back")
	require.Panics(t, func() { s.SetNow(sim.Time(10 * time.Second)) })
	s.SetNow(sim.Time(4 * time.Second))
	st, ok := s.Step()
	require.True(t, ok)
	require.Equal(t, sim.Stepped{At: sim.Time(4 * time.Second), Label: "x"}, st)
	run(s, time.Minute)
	_, ok = s.Step()
	require.False(t, ok)
	_, ok = s.Next()
	require.False(t, ok)
	require.Equal(t, "01:01:05.007", sim.Time(time.Hour+time.Minute+5*time.Second+7*time.Millisecond).String())
	require.Equal(t, sim.Epoch.Add(time.Second), s.Wall(sim.Time(time.Second)))
}
