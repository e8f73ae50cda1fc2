package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

// A program ends with its container, however often it crashed before: a crash is no container more.
func TestProgramEndsWithItsContainer(t *testing.T) {
	const program = "metrics-server"
	c, err := engine.New(engine.Config{Nodes: 1, Seed: 1, Addons: true})
	require.NoError(t, err)
	run := func(d time.Duration) { c.RunTo(c.Now().Add(d), nil, 0) }
	c.RunTo(sim.Time(time.Minute), c.Ready, 0)
	run(time.Minute)
	up := func() (hosts []string) {
		for _, h := range c.Sim.Hosts() {
			for _, p := range h.Programs() {
				if p.Name == program && p.Up {
					hosts = append(hosts, h.Name)
				}
			}
		}
		return hosts
	}
	require.Len(t, up(), 1)
	rt := c.Runtime(up()[0])
	require.True(t, rt.Runs(program))
	c.Sim.Do(func() {
		c.Sim.Host(up()[0]).KillProgram(program)
		rt.Exited(program, 137)
	})
	require.Empty(t, up())
	run(time.Minute)
	require.Len(t, up(), 1, "the kubelet starts it again")
	require.NoError(t, c.Do(engine.Command{Op: engine.OpKubectl, Line: "kubectl scale deployment metrics-server -n kube-system --replicas=0"}))
	run(2 * time.Minute)
	require.Empty(t, up())
	require.False(t, rt.Runs(program))
}
