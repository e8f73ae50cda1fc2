package main

import (
	"fmt"
	"math"
	"time"

	"tabernetes/engine"
	"tabernetes/engine/session"
	"tabernetes/engine/sim"
)

func (b *bridge) reply(id int, v any) { b.h.post(answer{ID: id, Type: "result", Value: v}) }

func (b *bridge) fail(id int, err error) {
	b.h.post(answer{ID: id, Type: "error", Message: err.Error()})
}

// handle carries out one request of the page.
func (b *bridge) handle(r request) {
	if r.Op == "init" || r.Op == "reset" {
		b.start(r)
		return
	}
	if b.c == nil {
		b.fail(r.ID, fmt.Errorf("no cluster yet: send init first"))
		return
	}
	switch r.Op {
	case "ack":
		if r.Seq == b.seq {
			b.unacked = false
			b.soon() // not wake: a frame that was seen is no reason for another
		}
		return
	case "run":
		b.line(r)
	case "cancel":
		if p := b.running[r.Target]; p != nil {
			b.c.Cancel(p)
			b.finishSoon(r.Target)
		}
		if err := b.stop(r.Target); err != nil {
			b.fail(r.ID, err)
			return
		}
		b.reply(r.ID, nil)
	case "edited":
		b.edited(r)
	case "input":
		b.answered(r, engine.Command{Op: engine.OpInput, Line: r.Line})
	case "pause":
		b.playing = false
		b.reply(r.ID, nil)
	case "speed", "play":
		if r.Speed < 0 || r.Speed > 1e6 {
			b.fail(r.ID, fmt.Errorf("speed %v: must be between 0 (as fast as possible) and 1000000", r.Speed))
			return
		}
		b.speed, b.debt = r.Speed, 0
		if r.Op == "speed" { // the clock runs on or stands, as it did
			b.reply(r.ID, nil)
			break
		}
		b.onRecord(r.ID, func() {
			b.playing = true
			b.reply(r.ID, nil)
		})
	case "step":
		b.onRecord(r.ID, func() { b.step(r) })
	case "until":
		b.until(r)
	case "advance":
		if !(r.Seconds >= 0 && r.Seconds <= maxAdvance) {
			b.fail(r.ID, fmt.Errorf("seconds %v: must be between 0 and %d", r.Seconds, maxAdvance))
			return
		}
		b.run(r.ID, r.Seconds, nil)
	case "settle":
		if !(r.MaxSeconds >= 0 && r.MaxSeconds <= maxAdvance) {
			b.fail(r.ID, fmt.Errorf("maxSeconds %v: must be between 0 and %d", r.MaxSeconds, maxAdvance))
			return
		}
		b.run(r.ID, r.MaxSeconds, func() bool { return b.c.Settled() })
	case "controlPlane":
		b.reply(r.ID, b.controlPlane())
	case "traffic":
		b.act(r.ID, func() { b.do(r.ID, engine.Command{Op: engine.OpTraffic, Name: r.Service, RPS: r.RPS}) })
	case "trafficStats":
		b.reply(r.ID, b.c.TrafficStats())
	case "why":
		w, err := b.c.Why(r.Ref)
		if err != nil {
			b.fail(r.ID, err)
			return
		}
		b.reply(r.ID, w)
	case "object":
		info, err := b.c.Object(r.Ref)
		if err != nil {
			b.fail(r.ID, err)
			return
		}
		b.reply(r.ID, info)
	case "autoscaling":
		b.reply(r.ID, b.c.Autoscaling(r.Ref))
	case "events":
		b.reply(r.ID, b.c.Events(r.Limit))
	case "stats":
		b.reply(r.ID, b.stats())
	case "lesson":
		b.readLesson(r)
	case "checks":
		b.checks(r)
	case "line":
		b.lessonLine(r)
	default:
		if !b.inTime(r) && !b.export(r) {
			b.fail(r.ID, fmt.Errorf("unknown operation %q", r.Op))
			return
		}
	}
	b.wake()
}

// maxAdvance is a year: more is a typing error.
const maxAdvance = 366 * 24 * 3600

func (b *bridge) start(r request) {
	if r.Op == "init" && r.Protocol != protocolVersion {
		b.fail(r.ID, fmt.Errorf("the page speaks protocol %d, the engine %d: reload the page", r.Protocol, protocolVersion))
		return
	}
	if r.Session != "" {
		b.open(r)
		return
	}
	makeRoom(r.Config.Nodes)
	if err := b.begin(engine.Config{Nodes: r.Config.Nodes, Masters: r.Config.Masters, Seed: r.Config.Seed, Addons: r.Config.Addons == nil || *r.Config.Addons}, r, opened{Exact: true, Version: engine.Version}); err != nil {
		b.fail(r.ID, err)
	}
}

// begin starts a session with a new cluster, which plays when it is ready unless it was asked not to.
func (b *bridge) begin(conf engine.Config, r request, answer opened) error {
	s, err := session.New(conf)
	if err != nil {
		return err
	}
	b.replace(s)
	b.jobs = append(b.jobs, &job{id: r.ID, until: sim.Time(readyWithin), held: b.c.Ready, done: func() {
		b.playing = !r.Paused
		b.ready(r, answer)
	}})
	b.wake()
	return nil
}

// replace makes another session the one that is shown.
func (b *bridge) replace(s *session.Session) {
	b.abandon("the cluster was replaced by another one")
	b.s, b.playing, b.resume = s, false, false
	b.show()
}

// ready answers init or reset.
func (b *bridge) ready(r request, o opened) {
	if r.Op == "reset" {
		b.reply(r.ID, o)
		return
	}
	b.reply(r.ID, initResult{protocolVersion, engine.Version, b.h.wasmBytes(), o})
	b.warm = newWarmUp()
}

func (b *bridge) do(id int, cmd engine.Command) {
	if _, err := b.s.Start(cmd, engine.Output{}); err != nil {
		b.fail(id, err)
		return
	}
	b.reply(id, nil)
}

func (b *bridge) run(id int, seconds float64, held func() bool) {
	b.onRecord(id, func() {
		b.jobs = append(b.jobs, &job{id: id, until: b.c.Now().Add(time.Duration(math.Round(seconds * 1e9))), held: held, done: func() { b.reply(id, nil) }})
	})
}

// line runs a line of the terminal; what it prints is streamed, and told once more in the answer. A fault that is
// refused has printed why. In the past a line that changes something begins a branch; one that only looks is a detour.
func (b *bridge) line(r request) {
	cmd, err := engine.ParseLine(r.Line, r.Files)
	if err == nil && cmd.Changes() {
		b.act(r.ID, func() { b.launch(r, cmd, nil) })
		return
	}
	looks, playing := b.s.Past() && !b.s.Detour(), b.playing
	if looks {
		b.resume, b.playing = playing, false
	}
	b.launch(r, cmd, err)
	if looks && !b.s.Detour() { // it was refused: nothing keeps time from going on
		b.resume, b.playing = false, playing
	}
}

// finish lets time pass as fast as possible until a line has ended, or so long.
func (b *bridge) finish(id int, within time.Duration, over func()) {
	b.jobs = append(b.jobs, &job{until: b.c.Now().Add(within), held: func() bool { return b.running[id] == nil }, done: over})
}

func (b *bridge) launch(r request, cmd engine.Command, err error) {
	var stdout, stderr []byte
	out := engine.Output{
		Out: func(s string) {
			stdout = append(stdout, s...)
			b.h.post(answer{ID: r.ID, Type: "output", Stream: "stdout", Text: s})
		},
		Err: func(s string) {
			stderr = append(stderr, s...)
			b.h.post(answer{ID: r.ID, Type: "output", Stream: "stderr", Text: s})
		},
		Done: func(code int) {
			delete(b.running, r.ID)
			b.reply(r.ID, lineResult{string(stdout), string(stderr), code})
			b.seen()
		},
	}
	if r.Terminal {
		out.Edit = func(name, text string) { b.h.post(answer{ID: r.ID, Type: "edit", Name: name, Text: text}) }
		out.Keys = func(raw bool) { b.h.post(answer{ID: r.ID, Type: "keys", Raw: raw}) }
	}
	var p *engine.Process
	if err == nil {
		p, err = b.s.Start(cmd, out)
	}
	fault := engine.Answered(r.Line)
	switch {
	case err != nil && fault:
		out.Err("error: " + err.Error() + "\n")
		out.Done(1)
	case err != nil:
		b.fail(r.ID, err)
	case fault:
		out.Done(0)
	}
	if p != nil && !p.Done() {
		b.running[r.ID] = p
		b.finishSoon(r.ID)
	}
}

// edited leaves the editor of a running line, with what was saved or without.
func (b *bridge) edited(r request) {
	cmd := engine.Command{Op: engine.OpEdited}
	if r.Text != nil {
		cmd.Files = map[string]string{"-": *r.Text}
	}
	b.answered(r, cmd)
}

// answered hands on what was done in the terminal of a running line.
func (b *bridge) answered(r request, cmd engine.Command) {
	p := b.running[r.Of]
	if p == nil {
		b.fail(r.ID, fmt.Errorf("line %d is not running", r.Of))
		return
	}
	cmd.Of = p.N()
	b.do(r.ID, cmd)
	b.finishSoon(r.Of)
}

// finishSoon lets a command that a stopped clock would hold up have the time it needs. What waits for others (a watch,
// a pod's stream) or for a server that does not answer is none of that: it waits until the clock plays.
func (b *bridge) finishSoon(id int) {
	if b.playing {
		return
	}
	start := b.c.Now()
	b.jobs = append(b.jobs, &job{until: start.Add(pausedGrace),
		held: func() bool { p := b.running[id]; return p == nil || p.Editor() != nil },
		more: func() sim.Time {
			since, pending := b.running[id].Pending()
			if !pending {
				return 0
			}
			return min(since.Add(pausedGrace), start.Add(pausedLimit))
		}, done: func() {}})
}

// stats is what window.tabernetes.stats() answers.
func (b *bridge) stats() any {
	s := b.c.Stats()
	return struct {
		engine.Stats
		WasmBytes int `json:"wasmBytes"`
	}{s, b.h.wasmBytes()}
}

// room keeps makeRoom's allocation from being optimised away.
var room []byte

// makeRoom asks for the memory of a big cluster at once.
func makeRoom(nodes int) {
	if nodes >= roomFrom {
		room = make([]byte, min(nodes*roomPerNode, roomMax))
		room = nil
	}
}
