//go:build js && wasm

// Command schedulerperf runs engine/schedulerperf in a browser and leaves what came out in the page's global
// schedulerPerf: a list of {name, nodes, pods, seconds, floor, error}, complete when schedulerPerfDone is true. It is
// built for `make bench` alone.
package main

import (
	"strconv"
	"syscall/js"
	"time"

	"tabernetes/engine/schedulerperf"
)

func main() {
	global := js.Global()
	results := global.Get("Array").New()
	global.Set("schedulerPerf", results)
	for _, nodes := range []int{500, 5000} {
		for _, s := range schedulerperf.Shapes(nodes) {
			r := map[string]any{"name": s.Name, "nodes": nodes, "pods": s.Measure, "floor": s.Floor}
			seconds, err := measure(s)
			r["seconds"] = seconds
			if err != nil {
				r["error"] = err.Error()
			}
			results.Call("push", r)
			global.Get("document").Set("title", s.Name+" "+strconv.Itoa(nodes))
			time.Sleep(time.Millisecond) // the page may answer
		}
	}
	global.Set("schedulerPerfDone", true)
}

func measure(s schedulerperf.Shape) (seconds float64, err error) {
	w, err := schedulerperf.Prepare(s)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	err = w.Measure()
	return time.Since(start).Seconds(), err
}
