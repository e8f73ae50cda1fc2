package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func (h *fakeHost) good(r request) any {
	h.t.Helper()
	a := h.ask(r)
	require.Equal(h.t, "result", a.Type, "%s: %s", r.Op, a.Message)
	return a.Value
}

func (h *fakeHost) hash() string { return h.b.c.Stats().JournalHash }

func at(ms float64) *float64 { return &ms }

func number(n int) *int { return &n }

// rollout is a session with a rollout, at rest.
func rollout(t *testing.T) *fakeHost {
	h := newHost(t)
	h.init()
	h.kubectl("create deployment web --image=nginx --replicas=2")
	h.good(request{Op: "advance", Seconds: 60})
	h.kubectl("scale deployment web --replicas=5")
	h.good(request{Op: "advance", Seconds: 60})
	return h
}

func (h *fakeHost) last() *frame {
	for len(h.queue) > 0 {
		fn := h.queue[0]
		h.queue = h.queue[1:]
		fn()
	}
	for i := len(h.answers) - 1; i >= 0; i-- {
		if h.answers[i].Type == "frame" {
			return h.answers[i].Frame
		}
	}
	return nil
}

func TestSeekAndBack(t *testing.T) {
	h := rollout(t)
	hash, end := h.hash(), h.b.s.Moment()
	h.good(request{Op: "seek", Ms: at(30_000)})
	f := h.last()
	require.True(t, f.Past && f.Full)
	require.Equal(t, 30_000.0, f.Now)
	require.Equal(t, ms(end.At), f.End)
	require.Equal(t, 1, f.Commands)
	require.Contains(t, h.kubectl("get deployment web").Stdout, "2/2")
	require.True(t, h.last().Past, "who only looks changes nothing")
	require.Equal(t, 30_000.0, ms(h.b.s.Moment().At))
	// Time goes on along the record.
	h.good(request{Op: "advance", Seconds: 60})
	require.Contains(t, h.kubectl("get deployment web").Stdout, "5/5")
	h.good(request{Op: "present"})
	require.Equal(t, hash, h.hash())
	require.False(t, h.last().Past)
	h.good(request{Op: "seek", Ms: at(1000)})
	a := h.ask(request{Op: "seek", Ms: at(-1)})
	require.Equal(t, "error", a.Type)
	after, commands := end.After, end.Commands
	h.good(request{Op: "seek", Ms: at(ms(end.At)), After: &after, Commands: &commands})
	require.Equal(t, hash, h.hash())
}

// Before its end a record tells what will be done, as far as that is known before it happens.
func TestAhead(t *testing.T) {
	h := rollout(t)
	h.kubectl("get pods")
	require.Equal(t, "result", h.ask(request{Op: "run", Line: "kill node-1"}).Type)
	h.good(request{Op: "advance", Seconds: 10})
	log := h.b.s.Current().Log()
	marks := func(f *frame) (out []string) {
		for _, m := range f.Marks {
			if m.Record == 0 {
				require.GreaterOrEqual(t, m.At, f.Now)
				out = append(out, m.Kind+" "+strings.TrimPrefix(m.Text, "kubectl "))
			}
		}
		return out
	}
	all := []string{"command create deployment web --image=nginx --replicas=2", "command scale deployment web --replicas=5", "fault kill node-1"}
	require.Empty(t, marks(h.last()))
	h.good(request{Op: "seek", Ms: at(30_000)})
	f := h.last()
	require.Equal(t, all[1:], marks(f), "reading is nothing that will be done")
	require.Equal(t, ms(log[1].At), f.Marks[len(f.Marks)-2].At)
	h.good(request{Op: "seek", Ms: at(0)})
	require.Equal(t, all, marks(h.last()))
	// Also where nobody has seen it happen.
	text := h.good(request{Op: "session"}).(map[string]string)["text"]
	other := newHost(t)
	other.init()
	other.good(request{Op: "reset", Session: text})
	require.Equal(t, all, marks(other.last()))
	// The real ones stand where they were announced.
	other.good(request{Op: "present"})
	for _, cmd := range log {
		if cmd.Changes() {
			require.Contains(t, times(other.last()), ms(cmd.At), cmd.Text())
		}
	}
	require.Empty(t, marks(other.last()))
}

func times(f *frame) (out []float64) {
	for _, m := range f.Marks {
		if m.Record != 0 && m.Kind != "notice" {
			out = append(out, m.At)
		}
	}
	return out
}

// A line that is refused stops no clock, also in the past.
func TestRefusedInThePast(t *testing.T) {
	h := rollout(t)
	h.good(request{Op: "seek", Ms: at(30_000)})
	h.good(request{Op: "play", Speed: 1})
	a := h.ask(request{Op: "run", Line: "kubectl get " + strings.Repeat("x", 1<<17)})
	require.Equal(t, "error", a.Type)
	require.True(t, h.b.playing)
	require.True(t, h.b.s.Past())
}

// Another speed starts no clock and stops none.
func TestSpeed(t *testing.T) {
	h := rollout(t)
	for _, op := range []string{"pause", "play"} {
		h.good(request{Op: op, Speed: 1})
		h.good(request{Op: "speed", Speed: 30})
		require.Equal(t, op == "play", h.b.playing)
		require.Equal(t, 30.0, h.b.speed)
		require.Equal(t, "error", h.ask(request{Op: "speed", Speed: -1}).Type)
		require.Equal(t, 30.0, h.b.speed)
	}
}

func TestActingInThePastBeginsABranch(t *testing.T) {
	h := rollout(t)
	hash := h.hash()
	h.good(request{Op: "seek", Ms: at(30_000)})
	require.Equal(t, "deployment.apps/web scaled\n", h.kubectl("scale deployment web --replicas=1").Stdout)
	bs := h.good(request{Op: "branches"}).([]branch)
	require.Len(t, bs, 2)
	require.True(t, bs[1].Current)
	require.Equal(t, []string{"kubectl scale deployment web --replicas=1"}, []string{"kubectl " + bs[1].Lines[0]})
	require.Equal(t, 30_000.0, bs[1].Fork.Ms)
	h.good(request{Op: "renameBranch", Branch: number(1), Name: "small"})
	h.good(request{Op: "advance", Seconds: 60})
	small := h.hash()
	require.Equal(t, "error", h.ask(request{Op: "dropBranch", Branch: number(1)}).Type)
	bs = h.good(request{Op: "checkout", Branch: number(0)}).([]branch)
	require.True(t, bs[0].Current)
	require.Equal(t, hash, h.hash())
	h.good(request{Op: "checkout", Branch: number(1)})
	require.Equal(t, small, h.hash())
	require.Equal(t, "error", h.ask(request{Op: "checkout", Branch: number(7)}).Type)
	h.good(request{Op: "dropBranch", Branch: number(0)})
	require.Len(t, h.good(request{Op: "branches"}), 1)
}

func TestUndoIsABranch(t *testing.T) {
	h := rollout(t)
	b, err := json.Marshal(h.good(request{Op: "undo"}))
	require.NoError(t, err)
	require.Contains(t, string(b), `"line":"scale deployment web --replicas=5"`)
	require.Contains(t, h.kubectl("get deployment web").Stdout, "2/2")
	h.good(request{Op: "undo"})
	require.Contains(t, h.kubectl("get deployment web").Stderr, "not found")
	require.Contains(t, h.ask(request{Op: "undo"}).Message, "nothing to undo")
	h.good(request{Op: "checkout", Branch: number(0)})
	require.Contains(t, h.kubectl("get deployment web").Stdout, "5/5")
}

func TestStepsAndUntil(t *testing.T) {
	h := rollout(t)
	h.good(request{Op: "seek", Ms: at(30_000)})
	one := h.b.c.Sim.Executed()
	h.good(request{Op: "step", By: "event"})
	require.Equal(t, one+1, h.b.c.Sim.Executed())
	st := h.good(request{Op: "step", By: "object", Ref: "deployments/default/web"}).(stepResult)
	require.Equal(t, "deployments/default/web", st.Ref)
	require.Contains(t, st.Record, "replicas 2 → 5", "the record is stepped along")
	h.good(request{Op: "present"})
	h.kubectl("create deployment late --image=nginx --replicas=3")
	r := h.good(request{Op: "until", Line: "kubectl rollout status deployment/late"}).(lineResult)
	require.Contains(t, r.Stdout, "successfully rolled out")
	require.Contains(t, h.ask(request{Op: "until", Line: "kubectl get pods -w"}).Message, "does not wait")
	// In the past waiting is a way of its own to go on.
	h.good(request{Op: "seek", Ms: at(10_000)})
	h.good(request{Op: "until", Line: "kubectl wait --for=condition=Available deployment/web"})
	require.Len(t, h.good(request{Op: "branches"}), 2)
}

func TestALaterWishGivesUpTheFirst(t *testing.T) {
	h := rollout(t)
	h.b.receive(request{ID: 1, Op: "seek", Ms: at(20_000)})
	h.good(request{Op: "seek", Ms: at(10_000)})
	var first answer
	for _, a := range h.answers {
		if a.ID == 1 {
			first = a
		}
	}
	require.Equal(t, "error", first.Type)
	require.Contains(t, first.Message, "given up")
	require.Equal(t, 10_000.0, ms(h.b.s.Moment().At))
}

// Until another session has been opened the one that is shown stays, and it can be stopped.
func TestOpeningCanBeStopped(t *testing.T) {
	h := rollout(t)
	h.good(request{Op: "advance", Seconds: 6 * 3600}) // more than one slice of work
	text, hash := h.good(request{Op: "session"}).(map[string]string)["text"], h.hash()
	other := newHost(t)
	other.init()
	other.kubectl("create deployment mine --image=nginx")
	other.good(request{Op: "play", Speed: 0.5})
	shown, mine := other.b.c, func(id int) (out []answer) {
		for _, a := range other.answers {
			if a.ID == id {
				out = append(out, a)
			}
		}
		return out
	}
	other.b.receive(request{ID: 1, Op: "run", Line: "kubectl wait --for=delete deployment/mine --timeout=1h"})
	other.b.receive(request{ID: 2, Op: "reset", Session: text})
	fn := other.queue[0]
	other.queue = other.queue[1:]
	fn()
	require.True(t, shown == other.b.c, "what is shown stays")
	require.Empty(t, mine(2))
	other.good(request{Op: "cancel", Target: 2})
	require.Len(t, mine(2), 1)
	require.Equal(t, "error", mine(2)[0].Type)
	require.Contains(t, mine(2)[0].Message, "given up")
	require.True(t, shown == other.b.c)
	require.True(t, other.b.playing, "as it was")
	require.Empty(t, mine(1), "a line that waits goes on waiting")
	other.good(request{Op: "cancel", Target: 2}) // there is nothing left to stop

	// Not stopped, it takes the place, and what ran is told.
	require.True(t, other.good(request{Op: "reset", Session: text}).(opened).Exact)
	require.Equal(t, hash, other.hash())
	require.Equal(t, "error", mine(1)[0].Type)
	require.Contains(t, mine(1)[0].Message, "replaced")

	// Too large to be there beside another: that is left at once, and a stop comes too late.
	other.good(request{Op: "reset", Config: clusterConfig{Nodes: bothNodes, Masters: 1, Seed: 1}})
	shown = other.b.c
	other.b.receive(request{ID: 3, Op: "reset", Session: text})
	require.False(t, shown == other.b.c)
	a := other.ask(request{Op: "cancel", Target: 3})
	require.Equal(t, "error", a.Type)
	require.Contains(t, a.Message, "left already")
}

func TestSessionsTravel(t *testing.T) {
	h := rollout(t)
	text := h.good(request{Op: "session"}).(map[string]string)["text"]
	other := newHost(t)
	r := other.good(request{Op: "init", Protocol: protocolVersion, Session: text}).(initResult)
	require.True(t, r.Opened.Exact, r.Opened.Why)
	require.Equal(t, h.hash(), other.hash())
	require.False(t, other.b.playing)
	require.Contains(t, other.ask(request{Op: "reset", Session: text[:len(text)/2]}).Message, "this is not a session")
	require.Equal(t, h.hash(), other.hash(), "what cannot be read changes nothing")
	// Of another version a fresh cluster comes, and what can be saved.
	var old map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &old))
	old["hash"], old["version"] = "abc", "v1.36.0"
	b, err := json.Marshal(old)
	require.NoError(t, err)
	o := other.good(request{Op: "reset", Session: string(b)}).(opened)
	require.False(t, o.Exact)
	require.Equal(t, "v1.36.0", o.Version)
	require.Contains(t, o.Why, "another version")
	require.Contains(t, o.Manifests, "# create deployment web")
	require.Contains(t, other.kubectl("get deployments").Stderr, "No resources found")
}

// A defect in the past gives that moment back, and the record with it.
func TestPanicInThePast(t *testing.T) {
	h := rollout(t)
	hash := h.hash()
	h.good(request{Op: "seek", Ms: at(30_000)})
	past := h.hash()
	h.b.guard(func() { panic("a defect") }, nil)
	require.Equal(t, past, h.hash())
	require.True(t, h.last().Past)
	h.good(request{Op: "present"})
	require.Equal(t, hash, h.hash())
}

// What the page does for redo: back to the very moment that was left, between two events of one time.
func TestBackToAnExactMoment(t *testing.T) {
	h := rollout(t)
	h.good(request{Op: "seek", Ms: at(60_000)})
	for range 5 {
		h.good(request{Op: "step", By: "event"})
	}
	f, m, hash := h.last(), h.b.s.Moment(), h.hash()
	require.Equal(t, "result", h.ask(request{Op: "undo"}).Type)
	h.good(request{Op: "checkout", Branch: number(f.Branch), Ms: &f.Now, After: &f.After, Commands: &f.Commands})
	require.Equal(t, m, h.b.s.Moment())
	require.Equal(t, hash, h.hash())
}
