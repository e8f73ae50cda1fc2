package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/sim"
)

// fakeHost runs the bridge by hand: real time passes when the test says so.
type fakeHost struct {
	t       *testing.T
	time    float64
	queue   []func()
	answers []answer
	b       *bridge
}

func (h *fakeHost) now() float64                  { h.time += 0.05; return h.time }
func (h *fakeHost) wasmBytes() int                { return 1 }
func (h *fakeHost) schedule(d float64, fn func()) { h.time += d; h.queue = append(h.queue, fn) }
func (h *fakeHost) post(a answer) {
	if a.Type == "frame" {
		_, err := json.Marshal(a)
		require.NoError(h.t, err)
		h.queue = append(h.queue, func() { h.b.receive(request{Op: "ack", Seq: a.Frame.Seq}) })
	}
	h.answers = append(h.answers, a)
}

func newHost(t *testing.T) *fakeHost {
	h := &fakeHost{t: t}
	h.b = newBridge(h)
	return h
}

// ask sends a request and runs the loop until it is answered.
func (h *fakeHost) ask(r request) answer {
	h.t.Helper()
	r.ID = len(h.answers) + 1000
	h.b.receive(r)
	for range 100_000 {
		for _, a := range h.answers {
			if a.ID == r.ID && (a.Type == "result" || a.Type == "error") {
				return a
			}
		}
		if len(h.queue) == 0 {
			break
		}
		fn := h.queue[0]
		h.queue = h.queue[1:]
		fn()
	}
	require.Fail(h.t, "no answer", "%+v", r)
	return answer{}
}

func (h *fakeHost) init() {
	h.t.Helper()
	a := h.ask(request{Op: "init", Protocol: protocolVersion, Config: clusterConfig{Nodes: 3, Masters: 1, Seed: 1}})
	require.Equal(h.t, "result", a.Type, a.Message)
	require.Equal(h.t, "result", h.ask(request{Op: "pause"}).Type)
}

func (h *fakeHost) kubectl(line string) lineResult {
	h.t.Helper()
	a := h.ask(request{Op: "run", Line: line})
	require.Equal(h.t, "result", a.Type, a.Message)
	return a.Value.(lineResult)
}

func TestSessionInAPausedClock(t *testing.T) {
	h := newHost(t)
	h.init()
	require.Equal(t, 4, strings.Count(h.kubectl("kubectl get nodes").Stdout, " Ready "))
	require.Equal(t, "deployment.apps/web created\n", h.kubectl("create deployment web --image=nginx --replicas=2").Stdout)
	require.Equal(t, "result", h.ask(request{Op: "settle", MaxSeconds: 120}).Type)
	require.Contains(t, h.kubectl("get deployment web").Stdout, "2/2")
	require.Equal(t, 1, h.kubectl("get pod nobody").Code)
	a := h.ask(request{Op: "step"})
	require.IsType(t, stepResult{}, a.Value)
}

func TestBadRequestsChangeNothing(t *testing.T) {
	h := newHost(t)
	require.Contains(t, h.ask(request{Op: "stats"}).Message, "send init first")
	require.Contains(t, h.ask(request{Op: "init", Protocol: 99}).Message, "reload the page")
	require.Contains(t, h.ask(request{Op: "init", Protocol: protocolVersion, Config: clusterConfig{Nodes: -1}}).Message, "nodes: -1")
	h.init()
	before := h.b.c.Stats()
	for _, r := range []request{
		{Op: "frobnicate"}, {Op: "play", Speed: -1}, {Op: "advance", Seconds: -5}, {Op: "advance", Seconds: 1e300}, {Op: "settle", MaxSeconds: -1},
		{Op: "traffic", Service: "nobody", RPS: 5}, {Op: "traffic", Service: "x", RPS: -1},
		{Op: "why", Ref: "nonsense"}, {Op: "why", Ref: "records/99999999"}, {Op: "object", Ref: "unicorns/x"},
		{Op: "run", Line: strings.Repeat("x", 1<<20)},
		{Op: "reset", Config: clusterConfig{Nodes: 100000, Masters: 1}}, {Op: "reset", Config: clusterConfig{Nodes: 3, Masters: 2}},
	} {
		a := h.ask(r)
		require.Equal(t, "error", a.Type, "%s: %v", r.Op, a.Value)
		require.NotEmpty(t, a.Message, r.Op)
	}
	require.Equal(t, before, h.b.c.Stats())
}

func TestFaultsAsLines(t *testing.T) {
	h := newHost(t)
	h.init()
	before := h.b.c.Stats()
	for line, want := range map[string]string{
		"kill node-9": `error: there is no machine "node-9"`, "kill workstation": `error: there is no machine "workstation"`,
		"restart node-1": "error: node-1 is running already", "kill": "error: kill: what is missing",
		"kill node-1 node-2": `error: kill: "node-2" is too much`,
	} {
		r := h.kubectl(line)
		require.Equal(t, 1, r.Code, line)
		require.Contains(t, r.Stderr, want)
	}
	require.Equal(t, before, h.b.c.Stats())
	require.Zero(t, h.kubectl("kill node-1").Code)
	require.Contains(t, h.kubectl("etcdctl member list").Stdout, "control-plane-1")
	v := h.ask(request{Op: "controlPlane"}).Value.(controlPlane)
	require.Len(t, v.Faults, 1)
	require.Equal(t, "restart node-1", v.Faults[0].Undo)
}

// The control plane travels with frames when it changed, not more often than a few times a second.
func TestControlPlaneInFrames(t *testing.T) {
	h := newHost(t)
	require.Equal(t, "result", h.ask(request{Op: "init", Protocol: protocolVersion, Config: clusterConfig{Nodes: 1, Masters: 3, Seed: 1}}).Type)
	h.ask(request{Op: "play", Speed: 1})
	from, start := len(h.answers), h.time
	for h.time-start < 5000 && len(h.queue) > 0 {
		fn := h.queue[0]
		h.queue = h.queue[1:]
		fn()
	}
	frames, views := 0, 0
	for _, a := range h.answers[from:] {
		if a.Type == "frame" {
			if frames++; a.Frame.Control != nil {
				views++
			}
		}
	}
	require.Greater(t, frames, 100)
	require.Positive(t, views)
	require.LessOrEqual(t, views, 20)
	h.ask(request{Op: "pause"})
	// What a stopped clock's command changes is shown at once.
	h.ask(request{Op: "run", Line: "kill control-plane-1"})
	for range 20 {
		if len(h.queue) > 0 {
			fn := h.queue[0]
			h.queue = h.queue[1:]
			fn()
		}
	}
	var last controlPlane
	for _, a := range h.answers {
		if a.Type == "frame" && a.Frame.Control != nil {
			last = controlPlane{}
			require.NoError(t, json.Unmarshal(a.Frame.Control, &last))
		}
	}
	require.Len(t, last.Faults, 1)
	require.False(t, last.Masters[0].Power)
}

func TestPanicRestoresTheSession(t *testing.T) {
	h := newHost(t)
	h.init()
	h.kubectl("create deployment web --image=nginx --replicas=2")
	require.Equal(t, "result", h.ask(request{Op: "settle", MaxSeconds: 120}).Type)
	h.good(request{Op: "advance", Seconds: 12.3456})
	broken, hash, at, n := h.b.c, h.hash(), h.b.s.Moment(), len(h.b.branches())
	h.b.guard(func() { panic("a defect") }, nil)
	var types []string
	for _, a := range h.answers {
		if a.Type == "panic" || a.Type == "restored" {
			types = append(types, a.Type)
			if a.Type == "panic" {
				require.Equal(t, "a defect", a.Message)
				require.NotEmpty(t, a.Stack)
				require.NotZero(t, a.Commands)
			}
		}
	}
	require.Equal(t, []string{"panic", "restored"}, types)
	require.NotSame(t, broken, h.b.c)
	require.Equal(t, hash, h.hash(), "the very moment")
	require.Equal(t, at, h.b.s.Moment())
	require.Len(t, h.b.branches(), n)
	require.False(t, h.last().Past)
	require.Contains(t, h.kubectl("get deployment web").Stdout, "2/2")
}

// A defect that a moment has in itself takes that moment away, and nothing before it.
func TestPanicThatComesAgain(t *testing.T) {
	h := newHost(t)
	h.init()
	h.kubectl("create deployment web --image=nginx --replicas=2")
	require.Equal(t, "result", h.ask(request{Op: "settle", MaxSeconds: 120}).Type)
	before := h.b.s.Moment()
	h.b.guard(func() {
		h.b.c.Sim.After(time.Second, "a defect", func() { panic("in an event") })
		h.b.c.RunTo(h.b.c.Now().Add(2*time.Second), nil, 0)
	}, nil)
	at := h.b.s.Moment()
	require.Equal(t, before.Commands, at.Commands)
	require.Equal(t, before.At.Add(time.Second)-1, at.At)
	require.False(t, h.last().Past)
	require.Contains(t, h.kubectl("get deployment web").Stdout, "2/2")
}

// FuzzReceive: whatever the page's side sends, it is answered and the session lives on.
func FuzzReceive(f *testing.F) {
	f.Add(`{"op":"run","line":"get pods -o jsonpath={.items[*"}`)
	f.Add(`{"op":"run","line":"apply -f -","files":{"-":"a: [b"}}`)
	f.Add(`{"op":"why","ref":"pods/"}`)
	f.Add(`{"op":"traffic","service":"/","rps":1}`)
	f.Add(`{"op":"run","line":"delete pods --all -A"}`)
	f.Add(`{"op":"run","line":"drain node-1 --force"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var r request
		if json.Unmarshal([]byte(text), &r) != nil || r.Op == "init" || r.Op == "reset" || r.Op == "ack" || r.Op == "play" {
			return
		}
		r.Seconds, r.MaxSeconds = min(r.Seconds, 5), min(r.MaxSeconds, 5)
		h := newHost(t)
		h.init()
		h.b.receive(r)
		for i := 0; i < 200 && len(h.queue) > 0; i++ {
			fn := h.queue[0]
			h.queue = h.queue[1:]
			fn()
		}
		for _, a := range h.answers {
			require.NotEqual(t, "panic", a.Type, a.Message+a.Stack)
		}
		require.Contains(t, h.kubectl("get ns").Stdout, "kube-system")
	})
}

// A cluster has its addons unless it is told otherwise.
func TestAddonsMayBeLeftOut(t *testing.T) {
	h := newHost(t)
	h.init()
	pods := func() string {
		require.Equal(t, "result", h.ask(request{Op: "advance", Seconds: 60}).Type)
		return h.kubectl("get pods -A").Stdout
	}
	require.Contains(t, pods(), "metrics-server")
	without := false
	conf := clusterConfig{Nodes: 2, Masters: 1, Seed: 1, Addons: &without}
	require.Equal(t, "result", h.ask(request{Op: "reset", Config: conf}).Type)
	require.NotContains(t, pods(), "metrics-server")
}

// A new cluster may be asked for that waits, ready and at one and the same moment on every machine.
func TestNewClusterMayWait(t *testing.T) {
	h := newHost(t)
	h.init()
	var at []sim.Time
	for range 2 {
		require.Equal(t, "result", h.ask(request{Op: "reset", Config: clusterConfig{Nodes: 2, Masters: 1, Seed: 1}, Paused: true}).Type)
		require.False(t, h.last().Playing)
		at = append(at, h.b.c.Now())
		require.Equal(t, 3, strings.Count(h.kubectl("get nodes").Stdout, " Ready "))
	}
	require.Equal(t, at[0], at[1])
}

// A line of a solution is told as it is run, with the names it was filled with.
func TestLessonLineIsTold(t *testing.T) {
	h := newHost(t)
	h.init()
	h.kubectl("create deployment web --image=nginx")
	require.Equal(t, "result", h.ask(request{Op: "line", Line: "settle 60s"}).Type)
	name := strings.Fields(h.kubectl("get pods --no-headers").Stdout)[0]
	require.Equal(t, "result", h.ask(request{Op: "line", Line: "kubectl delete pod {{pod app=web}}"}).Type)
	var told []string
	for _, a := range h.answers {
		if a.Type == "line" {
			told = append(told, a.Text)
		}
	}
	require.Equal(t, []string{"kubectl delete pod " + name}, told)
}
