package sim

import (
	"math/rand/v2"
	"time"
)

// Config is what a simulation starts from. The same Config and the same commands give the same journal.
type Config struct {
	Seed  uint64
	Start time.Time // wall-clock moment of Time 0; zero means Epoch
}

// Sim is one simulated world. It is not safe for concurrent use: one caller drives it.
type Sim struct {
	seed    uint64
	start   time.Time
	now     Time
	seq     uint64
	q       queue
	pending int // foreground events in the queue
	done    uint64

	cause      RecordID
	background bool
	current    *Actor

	hosts  []*Host
	byName map[string]*Host
	actors []string // actor names by ActorID
	links  links
	netRng *rand.Rand

	Journal Journal

	// OnMessage, when set, sees every message as it is sent; the stage draws pulses from it. It must not schedule.
	OnMessage func(m Message)
}

// Message describes one message on its way, for observers.
type Message struct {
	From, To     ActorID
	Label        string
	Sent, Arrive Time
	Cause        RecordID
}

// New makes an empty world.
func New(c Config) *Sim {
	if c.Start.IsZero() {
		c.Start = Epoch
	}
	s := &Sim{seed: c.Seed, start: c.Start, byName: map[string]*Host{}, actors: []string{""}}
	s.Journal.init()
	s.netRng = s.Rand("network")
	s.links.init()
	return s
}

// Now is the virtual time.
func (s *Sim) Now() Time { return s.now }

// Wall is the wall-clock moment of t, whole nanoseconds, UTC.
func (s *Sim) Wall(t Time) time.Time { return s.start.Add(time.Duration(t)) }

// Rand returns a generator of its own for a name: its numbers depend on the seed and the name alone, so that one
// component drawing more numbers does not disturb another.
func (s *Sim) Rand(name string) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed, hashString(0x9e3779b97f4a7c15, name)))
}

// Cause is the record that the event being handled follows from.
func (s *Sim) Cause() RecordID { return s.cause }

// Context is what an event hands on to the events it schedules: its cause, and whether it is periodic work.
type Context struct {
	Cause      RecordID
	Background bool
}

// Context is that of the event being handled.
func (s *Sim) Context() Context { return Context{s.cause, s.background} }

// In runs fn in another context: for work taken from a queue on behalf of whoever queued it.
func (s *Sim) In(c Context, fn func()) {
	saved := s.Context()
	s.cause, s.background = c.Cause, c.Background
	fn()
	s.cause, s.background = saved.Cause, saved.Background
}

// Foreground marks the event being handled, and all it schedules from here on, as change rather than periodic work.
func (s *Sim) Foreground() { s.background = false }

func (s *Sim) schedule(at Time, a *Actor, label string, timer, background bool, cause RecordID, fn func()) *event {
	if at < s.now {
		at = s.now
	}
	if a != nil && a.dead {
		background = true // it will not happen: nobody need wait for it
	}
	e := s.q.alloc()
	s.seq++
	e.at, e.seq, e.actor, e.label, e.fn = at, s.seq, a, label, fn
	e.cause, e.background, e.timer = cause, background, timer
	if !background {
		s.pending++
	}
	s.q.push(e)
	return e
}

// After runs fn on no host in d: for the world itself (power returning, a command, the end of a fault).
func (s *Sim) After(d time.Duration, label string, fn func()) Timer {
	e := s.schedule(s.now.Add(d), nil, label, true, s.background, s.cause, fn)
	return Timer{s, e, e.gen}
}

// Expect keeps the world unsettled for d: something happened that periodic work will only notice later.
func (s *Sim) Expect(d time.Duration) {
	s.schedule(s.now.Add(d), nil, "expect", true, false, s.cause, func() {})
}

// Settled reports that nothing is left to happen but periodic work.
func (s *Sim) Settled() bool { return s.pending == 0 }

// Executed counts the events handled so far.
func (s *Sim) Executed() uint64 { return s.done }

// Next is the time of the next event; ok is false when the queue is empty.
func (s *Sim) Next() (at Time, ok bool) {
	for len(s.q.h) > 0 {
		e := s.q.h[0]
		if e.fn != nil && e.alive() {
			if e.actor == nil || !e.actor.paused {
				return e.at, true
			}
			s.q.pop()
			e.actor.hold(e)
			continue
		}
		s.discard(s.q.pop())
	}
	return 0, false
}

func (e *event) alive() bool { return e.actor == nil || !e.actor.dead }

func (s *Sim) discard(e *event) {
	if !e.background {
		s.pending--
	}
	s.q.release(e)
}

// forget takes what dead actors still had to do out of the count of what is left to happen.
func (s *Sim) forget() {
	for _, e := range s.q.h {
		if !e.background && !e.alive() {
			e.background = true
			s.pending--
		}
	}
}

// Stepped describes the event that Step handled.
type Stepped struct {
	At    Time
	Actor ActorID
	Label string
	Cause RecordID
}

// Step handles the next event. It reports false when there is none.
func (s *Sim) Step() (Stepped, bool) {
	if _, ok := s.Next(); !ok {
		return Stepped{}, false
	}
	e := s.q.pop()
	s.now = e.at
	s.done++
	st := Stepped{At: e.at, Label: e.label, Cause: e.cause}
	if e.actor != nil {
		st.Actor = e.actor.id
	}
	s.Journal.fold(uint64(e.at), e.seq, uint64(st.Actor))
	fn := e.fn
	s.cause, s.background, s.current = e.cause, e.background, e.actor
	s.discard(e)
	fn()
	s.cause, s.background, s.current = 0, false, nil
	return st, true
}

// RunUntil handles events up to and including t, at most max of them (0: no limit), and then sets the clock to t.
// It reports whether t was reached.
func (s *Sim) RunUntil(t Time, max int) bool {
	for n := 0; ; n++ {
		at, ok := s.Next()
		if !ok || at > t {
			if t > s.now {
				s.now = t
			}
			return true
		}
		if max > 0 && n >= max {
			return false
		}
		s.Step()
	}
}

// Timer is a scheduled event that can be stopped. The zero Timer is stopped.
type Timer struct {
	s   *Sim
	e   *event
	gen uint32
}

// Stop cancels the timer and reports whether it was still pending.
func (t Timer) Stop() bool {
	if !t.Pending() {
		return false
	}
	t.e.fn = nil
	if !t.e.background {
		t.s.pending--
		t.e.background = true
	}
	return true
}

// Pending reports whether the timer has yet to fire.
func (t Timer) Pending() bool { return t.e != nil && t.e.gen == t.gen && t.e.fn != nil }

// Do runs fn between two events, as the world outside acting now: a root of causes, in the foreground.
func (s *Sim) Do(fn func()) {
	s.cause, s.background, s.current = 0, false, nil
	fn()
	s.cause, s.background, s.current = 0, false, nil
}

// SetNow moves the clock forward to t where no event is due before; it never goes back.
func (s *Sim) SetNow(t Time) {
	if at, ok := s.Next(); ok && at < t {
		panic("sim: SetNow past an event")
	}
	if t > s.now {
		s.now = t
	}
}
