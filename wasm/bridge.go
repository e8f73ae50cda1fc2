package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"tabernetes/engine"
	"tabernetes/engine/session"
	"tabernetes/engine/sim"
	"tabernetes/scenarios/lesson"
)

// host is what the bridge needs of where it runs.
type host interface {
	post(a answer)
	// now is real time in milliseconds.
	now() float64
	// schedule calls fn in d milliseconds (0: as soon as waiting messages are handled).
	schedule(d float64, fn func())
	wasmBytes() int
}

const (
	// sliceMs is how long the engine works before it looks at messages again.
	sliceMs = 12
	// sliceEvents is how many events are handled between two looks at the real clock.
	sliceEvents = 200
	// frameMs is the shortest time between two frames.
	frameMs = 16
	// controlMs is the shortest time between two looks at the control plane.
	controlMs = 250
	// frameShare is how many times as long as making a frame took must pass before the next: drawing a thousand nodes
	// that change all the time must not eat the time in which they change.
	frameShare = 12
	// roomPerNode is memory asked for at once when a big cluster is made: growing it bit by bit is slow in a browser.
	roomPerNode, roomFrom, roomMax = 384 << 10, 100, 512 << 20
	// readyWithin is how much virtual time a new cluster gets to have all nodes Ready before the page sees it.
	readyWithin = 60 * time.Second
	// pausedGrace is how much virtual time a command typed into a stopped clock may take, and each request of its own: an
	// apply of hundreds of objects runs to its end. pausedLimit is how much they may take in all.
	pausedGrace, pausedLimit = time.Second, 30 * time.Second
)

// bridge is one session: a cluster, its clock, and the conversation with the page.
type bridge struct {
	h host
	s *session.Session
	c *engine.Cluster // the one that the session shows

	playing bool
	speed   float64 // virtual seconds per real second; 0: as fast as possible
	last    float64 // real time of the last slice
	debt    float64 // virtual nanoseconds that real time is ahead

	jobs      []*job
	running   map[int]*engine.Process // lines by request id
	scheduled bool

	seq       int
	unacked   bool
	lastFrame float64
	frameCost float64
	control   []byte  // as the page has it
	looked    float64 // when it was compared last
	dirty     bool
	restoring bool
	resume    bool    // play on when those who only looked at the past have seen it
	warm      *warmUp // nil before init and when it is done
	lesson    *lesson.Lesson
}

// job runs the clock as fast as possible until something holds, or works for a slice at a time until it reports that it
// is done.
type job struct {
	id    int
	until sim.Time
	more  func() sim.Time // asked at until: later, if there is reason to go on until then
	held  func() bool
	work  func() bool
	done  func()
	// over is told that the job was given up.
	over func()
	// stops: it can be cancelled, and leaves everything as it was.
	stops bool
}

func newBridge(h host) *bridge {
	return &bridge{h: h, running: map[int]*engine.Process{}, speed: 1}
}

// receive handles a message. It never panics: see guard.
func (b *bridge) receive(r request) {
	b.guard(func() { b.handle(r) }, func(msg string) { b.h.post(answer{ID: r.ID, Type: "error", Message: msg}) })
}

// guard runs fn; if it panics, the page is told and the session restored.
func (b *bridge) guard(fn func(), failed func(string)) {
	defer func() {
		if p := recover(); p != nil {
			msg := fmt.Sprint(p)
			stack := string(debug.Stack())
			if failed != nil {
				failed("the engine broke: " + msg)
			}
			b.restore(msg, stack)
		}
	}()
	fn()
}

// restore makes the moment that is shown anew from the command log. If that breaks again, it is made as of just before, and
// then without commands, last first.
func (b *bridge) restore(msg, stack string) {
	if b.c == nil || b.restoring {
		b.h.post(answer{Type: "panic", Message: msg, Stack: stack})
		return
	}
	b.restoring = true
	defer func() { b.restoring = false }()
	log, conf, at := b.c.Log(), b.c.Config(), b.c.Now()
	b.h.post(answer{Type: "panic", Message: msg, Stack: stack, Commands: len(log)})
	b.abandon("the engine broke and the session was restored: run it again")
	b.s.Current() // the record is up to date
	if safely(func() error { return b.s.Remake(b.s.Moment()) }) != nil {
		for n := len(log); n >= 0; n-- {
			end := at
			if n < len(log) {
				end = log[n].At
			}
			if safely(func() error {
				c, err := engine.Replay(conf, log[:n], end-1)
				if err == nil {
					b.s.Adopt(c)
				}
				return err
			}) == nil {
				break
			}
			if len(log)-n > 3 {
				n = 1 // give up on recent history: a fresh cluster
			}
		}
	}
	b.playing = false
	b.show()
	b.h.post(answer{Type: "restored"})
	b.postFrame()
}

// show takes up the cluster that the session shows now: the page hears of everything.
func (b *bridge) show() {
	b.c = b.s.Cluster()
	b.c.Stage.Everything()
	b.control, b.debt = nil, 0
	b.unacked, b.dirty, b.lastFrame = false, true, 0
}

// abandon answers what was under way, so that nobody waits for it for ever.
func (b *bridge) abandon(why string) {
	for _, id := range slices.Sorted(maps.Keys(b.running)) {
		b.h.post(answer{ID: id, Type: "error", Message: why})
	}
	for _, j := range b.jobs {
		if j.over != nil {
			j.over()
		}
		if j.id != 0 {
			b.h.post(answer{ID: j.id, Type: "error", Message: why})
		}
	}
	b.jobs, b.running = nil, map[int]*engine.Process{}
}

func safely(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return fn()
}

// wake sees to it that the loop runs, and that the page sees what changed.
func (b *bridge) wake() {
	b.dirty = true
	b.soon()
}

func (b *bridge) soon() {
	if !b.scheduled {
		b.scheduled = true
		b.last = b.h.now()
		b.h.schedule(0, b.tick)
	}
}

func (b *bridge) tick() {
	b.scheduled = false
	b.guard(b.slice, nil)
	if b.warm != nil && len(b.jobs) == 0 && b.warm.run(b.h.now) {
		b.warm = nil
	}
	if b.c == nil || !b.playing && len(b.jobs) == 0 && !b.dirty && b.warm == nil {
		return
	}
	wait := 0.0
	if len(b.jobs) == 0 && (!b.playing || b.speed > 0) && b.warm == nil {
		wait = 8
	}
	b.scheduled = true
	b.h.schedule(wait, b.tick)
}

// slice lets time pass for a while.
func (b *bridge) slice() {
	start := b.h.now()
	elapsed := start - b.last
	b.last = start
	if b.c == nil {
		return
	}
	switch {
	case len(b.jobs) > 0:
		b.runJobs(start)
	case b.playing && b.speed == 0:
		for b.h.now()-start < sliceMs {
			more, err := b.s.RunEvents(sliceEvents)
			b.must(err)
			if !more {
				break
			}
		}
		b.dirty = true
	case b.playing:
		// A tab that slept is not owed the time it slept through.
		b.debt += min(elapsed, 250) * 1e6 * b.speed
		// A clock that plays stands at whole steps: when somebody acts, that is what a link has to carry.
		target := b.c.Now().Add(time.Duration(b.debt)) / b.grain() * b.grain()
		for target > b.c.Now() {
			before := b.c.Now()
			reached, err := b.s.RunTo(target, nil, sliceEvents)
			b.must(err)
			b.debt -= float64(b.c.Now().Sub(before))
			if reached || b.h.now()-start > sliceMs {
				break
			}
		}
		b.debt = min(b.debt, 50e6*b.speed) // too fast for this machine: slower, not further and further behind
		b.dirty = true
	}
	b.postFrame()
}

// grain is the step of a clock that plays: a millisecond, or what passes in one at less than real time.
func (b *bridge) grain() sim.Time {
	g := sim.Time(1e6)
	for v := b.speed; v < 1 && g > 1e3; v *= 10 {
		g /= 10
	}
	return g
}

// must ends what cannot go on: guard tells the page and restores the session.
func (b *bridge) must(err error) {
	if err != nil {
		panic(err.Error())
	}
}

func (b *bridge) runJobs(start float64) {
	b.debt = 0
	for len(b.jobs) > 0 && b.h.now()-start < sliceMs {
		j := b.jobs[0]
		var over bool
		if j.work != nil {
			over = j.work()
		} else {
			var err error
			over, err = b.s.RunTo(j.until, j.held, sliceEvents)
			b.must(err)
			if over && j.more != nil && (j.held == nil || !j.held()) {
				if later := j.more(); later > j.until {
					j.until, over = later, false
				}
			}
		}
		if over {
			b.jobs = b.jobs[1:]
			b.lastFrame = 0 // what was waited for is shown at once
			j.done()
		}
	}
	b.dirty = true
	b.last = b.h.now()
}

func (b *bridge) postFrame() {
	now := b.h.now()
	if b.c == nil || b.unacked || !b.dirty || now-b.lastFrame < max(frameMs, frameShare*b.frameCost) {
		return
	}
	b.c.UpdateLoad()
	b.seq++
	f := &frame{Seq: b.seq, Playing: b.playing, Speed: b.speed, Settled: b.c.Settled(), Busy: len(b.jobs) > 0, Frame: b.c.Stage.Take(b.c.Requests())}
	f.Control = b.controlView(now, f.Full)
	cur, m := b.s.Current(), b.s.Moment()
	f.After, f.Commands, f.Branch, f.End, f.Past = m.After, m.Commands, cur.ID, ms(cur.End().At), b.s.Past()
	if f.Full && f.Past {
		f.Marks = append(f.Marks, b.ahead()...)
	}
	b.unacked, b.dirty, b.lastFrame = true, false, now
	b.h.post(answer{Type: "frame", Frame: f})
	b.frameCost = b.h.now() - now
}

// controlView is the control plane if the page has it otherwise. While time passes by itself somebody looks again soon;
// a clock that stands is looked at each time.
func (b *bridge) controlView(now float64, full bool) []byte {
	if !full && b.playing && now-b.looked < controlMs {
		return nil
	}
	b.looked = now
	view, err := json.Marshal(b.controlPlane())
	if err != nil || !full && bytes.Equal(view, b.control) {
		return nil
	}
	b.control = view
	return view
}

func (b *bridge) controlPlane() controlPlane {
	return controlPlane{b.c.ControlPlane(), b.c.Faults(), b.c.Writes()}
}
