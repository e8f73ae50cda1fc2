package engine

import (
	"fmt"
	"math"

	"tabernetes/engine/sim"
)

// Moment is a place in a session: between two events, and between two commands.
type Moment struct {
	At       sim.Time // virtual time
	After    uint64   // events that had happened
	Commands int      // commands that had been given
}

// Moment is where the cluster stands in its session.
func (c *Cluster) Moment() Moment { return Moment{c.Sim.Now(), c.Sim.Executed(), len(c.log)} }

// Player carries a cluster along a recorded log: the commands come at their moments, and what follows from them follows
// again. The cluster must have been made from the log's configuration and have carried out its first commands; Step and
// StepTo go on from there. They never go where the record was not: what happens next after the time of the next command, or of
// the end, shows that the log does not belong to this cluster, before it happens.
type Player struct {
	c   *Cluster
	log []Command
	end *Moment
	// Last is the event that was handled last; empty after a command.
	Last sim.Stepped
}

// NewPlayer is a player for a cluster that stands somewhere in a session with this log, which goes to end; nil: nobody
// knows where.
func NewPlayer(c *Cluster, log []Command, end *Moment) *Player {
	return &Player{c: c, log: log, end: end}
}

// otherVersion says that a log and what happens do not fit together.
func (p *Player) otherVersion(what string) error {
	where := "the end"
	if k := len(p.c.log); k < len(p.log) {
		where = fmt.Sprintf("command %d of %d", k+1, len(p.log))
	}
	return fmt.Errorf("%s: %s: the session was recorded by another version", where, what)
}

// Step handles the next event or the next command, if it comes no later than until; else it moves the clock there and
// reports false. It does not go beyond the end. Commands beyond the log are the caller's.
func (p *Player) Step(until sim.Time) (bool, error) {
	if p.end != nil && len(p.c.log) == p.end.Commands && p.c.Sim.Executed() == p.end.After {
		// Nothing but time is left of it.
		return p.end.At <= until, p.wait(min(until, p.end.At))
	}
	if cmd := p.due(); cmd != nil {
		if cmd.At > until {
			return false, p.wait(until)
		}
		return true, p.give(cmd)
	}
	at, ok, err := p.next()
	if err != nil {
		return false, err
	}
	if !ok || at > until {
		return false, p.wait(until)
	}
	p.Last, _ = p.c.Sim.Step()
	return true, nil
}

// next is when the next event comes; an error says that it has no place in the record.
func (p *Player) next() (at sim.Time, ok bool, err error) {
	at, ok = p.c.Sim.Next()
	var by Moment
	switch k := len(p.c.log); {
	case k < len(p.log):
		by = Moment{At: p.log[k].At, After: p.log[k].After}
	case p.end != nil:
		by = *p.end
	default:
		return at, ok, nil
	}
	n := p.c.Sim.Executed()
	switch {
	case !ok:
		err = p.otherVersion("nothing is left to happen before it")
	case at > by.At || n >= by.After:
		err = p.otherVersion(fmt.Sprintf("it came at %v after %d events, and event %d comes at %v", by.At, by.After, n+1, at))
	}
	return at, ok, err
}

// StepTo is one step towards a moment; it reports whether the cluster is there.
func (p *Player) StepTo(m Moment) (bool, error) {
	k, n := len(p.c.log), p.c.Sim.Executed()
	if k == m.Commands && n == m.After {
		return true, p.wait(m.At)
	}
	if k > m.Commands || n > m.After {
		return false, p.otherVersion("the moment asked for does not exist")
	}
	if cmd := p.due(); cmd != nil && k < m.Commands {
		return false, p.give(cmd)
	}
	if _, ok, err := p.next(); err != nil {
		return false, err
	} else if !ok {
		return false, p.otherVersion("nothing is left to happen")
	}
	p.Last, _ = p.c.Sim.Step()
	return false, nil
}

// due is the next command of the log, if no event comes before it.
func (p *Player) due() *Command {
	if k := len(p.c.log); k < len(p.log) && p.c.Sim.Executed() >= p.log[k].After {
		return &p.log[k]
	}
	return nil
}

func (p *Player) give(cmd *Command) error {
	if n := p.c.Sim.Executed(); n != cmd.After {
		return p.otherVersion(fmt.Sprintf("it came after %d events, and %d happened", cmd.After, n))
	}
	if cmd.At < p.c.Sim.Now() {
		return p.otherVersion(fmt.Sprintf("it came at %v, and it is %v", cmd.At, p.c.Sim.Now()))
	}
	if err := p.wait(cmd.At); err != nil {
		return err
	}
	p.Last = sim.Stepped{At: cmd.At}
	if _, err := p.c.Start(*cmd, Output{}); err != nil {
		return p.otherVersion(err.Error())
	}
	return nil
}

// wait moves the clock to t, where nothing is left to happen before.
func (p *Player) wait(t sim.Time) error {
	if at, ok := p.c.Sim.Next(); ok && at < t {
		return p.otherVersion(fmt.Sprintf("an event at %v comes before %v", at, t))
	}
	p.c.Sim.SetNow(t)
	return nil
}

// Replay makes a session again: the commands of a log, each at its moment, and then on to a time.
func Replay(conf Config, log []Command, until sim.Time) (*Cluster, error) {
	c, err := New(conf)
	if err != nil {
		return nil, err
	}
	p := NewPlayer(c, log, nil)
	for len(c.log) < len(log) {
		if _, err := p.Step(math.MaxInt64); err != nil {
			return nil, err
		}
	}
	if until > c.Sim.Now() {
		c.Sim.RunUntil(until, 0)
	}
	return c, nil
}
