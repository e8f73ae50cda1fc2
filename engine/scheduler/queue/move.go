package queue

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/scheduler/framework"
)

// Interested reports that an event could matter to any pod that waits; asking it first keeps the many events that
// matter to nobody cheap.
func (q *Queue) Interested(e framework.Event) bool {
	if len(q.waiting) == 0 {
		return false
	}
	if q.unknown > 0 || e&framework.Anything != 0 {
		return true
	}
	for i := framework.Plugin(0); i < framework.NumPlugins; i++ {
		if q.rejected[i] > 0 && framework.Interest(i)&e != 0 {
			return true
		}
	}
	return false
}

// byPod are the plugins that look at more of a pod than its shape: at the claims it names.
const byPod = 1<<framework.VolumeRestrictions | 1<<framework.NodeVolumeLimits | 1<<framework.VolumeBinding | 1<<framework.VolumeZone

// Move tells the waiting pods what happened; those it may help are made ready. only, if not nil, says which pods to
// consider.
func (q *Queue) Move(h *framework.Happening, only func(*Pod) bool) {
	if !q.Interested(h.Event) {
		return
	}
	ctx := q.a.Sim().Context()
	// Pods of one shape with the same rejectors get the same hint.
	var lastShape *framework.Shape
	var lastRejectors framework.PluginSet
	var lastWorth bool
	for _, p := range slices.Clone(q.waiting) {
		if only != nil && !only(p) {
			continue
		}
		if p.Gated && h.Event&framework.Anything == 0 && framework.Interest(p.Gate)&h.Event == 0 {
			continue
		}
		if p.Shape != lastShape || p.Rejectors != lastRejectors || p.Gated || p.Rejectors&byPod != 0 {
			lastShape, lastRejectors, lastWorth = p.Shape, p.Rejectors, q.worth(p, h)
		}
		if !lastWorth {
			continue
		}
		q.remove(p)
		p.Ctx = ctx
		q.enqueue(p)
	}
}

// Activate makes one pod ready, if it waits.
func (q *Queue) Activate(uid types.UID) {
	if p := q.pods[uid]; p != nil && p.where == waiting {
		q.remove(p)
		q.activate(p)
	}
}

func (q *Queue) worth(p *Pod, h *framework.Happening) bool {
	if p.Rejectors == 0 || h.Event&framework.Anything != 0 {
		return true
	}
	for i := framework.Plugin(0); i < framework.NumPlugins; i++ {
		if p.Rejectors.Has(i) && framework.Interest(i)&h.Event != 0 && q.hooks.Worth(p, i, h) {
			return true
		}
	}
	return false
}

// armFlush keeps the periodic flush going while pods wait.
func (q *Queue) armFlush() {
	if q.flush.Pending() {
		return
	}
	q.flush = q.a.Periodic(flushPeriod, "flush unschedulable pods", func() {
		now := q.a.Now()
		q.Move(&framework.Happening{Event: framework.Anything}, func(p *Pod) bool {
			if now.Sub(max(p.timestamp, p.flushed)) <= MaxUnschedulable {
				return false
			}
			p.flushed = now
			return true
		})
		if len(q.waiting) > 0 {
			q.armFlush()
		}
	})
}
