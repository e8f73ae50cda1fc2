package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"tabernetes/engine"
	"tabernetes/engine/session"
	"tabernetes/engine/sim"
	"tabernetes/engine/stage"
)

const (
	// seekEvents is how many events of a replay are handled between two looks at the real clock.
	seekEvents = 500
	// tellMs is the shortest time between two messages about a replay.
	tellMs = 100
	// stepWithin is how much virtual time a step by an object may take.
	stepWithin = time.Hour
	// maxLines is how many of its commands a branch shows.
	maxLines = 10
	// maxAhead is how many commands after the moment that is shown are told, maxAheadText how many bytes of each.
	maxAhead, maxAheadText = 500, 200
	// bothNodes is how many nodes two sessions may have together to be there at once.
	bothNodes = 500
)

func ms(t sim.Time) float64 { return float64(t) / 1e6 }

func fromMs(v float64) sim.Time { return sim.Time(math.Round(v * 1e6)) }

// branch is a session's branch, for the page.
type branch struct {
	ID       int      `json:"id"`
	Name     string   `json:"name"`
	Parent   int      `json:"parent"`
	Fork     moment   `json:"fork"`
	End      moment   `json:"end"`
	Commands int      `json:"commands"`
	Current  bool     `json:"current"`
	Lines    []string `json:"lines"`
}

func momentOf(m engine.Moment) moment { return moment{ms(m.At), m.After, m.Commands} }

func (b *bridge) branches() []branch {
	out := []branch{}
	cur := b.s.Current()
	for _, br := range b.s.Branches() {
		own := br.Own()
		v := branch{ID: br.ID, Name: br.Name, Parent: br.Parent, Fork: momentOf(br.Fork), End: momentOf(br.End()), Commands: len(br.Log()), Current: br == cur, Lines: []string{}}
		for _, cmd := range own {
			if cmd.Changes() {
				v.Lines = append(v.Lines, cmd.Text())
			}
		}
		v.Lines = v.Lines[max(0, len(v.Lines)-maxLines):]
		out = append(out, v)
	}
	return out
}

// ahead is what the record says will be done after the moment that is shown. What comes of it no journal has yet: these marks
// have no record.
func (b *bridge) ahead() (out []stage.Mark) {
	log := b.s.Current().Log()
	for _, cmd := range log[min(b.s.Moment().Commands, len(log)):] {
		if !cmd.Changes() {
			continue
		}
		if len(out) == maxAhead {
			break
		}
		kind, text := "command", cmd.Text()
		if engine.FaultLine(cmd) != "" {
			kind = "fault"
		}
		if len(text) > maxAheadText {
			text = strings.ToValidUTF8(text[:maxAheadText], "") + "…"
		}
		out = append(out, stage.Mark{At: ms(cmd.At), Kind: kind, Text: text})
	}
	return out
}

// inTime handles the requests about moments and branches; false: it is none of them.
func (b *bridge) inTime(r request) bool {
	switch r.Op {
	case "seek":
		b.turn(r, b.s.Current().ID)
	case "present":
		if !b.s.Past() {
			b.reply(r.ID, nil)
			break
		}
		b.seekTo(r.ID, func() (*session.Seek, error) { return b.s.ToEnd(b.s.Current().ID) }, func() { b.reply(r.ID, nil) })
	case "branch":
		b.onRecord(r.ID, func() {
			_, err := b.s.Fork(r.Name)
			b.changed(r.ID, err)
		})
	case "checkout":
		if r.Branch == nil {
			b.fail(r.ID, errors.New("branch: which one?"))
			break
		}
		b.turn(r, *r.Branch)
	case "undo":
		b.undo(r)
	case "renameBranch", "dropBranch":
		if r.Branch == nil {
			b.fail(r.ID, errors.New("branch: which one?"))
			break
		}
		if r.Op == "dropBranch" {
			b.changed(r.ID, b.s.Drop(*r.Branch))
		} else {
			b.changed(r.ID, b.s.Rename(*r.Branch, r.Name))
		}
	case "branches":
		b.reply(r.ID, b.branches())
	case "session":
		only := -1
		if r.Branch != nil {
			only = *r.Branch
		}
		text, err := b.s.Encode(only)
		if err != nil {
			b.fail(r.ID, err)
			break
		}
		b.reply(r.ID, map[string]string{"text": text})
	default:
		return false
	}
	return true
}

// changed answers a request that changed the branches.
func (b *bridge) changed(id int, err error) {
	if err != nil {
		b.fail(id, err)
		return
	}
	b.reply(id, b.branches())
}

// turn goes to a moment of a branch: an exact one, the last of a time, or the branch's end.
func (b *bridge) turn(r request, to int) {
	if r.Ms != nil && !(*r.Ms >= 0 && *r.Ms <= maxAdvance*1000) {
		b.fail(r.ID, fmt.Errorf("ms %v: must be between 0 and %d", *r.Ms, maxAdvance*1000))
		return
	}
	b.seekTo(r.ID, func() (*session.Seek, error) {
		switch {
		case r.Ms == nil && r.Op == "seek":
			return nil, errors.New("ms: which moment?")
		case r.Ms == nil:
			return b.s.ToEnd(to)
		case r.After != nil && r.Commands != nil:
			return b.s.To(to, engine.Moment{At: fromMs(*r.Ms), After: *r.After, Commands: *r.Commands})
		}
		return b.s.ToTime(to, fromMs(*r.Ms))
	}, func() {
		if r.Op == "seek" {
			b.reply(r.ID, nil)
		} else {
			b.reply(r.ID, b.branches())
		}
	})
}

// seekTo stops the clock and replays. What runs in the cluster that is left behind is answered: nobody will see how it
// ends. Where there is no such moment nothing changes.
func (b *bridge) seekTo(id int, to func() (*session.Seek, error), done func()) {
	b.abandon("given up: the clock was turned to another moment")
	k, err := to()
	if err != nil {
		b.fail(id, err)
		return
	}
	b.playing, b.resume = false, false
	b.replay(id, k, done, func(err error) { b.fail(id, err) })
}

// replay carries a seek on in slices, before all else that is to do.
func (b *bridge) replay(id int, k *session.Seek, done func(), failed func(error)) {
	told := b.h.now()
	var broken error
	j := &job{id: id, over: k.GiveUp, work: func() bool {
		over, err := k.Run(seekEvents)
		if broken = err; over {
			return true
		}
		if now := b.h.now(); now-told >= tellMs {
			told = now
			at, of := k.Progress()
			b.h.post(answer{Type: "replaying", Ms: ms(at), Of: ms(of)})
		}
		return false
	}}
	j.done = func() {
		if broken != nil {
			failed(broken)
			return
		}
		b.show()
		done()
	}
	b.jobs = append([]*job{j}, b.jobs...)
	b.wake()
}

// onRecord calls fn when the cluster shown is the record's again, which it is but for a detour.
func (b *bridge) onRecord(id int, fn func()) {
	b.resume = false
	if !b.s.Detour() {
		fn()
		return
	}
	b.abandon("given up: time goes on")
	k, err := b.s.Back()
	if err != nil {
		b.fail(id, err)
		return
	}
	b.replay(id, k, fn, func(err error) { b.fail(id, err) })
}

// act calls fn where something may change: in the past a branch begins first.
func (b *bridge) act(id int, fn func()) {
	if !b.s.Past() {
		fn()
		return
	}
	b.onRecord(id, func() {
		if _, err := b.s.Fork(""); err != nil {
			b.fail(id, err)
			return
		}
		fn()
	})
}

// seen goes back to the record when those who only looked have seen enough, if time was passing.
func (b *bridge) seen() {
	if b.resume && b.s.Detour() && len(b.running) == 0 {
		b.onRecord(0, func() { b.playing = true })
	}
}

func (b *bridge) undo(r request) {
	line := ""
	b.seekTo(r.ID, func() (*session.Seek, error) {
		log := b.s.Current().Log()
		k, n, err := b.s.Undo()
		if err == nil {
			line = log[n].Text()
		}
		return k, err
	}, func() {
		if _, err := b.s.Fork(""); err != nil {
			b.fail(r.ID, err)
			return
		}
		b.reply(r.ID, struct {
			Line     string   `json:"line"`
			Branches []branch `json:"branches"`
		}{line, b.branches()})
	})
}

// step handles events up to the one that was asked for.
func (b *bridge) step(r request) {
	var st sim.Stepped
	j := &b.c.Sim.Journal
	n := j.Len()
	until := b.c.Now().Add(10 * time.Second)
	if r.By == "object" {
		until = b.c.Now().Add(stepWithin)
	}
	found := func() *sim.Record {
		for ; n < j.Len(); n++ {
			rec := j.Get(sim.RecordID(n + 1))
			if r.By != "object" || j.Ref(rec.Ref) == r.Ref {
				return rec
			}
		}
		return nil
	}
	var rec *sim.Record
	b.jobs = append(b.jobs, &job{id: r.ID, work: func() bool {
		for range sliceEvents {
			var ok bool
			var err error
			st, ok, err = b.s.Step()
			b.must(err)
			if rec = found(); rec != nil || !ok || r.By == "event" || b.c.Now() >= until {
				return true
			}
		}
		return false
	}, done: func() { b.reply(r.ID, b.stepped(st, rec)) }})
}

func (b *bridge) stepped(st sim.Stepped, rec *sim.Record) stepResult {
	out := stepResult{Actor: b.c.Sim.ActorName(st.Actor), Label: st.Label, At: ms(st.At)}
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

// until runs a line that waits, and lets time pass until it ends.
func (b *bridge) until(r request) {
	f := strings.Fields(strings.TrimPrefix(strings.TrimSpace(r.Line), "kubectl "))
	if len(f) == 0 || f[0] != "wait" && !(f[0] == "rollout" && len(f) > 1 && f[1] == "status") {
		b.fail(r.ID, fmt.Errorf("%q does not wait for anything: write kubectl wait --for=CONDITION KIND/NAME, or kubectl rollout status KIND/NAME", r.Line))
		return
	}
	b.act(r.ID, func() {
		b.line(r)
		b.finish(r.ID, maxAdvance*time.Second, func() {})
	})
}

// open makes a session that was recorded the one that is shown, once its moment is reached. Until then the one before stays,
// where there is room for both.
func (b *bridge) open(r request) {
	rec, err := session.Decode(r.Session)
	if err != nil {
		b.fail(r.ID, err)
		return
	}
	makeRoom(rec.Config().Nodes)
	s, k, err := rec.Open()
	// What cannot be replayed leaves a fresh cluster, and its manifests.
	other := func(err error) {
		o := opened{Version: rec.Version, Why: err.Error(), Manifests: rec.Manifests()}
		if err := b.begin(rec.Config(), r, o); err != nil {
			b.fail(r.ID, err)
		}
	}
	if err != nil {
		other(err)
		return
	}
	stays := b.s != nil && b.s.Config().Nodes+rec.Config().Nodes <= bothNodes
	if !stays {
		b.replace(s)
	}
	b.replay(r.ID, k, func() {
		if err := rec.Check(s); err != nil {
			other(err)
			return
		}
		if stays {
			b.replace(s)
		}
		b.ready(r, opened{Exact: true, Version: rec.Version})
	}, other)
	b.jobs[0].stops = stays
}

// stop gives up the opening of a session; what was shown before is shown on.
func (b *bridge) stop(id int) error {
	i := slices.IndexFunc(b.jobs, func(j *job) bool { return j.id == id })
	if i < 0 {
		return nil // it is over
	}
	j := b.jobs[i]
	if !j.stops {
		return errors.New("what was shown before has been left already")
	}
	b.jobs = slices.Delete(b.jobs, i, i+1)
	j.over()
	b.fail(id, errors.New("given up: it was stopped"))
	return nil
}
