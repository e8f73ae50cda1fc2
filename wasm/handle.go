package main

import (
	"fmt"
	"math"
	"time"

	"tabernetes/engine"
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
			b.wake()
		}
	case "run":
		b.line(r)
	case "cancel":
		if p := b.running[r.Target]; p != nil {
			b.c.Cancel(p)
			b.finishSoon(r.Target)
		}
		b.reply(r.ID, nil)
	case "edited":
		b.edited(r)
	case "input":
		b.answered(r, engine.Command{Op: engine.OpInput, Line: r.Line})
	case "pause":
		b.playing = false
		b.reply(r.ID, nil)
	case "play":
		if r.Speed < 0 || r.Speed > 1e6 {
			b.fail(r.ID, fmt.Errorf("speed %v: must be between 0 (as fast as possible) and 1000000", r.Speed))
			return
		}
		b.playing, b.speed, b.debt = true, r.Speed, 0
		b.reply(r.ID, nil)
	case "step":
		b.reply(r.ID, b.step())
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
		b.run(r.ID, r.MaxSeconds, b.c.Settled)
	case "controlPlane":
		b.reply(r.ID, b.controlPlane())
	case "traffic":
		b.do(r.ID, engine.Command{Op: engine.OpTraffic, Name: r.Service, RPS: r.RPS})
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
	default:
		if b.export(r) {
			break
		}
		b.fail(r.ID, fmt.Errorf("unknown operation %q", r.Op))
		return
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
	if r.Config.Nodes >= roomFrom {
		makeRoom(min(r.Config.Nodes*roomPerNode, roomMax))
	}
	c, err := engine.New(engine.Config{Nodes: r.Config.Nodes, Masters: r.Config.Masters, Seed: r.Config.Seed, Addons: true})
	if err != nil {
		b.fail(r.ID, err)
		return
	}
	b.abandon("the cluster was replaced by a new one")
	b.c = c
	b.playing, b.debt, b.unacked = false, 0, false
	b.jobs = append(b.jobs, &job{id: r.ID, until: sim.Time(readyWithin), held: c.Ready, done: func() {
		b.playing = true
		if r.Op == "init" {
			b.reply(r.ID, initResult{protocolVersion, engine.Version, b.h.wasmBytes(), opened{Exact: true, Version: engine.Version}})
			b.warm = newWarmUp()
		} else {
			b.reply(r.ID, opened{Exact: true, Version: engine.Version})
		}
	}})
	b.wake()
}

func (b *bridge) do(id int, cmd engine.Command) {
	if err := b.c.Do(cmd); err != nil {
		b.fail(id, err)
		return
	}
	b.reply(id, nil)
}

func (b *bridge) run(id int, seconds float64, held func() bool) {
	b.jobs = append(b.jobs, &job{id: id, until: b.c.Now().Add(time.Duration(math.Round(seconds * 1e9))), held: held, done: func() { b.reply(id, nil) }})
}

// line runs a line of the terminal; what it prints is streamed, and told once more in the answer. A fault that is
// refused has printed why.
func (b *bridge) line(r request) {
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
		},
	}
	if r.Terminal {
		out.Edit = func(name, text string) { b.h.post(answer{ID: r.ID, Type: "edit", Name: name, Text: text}) }
		out.Keys = func(raw bool) { b.h.post(answer{ID: r.ID, Type: "keys", Raw: raw}) }
	}
	cmd, err := engine.ParseLine(r.Line, r.Files)
	var p *engine.Process
	if err == nil {
		p, err = b.c.Start(cmd, out)
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

// finishSoon lets a command that a stopped clock would hold up have the little time it needs.
func (b *bridge) finishSoon(id int) {
	if b.playing {
		return
	}
	b.jobs = append(b.jobs, &job{until: b.c.Now().Add(pausedGrace),
		held: func() bool { p := b.running[id]; return p == nil || p.Editor() != nil }, done: func() {}})
}

func (b *bridge) step() stepResult {
	st, rec := b.c.StepRecord()
	out := stepResult{Actor: b.c.Sim.ActorName(st.Actor), Label: st.Label, At: float64(st.At) / 1e6}
	if rec != nil {
		out.Actor = b.c.Sim.ActorName(rec.Actor)
		out.Ref = b.c.Sim.Journal.Ref(rec.Ref)
		out.Record = rec.Kind.String()
		if rec.Text != "" {
			out.Record += ": " + rec.Text
		}
	}
	return out
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

func makeRoom(bytes int) {
	room = make([]byte, bytes)
	room = nil
}
