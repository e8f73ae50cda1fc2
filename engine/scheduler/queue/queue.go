package queue

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/sim"
)

// Back-off and flushing (pkg/scheduler/backend/queue/scheduling_queue.go).
const (
	InitialBackoff   = 1 * time.Second
	MaxBackoff       = 10 * time.Second
	MaxUnschedulable = 5 * time.Minute
	flushPeriod      = 30 * time.Second
	window           = time.Second // back-off ends are rounded down to whole seconds of the wall clock
)

// Pod is a pod in the queue.
type Pod struct {
	Pod   *corev1.Pod
	Shape *framework.Shape
	Info  *framework.PodInfo // for nominations
	Epoch uint64             // of the shape; the owner's business
	Ctx   sim.Context
	// Rejectors are the plugins that turned the pod down last.
	Rejectors framework.PluginSet
	// Gate is the plugin that keeps the pod from even being tried.
	Gate     framework.Plugin
	Gated    bool
	Attempts int

	timestamp     sim.Time
	seq           uint64
	unschedulable int // times turned down
	errors        int // times in a row that something went wrong
	backoff       sim.Time
	flushed       sim.Time
	where         place
	index         int
}

type place uint8

const (
	nowhere place = iota
	active
	backingOff
	erring // backs off because of an error: never taken early
	waiting
)

// Hooks are what the queue asks its owner.
type Hooks struct {
	// Gate names a plugin that forbids trying the pod now (PreEnqueue).
	Gate func(p *Pod) (framework.Plugin, bool)
	// Worth asks a plugin that rejected a pod whether a happening may change its mind (queueing hint).
	Worth func(p *Pod, by framework.Plugin, h *framework.Happening) bool
	// Ready is called when there may be something to Pop.
	Ready func()
	// InitialBackoff and MaxBackoff; 0: the package's constants.
	InitialBackoff, MaxBackoff time.Duration
}

// Queue holds the pods that want a node.
type Queue struct {
	a     *sim.Actor
	hooks Hooks
	pods  map[types.UID]*Pod
	seq   uint64

	active  heap
	backoff heap
	erring  heap
	waiting []*Pod

	rejected [framework.NumPlugins]int // waiting pods by rejector
	unknown  int                       // waiting pods without one
	retry    sim.Timer
	flush    sim.Timer
	offset   time.Duration // of the wall clock's whole seconds
	asleep   bool          // nobody takes from it: what is in it does not keep the world unsettled
}

// Sleep is for a scheduler that does not lead: its queue fills up, but nobody need wait for what is in it. Call it
// before the first Add.
func (q *Queue) Sleep() { q.asleep = true }

// Wake is for one that leads now.
func (q *Queue) Wake() {
	if !q.asleep {
		return
	}
	q.asleep = false
	for _, h := range [...]*heap{&q.active, &q.backoff, &q.erring} {
		for _, p := range h.h {
			if !p.Ctx.Background {
				q.a.Busy(1)
			}
		}
	}
}

// New makes a queue.
func New(a *sim.Actor, hooks Hooks) *Queue {
	if hooks.InitialBackoff == 0 {
		hooks.InitialBackoff = InitialBackoff
	}
	if hooks.MaxBackoff == 0 {
		hooks.MaxBackoff = MaxBackoff
	}
	q := &Queue{a: a, hooks: hooks, pods: map[types.UID]*Pod{}}
	q.active.less = func(a, b *Pod) bool {
		if a.Shape.Priority != b.Shape.Priority {
			return a.Shape.Priority > b.Shape.Priority
		}
		if a.timestamp != b.timestamp {
			return a.timestamp < b.timestamp
		}
		return a.seq < b.seq
	}
	q.backoff.less = func(a, b *Pod) bool {
		if a.backoff != b.backoff {
			return a.backoff < b.backoff
		}
		return q.active.less(a, b)
	}
	q.erring.less = q.backoff.less
	q.offset = time.Duration(a.Sim().Wall(0).Nanosecond())
	return q
}

// Get finds a pod in the queue.
func (q *Queue) Get(uid types.UID) *Pod { return q.pods[uid] }

// Len counts pods that are ready, backing off and waiting for a change.
func (q *Queue) Len() (ready, backing, unschedulable int) {
	return q.active.len(), q.backoff.len() + q.erring.len(), len(q.waiting)
}

// Add takes in a pod that is new. It runs later under the context of this call.
func (q *Queue) Add(pod *corev1.Pod, s *framework.Shape) *Pod {
	q.seq++
	p := &Pod{Pod: pod, Shape: s, Ctx: q.a.Sim().Context(), timestamp: q.a.Now(), seq: q.seq}
	p.Info = &framework.PodInfo{Pod: pod, Shape: s}
	q.pods[pod.UID] = p
	q.activate(p)
	return p
}

// Update takes in a new version of a pod in the queue; events tell what changed.
func (q *Queue) Update(p *Pod, pod *corev1.Pod, s *framework.Shape, h *framework.Happening) {
	p.Pod, p.Shape = pod, s
	p.Info.Pod, p.Info.Shape = pod, s
	switch p.where {
	case active:
		q.active.fix(p)
	case backingOff:
		q.backoff.fix(p)
	case erring:
		q.erring.fix(p)
	case waiting:
		if q.worth(p, h) {
			q.remove(p)
			p.Ctx = q.a.Sim().Context()
			q.enqueue(p)
		}
	}
}

// Delete takes a pod out for good.
func (q *Queue) Delete(uid types.UID) {
	if p := q.pods[uid]; p != nil {
		q.remove(p)
		delete(q.pods, uid)
	}
}

// Pop takes out the pod to schedule next, nil if there is none.
func (q *Queue) Pop() *Pod {
	q.release(&q.backoff)
	p := q.active.first()
	if p == nil {
		p = q.backoff.first()
	}
	if p == nil {
		return nil
	}
	q.remove(p)
	delete(q.pods, p.Pod.UID)
	p.Attempts++
	return p
}

// Peek is the pod that Pop would take.
func (q *Queue) Peek() *Pod {
	q.release(&q.backoff)
	if p := q.active.first(); p != nil {
		return p
	}
	return q.backoff.first()
}

// release makes those ready whose back-off is over.
func (q *Queue) release(h *heap) {
	for p := h.first(); p != nil && !q.backsOff(p); p = h.first() {
		q.remove(p)
		q.place(p, active)
	}
}

// Requeue takes back a pod that could not be scheduled: with rejectors it waits for a change, without it is retried
// after a back-off.
func (q *Queue) Requeue(p *Pod) {
	if q.pods[p.Pod.UID] != nil {
		return
	}
	q.pods[p.Pod.UID] = p
	if p.Rejectors == 0 {
		p.errors++
	} else {
		p.unschedulable++
		p.errors = 0
	}
	p.timestamp = q.a.Now()
	p.flushed = 0
	p.backoff = q.backoffEnd(p)
	if p.Rejectors == 0 {
		q.enqueue(p)
		return
	}
	q.place(p, waiting)
}

func (q *Queue) align(t sim.Time) sim.Time {
	return t - (t+sim.Time(q.offset))%sim.Time(window)
}

func (q *Queue) backoffEnd(p *Pod) sim.Time {
	count := p.unschedulable
	if p.errors > 0 {
		count = p.errors
	}
	if count == 0 {
		return 0
	}
	d := q.hooks.InitialBackoff
	for ; count > 1 && d < q.hooks.MaxBackoff; count-- {
		d *= 2
	}
	d = min(d, q.hooks.MaxBackoff)
	return q.align(p.timestamp.Add(d))
}

func (q *Queue) backsOff(p *Pod) bool {
	return p.unschedulable+p.errors > 0 && p.backoff >= q.align(q.a.Now())
}

// activate makes a pod ready unless a gate forbids it.
func (q *Queue) activate(p *Pod) {
	if q.gated(p) {
		return
	}
	q.place(p, active)
	q.hooks.Ready()
}

func (q *Queue) gated(p *Pod) bool {
	p.Gate, p.Gated = q.hooks.Gate(p)
	if p.Gated {
		p.Rejectors |= framework.Set(p.Gate)
		q.place(p, waiting)
	}
	return p.Gated
}

// enqueue makes a pod ready, or lets it sit out its back-off.
func (q *Queue) enqueue(p *Pod) {
	if !q.backsOff(p) {
		q.activate(p)
		return
	}
	if q.gated(p) {
		return
	}
	if p.Rejectors == 0 {
		q.place(p, erring)
		q.armRetry()
		return
	}
	q.place(p, backingOff)
	q.hooks.Ready()
}

func (q *Queue) armRetry() {
	first := q.erring.first()
	if first == nil || q.retry.Pending() {
		return
	}
	d := first.backoff.Add(window).Sub(q.a.Now())
	q.a.Sim().In(first.Ctx, func() {
		q.retry = q.a.After(d, "retry scheduling", func() {
			q.release(&q.erring)
			q.hooks.Ready()
			q.armRetry()
		})
	})
}

func (q *Queue) place(p *Pod, where place) {
	p.where = where
	switch where {
	case active:
		q.active.push(p)
	case backingOff:
		q.backoff.push(p)
	case erring:
		q.erring.push(p)
	case waiting:
		p.index = len(q.waiting)
		q.waiting = append(q.waiting, p)
		q.tally(p, 1)
		q.armFlush()
		return
	}
	if !p.Ctx.Background && !q.asleep {
		q.a.Busy(1)
	}
}

func (q *Queue) remove(p *Pod) {
	switch p.where {
	case nowhere:
		return
	case active:
		q.active.remove(p)
	case backingOff:
		q.backoff.remove(p)
	case erring:
		q.erring.remove(p)
	case waiting:
		last := len(q.waiting) - 1
		moved := q.waiting[last]
		q.waiting[p.index] = moved
		moved.index = p.index
		q.waiting[last] = nil
		q.waiting = q.waiting[:last]
		q.tally(p, -1)
	}
	if p.where != waiting && !p.Ctx.Background && !q.asleep {
		q.a.Busy(-1)
	}
	p.where = nowhere
}

func (q *Queue) tally(p *Pod, n int) {
	if p.Rejectors == 0 {
		q.unknown += n
	}
	for i := framework.Plugin(0); i < framework.NumPlugins; i++ {
		if p.Rejectors.Has(i) {
			q.rejected[i] += n
		}
	}
}
