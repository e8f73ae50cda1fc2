package sim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/sim"
)

// pair is a client on one host and a server on another, with what each end heard.
type pair struct {
	t              *testing.T
	s              *sim.Sim
	cli, srv       *sim.Actor
	c              *sim.Conn
	heard, answers []int
	cliErr, srvErr []error
	cliAt, srvAt   sim.Time
}

func newPair(t *testing.T) *pair {
	p := &pair{t: t, s: sim.New(sim.Config{Seed: 3})}
	p.s.AddHost("client").Install("cli", func(a *sim.Actor) { p.cli = a })
	p.s.AddHost("server").Install("srv", func(a *sim.Actor) {
		p.srv = a
		a.Listen("svc", func(c *sim.Conn) {
			c.Handler = p
			c.OnClose(func(err error) { p.srvErr, p.srvAt = append(p.srvErr, err), p.s.Now() })
		})
	})
	run(p.s, 0)
	require.NoError(t, p.dial())
	require.Same(t, p, p.c.Handler)
	require.Same(t, p.srv, p.c.Peer(p.cli))
	require.Same(t, p.cli, p.c.Peer(p.srv))
	return p
}

// dial connects and gives the error, waiting up to a minute.
func (p *pair) dial() (err error) {
	done := false
	p.s.Do(func() {
		p.cli.Dial(p.s.Host("server"), "svc", func(c *sim.Conn, e error) {
			p.c, err, done = c, e, true
		}, func(e error) { p.cliErr, p.cliAt = append(p.cliErr, e), p.s.Now() })
	})
	for end := p.s.Now().Add(time.Minute); !done && p.s.Now() < end; {
		_, ok := p.s.Step()
		require.True(p.t, ok)
	}
	require.True(p.t, done)
	return err
}

func (p *pair) send(n int)   { p.c.Send(p.cli, "m", func() { p.heard = append(p.heard, n) }) }
func (p *pair) answer(n int) { p.c.Send(p.srv, "a", func() { p.answers = append(p.answers, n) }) }

func (p *pair) hosts() (cli, srv *sim.Host) { return p.s.Host("client"), p.s.Host("server") }

func count(n int) (out []int) {
	for i := range n {
		out = append(out, i)
	}
	return out
}

func TestConnDeliversInOrder(t *testing.T) {
	p := newPair(t)
	cli, srv := p.hosts()
	var sent []sim.Message
	p.s.OnMessage = func(m sim.Message) { sent = append(sent, m) }
	for i := range 200 {
		if i == 100 {
			p.s.SetLatency(cli, srv, 10*time.Microsecond) // a faster way: later ones still do not overtake
		}
		p.send(i)
		p.answer(i)
	}
	run(p.s, time.Second)
	require.Equal(t, count(200), p.heard)
	require.Equal(t, count(200), p.answers)
	require.Len(t, sent, 400)
	require.Equal(t, p.cli.ID(), sent[0].From)
	require.Equal(t, p.srv.ID(), sent[0].To)
	lat := sent[0].Arrive.Sub(sent[0].Sent)
	require.GreaterOrEqual(t, lat, sim.LinkLatency)
	require.LessOrEqual(t, lat, sim.LinkLatency*5/4)
}

func TestDatagramsAreLost(t *testing.T) {
	p := newPair(t)
	cli, srv := p.hosts()
	n := 0
	got := func() { n++ }
	p.cli.Send(p.srv, "d", got)
	run(p.s, time.Second)
	require.Equal(t, 1, n)
	p.s.Cut(cli, srv)
	p.cli.Send(p.srv, "d", got)
	p.srv.Send(p.cli, "d", got) // the other direction works
	p.s.Heal(cli, srv)
	run(p.s, time.Second)
	require.Equal(t, 2, n)
	p.cli.Send(p.srv, "d", got)
	srv.Stop() // while it is on its way
	p.cli.Send(p.srv, "d", got)
	run(p.s, time.Second)
	require.Equal(t, 2, n)
}

func TestDialRefusedAndTimeout(t *testing.T) {
	p := newPair(t)
	cli, srv := p.hosts()
	srv.KillProgram("srv")
	at := p.s.Now()
	require.ErrorIs(t, p.dial(), sim.ErrRefused)
	require.Less(t, p.s.Now().Sub(at), time.Millisecond)

	timesOut := func(what string) {
		at := p.s.Now()
		require.ErrorIs(t, p.dial(), sim.ErrTimeout, what)
		require.GreaterOrEqual(t, p.s.Now().Sub(at), 30*time.Second, what)
		require.Less(t, p.s.Now().Sub(at), 31*time.Second, what)
	}
	srv.Stop()
	timesOut("no power")
	srv.Start()
	run(p.s, 0)
	require.NoError(t, p.dial())
	p.s.Cut(cli, srv)
	timesOut("cut there")
	p.s.Heal(cli, srv)
	p.s.Cut(srv, cli)
	timesOut("cut back")
	p.s.Heal(srv, cli)
	require.NoError(t, p.dial())
	p.s.After(100*time.Microsecond, "cut", func() { p.s.Cut(cli, srv) })
	timesOut("cut while dialling")
	p.s.Heal(cli, srv)
	p.s.After(100*time.Microsecond, "power", func() { srv.Stop() })
	timesOut("power lost while dialling")
}

func TestKilledProgramResets(t *testing.T) {
	p := newPair(t)
	_, srv := p.hosts()
	p.answer(0)
	at := p.s.Now()
	srv.KillProgram("srv")
	require.True(t, p.c.Closed())
	p.send(1)
	run(p.s, time.Minute)
	require.Equal(t, []int{0}, p.answers, "what was sent before arrives")
	require.Empty(t, p.heard)
	require.Equal(t, []error{sim.ErrReset}, p.cliErr)
	require.Empty(t, p.srvErr, "the dead hear nothing")
	require.Less(t, p.cliAt.Sub(at), time.Millisecond)
}

func TestMachineWithoutPowerIsSilent(t *testing.T) {
	p := newPair(t)
	_, srv := p.hosts()
	at := p.s.Now()
	srv.Stop()
	p.send(1)
	run(p.s, 44*time.Second)
	require.Empty(t, p.cliErr)
	run(p.s, time.Minute)
	require.Equal(t, []error{sim.ErrLost}, p.cliErr)
	require.Equal(t, sim.SilenceTimeout, p.cliAt.Sub(at))

	// Its new run knows nothing of old connections.
	old := p.c
	srv.Start()
	run(p.s, time.Second)
	require.NoError(t, p.dial())
	require.NotSame(t, old, p.c)
	p.send(2)
	run(p.s, time.Second)
	require.Equal(t, []int{2}, p.heard)
}

func TestCloseTellsTheOtherEndOnly(t *testing.T) {
	p := newPair(t)
	for i := range 50 {
		p.send(i)
	}
	p.c.Close(p.cli)
	p.c.Close(p.cli)
	p.c.Close(p.srv)
	p.send(99)
	heardAtClose := -1
	was := len(p.srvErr)
	for len(p.srvErr) == was {
		_, ok := p.s.Step()
		require.True(t, ok)
		heardAtClose = len(p.heard)
	}
	run(p.s, time.Minute)
	require.Equal(t, count(50), p.heard)
	require.Equal(t, 50, heardAtClose, "the end comes behind what was sent before")
	require.Equal(t, []error{sim.ErrReset}, p.srvErr)
	require.Empty(t, p.cliErr)
	require.True(t, p.s.Settled())
}

func TestCutHoldsAndHealDelivers(t *testing.T) {
	p := newPair(t)
	cli, srv := p.hosts()
	var cause sim.RecordID
	p.send(0)
	p.s.Cut(cli, srv)
	p.s.Cut(cli, srv) // no news
	p.s.Do(func() {
		cause = p.s.Record(sim.KindCommand, "", "go").ID
		p.c.Send(p.cli, "m", func() {
			p.heard = append(p.heard, 1)
			require.Equal(t, cause, p.s.Cause(), "a message that waited keeps its cause")
		})
	})
	p.send(2)
	p.answer(0)
	run(p.s, 40*time.Second)
	require.Equal(t, []int{0}, p.heard, "what was on its way arrives; the rest waits")
	require.Equal(t, []int{0}, p.answers, "the other direction works")
	p.s.Heal(cli, srv)
	p.s.Heal(cli, srv)
	p.send(3)
	run(p.s, time.Minute)
	require.Equal(t, count(4), p.heard)
	require.Empty(t, p.cliErr)
	require.False(t, p.c.Closed())
}

func TestCutGivesUpAfterSilence(t *testing.T) {
	p := newPair(t)
	cli, srv := p.hosts()
	at := p.s.Now()
	p.s.Cut(srv, cli)
	p.send(0)
	p.answer(0)
	run(p.s, 2*time.Minute)
	require.Equal(t, []int{0}, p.heard)
	require.Empty(t, p.answers)
	require.Equal(t, []error{sim.ErrLost}, p.cliErr)
	require.Equal(t, []error{sim.ErrLost}, p.srvErr)
	require.Equal(t, sim.SilenceTimeout, p.cliAt.Sub(at))
	p.s.Heal(srv, cli)
	run(p.s, time.Minute)
	require.Empty(t, p.answers, "what a broken connection held is lost")
	require.True(t, p.s.Settled())
}

func TestSilenceIsCountedFromTheLastCut(t *testing.T) {
	p := newPair(t)
	cli, srv := p.hosts()
	p.s.Cut(cli, srv)
	run(p.s, 20*time.Second)
	p.s.Heal(cli, srv)
	run(p.s, 20*time.Second)
	p.s.Cut(cli, srv)
	run(p.s, 20*time.Second) // 60 s after the first cut, 20 s after the second
	require.Empty(t, p.cliErr)
	p.s.Heal(cli, srv)
	run(p.s, time.Minute)
	require.Empty(t, p.cliErr)
	p.s.Cut(cli, srv)
	run(p.s, time.Minute)
	require.Equal(t, []error{sim.ErrLost}, p.cliErr)
}

func TestNoWordOfTheEndOverACutLink(t *testing.T) {
	for _, kill := range []bool{true, false} {
		end := func(p *pair) {
			if kill {
				p.s.Host("server").KillProgram("srv")
			} else {
				p.c.Close(p.srv)
			}
		}
		p := newPair(t)
		cli, srv := p.hosts()
		p.s.Cut(srv, cli)
		end(p)
		run(p.s, 20*time.Second)
		require.Empty(t, p.cliErr)
		run(p.s, time.Minute)
		require.Equal(t, []error{sim.ErrLost}, p.cliErr, "it learns by the silence")
		p.s.Heal(srv, cli)
		run(p.s, time.Minute)
		require.Len(t, p.cliErr, 1, "once")

		p = newPair(t)
		cli, srv = p.hosts()
		p.s.Cut(srv, cli)
		end(p)
		run(p.s, 20*time.Second)
		p.s.Heal(srv, cli)
		run(p.s, time.Second)
		require.Equal(t, []error{sim.ErrReset}, p.cliErr, "or when the link heals")
		run(p.s, time.Minute)
		require.Len(t, p.cliErr, 1, "once")
	}
}

func TestConnectionWithinAHost(t *testing.T) {
	s := sim.New(sim.Config{})
	h := s.AddHost("h")
	var cli, srv *sim.Actor
	var errs []error
	h.Install("srv", func(a *sim.Actor) {
		srv = a
		a.Listen("svc", func(c *sim.Conn) { c.OnClose(func(err error) { errs = append(errs, err) }) })
	})
	h.Install("cli", func(a *sim.Actor) { cli = a })
	run(s, 0)
	var conn *sim.Conn
	cli.Dial(h, "svc", func(c *sim.Conn, err error) { conn = c }, nil)
	run(s, time.Millisecond)
	var got sim.Time
	at := s.Now()
	conn.Send(cli, "m", func() { got = s.Now() })
	run(s, time.Millisecond)
	require.Less(t, got.Sub(at), 2*sim.LoopbackLatency)
	require.False(t, srv.Dead())
	h.KillProgram("cli")
	run(s, time.Millisecond)
	require.Equal(t, []error{sim.ErrReset}, errs)
}
