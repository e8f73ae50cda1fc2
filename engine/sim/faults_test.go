package sim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/sim"
)

func TestPausedProgramWaits(t *testing.T) {
	p := newPair(t)
	_, srv := p.hosts()
	var fired []sim.Time
	p.srv.After(time.Second, "timer", func() { fired = append(fired, p.s.Now()) })
	gone := p.srv.After(2*time.Second, "stopped", func() { t.Error("a timer that was stopped") })
	require.True(t, srv.PauseProgram("srv"))
	require.False(t, srv.PauseProgram("srv"))
	require.True(t, p.srv.Paused())
	require.True(t, srv.Programs()[0].Paused)
	for i := range 3 {
		p.send(i)
	}
	run(p.s, 20*time.Second)
	require.Empty(t, p.heard)
	require.Empty(t, fired)
	require.True(t, gone.Stop())
	require.ErrorIs(t, p.dial(), sim.ErrHandshake)
	require.True(t, srv.ResumeProgram("srv"))
	require.False(t, srv.ResumeProgram("srv"))
	at := p.s.Now()
	run(p.s, 0)
	require.Equal(t, count(3), p.heard, "what came meanwhile comes now, in order")
	require.Equal(t, []sim.Time{at}, fired)
	require.Empty(t, p.cliErr, "connections stay open")
	run(p.s, 2*time.Minute)
	require.Empty(t, p.cliErr, "the silence ended in time")
	require.True(t, p.s.Settled())
}

func TestPauseKeepsWhatIsNotDue(t *testing.T) {
	s := sim.New(sim.Config{})
	a, b := boot(s, "node", "p")(), boot(s, "node", "q")()
	at := sim.Time(-1)
	a.After(10*time.Second, "timer", func() { at = s.Now() })
	b.After(20*time.Second, "later", func() {})
	s.Host("node").PauseProgram("p")
	run(s, time.Second) // looks ahead to what comes at 20 s
	s.Host("node").ResumeProgram("p")
	run(s, time.Minute)
	require.Equal(t, sim.Time(10*time.Second), at)
}

func TestPausedProgramIsGivenUp(t *testing.T) {
	p := newPair(t)
	_, srv := p.hosts()
	at := p.s.Now()
	srv.Pause()
	p.send(0)
	run(p.s, 2*time.Minute)
	require.Equal(t, []error{sim.ErrLost}, p.cliErr)
	require.Equal(t, sim.SilenceTimeout, p.cliAt.Sub(at))
	require.True(t, p.s.Settled(), "nobody waits for what it had in mind")
	require.Empty(t, p.srvErr)
	srv.Resume()
	run(p.s, time.Second)
	require.Equal(t, []int{0}, p.heard, "it was in its socket")
	require.Equal(t, []error{sim.ErrReset}, p.srvErr)
	require.True(t, p.s.Settled())
}

func TestPausedWorkDoesNotUnsettle(t *testing.T) {
	s := sim.New(sim.Config{})
	a := boot(s, "node", "p")()
	a.Busy(1)
	done := 0
	a.After(time.Minute, "work", func() { done++ })
	a.Host().Pause()
	run(s, 2*time.Minute)
	require.True(t, s.Settled())
	a.Host().Resume()
	require.False(t, s.Settled())
	run(s, 0)
	require.Equal(t, 1, done)
	a.Busy(-1)
	require.True(t, s.Settled())

	// Killed while paused: nothing of it is left.
	a.Busy(2)
	a.After(time.Second, "work", func() { done++ })
	a.Host().Pause()
	run(s, 5*time.Second)
	a.Host().KillProgram("p")
	run(s, 2*time.Minute)
	require.True(t, s.Settled())
	require.Equal(t, 1, done)
}

func TestLossDelaysConnectionsAndDropsDatagrams(t *testing.T) {
	p := newPair(t)
	cli, srv := p.hosts()
	p.s.SetLoss(cli, srv, 0.5)
	require.Equal(t, 0.5, p.s.Loss(cli, srv))
	got := 0
	for i := range 100 {
		p.send(i)
		p.cli.Send(p.srv, "d", func() { got++ })
	}
	run(p.s, 50*time.Millisecond)
	require.Less(t, len(p.heard), 100)
	run(p.s, 3*time.Minute)
	require.Equal(t, count(100), p.heard, "a connection loses nothing, and keeps its order")
	require.Greater(t, got, 20)
	require.Less(t, got, 80)
	p.s.SetLoss(cli, srv, 0)
	at := p.s.Now()
	p.send(100)
	run(p.s, time.Millisecond)
	require.Len(t, p.heard, 101)
	require.Less(t, p.s.Now().Sub(at), 2*time.Millisecond)
}

func TestSkewedClock(t *testing.T) {
	s := sim.New(sim.Config{})
	a, b := boot(s, "one", "p")(), boot(s, "two", "p")()
	s.Host("one").SetSkew(90 * time.Second)
	require.Equal(t, 90*time.Second, s.Host("one").Skew())
	require.Equal(t, 90*time.Second, a.Wall().Sub(b.Wall()))
	at := sim.Time(-1)
	a.After(time.Second, "timer", func() { at = s.Now() })
	run(s, 2*time.Second)
	require.Equal(t, sim.Time(time.Second), at, "timers do not care")
}

func TestExit(t *testing.T) {
	p := newPair(t)
	_, srv := p.hosts()
	var told []string
	srv.OnExit(func(program string) { told = append(told, program) })
	p.srv.After(time.Second, "exit", func() {
		p.srv.Exit()
		p.srv.Exit()
	})
	run(p.s, 2*time.Second)
	require.Equal(t, []string{"srv"}, told)
	require.True(t, p.srv.Dead())
	require.Equal(t, []error{sim.ErrReset}, p.cliErr)
	srv.KillProgram("srv")
	require.True(t, srv.StartProgram("srv"))
	run(p.s, time.Second)
	srv.KillProgram("srv")
	run(p.s, time.Second)
	require.Len(t, told, 1, "being killed is not exiting")
}

// Looking ahead must change nothing: a session that is replayed looks at other moments than the original did.
func TestPauseKeepsOrderWhoeverLooked(t *testing.T) {
	play := func(look bool) (order []string) {
		s := sim.New(sim.Config{})
		a, b := boot(s, "node", "p")(), boot(s, "node", "q")()
		b.After(time.Minute, "much later", func() {})
		a.After(2*time.Second, "x", func() { order = append(order, "x") })
		s.Host("node").PauseProgram("p")
		if look {
			s.Next() // puts x aside
		}
		a.After(time.Second, "y", func() { order = append(order, "y") })
		run(s, 10*time.Second)
		s.Host("node").ResumeProgram("p")
		run(s, time.Second)
		return order
	}
	require.Equal(t, []string{"y", "x"}, play(false))
	require.Equal(t, []string{"y", "x"}, play(true))
}
