package engine_test

import (
	"fmt"
	"testing"
	"time"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

func kubectl(t testing.TB, c *engine.Cluster, line, stdin string) string {
	t.Helper()
	var out string
	put := func(s string) { out += s }
	p, err := c.Start(engine.Command{Op: engine.OpKubectl, Line: line, Files: map[string]string{"-": stdin}}, engine.Output{Out: put, Err: put})
	if err != nil {
		t.Fatal(err)
	}
	c.RunTo(c.Now().Add(10*time.Minute), p.Done, 0)
	return out
}

func ready(t testing.TB, nodes int) *engine.Cluster {
	t.Helper()
	c, err := engine.New(engine.Config{Nodes: nodes, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	c.RunTo(sim.Time(time.Minute), c.Ready, 0)
	return c
}

// BenchmarkPods is apply → all Ready of one Deployment.
func BenchmarkPods(b *testing.B) {
	for _, s := range []struct{ nodes, pods int }{{3, 9}, {100, 1000}, {1000, 10000}} {
		b.Run(fmt.Sprintf("nodes=%d/pods=%d", s.nodes, s.pods), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				c := ready(b, s.nodes)
				e := c.Sim.Executed()
				b.StartTimer()
				kubectl(b, c, fmt.Sprintf("create deployment web --image=nginx --replicas=%d", s.pods), "")
				c.RunTo(c.Now().Add(15*time.Minute), func() bool { return c.Stage.ReadyPods() == s.pods }, 0)
				if n := c.Stage.ReadyPods(); n != s.pods {
					b.Fatalf("%d of %d pods Ready", n, s.pods)
				}
				b.ReportMetric(float64(c.Sim.Executed()-e)/float64(s.pods), "events/pod")
			}
		})
	}
}

// BenchmarkIdle is a minute of a cluster in which nothing happens.
func BenchmarkIdle(b *testing.B) {
	c := ready(b, 100)
	c.RunTo(c.Now().Add(time.Minute), nil, 0)
	e := c.Sim.Executed()
	b.ResetTimer()
	for range b.N {
		c.RunTo(c.Now().Add(time.Minute), nil, 0)
	}
	b.ReportMetric(float64(c.Sim.Executed()-e)/float64(b.N)/60, "events/virtual-s")
	b.ReportMetric(60*float64(b.N)/b.Elapsed().Seconds(), "virtual-s/s")
}
