package browsertest

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBenchScheduler prints pods a second of upstream's scheduler_perf shapes, in the browser. It asserts no time.
func TestBenchScheduler(t *testing.T) {
	needBrowser(t, benchEnv)
	dir := os.Getenv("TABERNETES_SCHEDULERPERF")
	if dir == "" {
		t.Skip("make bench builds the program and names its folder")
	}
	tb := openDir(t, dir, "", 800, 600)
	type result struct {
		Name, Error        string
		Nodes, Pods, Floor int
		Seconds            float64
	}
	for shown := 0; ; {
		r := js[struct {
			Done    bool
			Results []result
		}](tb, `new Promise(then => setTimeout(() => then({Done: !!window.schedulerPerfDone, Results: window.schedulerPerf || []}), 1000))`)
		for _, r := range r.Results[shown:] {
			require.Empty(t, r.Error)
			floor := ""
			if r.Floor > 0 {
				floor = fmt.Sprintf("(upstream's floor %d)", r.Floor)
			}
			fmt.Printf("%-28s %4d nodes, %5d pods in the browser %8.0f pods/s %s\n", r.Name, r.Nodes, r.Pods, float64(r.Pods)/r.Seconds, floor)
		}
		if shown = len(r.Results); r.Done {
			break
		}
	}
}
