package sim

import (
	"math/rand/v2"
	"time"
)

// Host is a machine: it has power or not, runs programs, and keeps a disk across stops.
type Host struct {
	Name string
	// Disk holds what survives a stop, by program. Programs own their entries.
	Disk map[string]any
	// DiskDelay is what each write of the disk takes beyond its time; DiskFull says that there is no room on it. Programs
	// that write look at them.
	DiskDelay time.Duration
	DiskFull  bool

	s        *Sim
	index    int
	up       bool
	programs []*program
	services map[string]*listener
	conns    []*Conn
	skew     time.Duration
	exited   func(program string)
}

type program struct {
	name  string
	boot  func(*Actor)
	id    ActorID
	actor *Actor // nil while stopped
	boots int
	// provided programs are started by something on the host, not with it.
	provided bool
}

// Actor is one run of a program: it ends when its host stops or the program is killed, and is not used again.
type Actor struct {
	s    *Sim
	id   ActorID
	name string
	host *Host
	dead bool
	rng  *rand.Rand
	inc  int
	busy int // foreground work waiting in the actor's own queues

	paused bool
	pauses int      // how often it was paused
	held   []*event // what came up while it was paused, in order
}

// AddHost adds a machine, switched on. The name must be new.
func (s *Sim) AddHost(name string) *Host {
	if s.byName[name] != nil {
		panic("sim: host " + name + " exists")
	}
	h := &Host{Name: name, Disk: map[string]any{}, s: s, index: len(s.hosts), up: true, services: map[string]*listener{}}
	s.hosts = append(s.hosts, h)
	s.byName[name] = h
	return h
}

// Host returns a machine by name, or nil.
func (s *Sim) Host(name string) *Host { return s.byName[name] }

// Hosts lists all machines in the order they were added. The slice must not be changed.
func (s *Sim) Hosts() []*Host { return s.hosts }

// ActorName is the name of an actor, "program@host".
func (s *Sim) ActorName(id ActorID) string { return s.actors[id] }

// Up reports whether the machine has power.
func (h *Host) Up() bool { return h.up }

// Sim returns the world the host is part of.
func (h *Host) Sim() *Sim { return h.s }

// Install puts a program on the host. boot is called now if the host is up, and again, with a fresh Actor, each time
// the program starts anew; all state of a run must be made in boot.
func (h *Host) Install(name string, boot func(*Actor)) {
	if p := h.add(name, boot); h.up {
		h.start(p)
	}
}

// Provide is Install for a program that does not start with the host: something on the host starts it (StartProgram).
func (h *Host) Provide(name string, boot func(*Actor)) { h.add(name, boot).provided = true }

func (h *Host) add(name string, boot func(*Actor)) *program {
	p := &program{name: name, boot: boot, id: ActorID(len(h.s.actors))}
	h.s.actors = append(h.s.actors, name+"@"+h.Name)
	h.programs = append(h.programs, p)
	return p
}

func (h *Host) start(p *program) {
	a := &Actor{s: h.s, id: p.id, name: p.name + "@" + h.Name, host: h, inc: p.boots}
	p.actor = a
	p.boots++
	h.s.schedule(h.s.now, a, "start", false, h.s.background, h.s.cause, func() { p.boot(a) })
}

// Stop cuts the machine's power: its actors end; peers learn of it only by silence. It reports whether it was up.
func (h *Host) Stop() bool {
	if !h.up {
		return false
	}
	h.up = false
	for _, p := range h.programs {
		h.kill(p)
	}
	h.s.forget()
	h.services = map[string]*listener{}
	h.breakConns(nil)
	h.s.Expect(SilenceTimeout + 20*time.Second)
	return true
}

// Start gives the machine power again; every program boots anew. It reports whether the machine was down.
func (h *Host) Start() bool {
	if h.up {
		return false
	}
	h.up = true
	for _, p := range h.programs {
		if !p.provided {
			h.start(p)
		}
	}
	return true
}

func (h *Host) kill(p *program) {
	if p.actor != nil {
		p.actor.dead = true
		if p.actor.paused {
			p.actor.drop()
		} else {
			h.s.pending -= p.actor.busy
		}
		p.actor.busy = 0
		p.actor = nil
	}
}

// KillProgram ends one program of a running host; its peers see their connections reset. It reports whether the
// program ran.
func (h *Host) KillProgram(name string) bool {
	for _, p := range h.programs {
		if p.name == name && p.actor != nil {
			a := p.actor
			h.kill(p)
			h.s.forget()
			for _, svc := range sortedKeys(h.services) {
				if h.services[svc].actor == a {
					delete(h.services, svc)
				}
			}
			h.breakConns(a)
			return true
		}
	}
	return false
}

// StartProgram boots a program that was killed. It reports whether it was stopped and the host is up.
func (h *Host) StartProgram(name string) bool {
	for _, p := range h.programs {
		if p.name == name && p.actor == nil && h.up {
			h.start(p)
			return true
		}
	}
	return false
}

// Sim returns the world.
func (a *Actor) Sim() *Sim { return a.s }

// ID is the actor's id, the same for every incarnation.
func (a *Actor) ID() ActorID { return a.id }

// Name is "program@host".
func (a *Actor) Name() string { return a.name }

// Host is the machine the actor runs on.
func (a *Actor) Host() *Host { return a.host }

// Dead reports that this run of the program is over.
func (a *Actor) Dead() bool { return a.dead }

// Incarnation counts the starts before this one.
func (a *Actor) Incarnation() int { return a.inc }

// Now is the virtual time.
func (a *Actor) Now() Time { return a.s.now }

// Wall is the wall-clock moment the actor would read: that of its host's clock, which may be off.
func (a *Actor) Wall() time.Time { return a.s.Wall(a.s.now).Add(a.host.skew) }

// Rand is the actor's own generator.
func (a *Actor) Rand() *rand.Rand {
	if a.rng == nil {
		a.rng = rand.New(rand.NewPCG(a.s.seed+uint64(a.inc), hashString(1, a.name)))
	}
	return a.rng
}

// Busy keeps the world unsettled while the sum of n is above 0: for work that waits in a queue of the actor's own.
func (a *Actor) Busy(n int) {
	if !a.dead {
		a.busy += n
		if !a.paused {
			a.s.pending += n
		}
	}
}

// Record writes into the journal as this actor.
func (a *Actor) Record(kind Kind, ref, text string) *Record {
	return a.s.RecordFrom(a, kind, ref, 0, text)
}

// After runs fn in d unless the actor ends before. The timer inherits cause and background mark.
func (a *Actor) After(d time.Duration, label string, fn func()) Timer {
	e := a.s.schedule(a.s.now.Add(d), a, label, true, a.s.background, a.s.cause, fn)
	return Timer{a.s, e, e.gen}
}

// Periodic runs fn in d as background work without a cause. Call it again in fn to go on.
func (a *Actor) Periodic(d time.Duration, label string, fn func()) Timer {
	e := a.s.schedule(a.s.now.Add(d), a, label, true, true, 0, fn)
	return Timer{a.s, e, e.gen}
}

// Send delivers a datagram: fn runs on the actor to after the link's latency, or never if the link is cut or the
// receiver is down.
func (a *Actor) Send(to *Actor, label string, fn func()) {
	l, lat := a.s.links.between(a.host, to.host)
	if l != nil && l.cut {
		return
	}
	if l != nil && l.loss > 0 && a.s.netRng.Float64() < l.loss {
		return
	}
	at := a.s.now.Add(a.s.jitter(lat))
	a.s.message(a, to, label, at)
	a.s.schedule(at, to, label, false, a.s.background, a.s.cause, fn)
}

func (s *Sim) message(from, to *Actor, label string, at Time) {
	if s.OnMessage != nil {
		s.OnMessage(Message{From: from.id, To: to.id, Label: label, Sent: s.now, Arrive: at, Cause: s.cause})
	}
}

// ProgramStatus says whether a program of a host runs.
type ProgramStatus struct {
	Name   string
	Up     bool
	Paused bool
}

// Programs lists the programs of the host in the order they were installed.
func (h *Host) Programs() []ProgramStatus {
	out := make([]ProgramStatus, len(h.programs))
	for i, p := range h.programs {
		out[i] = ProgramStatus{Name: p.name, Up: p.actor != nil, Paused: p.actor != nil && p.actor.paused}
	}
	return out
}
