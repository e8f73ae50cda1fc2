package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

// What an autoscaler saw and did is remembered as it is committed, found by its own name and by its target's, and bounded.
func TestAutoscalingIsRemembered(t *testing.T) {
	c, err := engine.New(engine.Config{Nodes: 3, Masters: 1, Seed: 1, Addons: true})
	require.NoError(t, err)
	run := func(line string) {
		p, err := c.Start(engine.Command{Op: engine.OpKubectl, Line: line}, engine.Output{})
		require.NoError(t, err)
		require.True(t, c.RunTo(c.Now().Add(time.Minute), p.Done, 0))
	}
	c.RunTo(sim.Time(40*time.Second), nil, 0)
	run("kubectl create deployment web --image=registry.k8s.io/hpa-example")
	run("kubectl set resources deployment web --requests=cpu=200m --limits=cpu=500m")
	run("kubectl expose deployment web --port=80")
	require.Nil(t, c.Autoscaling("deployments/default/web"))
	run("kubectl autoscale deployment web --cpu=50% --max=6")
	c.RunTo(c.Now().Add(time.Minute), nil, 0)
	require.NoError(t, c.Do(engine.Command{Op: engine.OpTraffic, Name: "web", RPS: 8}))
	c.RunTo(c.Now().Add(5*time.Minute), nil, 0)

	x := c.Autoscaling("hpa/web")
	require.Same(t, x, c.Autoscaling("deployments/default/web"))
	require.Nil(t, c.Autoscaling("deployments/default/other"))
	require.Equal(t, "horizontalpodautoscalers/default/web", x.Ref)
	require.Equal(t, "deployments/default/web", x.Target)
	require.Equal(t, "cpu", x.Metric)
	require.Equal(t, "%", x.Unit)
	require.EqualValues(t, 1, x.Min)
	require.EqualValues(t, 6, x.Max)
	n := len(x.At)
	for _, got := range []int{len(x.Value), len(x.Goal), len(x.Desired), len(x.Actual), len(x.Ready)} {
		require.Equal(t, n, got)
	}
	require.True(t, slices.IsSorted(x.At))
	require.EqualValues(t, -1, x.Value[0], "unknown before the first metrics")
	require.Greater(t, slices.Max(x.Value), 100.0)
	require.EqualValues(t, 50, x.Goal[n-1])
	require.EqualValues(t, 6, x.Desired[n-1])
	require.EqualValues(t, 6, x.Ready[n-1])
	asked, there := slices.Index(x.Desired, 6), slices.Index(x.Ready, 6)
	require.Less(t, x.At[asked], x.At[there], "pods follow what is asked for")

	hash := c.Sim.Journal.Hash()
	c.RunTo(c.Now().Add(3*time.Hour), nil, 0)
	require.LessOrEqual(t, len(c.Autoscaling("hpa/web").At), 400)
	require.NotEqual(t, hash, c.Sim.Journal.Hash())
	run("kubectl delete hpa web")
	require.Nil(t, c.Autoscaling("hpa/web"))
	require.Nil(t, c.Autoscaling("deployments/default/web"))
}
