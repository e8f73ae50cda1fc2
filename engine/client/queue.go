package client

import (
	"cmp"
	"time"

	"tabernetes/engine/sim"
)

// ReconcileCost is the virtual time a controller spends on one key before its writes leave.
const ReconcileCost = 200 * time.Microsecond

// Queue is a rate-limited work queue: a key that is added many times while it waits is worked on once; a key is
// never worked on twice at the same time. The work is done in the context (cause) of the newest Add.
type Queue struct {
	// MinBackOff and MaxBackOff are the first wait after an error and the longest; 5 ms and 1000 s unless they are set.
	MinBackOff, MaxBackOff time.Duration

	a         *sim.Actor
	name      string
	workers   int
	reconcile func(key string, done func(error))

	fifo    []string
	head    int
	items   map[string]*item
	active  int
	started bool
}

type item struct {
	ctx      sim.Context
	queued   bool
	running  bool
	again    bool
	busy     bool // the world is kept unsettled for it
	failures int
	after    sim.Timer
	afterAt  sim.Time
}

// NewQueue makes a queue that calls reconcile for each key, at most workers at a time, once started. reconcile calls
// done when all its writes are answered; an error requeues the key with exponential back-off (5 ms to 1000 s, unless MinBackOff and MaxBackOff say otherwise).
func NewQueue(a *sim.Actor, name string, workers int, reconcile func(key string, done func(error))) *Queue {
	return &Queue{a: a, name: name, workers: workers, reconcile: reconcile, items: map[string]*item{}}
}

// Start lets work begin; call it when the caches the work reads are synced.
func (q *Queue) Start() {
	q.started = true
	q.kick()
}

// Len is the number of keys waiting.
func (q *Queue) Len() int { return len(q.fifo) - q.head }

func (q *Queue) get(key string) *item {
	it := q.items[key]
	if it == nil {
		it = &item{}
		q.items[key] = it
	}
	return it
}

// Add queues a key.
func (q *Queue) Add(key string) {
	it := q.get(key)
	ctx := q.a.Sim().Context()
	if it.queued || it.again {
		// Change beats periodic work: a heartbeat must not take the blame for a change that waits.
		if !ctx.Background || it.ctx.Background {
			it.ctx = ctx
			q.hold(it)
		}
		return
	}
	it.ctx = ctx
	q.hold(it)
	if it.running {
		it.again = true
		return
	}
	q.enqueue(key, it)
}

// hold keeps the world unsettled while a change waits, be it in the queue or behind work on the same key.
func (q *Queue) hold(it *item) {
	if !it.ctx.Background && !it.busy {
		it.busy = true
		q.a.Busy(1)
	}
}

func (q *Queue) enqueue(key string, it *item) {
	it.queued = true
	if q.head > 64 && q.head*2 > len(q.fifo) {
		n := copy(q.fifo, q.fifo[q.head:])
		q.fifo, q.head = q.fifo[:n], 0
	}
	q.fifo = append(q.fifo, key)
	q.kick()
}

// AddAfter queues a key in d, keeping the earlier of two such times. d <= 0 is Add.
func (q *Queue) AddAfter(key string, d time.Duration) {
	if d <= 0 {
		q.Add(key)
		return
	}
	it := q.get(key)
	at := q.a.Now().Add(d)
	if it.after.Pending() {
		if it.afterAt <= at {
			return
		}
		it.after.Stop()
	}
	it.afterAt = at
	it.after = q.a.After(d, "requeue", func() { q.Add(key) })
}

func (q *Queue) kick() {
	for q.started && q.active < q.workers && q.head < len(q.fifo) {
		key := q.fifo[q.head]
		q.fifo[q.head] = ""
		q.head++
		it := q.items[key]
		it.queued, it.running = false, true
		q.active++
		s := q.a.Sim()
		s.In(it.ctx, func() {
			if it.busy {
				it.busy = false
				q.a.Busy(-1)
			}
			q.a.After(ReconcileCost, q.name, func() { q.run(key, it) })
		})
	}
}

func (q *Queue) run(key string, it *item) {
	finished := false
	q.reconcile(key, func(err error) {
		if finished {
			panic("client: queue " + q.name + ": done called twice for " + key)
		}
		finished = true
		q.active--
		it.running = false
		if err != nil {
			d := cmp.Or(q.MinBackOff, 5*time.Millisecond) << min(it.failures, 18)
			it.failures++
			if limit := cmp.Or(q.MaxBackOff, 1000*time.Second); d > limit {
				d = limit
			}
			q.AddAfter(key, d)
		} else {
			it.failures = 0
		}
		if it.again {
			it.again = false
			q.enqueue(key, it)
		} else if !it.queued && !it.after.Pending() {
			delete(q.items, key)
		}
		q.kick()
	})
}
