package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

// running is a line of the terminal under way.
type running struct {
	p    *engine.Process
	text string
	code int
}

func start(t *testing.T, c *engine.Cluster, line string) *running {
	t.Helper()
	r := &running{code: -1}
	put := func(s string) { r.text += s }
	p, err := c.Start(engine.Command{Op: engine.OpKubectl, Line: line}, engine.Output{Out: put, Err: put, Done: func(code int) { r.code = code }, Keys: func(bool) {}})
	require.NoError(t, err)
	r.p = p
	return r
}

func streamCluster(t *testing.T, masters int) *engine.Cluster {
	t.Helper()
	c, err := engine.New(engine.Config{Nodes: 1, Masters: masters, Seed: 5})
	require.NoError(t, err)
	c.RunTo(sim.Time(time.Minute), c.Ready, 0)
	for _, line := range []string{"kubectl run box --image=busybox:1.36 --restart=Never -- sleep 36000", "kubectl run web --image=nginx:1.27",
		"kubectl wait --for=condition=Ready pod/box pod/web"} {
		r := start(t, c, line)
		c.RunTo(c.Now().Add(time.Minute), r.p.Done, 0)
		require.Zero(t, r.code, r.text)
	}
	c.RunTo(c.Now().Add(2*time.Second), nil, 0)
	return c
}

// Whatever breaks in the middle of a stream, its client hears of it.
func TestStreamsThatBreak(t *testing.T) {
	for name, fault := range map[string]struct{ line, text string }{
		"node":       {"kill node-1", "next reader: websocket: close 1006"},
		"kubelet":    {"kill kubelet@node-1", "next reader: websocket: close 1006"},
		"API server": {"kill kube-apiserver@control-plane-1", "next reader: websocket: close 1006"},
		"container":  {"kubectl delete pod box --now", "command terminated with exit code 137"},
	} {
		t.Run(name, func(t *testing.T) {
			c := streamCluster(t, 1)
			r := start(t, c, "kubectl exec -it box -- sh")
			c.RunTo(c.Now().Add(time.Second), nil, 0)
			require.Contains(t, r.text, "/ # ")
			forward := start(t, c, "kubectl port-forward web 8080:80")
			c.RunTo(c.Now().Add(time.Second), nil, 0)
			cmd, err := engine.ParseLine(fault.line, nil)
			require.NoError(t, err)
			require.NoError(t, c.Do(cmd))
			c.RunTo(c.Now().Add(20*time.Minute), r.p.Done, 0)
			require.Contains(t, r.text, fault.text)
			require.Equal(t, strings.Contains(fault.text, "137"), r.code == 137)
			if name != "container" {
				c.RunTo(c.Now().Add(time.Minute), forward.p.Done, 0)
				require.Contains(t, forward.text, "error: lost connection to pod")
				require.Equal(t, 1, forward.code)
			}
		})
	}
}

// A session with keys, Ctrl-C and a forwarded port is the same when it is played again.
func TestStreamsReplay(t *testing.T) {
	c := streamCluster(t, 1)
	r := start(t, c, "kubectl exec -it box -- sh")
	say := func(line string) {
		c.RunTo(c.Now().Add(time.Second), nil, 0)
		require.NoError(t, c.Do(engine.Command{Op: engine.OpInput, Of: r.p.N(), Line: line}))
	}
	say("echo $RANDOM; sleep 100")
	say("\x03")
	say("ls /etc")
	say("\x04")
	c.RunTo(c.Now().Add(time.Second), nil, 0)
	require.True(t, r.p.Done(), r.text)
	r = start(t, c, "kubectl port-forward web 8080:80")
	say("curl -s localhost:8080")
	say("\x03")
	c.RunTo(c.Now().Add(time.Second), nil, 0)
	require.Zero(t, r.code, r.text)
	again, err := engine.Replay(c.Config(), c.Log(), c.Now())
	require.NoError(t, err)
	require.Equal(t, c.Sim.Journal.Len(), again.Sim.Journal.Len())
}
