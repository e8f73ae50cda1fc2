package session

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

const canary = `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: hello
        image: gcr.io/google-samples/hello-app:1.0
        readinessProbe: {httpGet: {path: /, port: 8080}}
`

type script struct {
	t *testing.T
	s *Session
}

func begin(t *testing.T, conf engine.Config) *script {
	s, err := New(conf)
	require.NoError(t, err)
	x := &script{t, s}
	x.run(s.Cluster().Ready, time.Minute)
	return x
}

func (x *script) run(held func() bool, d time.Duration) {
	x.t.Helper()
	_, err := x.s.RunTo(x.s.Cluster().Now().Add(d), held, 0)
	require.NoError(x.t, err)
}

func (x *script) do(cmd engine.Command) {
	x.t.Helper()
	p, err := x.s.Start(cmd, engine.Output{})
	require.NoError(x.t, err)
	if p != nil {
		x.run(p.Done, time.Second)
	}
}

func (x *script) kubectl(line string) {
	x.do(engine.Command{Op: engine.OpKubectl, Line: "kubectl " + line})
}

func (x *script) arrive(k *Seek, err error) {
	x.t.Helper()
	require.NoError(x.t, err)
	for {
		done, err := k.Run(100)
		require.NoError(x.t, err)
		if done {
			return
		}
	}
}

// hour is a session as somebody may have had it: an application under load, a rollout, a node that dies and comes back.
func hour(t *testing.T) *script {
	x := begin(t, engine.Config{Nodes: 3, Seed: 5, Addons: true})
	x.do(engine.Command{Op: engine.OpKubectl, Line: "kubectl apply -f -", Files: map[string]string{"-": canary}})
	x.run(nil, 2*time.Minute)
	x.do(engine.Command{Op: engine.OpTraffic, Name: "web", RPS: 2})
	x.run(nil, 10*time.Minute)
	x.kubectl("set image deployment/web hello=gcr.io/google-samples/hello-app:2.0")
	x.run(nil, 8*time.Minute)
	x.kubectl("get pods -o wide")
	x.do(engine.Command{Op: engine.OpKill, Name: "node-2"})
	x.run(nil, 20*time.Minute)
	x.do(engine.Command{Op: engine.OpRestart, Name: "node-2"})
	x.kubectl("scale deployment web --replicas=7")
	x.run(nil, 19*time.Minute)
	return x
}

// state is everything that a panel shows.
func state(t *testing.T, c *engine.Cluster) string {
	c.Stage.Everything()
	f := c.Stage.Take(0)
	// What moved since the last look is no part of it.
	f.Requests, f.Pulses, f.PulsesDropped, f.RequestsDropped, f.Totals.APIPerSec = nil, nil, 0, 0, 0
	b, err := json.Marshal([]any{f, c.Stats(), c.Events(1000), c.ControlPlane(), c.Faults(), c.Writes(), c.TrafficStats()})
	require.NoError(t, err)
	why, err := c.Why("deployments/default/web")
	if err == nil {
		more, err := json.Marshal(why)
		require.NoError(t, err)
		b = append(b, more...)
	}
	return string(b)
}

func TestTenMomentsOfAnHour(t *testing.T) {
	x := hour(t)
	end := x.s.Moment()
	endHash := x.s.hash()
	require.Greater(t, end.At, sim.Time(58*time.Minute))
	log := x.s.Current().Log()
	rng := rand.New(rand.NewPCG(11, 12))
	for i := range 10 {
		at := sim.Time(rng.Int64N(int64(end.At)))
		x.arrive(x.s.ToTime(0, at))
		require.True(t, x.s.Past())
		require.Equal(t, at, x.s.Moment().At)
		var before []engine.Command
		for _, cmd := range log {
			if cmd.At <= at {
				before = append(before, cmd)
			}
		}
		fresh, err := engine.Replay(x.s.Config(), before, at)
		require.NoError(t, err)
		require.Equal(t, fresh.Moment(), x.s.Moment())
		want, got := state(t, fresh), state(t, x.s.Cluster())
		if want != got {
			n := 0
			for n < min(len(want), len(got)) && want[n] == got[n] {
				n++
			}
			require.Fail(t, "another state", "moment %d, %v:\n%s\n%s", i, at, want[max(0, n-100):min(len(want), n+100)], got[max(0, n-100):min(len(got), n+100)])
		}
	}
	require.Greater(t, len(x.s.Cluster().Events(1000)), 20, "etcd's compaction takes no Events away")
	// Time goes on along the record, over its end.
	x.run(nil, end.At.Sub(x.s.Moment().At)+time.Minute)
	require.False(t, x.s.Past())
	x.arrive(x.s.To(0, end))
	require.Equal(t, endHash, x.s.hash())
}

func TestBranches(t *testing.T) {
	x := hour(t)
	trunk := x.s.Moment()
	hash := x.s.hash()
	// Another way to go from before the rollout.
	x.arrive(x.s.ToTime(0, sim.Time(11*time.Minute)))
	_, err := x.s.Start(engine.Command{Op: engine.OpKubectl, Line: "kubectl delete deployment web"}, engine.Output{})
	require.ErrorContains(t, err, "begin a branch first")
	b, err := x.s.Fork("gone")
	require.NoError(t, err)
	require.False(t, x.s.Past())
	x.kubectl("delete deployment web")
	x.run(nil, 5*time.Minute)
	other, otherHash := x.s.Moment(), x.s.hash()
	// Both are what they were, however often one goes to and fro.
	for range 2 {
		x.arrive(x.s.ToEnd(0))
		require.Equal(t, trunk, x.s.Moment())
		require.Equal(t, hash, x.s.hash())
		x.arrive(x.s.ToEnd(b.ID))
		require.Equal(t, other, x.s.Moment())
		require.Equal(t, otherHash, x.s.hash())
	}
	require.Equal(t, "gone", x.s.Current().Name)
	require.Len(t, x.s.Current().Own(), 1)
	require.Error(t, x.s.Drop(b.ID), "it is shown")
	require.NoError(t, x.s.Drop(0))
	require.Len(t, x.s.Current().Own(), 3, "its parent's commands are its own now")
	x.arrive(x.s.ToTime(b.ID, sim.Time(time.Minute)))
	require.Equal(t, sim.Time(time.Minute), x.s.Moment().At)
}

// Who looks in the past leaves no trace there.
func TestDetour(t *testing.T) {
	x := hour(t)
	end, hash := x.s.Moment(), x.s.hash()
	x.arrive(x.s.ToTime(0, sim.Time(15*time.Minute)))
	m, h := x.s.Moment(), x.s.hash()
	out := ""
	p, err := x.s.Start(engine.Command{Op: engine.OpKubectl, Line: "kubectl get deployment web"}, engine.Output{Out: func(s string) { out += s }})
	require.NoError(t, err)
	x.run(p.Done, time.Second)
	require.Contains(t, out, "4/4")
	require.True(t, x.s.Detour())
	require.Equal(t, m, x.s.Moment())
	_, err = x.s.Fork("")
	require.Error(t, err)
	x.arrive(x.s.Back())
	require.Equal(t, h, x.s.hash())
	x.arrive(x.s.ToEnd(0))
	require.Equal(t, end, x.s.Moment())
	require.Equal(t, hash, x.s.hash())
	require.Len(t, x.s.Branches(), 1)
}

func TestUndo(t *testing.T) {
	x := hour(t)
	hash := x.s.hash()
	undo := func() string {
		k, i, err := x.s.Undo()
		x.arrive(k, err)
		_, err = x.s.Fork("")
		require.NoError(t, err)
		cmd := x.s.Branches()[0].Log()[i]
		return cmd.Op + " " + cmd.Name + cmd.Line
	}
	require.Equal(t, "kubectl kubectl scale deployment web --replicas=7", undo())
	require.Equal(t, "restart node-2", undo())
	require.Equal(t, "kill node-2", undo())
	require.Contains(t, undo(), "set image", "what only looked is nothing to undo")
	require.Len(t, x.s.Branches(), 2, "branches on which nobody did anything go")
	x.run(nil, time.Minute)
	x.kubectl("scale deployment web --replicas=1")
	x.arrive(x.s.ToEnd(0))
	require.Equal(t, hash, x.s.hash())
	require.Len(t, x.s.Branches(), 2)
}

func TestGiveUp(t *testing.T) {
	x := hour(t)
	hash := x.s.hash()
	k, err := x.s.ToTime(0, sim.Time(30*time.Minute))
	require.NoError(t, err)
	done, err := k.Run(1000)
	require.NoError(t, err)
	require.False(t, done)
	require.Equal(t, hash, x.s.hash(), "what is shown stays")
	k.GiveUp()
	x.arrive(x.s.ToTime(0, sim.Time(20*time.Minute)))
	// In the past the cluster shown is the nearest to start from.
	k, err = x.s.ToTime(0, sim.Time(50*time.Minute))
	require.NoError(t, err)
	_, err = k.Run(1000)
	require.NoError(t, err)
	k.GiveUp()
	require.True(t, x.s.Past())
	x.arrive(x.s.ToEnd(0))
	require.Equal(t, hash, x.s.hash())
}

func open(t *testing.T, text string) *script {
	r, err := Decode(text)
	require.NoError(t, err)
	s, k, err := r.Open()
	x := &script{t, s}
	x.arrive(k, err)
	require.NoError(t, r.Check(s))
	return x
}

func TestTextHoldsASession(t *testing.T) {
	x := hour(t)
	x.arrive(x.s.ToTime(0, sim.Time(11*time.Minute)))
	_, err := x.s.Fork("gone")
	require.NoError(t, err)
	x.kubectl("delete deployment web")
	x.arrive(x.s.ToTime(1, sim.Time(5*time.Minute)))
	text, err := x.s.Encode(-1)
	require.NoError(t, err)
	y := open(t, text)
	require.Equal(t, x.s.hash(), y.s.hash())
	again, err := y.s.Encode(-1)
	require.NoError(t, err)
	require.Equal(t, text, again)
	for _, id := range []int{0, 1} {
		x.arrive(x.s.ToEnd(id))
		y.arrive(y.s.ToEnd(id))
		require.Equal(t, x.s.hash(), y.s.hash())
		require.Equal(t, x.s.Moment(), y.s.Moment())
	}
	alone, err := x.s.Encode(0)
	require.NoError(t, err)
	z := open(t, alone)
	require.Len(t, z.s.Branches(), 1)
	x.arrive(x.s.ToEnd(0))
	require.Equal(t, x.s.hash(), z.s.hash())
}

// A link with two hundred actions fits into what chat programs take.
func TestTwoHundredActionsInALink(t *testing.T) {
	x := begin(t, engine.Config{Nodes: 3, Seed: 5, Addons: true})
	x.do(engine.Command{Op: engine.OpKubectl, Line: "kubectl apply -f -", Files: map[string]string{"-": canary}})
	rng := rand.New(rand.NewPCG(1, 2))
	for i := 1; i < 200; i++ {
		// The page's clock stands at whole milliseconds while it plays.
		x.run(nil, time.Duration(200+rng.IntN(30_000))*time.Millisecond)
		switch rng.IntN(6) {
		case 0:
			x.kubectl(fmt.Sprintf("scale deployment web --replicas=%d", 1+rng.IntN(20)))
		case 1:
			x.kubectl(fmt.Sprintf("set image deployment/web hello=gcr.io/google-samples/hello-app:%d.0", 1+rng.IntN(2)))
		case 2:
			x.kubectl("get pods -o wide")
		case 3:
			x.do(engine.Command{Op: engine.OpTraffic, Name: "web", RPS: float64(rng.IntN(20))})
		case 4:
			x.kubectl(fmt.Sprintf("cordon node-%d", 1+rng.IntN(3)))
		case 5:
			x.kubectl("rollout undo deployment/web")
		}
		x.s.Cluster().Sim.RunUntil((x.s.Cluster().Now()+999_999)/1e6*1e6, 0)
	}
	text, err := x.s.Encode(-1)
	require.NoError(t, err)
	require.Len(t, x.s.Current().Log(), 200)
	var z bytes.Buffer
	w, err := flate.NewWriter(&z, 9)
	require.NoError(t, err)
	_, err = w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	link := base64.RawURLEncoding.EncodeToString(z.Bytes())
	t.Logf("text %d bytes, link %d characters", len(text), len(link))
	require.Less(t, len(link), 4096)
}

func TestDecodeRefuses(t *testing.T) {
	good := `{"tabernetes":1,"version":"v1.37.2","nodes":1,"masters":1,"seed":1,"branches":[{"id":0,"parent":-1,"end":"5000 9 1","t":"10.5","n":"3","do":["get pods"]}],"branch":0,"at":"0 0 0","hash":""}`
	_, err := Decode(good)
	require.NoError(t, err)
	for _, c := range [][3]string{
		{`"tabernetes":1`, `"tabernetes":2`, "its format is 2"},
		{`"nodes":1`, `"nodes":100000`, "nodes: 100000"},
		{`"masters":1`, `"masters":2`, "masters: 2"},
		{`"seed":1`, `"seed":1,"more":true`, "unknown field"},
		{`"end":"5000 9 1"`, `"end":"5 9 1"`, "before its last command"},
		{`"end":"5000 9 1"`, `"end":"99999999999999 9 1"`, "not a time"},
		{`"end":"5000 9 1"`, `"end":"5000 9 7"`, "before its last command"},
		{`"t":"10.5"`, `"t":"10.5 3"`, "2 times"},
		{`"t":"10.5"`, `"t":"-1"`, "not a time"},
		{`"t":"10.5"`, `"t":"10.1234567"`, "not a time"},
		{`"n":"3"`, `"n":"3.5"`, "not a number of events"},
		{`"do":["get pods"]`, `"do":[["get pods"]]`, "cannot unmarshal"},
		{`"do":["get pods"]`, `"do":[{"line":"x","evil":1}]`, "unknown field"},
		{`"parent":-1`, `"parent":3`, "moment"},
		{`"parent":-1`, `"parent":3,"fork":"0 0 0"`, "does not hang on"},
		{`"at":"0 0 0"`, `"at":"6000 10 1"`, "after its end"},
		{`"at":"0 0 0"`, `"at":"0 0"`, "not a moment"},
		{`"branch":0`, `"branch":4`, "no branch 4"},
		{`"id":0`, `"id":0,"name":"a\nb"`, "control characters"},
		{`"do":["get pods"]}`, `"do":["get pods"]},{"id":1,"parent":0,"fork":"20 4 1","end":"5000 9 2","t":"9","n":"4","do":["get nodes"]}`, "before those of branch 0"},
	} {
		bad := strings.Replace(good, c[0], c[1], 1)
		require.NotEqual(t, good, bad)
		_, err := Decode(bad)
		require.ErrorContains(t, err, c[2], bad)
		require.ErrorContains(t, err, "this is not a session")
	}
	_, err = Decode(strings.Repeat(" ", MaxText+1))
	require.Error(t, err)
	for n := range len(good) {
		_, err := Decode(good[:n])
		require.Error(t, err)
	}
}

// Text of another version ends in an error that says so, and leaves its manifests.
func TestOtherVersion(t *testing.T) {
	x := begin(t, engine.Config{Nodes: 1, Seed: 1})
	x.do(engine.Command{Op: engine.OpKubectl, Line: "kubectl apply -f -", Files: map[string]string{"-": canary}})
	x.run(nil, time.Minute)
	x.kubectl("scale deployment web --replicas=2")
	x.run(nil, time.Minute)
	text, err := x.s.Encode(-1)
	require.NoError(t, err)
	late := x.s.Current().Log()[1].After - x.s.Current().Log()[0].After
	for _, bad := range []string{
		strings.Replace(text, fmt.Sprintf(" %d\"", late), fmt.Sprintf(" %d\"", late+7), 1),
		strings.Replace(text, `"hash":"`, `"hash":"1`, 1),
	} {
		require.NotEqual(t, text, bad)
		r, err := Decode(bad)
		if err != nil {
			require.ErrorContains(t, err, "too long") // a hash of sixteen digits
			continue
		}
		s, k, err := r.Open()
		require.NoError(t, err)
		for done := false; !done && err == nil; {
			done, err = k.Run(1000)
		}
		if err == nil {
			err = r.Check(s)
		}
		require.ErrorContains(t, err, "another version")
		require.Contains(t, r.Manifests(), "kind: Deployment")
		require.Contains(t, r.Manifests(), "# kubectl scale deployment web --replicas=2")
	}
}

// FuzzDecode: whatever is read as a session can be opened and played for a while, or says why not.
func FuzzDecode(f *testing.F) {
	f.Add(`{"tabernetes":1,"version":"v1.37.2","nodes":1,"masters":1,"seed":1,"branches":[{"id":0,"parent":-1,"end":"5000 9 1","t":"10.5","n":"3","do":["get pods"]}],"branch":0,"at":"5000 9 1","hash":""}`)
	f.Add(`{"tabernetes":1,"version":"x","nodes":0,"masters":1,"seed":1,"branches":[{"id":0,"parent":-1,"end":"9 9 2","t":"1 1","n":"3 0","do":["$ exec -it x -- sh",{"op":"input","of":0,"line":"\u0004"}]},{"id":1,"parent":0,"fork":"3 3 1","end":"9 9 1"}],"branch":1,"at":"1 1 0","hash":"0"}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Decode(text)
		if err != nil || r.conf.Nodes > 5 {
			return
		}
		s, k, err := r.Open()
		if err != nil {
			return
		}
		for range 20 {
			if done, err := k.Run(100); done || err != nil {
				break
			}
		}
		_, _ = s.RunTo(s.Cluster().Now().Add(time.Second), nil, 2000)
		_, err = s.Encode(-1)
		require.NoError(t, err)
	})
}
