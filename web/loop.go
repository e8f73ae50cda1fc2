package main

import (
	"context"
	"time"

	"tabernetes/engine"
)

const (
	// sliceEvents is how many events are handled between two looks at the inbox.
	sliceEvents = 500
	// maxDebt is how much real time the cluster may be behind before it gives up catching up: a machine too slow for
	// the speed asked for makes the cluster slower, not further and further behind.
	maxDebt = 100 * time.Millisecond
	// maxWait bounds the sleep between two looks at the queue of events.
	maxWait = time.Second
)

// loop owns a cluster and lets its time pass. Nobody else touches the cluster while it runs.
type loop struct {
	c     *engine.Cluster
	speed float64
	inbox chan func()
	ended chan struct{} // closed when run has returned
}

func newLoop(c *engine.Cluster, speed float64) *loop {
	return &loop{c: c, speed: speed, inbox: make(chan func(), 256), ended: make(chan struct{})}
}

// do hands fn to the loop, to be run between two events as the world outside acting. It reports false when ctx was
// done, or the loop ended, before fn could be handed over.
func (l *loop) do(ctx context.Context, fn func()) bool {
	select {
	case l.inbox <- fn:
		return true
	case <-ctx.Done():
		return false
	case <-l.ended:
		return false
	}
}

func (l *loop) run(ctx context.Context) {
	defer close(l.ended)
	last := time.Now()
	var debt float64 // virtual nanoseconds that real time is ahead
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		debt += float64(now.Sub(last)) * l.speed
		last = now
		before := l.c.Now()
		reached := l.c.RunTo(before.Add(time.Duration(debt)), nil, sliceEvents)
		debt -= float64(l.c.Now().Sub(before))
		l.drain()
		if !reached {
			debt = min(debt, float64(maxDebt)*l.speed)
			if ctx.Err() != nil {
				return
			}
			continue
		}
		wait := maxWait
		if at, ok := l.c.Sim.Next(); ok {
			// Rounded up: waking a moment early would only mean sleeping again.
			wait = min(wait, time.Duration(float64(at.Sub(l.c.Now()))/l.speed)+time.Microsecond)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case fn := <-l.inbox:
			l.catchUp(&last, &debt)
			l.c.Sim.Do(fn)
		case <-timer.C:
		}
	}
}

// catchUp moves the clock to where it belongs before something comes in from outside, unless that takes long.
func (l *loop) catchUp(last *time.Time, debt *float64) {
	now := time.Now()
	*debt += float64(now.Sub(*last)) * l.speed
	*last = now
	before := l.c.Now()
	l.c.RunTo(before.Add(time.Duration(*debt)), nil, sliceEvents)
	*debt -= float64(l.c.Now().Sub(before))
}

func (l *loop) drain() {
	for range cap(l.inbox) {
		select {
		case fn := <-l.inbox:
			l.c.Sim.Do(fn)
		default:
			return
		}
	}
}
