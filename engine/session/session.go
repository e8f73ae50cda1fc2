package session

import (
	"fmt"
	"slices"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

// Branch is one way a session went.
type Branch struct {
	ID     int
	Name   string        // "" until somebody gives it one
	Parent int           // ID, -1 for the first
	Fork   engine.Moment // where it left its parent

	log []engine.Command // from the session's start
	end engine.Moment
}

// Log is the branch's commands from the session's start. The slice must not be changed.
func (b *Branch) Log() []engine.Command { return b.log }

// End is where the branch has come to.
func (b *Branch) End() engine.Moment { return b.end }

// player carries a cluster along the branch, to its end.
func (b *Branch) player(c *engine.Cluster) *engine.Player {
	end := b.end
	return engine.NewPlayer(c, b.log, &end)
}

// Own are the commands given on the branch itself.
func (b *Branch) Own() []engine.Command { return b.log[min(b.Fork.Commands, len(b.log)):] }

// Session is a configuration, its branches, and the cluster that is shown.
type Session struct {
	conf     engine.Config
	branches []*Branch // by ID
	next     int       // ID
	cur      *Branch
	c        *engine.Cluster
	play     *engine.Player // in the past: along the record
	// detour: a command that only looks was given in the past, at this moment; the cluster shown is no longer the record's.
	detour *engine.Moment
	parked []*engine.Cluster // newest last
}

// maxBranches bounds what one session keeps.
const maxBranches = 100

// New begins a session with a new cluster.
func New(conf engine.Config) (*Session, error) {
	c, err := engine.New(conf)
	if err != nil {
		return nil, err
	}
	b := &Branch{Parent: -1}
	return &Session{conf: c.Config(), branches: []*Branch{b}, next: 1, cur: b, c: c}, nil
}

// Cluster is the one that is shown. It changes when a seek arrives.
func (s *Session) Cluster() *engine.Cluster { return s.c }

// Config is what the session's clusters are made from.
func (s *Session) Config() engine.Config { return s.conf }

// Past reports that the cluster shown stands before its branch's end.
func (s *Session) Past() bool { return s.play != nil }

// Detour reports that the cluster shown has left the record to answer who only looked: Back leads to where that was.
func (s *Session) Detour() bool { return s.detour != nil }

// Moment is the one that is shown, as a place in the current branch.
func (s *Session) Moment() engine.Moment {
	if s.detour != nil {
		return *s.detour
	}
	return s.c.Moment()
}

// Current is the branch that is shown, up to date.
func (s *Session) Current() *Branch {
	s.keep()
	return s.cur
}

// Branches are all branches, oldest first. The slice must not be changed.
func (s *Session) Branches() []*Branch {
	s.keep()
	return s.branches
}

// keep writes down how far the current branch has come.
func (s *Session) keep() {
	if s.play == nil {
		s.cur.log, s.cur.end = s.c.Log(), s.c.Moment()
	}
}

func (s *Session) find(id int) (*Branch, error) {
	for _, b := range s.branches {
		if b.ID == id {
			return b, nil
		}
	}
	return nil, fmt.Errorf("there is no branch %d", id)
}

// Start gives a command. In the past one that changes something must come after Fork; one that only looks begins a detour.
func (s *Session) Start(cmd engine.Command, out engine.Output) (*engine.Process, error) {
	if s.play != nil && s.detour == nil {
		if cmd.Changes() {
			return nil, fmt.Errorf("this moment is in the past: begin a branch first")
		}
		m := s.c.Moment()
		p, err := s.c.Start(cmd, out)
		if err == nil {
			s.detour = &m
		}
		return p, err
	}
	return s.c.Start(cmd, out)
}

// Fork begins a branch at the moment that is shown. On a detour there is no such moment: go Back first.
func (s *Session) Fork(name string) (*Branch, error) {
	if s.detour != nil {
		return nil, fmt.Errorf("the cluster shown has left the record")
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	s.keep()
	from := s.cur
	s.dropEmpty(from)
	if len(s.branches) >= maxBranches {
		return nil, fmt.Errorf("there are %d branches already: drop one first", len(s.branches))
	}
	parent, fork := from.ID, s.c.Moment()
	if !slices.Contains(s.branches, from) {
		parent = from.Parent
		if later(fork, from.Fork) {
			fork = from.Fork // what came after it was nobody's doing
		}
	}
	b := &Branch{ID: s.next, Name: name, Parent: parent, Fork: fork, log: s.c.Log(), end: s.c.Moment()}
	s.next++
	s.branches = append(s.branches, b)
	s.cur, s.play = b, nil
	return b, nil
}

// dropEmpty forgets a branch on which nobody did anything, if nothing hangs on it.
func (s *Session) dropEmpty(b *Branch) {
	if b.Parent < 0 || b.Name != "" || len(b.Own()) > 0 {
		return
	}
	if slices.ContainsFunc(s.branches, func(o *Branch) bool { return o.Parent == b.ID }) {
		return
	}
	s.branches = slices.DeleteFunc(s.branches, func(o *Branch) bool { return o == b })
}

// Rename gives a branch a name.
func (s *Session) Rename(id int, name string) error {
	b, err := s.find(id)
	if err == nil {
		err = checkName(name)
	}
	if err == nil {
		b.Name = name
	}
	return err
}

// Drop forgets a branch that is not shown. Branches that left it hang on its parent from then on.
func (s *Session) Drop(id int) error {
	b, err := s.find(id)
	if err != nil {
		return err
	}
	if b == s.cur {
		return fmt.Errorf("branch %d is shown: go to another one first", id)
	}
	for _, o := range s.branches {
		if o.Parent != b.ID {
			continue
		}
		if o.Parent = b.Parent; b.Parent < 0 {
			o.Fork = engine.Moment{}
		} else if later(o.Fork, b.Fork) {
			o.Fork = b.Fork
		}
	}
	s.branches = slices.DeleteFunc(s.branches, func(o *Branch) bool { return o == b })
	return nil
}

// later reports that a comes after b in one log.
func later(a, b engine.Moment) bool {
	return a.Commands > b.Commands || a.Commands == b.Commands && a.After > b.After
}

// Adopt makes a cluster, made anew from the current branch's commands or the first of them, the one that is shown, at the
// end of its branch.
func (s *Session) Adopt(c *engine.Cluster) {
	s.c, s.play, s.detour, s.parked = c, nil, nil, nil
	s.keep()
}

// RunTo is engine.Cluster.RunTo along the session: in the past, what was recorded happens again.
func (s *Session) RunTo(until sim.Time, held func() bool, max int) (bool, error) {
	for n := 0; s.recorded(); n++ {
		if held != nil && held() {
			return true, nil
		}
		if max > 0 && n >= max {
			return false, nil
		}
		moved, err := s.play.Step(until)
		if err != nil {
			return true, err
		}
		if !moved {
			return true, nil
		}
	}
	return s.c.RunTo(until, held, max), nil
}

// RunEvents handles up to n events; it reports false when there are none left.
func (s *Session) RunEvents(n int) (bool, error) {
	for ; n > 0 && s.recorded(); n-- {
		if _, err := s.play.Step(1<<63 - 1); err != nil {
			return false, err
		}
	}
	return s.c.RunEvents(n), nil
}

// Step handles the next event, or in the past the next command; it reports false when there are none left.
func (s *Session) Step() (sim.Stepped, bool, error) {
	for s.recorded() {
		play := s.play
		n := s.c.Moment()
		if _, err := s.play.Step(1<<63 - 1); err != nil {
			return sim.Stepped{}, false, err
		}
		if m := s.c.Moment(); m.After > n.After || m.Commands > n.Commands {
			return play.Last, true, nil
		}
	}
	st, ok := s.c.Sim.Step()
	return st, ok, nil
}

// recorded reports that what happens next is in the record. Where the record ends, the present begins.
func (s *Session) recorded() bool {
	if s.play == nil || s.detour != nil {
		return false
	}
	m, end := s.c.Moment(), s.cur.end
	if m.Commands < end.Commands || m.After < end.After || m.At < end.At {
		return true
	}
	s.play = nil
	return false
}

const maxName = 80 // characters

func checkName(name string) error {
	n := 0
	for _, r := range name {
		if n++; r < ' ' || r == 0x7f || n > maxName {
			return fmt.Errorf("a name is at most %d characters, without control characters", maxName)
		}
	}
	return nil
}
