package session

import (
	"fmt"
	"maps"
	"slices"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

// Seek is a replay under way. The cluster shown stays where it is until the seek arrives, unless it is itself the nearest
// to start from.
type Seek struct {
	s      *Session
	branch *Branch
	to     engine.Moment
	exact  bool // to is a Moment; else the last that is not after to.At
	c      *engine.Cluster
	play   *engine.Player
	from   sim.Time
}

// To begins to go to a moment of a branch.
func (s *Session) To(branch int, m engine.Moment) (*Seek, error) { return s.seek(branch, m, true) }

// ToTime begins to go to a virtual time of a branch: what comes at that time has happened. Beyond the branch's end it is the
// end.
func (s *Session) ToTime(branch int, at sim.Time) (*Seek, error) {
	s.keep()
	b, err := s.find(branch)
	if err != nil {
		return nil, err
	}
	if at >= b.end.At {
		return s.seek(branch, b.end, true)
	}
	return s.seek(branch, engine.Moment{At: max(at, 0)}, false)
}

// ToEnd begins to go to a branch's end.
func (s *Session) ToEnd(branch int) (*Seek, error) {
	s.keep()
	b, err := s.find(branch)
	if err != nil {
		return nil, err
	}
	return s.seek(branch, b.end, true)
}

// Back begins to go back to the moment from which a detour left.
func (s *Session) Back() (*Seek, error) { return s.seek(s.cur.ID, s.Moment(), true) }

// Undo begins to go to the moment before the newest command that changed something; it returns that command's place in the
// log of the current branch.
func (s *Session) Undo() (*Seek, int, error) {
	s.keep()
	log := s.cur.log[:min(s.Moment().Commands, len(s.cur.log))]
	for i := len(log) - 1; i >= 0; i-- {
		if log[i].Changes() {
			sk, err := s.seek(s.cur.ID, engine.Moment{At: log[i].At, After: log[i].After, Commands: i}, true)
			return sk, i, err
		}
	}
	return nil, 0, fmt.Errorf("there is nothing to undo: no command has changed anything yet")
}

func (s *Session) seek(branch int, m engine.Moment, exact bool) (*Seek, error) {
	s.keep()
	b, err := s.find(branch)
	if err != nil {
		return nil, err
	}
	if exact && (m.At < 0 || later(m, b.end) || m.At > b.end.At) {
		return nil, fmt.Errorf("branch %d ends at %v", branch, b.end.At)
	}
	k := &Seek{s: s, branch: b, to: m, exact: exact}
	if k.c = s.nearest(k); k.c == nil {
		if k.c, err = engine.New(s.conf); err != nil {
			return nil, err
		}
	}
	k.play, k.from = b.player(k.c), k.c.Now()
	if k.c == s.c {
		s.play = k.play // where it goes is in the record
	}
	return k, nil
}

// nearest takes the cluster that has least to go out of those parked, or the one shown.
func (s *Session) nearest(k *Seek) *engine.Cluster {
	best := -1
	for i, c := range s.parked {
		if k.serves(c) && (best < 0 || c.Now() > s.parked[best].Now()) {
			best = i
		}
	}
	if s.detour == nil && k.serves(s.c) && (best < 0 || s.c.Now() >= s.parked[best].Now()) {
		return s.c
	}
	if best < 0 {
		return nil
	}
	c := s.parked[best]
	s.parked = slices.Delete(s.parked, best, best+1)
	return c
}

// serves reports that a cluster stands on the way to what the seek wants.
func (k *Seek) serves(c *engine.Cluster) bool {
	m, log := c.Moment(), k.branch.log
	if m.Commands > len(log) || m.At > k.to.At || k.exact && (m.Commands > k.to.Commands || m.After > k.to.After) {
		return false
	}
	for i, cmd := range c.Log() {
		if !same(&cmd, &log[i]) {
			return false
		}
	}
	return m.Commands == len(log) || m.After <= log[m.Commands].After && m.At <= log[m.Commands].At
}

func same(a, b *engine.Command) bool {
	return a.At == b.At && a.After == b.After && a.Op == b.Op && a.Line == b.Line && a.Name == b.Name && a.To == b.To && a.RPS == b.RPS &&
		a.Of == b.Of && a.Both == b.Both && a.Ms == b.Ms && a.Share == b.Share && a.Full == b.Full && a.Editor == b.Editor && a.Keys == b.Keys &&
		maps.Equal(a.Files, b.Files)
}

// Run goes on for up to max events and reports whether the seek has arrived; the session then shows that moment. An error
// ends it as GiveUp does.
func (k *Seek) Run(max int) (bool, error) {
	for range max {
		var arrived bool
		var err error
		if k.exact {
			arrived, err = k.play.StepTo(k.to)
		} else {
			arrived, err = k.play.Step(k.to.At)
			arrived = !arrived
		}
		if err != nil {
			k.GiveUp()
			return true, err
		}
		if arrived {
			k.arrive()
			return true, nil
		}
	}
	return false, nil
}

// Progress is how far the seek is, in virtual time of how much.
func (k *Seek) Progress() (done, of sim.Time) { return k.c.Now() - k.from, k.to.At - k.from }

// GiveUp ends a seek that has not arrived. How far it came is kept.
func (k *Seek) GiveUp() {
	if k.c == k.s.c {
		// The cluster shown was on its way: it stays where it is, which is in the record: a Player leads nowhere else.
		k.s.show(k.branch, k.c)
		return
	}
	k.s.park(k.c)
}

func (k *Seek) arrive() {
	s := k.s
	if k.c != s.c {
		s.keep()
		if s.detour == nil {
			s.park(s.c)
		}
	}
	s.show(k.branch, k.c)
}

// show makes a cluster that stands on a branch's record the one that is shown.
func (s *Session) show(b *Branch, c *engine.Cluster) {
	left := s.cur
	s.cur, s.c, s.detour, s.play = b, c, nil, nil
	if c.Moment() != b.end {
		s.play = b.player(c)
	}
	if left != b {
		s.dropEmpty(left)
	}
}

// Remake makes the moment that is shown anew from the session's start, for want of the cluster that stood there.
func (s *Session) Remake(at engine.Moment) error {
	c, err := engine.New(s.conf)
	if err != nil {
		return err
	}
	play := s.cur.player(c)
	for arrived := false; !arrived && err == nil; {
		arrived, err = play.StepTo(at)
	}
	if err == nil && c.Moment() != at {
		err = fmt.Errorf("there is no moment %v after %d events: the commands lead to another", at.At, at.After)
	}
	if err == nil {
		s.parked = nil
		s.show(s.cur, c)
	}
	return err
}

// room is how many clusters that were left are kept: each costs about as much memory as the one shown.
func (s *Session) room() int {
	switch {
	case s.conf.Nodes <= 10:
		return 3
	case s.conf.Nodes <= 100:
		return 1
	}
	return 0
}

func (s *Session) park(c *engine.Cluster) {
	s.parked = append(s.parked, c)
	if over := len(s.parked) - s.room(); over > 0 {
		s.parked = slices.Delete(s.parked, 0, over)
	}
}
