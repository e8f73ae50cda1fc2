package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

// Commands may come before anything has happened, as in a log that somebody made: they are refused, or do what they say.
func TestCommandsBeforeAnythingHappened(t *testing.T) {
	files := map[string]string{"x": "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"}
	cmds := map[string]engine.Command{"traffic": {Op: engine.OpTraffic, Name: "web", RPS: 5}}
	for _, line := range []string{"kubectl get nodes", "etcdctl member list", "kill node-1", "restart node-1", "pause control-plane-1", "kill etcd@control-plane-1",
		"restart kubelet@node-1", "cut node-1 *", "link node-1 control-plane-1 50ms 1%", "disk control-plane-1 full", "clock node-1 5s",
		"kube-scheduler --write-config-to -", "kube-scheduler --config=x"} {
		cmd, err := engine.ParseLine(line, files)
		require.NoError(t, err)
		cmds[line] = cmd
	}
	for name, cmd := range cmds {
		t.Run(name, func(t *testing.T) {
			c, err := engine.New(engine.Config{Nodes: 1, Seed: 1, Addons: true})
			require.NoError(t, err)
			if err := c.Do(cmd); err != nil {
				require.NotEmpty(t, err.Error())
				require.Empty(t, c.Log(), "what is refused is no part of the session")
			}
			c.Sim.RunUntil(sim.Time(10*time.Second), 0)
		})
	}
	c, err := engine.New(engine.Config{Nodes: 1, Seed: 1})
	require.NoError(t, err)
	require.ErrorContains(t, c.Do(cmds["kubectl get nodes"]), "has not started yet")
}
