package persistentvolume

import (
	"time"

	"tabernetes/engine/sim"
)

// operation is work that goes on beside the queues, one of a name at a time; after an error it is not begun again before
// a growing pause is over (pkg/util/goroutinemap with exponential back-off, 500 ms to 2 m 2 s).
type operation struct {
	running bool
	failed  sim.Time
	pause   time.Duration
}

const (
	firstPause = 500 * time.Millisecond
	maxPause   = 2*time.Minute + 2*time.Second
)

// operate begins an operation unless it is running or was begun and failed not long ago.
func (k *Controller) operate(name string, work func(done func(error))) {
	op := k.operations[name]
	if op == nil {
		op = &operation{}
		k.operations[name] = op
	}
	if op.running || op.pause > 0 && k.a.Now().Sub(op.failed) <= op.pause {
		return
	}
	op.running = true
	work(func(err error) {
		op.running = false
		if err == nil {
			delete(k.operations, name)
			return
		}
		op.failed = k.a.Now()
		op.pause = min(max(2*op.pause, firstPause), maxPause)
	})
}
