package browsertest

import (
	"fmt"
	"os"
	"sort"
	"testing"
)

const benchEnv = "TABERNETES_BENCH"

func median(v []float64) float64 { sort.Float64s(v); return v[len(v)/2] }

// TestBench prints the budgets that can be measured in a browser. It asserts no time.
func TestBench(t *testing.T) {
	needBrowser(t, benchEnv)
	fmt.Println("What                                                          median")
	var opened, nine []float64
	for i := 0; i < 5; i++ {
		tb := open(t, "", 1280, 800)
		tb.ready()
		opened = append(opened, js[float64](tb, "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"))
		tb.do("window.tabernetes.idle()")
		tb.do("window.tabernetes.clock.pause()")
		nine = append(nine, js[float64](tb, `(async () => {
			const y = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 9\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: nginx}]}\n";
			const t = performance.now();
			await window.tabernetes.apply(y);
			await window.tabernetes.clock.settle(300);
			return performance.now() - t;
		})()`))
		tb.close()
	}
	fmt.Printf("page opened → 3 nodes Ready and drawn (bar 2000 ms)           %.0f ms\n", median(opened))
	fmt.Printf("3 nodes, 9 pods: apply → all Ready (bar 100 ms)               %.0f ms\n", median(nine))

	// JavaScript of a frame, without the browser's own painting.
	tb := open(t, "?masters=3", 1280, 800)
	tb.ready()
	tb.do("new Promise(r => setTimeout(r, 4000))")
	fmt.Printf("3 masters: JavaScript of a frame of the stage              %.2f ms\n", median(js[[]float64](tb, "[...document.querySelector('tab-stage').frameMs].filter(x => x > 0)")))
	tb.close()

	tb = open(t, "", 1280, 800)
	tb.ready()
	tb.do("window.tabernetes.reset({nodes: 100, masters: 1, seed: 1})")
	tb.do("window.tabernetes.clock.pause()")
	rate := js[float64](tb, `(async () => { await window.tabernetes.clock.advance(30); const t = performance.now(); await window.tabernetes.clock.advance(600); return 600e3 / (performance.now() - t) })()`)
	fmt.Printf("idle 100-node cluster, virtual seconds per second (bar 1000)  %.0f\n", rate)
	tb.close()

	shape := func(nodes, pods int, bar string) {
		tb := open(t, "", 1280, 800)
		tb.ready()
		tb.do(fmt.Sprintf("window.tabernetes.reset({nodes: %d, masters: 1, seed: 1})", nodes))
		tb.do("window.tabernetes.clock.pause()")
		r := js[struct {
			Ms      float64
			Virtual float64
			Ready   string
			Memory  float64
		}](tb, fmt.Sprintf(`(async () => {
			const y = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: %d\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: nginx}]}\n";
			const s0 = await window.tabernetes.stats(), t = performance.now();
			await window.tabernetes.apply(y);
			await window.tabernetes.clock.settle(900);
			const ms = performance.now() - t, s1 = await window.tabernetes.stats();
			const k = await window.tabernetes.kubectl("get deployment web --no-headers");
			return {Ms: ms, Virtual: s1.now - s0.now, Ready: k.stdout.trim(), Memory: 0};
		})()`, pods))
		fmt.Printf("%d nodes, %d pods: apply → all Ready (bar %s)  %.0f ms, %.1f s virtual: %s\n", nodes, pods, bar, r.Ms, r.Virtual, r.Ready)
		tb.noErrors()
		tb.close()
	}
	shape(100, 1000, "none")
	if os.Getenv("TABERNETES_BENCH") != "quick" {
		shape(1000, 10000, "10000 ms")
	}
	if os.Getenv("TABERNETES_BENCH_BIG") != "" {
		shape(5000, 150000, "runs")
	}
}
