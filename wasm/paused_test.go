package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

// configMaps are manifests of so many ConfigMaps.
func configMaps(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm-%d}\ndata: {n: \"%d\"}\n---\n", i, i)
	}
	return b.String()
}

// begin sends a line and runs the loop until there is nothing left to do, which for a line that waits is not its end.
func (h *fakeHost) begin(r request) (id int, over *lineResult) {
	h.t.Helper()
	r.ID, r.Op = len(h.answers)+1000, "run"
	h.b.receive(r)
	for len(h.b.jobs) > 0 {
		require.NotEmpty(h.t, h.queue)
		fn := h.queue[0]
		h.queue = h.queue[1:]
		fn()
	}
	for _, a := range h.answers {
		if a.ID == r.ID && a.Type == "result" {
			l := a.Value.(lineResult)
			over = &l
		}
		require.False(h.t, a.ID == r.ID && a.Type == "error", a.Message)
	}
	return r.ID, over
}

// A line that is at work runs to its end in a stopped clock, and the clock goes no further than that.
func TestManyObjectsInAPausedClock(t *testing.T) {
	h := newHost(t)
	h.init()
	const n = 700
	for _, c := range []struct{ line, verb string }{
		{"kubectl create -f -", "created"}, {"kubectl apply -f -", "configured"}, {"kubectl apply -f -", "unchanged"},
		{"kubectl replace -f -", "replaced"}, {"kubectl delete -f -", "deleted"}, {"kubectl apply --server-side -f -", "serverside-applied"},
	} {
		t.Run(c.line+" "+c.verb, func(t *testing.T) {
			before := h.b.c.Now()
			_, over := h.begin(request{Line: c.line, Files: map[string]string{"-": configMaps(n)}})
			require.NotNil(t, over, "the line hangs in the stopped clock")
			require.Zero(t, over.Code, over.Stderr)
			require.Equal(t, n, strings.Count(over.Stdout, c.verb), over.Stdout)
			took := h.b.c.Now().Sub(before)
			if c.verb != "unchanged" { // which only reads
				require.Greater(t, took, pausedGrace, "the list is too short to show anything")
			}
			require.Less(t, took, pausedLimit)
			require.Equal(t, h.b.c.Log()[len(h.b.c.Log())-1].At, before)
		})
	}
	// Two commands on a line are one line, also while the second is loaded.
	before := h.b.c.Now()
	_, over := h.begin(request{Line: "kubectl apply -f -; kubectl get configmap -o name", Files: map[string]string{"-": configMaps(n)}})
	require.NotNil(t, over)
	require.Equal(t, n, strings.Count(over.Stdout, " configured\n"))
	require.Contains(t, over.Stdout, "\nconfigmap/cm-0\n")
	require.Greater(t, h.b.c.Now().Sub(before), pausedGrace)
	// What ran is in the log as ever: a replay comes to the same.
	again, err := engine.Replay(h.b.c.Config(), h.b.c.Log(), h.b.c.Now())
	require.NoError(t, err)
	require.Equal(t, h.b.c.Moment(), again.Moment())
	require.Equal(t, h.hash(), again.Stats().JournalHash)
}

// What waits for others has its second and no more, until the clock plays.
func TestWaitingInAPausedClock(t *testing.T) {
	h := newHost(t)
	h.init()
	h.kubectl("create deployment web --image=nginx --replicas=2")
	h.kubectl("create deployment never --image=example.com/no-such-image")
	for _, line := range []string{
		"rollout status deployment/never", "get pods -w", "wait --for=condition=Available deployment/never", "wait --for=create configmap/never",
		"create configmap a --from-literal=a=b; kubectl rollout status deployment/never",
	} {
		t.Run(line, func(t *testing.T) {
			before := h.b.c.Now()
			id, over := h.begin(request{Line: "kubectl " + line})
			require.Nil(t, over)
			require.Equal(t, before.Add(pausedGrace), h.b.c.Now())
			h.good(request{Op: "cancel", Target: id})
		})
	}
	// In a pod: its stream is nothing that the line does by itself.
	h.good(request{Op: "settle", MaxSeconds: 120})
	for _, line := range []string{"logs -f deployment/web", "exec deployment/web -- sleep 60"} {
		t.Run(line, func(t *testing.T) {
			before := h.b.c.Now()
			id, over := h.begin(request{Line: "kubectl " + line})
			require.Nil(t, over)
			require.Equal(t, before.Add(pausedGrace), h.b.c.Now())
			h.good(request{Op: "cancel", Target: id})
		})
	}
	// A server that does not answer holds the clock up after a second, counted from the request; slow ones after the limit.
	h.kubectl("disk control-plane-1 2s")
	before := h.b.c.Now()
	id, over := h.begin(request{Line: "kubectl create configmap b --from-literal=a=b"})
	require.Nil(t, over)
	require.InDelta(t, float64(pausedGrace), float64(h.b.c.Now().Sub(before)), float64(200*time.Millisecond))
	h.good(request{Op: "advance", Seconds: 10})
	require.Nil(t, h.b.running[id])
	h.kubectl("disk control-plane-1 100ms")
	h.good(request{Op: "advance", Seconds: 60}) // what the others had to write
	before = h.b.c.Now()
	_, over = h.begin(request{Line: "kubectl apply -f -", Files: map[string]string{"-": configMaps(400)}})
	require.Nil(t, over)
	require.Equal(t, sim.Time(pausedLimit), sim.Time(h.b.c.Now().Sub(before)))
}
