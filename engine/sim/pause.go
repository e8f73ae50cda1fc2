package sim

import (
	"slices"
	"time"
)

// A process that is paused (SIGSTOP) does nothing: its timers run out and its messages arrive, and both wait until it
// goes on. Its connections stay open, for its kernel answers for it, but whoever asks it for a sign of life (HTTP/2's
// ping) gives up after SilenceTimeout. Nobody waits for what it had in mind: it does not count as unsettled.

// PauseProgram stops a program where it is. It reports whether the program ran.
func (h *Host) PauseProgram(name string) bool {
	for _, p := range h.programs {
		if p.name == name && p.actor != nil && !p.actor.paused {
			p.actor.pause()
			return true
		}
	}
	return false
}

// ResumeProgram lets a paused program go on; what waited happens now, in order. It reports whether it was paused.
func (h *Host) ResumeProgram(name string) bool {
	for _, p := range h.programs {
		if p.name == name && p.actor != nil && p.actor.paused {
			p.actor.resume()
			return true
		}
	}
	return false
}

// Pause stops everything on a machine, as suspending a virtual machine does. It reports whether anything ran.
func (h *Host) Pause() (any bool) {
	for _, p := range h.programs {
		any = h.PauseProgram(p.name) || any
	}
	return any
}

// Resume lets everything on a machine go on. It reports whether anything was paused.
func (h *Host) Resume() (any bool) {
	for _, p := range h.programs {
		any = h.ResumeProgram(p.name) || any
	}
	return any
}

// Paused reports that the actor is stopped for now.
func (a *Actor) Paused() bool { return a.paused }

func (a *Actor) pause() {
	a.paused = true
	a.pauses++
	nth := a.pauses
	a.s.pending -= a.busy
	// What it has in the queue is nobody's to wait for.
	for _, e := range a.s.q.h {
		if e.actor == a && !e.background {
			e.background, e.waits = true, true
			a.s.pending--
		}
	}
	a.s.Expect(SilenceTimeout + 20*time.Second)
	still := func() bool { return a.paused && a.pauses == nth && !a.dead }
	for _, c := range slices.Clone(a.host.conns) {
		if c.a != a && c.b != a {
			continue
		}
		far, near := 0, 1
		if c.a == a {
			far, near = 1, 0
		}
		a.s.schedule(a.s.now.Add(SilenceTimeout), nil, "connection timeout", true, a.s.background, a.s.cause, func() {
			if !c.closed && still() {
				c.remove()
				c.notify(far, 0, ErrLost)
				c.reset(near)
			}
		})
	}
}

// hold keeps an event of a paused actor.
func (a *Actor) hold(e *event) {
	if !e.background {
		e.background, e.waits = true, true
		a.s.pending--
	}
	a.held = append(a.held, e)
}

func (a *Actor) resume() {
	a.paused = false
	s := a.s
	s.pending += a.busy
	held := a.held
	a.held = nil
	// Whoever asked what comes next had some put aside before others that were due earlier.
	slices.SortFunc(held, func(x, y *event) int {
		if less(x, y) {
			return -1
		}
		return 1
	})
	for _, e := range held {
		if e.fn == nil {
			s.q.release(e)
			continue
		}
		// The queue looks ahead: what is due now or later was only put aside, and keeps its place.
		if e.at < s.now {
			e.at = s.now
			s.seq++
			e.seq = s.seq
		}
		s.q.push(e)
	}
	for _, e := range s.q.h {
		if e.actor == a && e.waits && e.fn != nil {
			e.background, e.waits = false, false
			s.pending++
		}
	}
}

// drop forgets what waited for an actor that is dead now.
func (a *Actor) drop() {
	for _, e := range a.held {
		a.s.q.release(e)
	}
	a.held, a.paused = nil, false
}

// Exit ends the actor's program from within, as a process that exits does; its peers see their connections reset.
// What the host does about it (OnExit) happens in an event of its own.
func (a *Actor) Exit() {
	if a.dead {
		return
	}
	h := a.host
	for _, p := range h.programs {
		if p.actor == a {
			h.KillProgram(p.name)
			if h.exited != nil {
				a.s.schedule(a.s.now, nil, "exit", true, a.s.background, a.s.cause, func() { h.exited(p.name) })
			}
			return
		}
	}
}

// OnExit sets what a host does when one of its programs exits by itself.
func (h *Host) OnExit(fn func(program string)) { h.exited = fn }

// SetSkew puts the host's clock off by d (ahead if positive). Timers do not care: only what reads the time of day does.
func (h *Host) SetSkew(d time.Duration) { h.skew = d }

// Skew is by how much the host's clock is off.
func (h *Host) Skew() time.Duration { return h.skew }

// Suspended reports that everything that runs on the machine is paused.
func (h *Host) Suspended() bool {
	any := false
	for _, p := range h.programs {
		if p.actor != nil {
			if !p.actor.paused {
				return false
			}
			any = true
		}
	}
	return any
}

// WallAt is the wall-clock moment of t by the clock of the actor's host.
func (a *Actor) WallAt(t Time) time.Time { return a.s.Wall(t).Add(a.host.skew) }
