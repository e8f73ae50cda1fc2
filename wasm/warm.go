package main

import (
	"time"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

// warmUp runs a small cluster that nobody sees while the user looks at a fresh page. A browser compiles a function well
// only after it has run for a while; without this the first apply would take four times as long as the second.
type warmUp struct {
	c    *engine.Cluster
	todo []func() bool // each is called until it reports that it is done
}

// warmMs is how much of each slice goes to warming up.
const warmMs = 6

func newWarmUp() *warmUp {
	c, err := engine.New(engine.Config{Nodes: 3, Masters: 1, Seed: 1})
	if err != nil {
		return nil
	}
	w := &warmUp{c: c}
	w.until(c.Ready)
	for range 3 {
		w.line("kubectl create deployment warm --image=nginx --replicas=9")
		w.until(c.Settled)
		w.line("kubectl delete deployment warm")
		w.until(c.Settled)
	}
	return w
}

func (w *warmUp) until(held func() bool) {
	var end sim.Time
	w.todo = append(w.todo, func() bool {
		if end == 0 {
			end = w.c.Now().Add(time.Minute)
		}
		return w.c.RunTo(end, held, 20)
	})
}

func (w *warmUp) line(text string) {
	w.todo = append(w.todo, func() bool {
		_ = w.c.Do(engine.Command{Op: engine.OpKubectl, Line: text})
		_ = w.c.RunTo(w.c.Now().Add(5*time.Millisecond), nil, 0)
		return true
	})
}

// run works for a few milliseconds and reports that all is done.
func (w *warmUp) run(now func() float64) bool {
	for start := now(); now()-start < warmMs; {
		if len(w.todo) == 0 {
			return true
		}
		if w.todo[0]() {
			w.todo = w.todo[1:]
		}
	}
	return len(w.todo) == 0
}
