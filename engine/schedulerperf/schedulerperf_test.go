package schedulerperf_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/schedulerperf"
)

// BenchmarkSchedulerPerf prints pods a second; upstream's floors are in Shapes.
func BenchmarkSchedulerPerf(b *testing.B) {
	for _, nodes := range []int{500, 5000} {
		for _, s := range schedulerperf.Shapes(nodes) {
			b.Run(fmt.Sprintf("%s/%dNodes_%dPods", s.Name, s.Nodes, s.Measure), func(b *testing.B) {
				for range b.N {
					b.StopTimer()
					w, err := schedulerperf.Prepare(s)
					require.NoError(b, err)
					b.StartTimer()
					require.NoError(b, w.Measure())
				}
				b.ReportMetric(float64(s.Measure*b.N)/b.Elapsed().Seconds(), "pods/s")
				if s.Floor > 0 {
					b.ReportMetric(float64(s.Floor), "floor-pods/s")
				}
			})
		}
	}
}

// Every shape comes to its end: its pods are placed whatever goes on beside them.
func TestShapes(t *testing.T) {
	for _, s := range schedulerperf.Shapes(50) {
		t.Run(s.Name, func(t *testing.T) {
			w, err := schedulerperf.Prepare(s)
			require.NoError(t, err)
			require.NoError(t, w.Measure())
		})
	}
}
