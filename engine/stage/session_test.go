package stage_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine"
	"tabernetes/engine/sim"
	"tabernetes/engine/stage"
)

// tile is a pod as a page knows it.
type tile struct {
	Name, Reason            string
	Node, Workload, Version int32
	State                   stage.PodState
	Restarts                uint16
	At                      float64
}

// page is what one who gets frames knows: everything by id.
type page struct {
	t         *testing.T
	Nodes     map[int]string
	Workloads map[int]string
	Services  map[int]string
	Pods      map[int32]tile
	Versions  map[int]stage.VersionName
	slotOf    map[string]int32
}

func newPage(t *testing.T) *page {
	return &page{t: t, Nodes: map[int]string{}, Workloads: map[int]string{}, Services: map[int]string{}, Pods: map[int32]tile{}, Versions: map[int]stage.VersionName{}, slotOf: map[string]int32{}}
}

func text(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// apply takes a frame as static/src/model.ts does.
func (p *page) apply(f *stage.Frame) {
	t := p.t
	if f.Full {
		*p = *newPage(t)
		require.Empty(t, f.RemovedNodes)
		require.Empty(t, f.RemovedWorkloads)
		require.Empty(t, f.RemovedServices)
	}
	for _, v := range f.Nodes {
		p.Nodes[v.ID] = text(t, v)
	}
	for _, v := range f.Workloads {
		p.Workloads[v.ID] = text(t, v)
	}
	for _, v := range f.Services {
		p.Services[v.ID] = text(t, v)
	}
	for _, id := range f.RemovedNodes {
		delete(p.Nodes, id)
	}
	for _, id := range f.RemovedWorkloads {
		delete(p.Workloads, id)
	}
	for _, id := range f.RemovedServices {
		delete(p.Services, id)
	}
	for _, v := range f.Versions {
		p.Versions[v.Index] = v
	}
	c := &f.Pods
	for _, n := range []int{len(c.Node), len(c.Workload), len(c.Version), len(c.State), len(c.Restarts), len(c.At), len(f.PodNames), len(f.PodReasons)} {
		require.Len(t, c.Slot, n, "columns of one length")
	}
	for i, slot := range c.Slot {
		was, there := p.Pods[slot]
		if stage.PodState(c.State[i]) == stage.Gone {
			delete(p.Pods, slot)
			delete(p.slotOf, was.Name)
			continue
		}
		x := tile{Name: f.PodNames[i], Reason: f.PodReasons[i], Node: c.Node[i], Workload: c.Workload[i], Version: c.Version[i], State: stage.PodState(c.State[i]), Restarts: c.Restarts[i], At: c.At[i]}
		if x.Name == "" {
			require.True(t, there, "a pod without a name is known")
			x.Name = was.Name
		} else if !f.Full {
			require.False(t, there, "slot %d of %s is free for %s", slot, was.Name, x.Name)
		}
		if at, ok := p.slotOf[x.Name]; ok {
			require.Equal(t, at, slot, "%s keeps its slot", x.Name)
		}
		p.Pods[slot], p.slotOf[x.Name] = x, slot
		if x.Version >= 0 {
			require.Contains(t, p.Versions, int(x.Version), "a version is named before it is used")
		}
	}
}

// session is a cluster with two pages: one gets a frame whenever it likes, and is compared with a full one.
type session struct {
	t     *testing.T
	c     *engine.Cluster
	page  *page
	every int // events between frames
	n     int
	taken int
}

func newSession(t *testing.T, seed uint64, nodes, every int) *session {
	c, err := engine.New(engine.Config{Nodes: nodes, Seed: seed})
	require.NoError(t, err)
	s := &session{t: t, c: c, page: newPage(t), every: every}
	s.until(time.Minute, c.Ready)
	require.True(t, c.Ready())
	return s
}

// frame takes what changed and compares the sum with everything.
func (s *session) frame(compare bool) {
	s.taken++
	s.c.UpdateLoad()
	f := s.c.Stage.Take(s.c.Requests())
	require.Equal(s.t, s.taken == 1, f.Full)
	s.page.apply(f)
	s.check(&f.Totals)
	if !compare {
		return
	}
	s.c.Stage.Everything()
	full := newPage(s.t)
	f = s.c.Stage.Take(s.c.Requests())
	require.True(s.t, f.Full)
	full.apply(f)
	require.Equal(s.t, full, s.page, "the sum of the deltas is the whole picture")
}

// check holds the page's own counts against the totals and the sums of nodes and services.
func (s *session) check(sum *stage.Totals) {
	n, onNode := map[stage.PodState]int{}, map[int32]int{}
	for _, x := range s.page.Pods {
		n[x.State]++
		if x.State != stage.Failed && x.State != stage.Succeeded && x.State != stage.Terminating {
			onNode[x.Node]++
		}
		require.NotEqual(s.t, stage.Unknown, x.State)
	}
	require.Equal(s.t, len(s.page.Pods), sum.Pods)
	require.Equal(s.t, n[stage.Ready], sum.Ready)
	require.Equal(s.t, n[stage.Ready], s.c.Stage.ReadyPods())
	require.Equal(s.t, n[stage.Pending]+n[stage.Creating], sum.Pending)
	require.Equal(s.t, n[stage.Failed]+n[stage.Waiting], sum.Failed)
	workers := 0
	for id, raw := range s.page.Nodes {
		var v stage.NodeView
		require.NoError(s.t, json.Unmarshal([]byte(raw), &v))
		if v.Role == "worker" {
			workers++
		}
		require.GreaterOrEqual(s.t, v.Pods, onNode[int32(id)], v.Name)
		if v.Pods == 0 {
			require.Zero(s.t, v.CPU.Requested, v.Name)
			require.Zero(s.t, v.Memory.Requested, v.Name)
		}
	}
	require.Equal(s.t, workers, sum.Nodes)
	for _, raw := range s.page.Services {
		var v stage.ServiceView
		require.NoError(s.t, json.Unmarshal([]byte(raw), &v))
		for _, slot := range v.Endpoints {
			require.Contains(s.t, s.page.Pods, int32(slot), "%s has an endpoint that is shown", v.Ref)
		}
	}
}

// until runs and takes a frame every so often.
func (s *session) until(d time.Duration, held func() bool) {
	end := s.c.Now().Add(d)
	for s.c.Now() < end && (held == nil || !held()) {
		if !s.c.RunTo(end, held, s.every) {
			s.n++
			s.frame(s.n%5 == 0)
		}
	}
	s.frame(true)
}

// kubectl runs a line while frames go on, and then for a while longer.
func (s *session) kubectl(line, stdin string, then time.Duration) string {
	var out string
	put := func(x string) { out += x }
	p, err := s.c.Start(engine.Command{Op: engine.OpKubectl, Line: line, Files: map[string]string{"-": stdin}}, engine.Output{Out: put, Err: put})
	require.NoError(s.t, err)
	s.until(5*time.Minute, p.Done)
	require.True(s.t, p.Done(), line)
	s.until(then, nil)
	return out
}

func (s *session) do(op, name string, rps float64) {
	require.NoError(s.t, s.c.Do(engine.Command{Op: op, Name: name, RPS: rps}))
}

const requesting = `apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 7
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - {name: c, image: nginx:1.26, resources: {requests: {cpu: 100m, memory: 33Mi}}}
`

func TestDeltasAddUpToThePicture(t *testing.T) {
	s := newSession(t, 1, 4, 40)
	s.kubectl("create deployment web --image=nginx:1.25 --replicas=6", "", 20*time.Second)
	s.kubectl("expose deployment web --port=80", "", time.Second)
	s.kubectl("apply -f -", requesting, 20*time.Second)
	s.do(engine.OpTraffic, "web", 20)
	s.kubectl("set image deployment/web nginx=nginx:1.26", "", 30*time.Second)
	s.kubectl("rollout undo deployment/web", "", 30*time.Second)
	s.kubectl("delete pod -l app=web --force --grace-period=0", "", 20*time.Second)
	s.kubectl("scale deployment/web --replicas=2", "", 40*time.Second)
	s.kubectl("run broken --image=nosuchimage:1", "", time.Minute)
	s.kubectl("run once --image=busybox --restart=Never -- true", "", 10*time.Second)
	s.kubectl("run crash --image=busybox -- false", "", time.Minute)
	s.kubectl("cordon node-1", "", time.Second)
	s.kubectl("drain node-2 --ignore-daemonsets --force", "", 40*time.Second)
	s.do(engine.OpKill, "node-3", 0)
	s.until(400*time.Second, nil)
	s.do(engine.OpRestart, "node-3", 0)
	s.until(90*time.Second, nil)
	s.do(engine.OpKill, "control-plane-1", 0)
	s.until(20*time.Second, nil)
	s.do(engine.OpRestart, "control-plane-1", 0)
	s.until(2*time.Minute, nil)
	s.kubectl("uncordon node-1", "", time.Second)
	s.kubectl("uncordon node-2", "", time.Second)
	s.kubectl("delete service web", "", 0)
	s.kubectl("create service clusterip web --tcp=80:80", "", 10*time.Second)
	s.kubectl("delete node node-4", "", 100*time.Second)
	s.do(engine.OpTraffic, "web", 0)
	s.kubectl("delete deployment web", "", 0)
	s.kubectl("create deployment web --image=nginx:1.26 --replicas=3", "", 30*time.Second)
	s.kubectl("delete deployment,pod,service --all", "", time.Minute)
	require.Empty(t, s.page.Pods)
	require.Empty(t, s.page.Workloads)
	require.Greater(t, s.taken, 500)
	require.Zero(t, s.c.Stage.PodCounts()[corev1.PodRunning])
}

// A pod keeps its slot while it lives; slots of the gone are used again.
func TestSlots(t *testing.T) {
	s := newSession(t, 2, 3, 200)
	s.kubectl("create deployment web --image=nginx --replicas=10", "", 20*time.Second)
	before := map[string]int32{}
	for slot, x := range s.page.Pods {
		before[x.Name] = slot
	}
	require.Len(t, before, 10)
	s.kubectl("scale deployment/web --replicas=4", "", time.Minute)
	for slot, x := range s.page.Pods {
		require.Equal(t, before[x.Name], slot)
	}
	require.Len(t, s.page.Pods, 4)
	s.kubectl("scale deployment/web --replicas=10", "", time.Minute)
	for slot, x := range s.page.Pods {
		require.Less(t, slot, int32(10), "a free slot before a new one")
		if at, ok := before[x.Name]; ok {
			require.Equal(t, at, slot)
		}
	}
}

// How often one looks does not change what is seen.
func TestFramesDoNotDisturb(t *testing.T) {
	picture := func(every int) (*page, string) {
		s := newSession(t, 3, 3, every)
		s.kubectl("create deployment web --image=nginx:1.25 --replicas=5", "", 20*time.Second)
		s.kubectl("set image deployment/web nginx=nginx:1.26", "", 10*time.Second)
		s.kubectl("label pod -l app=web x=y", "", 5*time.Second)
		return s.page, s.c.Stats().JournalHash
	}
	often, h1 := picture(7)
	seldom, h2 := picture(100000)
	require.Equal(t, h1, h2)
	require.Equal(t, often, seldom)
}

func TestMarksPulsesAndRequests(t *testing.T) {
	c, err := engine.New(engine.Config{Nodes: 2, Seed: 1})
	require.NoError(t, err)
	c.RunTo(sim.Time(time.Minute), c.Ready, 0)
	f := c.Stage.Take(c.Requests())
	require.Len(t, f.Pulses, 240)
	require.Positive(t, f.PulsesDropped)
	run := func(line string) {
		p, err := c.Start(engine.Command{Op: engine.OpKubectl, Line: line}, engine.Output{})
		require.NoError(t, err)
		c.RunTo(c.Now().Add(time.Minute), p.Done, 0)
	}
	run("create deployment web --image=nginx --replicas=2")
	run("expose deployment web --port=80")
	run("get pods")
	c.RunTo(c.Now().Add(30*time.Second), func() bool { return c.Stage.ReadyPods() == 2 }, 0)
	c.RunTo(c.Now().Add(5*time.Second), nil, 0)
	require.NoError(t, c.Do(engine.Command{Op: engine.OpTraffic, Name: "web", RPS: 10}))
	c.RunTo(c.Now().Add(5*time.Second), nil, 0)
	require.NoError(t, c.Do(engine.Command{Op: engine.OpKill, Name: "node-1"}))
	c.RunTo(c.Now().Add(60*time.Second), nil, 0)
	f = c.Stage.Take(c.Requests())
	var marks []string
	for _, m := range f.Marks {
		marks = append(marks, m.Kind+" "+m.Text)
		require.NotNil(t, c.Sim.Journal.Get(sim.RecordID(m.Record)))
	}
	require.Equal(t, []string{
		"command kubectl create deployment web --image=nginx --replicas=2",
		"command kubectl expose deployment web --port=80",
		"command load: 10 requests a second to web",
		"fault node-1 lost power",
	}, marks[:4], "reading is no mark")
	require.True(t, slices.ContainsFunc(marks[4:], func(m string) bool { return strings.HasPrefix(m, "notice node-1: Ready ") }), marks)
	require.NotEmpty(t, f.Requests)
	ids := map[uint64]bool{}
	good, bad := 0, 0
	for _, r := range f.Requests {
		require.False(t, ids[r.ID])
		ids[r.ID] = true
		if r.OK {
			good++
			require.GreaterOrEqual(t, r.Pod, 0)
			require.Empty(t, r.Reason)
		} else {
			bad++
			require.NotEmpty(t, r.Reason)
		}
	}
	require.Positive(t, good)
	require.Positive(t, bad, "some go to the dead node")
	require.Positive(t, f.RequestsDropped+len(f.Requests)-240, fmt.Sprint("650 requests, ", len(f.Requests)))
	f = c.Stage.Take(c.Requests())
	require.Empty(t, f.Requests)
	require.Empty(t, f.Marks)
	require.Zero(t, f.Totals.APIPerSec, "no time has passed")
	for _, n := range f.Nodes {
		require.Fail(t, "nothing changed", n.Name)
	}
}
