package nodelifecycle

import (
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/sim"
)

type zoneState string

const (
	stateInitial           zoneState = "Initial"
	stateNormal            zoneState = "Normal"
	stateFullDisruption    zoneState = "FullDisruption"
	statePartialDisruption zoneState = "PartialDisruption"
)

// labelExclude keeps a node out of the count of its zone.
const labelExclude = "node.kubernetes.io/exclude-disruption"

// zone is a failure domain with the queue of its nodes that wait for a NoExecute taint.
type zone struct {
	state zoneState
	// set are the nodes that were queued and not taken back since; those tainted already stay in it.
	set   map[string]bool
	queue []queued
	// tokens is a bucket of one that fills at rate a second; rate 0 is never.
	rate   float64
	tokens float64
	at     sim.Time
	timer  sim.Timer
	busy   bool
}

type queued struct {
	node string
	from sim.Time // not before
}

// zoneKey is the region and zone of a node.
func zoneKey(n *corev1.Node) string {
	get := func(old, now string) string {
		if v, ok := n.Labels[old]; ok {
			return v
		}
		return n.Labels[now]
	}
	z := get(corev1.LabelFailureDomainBetaZone, corev1.LabelTopologyZone)
	r := get(corev1.LabelFailureDomainBetaRegion, corev1.LabelTopologyRegion)
	if r == "" && z == "" {
		return ""
	}
	return r + ":\x00:" + z
}

func (k *Controller) zone(n *corev1.Node) *zone {
	if h := k.health[n.Name]; h != nil && h.node == n {
		return k.zoneOf(h.zone)
	}
	return k.zoneOf(zoneKey(n))
}

func (k *Controller) zoneOf(key string) *zone {
	z := k.zones[key]
	if z == nil {
		z = &zone{state: stateInitial, set: map[string]bool{}, rate: EvictionRate, tokens: 1}
		k.zones[key] = z
	}
	return z
}

func (z *zone) add(node string) bool {
	if z.set[node] {
		return false
	}
	z.set[node] = true
	z.queue = append(z.queue, queued{node: node})
	return true
}

func (z *zone) remove(node string) {
	if z.set[node] {
		delete(z.set, node)
		z.queue = slices.DeleteFunc(z.queue, func(q queued) bool { return q.node == node })
	}
}

func (z *zone) accept(now sim.Time) bool {
	if z.rate <= 0 {
		return false
	}
	z.tokens = min(1, z.tokens+now.Sub(z.at).Seconds()*z.rate)
	z.at = now
	if z.tokens < 1-1e-9 {
		return false
	}
	z.tokens--
	return true
}

// limit changes the rate; if the old bucket was empty the new one is too.
func (z *zone) limit(rate float64, now sim.Time) {
	if z.rate == rate {
		return
	}
	if rate > 0 {
		full := z.accept(now)
		z.tokens = 0
		if full {
			z.tokens = 1
		}
		z.at = now
	}
	z.rate = rate
}

// kick plans the next tainting of a zone. Upstream looks every 100 ms; here only when there is something to see, at the
// moments upstream would.
func (k *Controller) kick(z *zone) {
	if z.busy || z.timer.Pending() || len(z.queue) == 0 || z.rate <= 0 {
		return
	}
	now := k.a.Now()
	at := max(now, z.queue[0].from)
	if missing := 1 - min(1, z.tokens+now.Sub(z.at).Seconds()*z.rate); missing > 1e-9 {
		at = max(at, now.Add(time.Duration(missing/z.rate*float64(time.Second))))
	}
	since := at.Sub(k.started)
	since = (since + taintPeriod - 1) / taintPeriod * taintPeriod
	z.timer = k.a.Periodic(k.started.Add(since).Sub(now), "taint pass", func() { k.taintPass(z) })
}

func (k *Controller) taintPass(z *zone) {
	now := k.a.Now()
	if len(z.queue) == 0 || z.queue[0].from > now || !z.accept(now) {
		k.kick(z)
		return
	}
	name := z.queue[0].node
	z.busy = true
	k.taint(name, func(ok bool) {
		z.busy = false
		i := slices.IndexFunc(z.queue, func(q queued) bool { return q.node == name })
		if i >= 0 {
			z.queue = slices.Delete(z.queue, i, i+1)
			if !ok {
				z.queue = append(z.queue, queued{name, k.a.Now() + 1})
			}
		}
		k.kick(z)
	})
}

type zoneTally struct{ ready, notReady int }

func (p *pass) count(h *health, status corev1.ConditionStatus) {
	if h.out {
		return
	}
	t := p.tally[h.zone]
	if t == nil {
		t = &zoneTally{}
		p.tally[h.zone] = t
	}
	if status == corev1.ConditionTrue {
		t.ready++
	} else {
		t.notReady++
	}
}

func (t *zoneTally) state() zoneState {
	switch {
	case t.ready == 0 && t.notReady > 0:
		return stateFullDisruption
	case t.notReady > 2 && float64(t.notReady)/float64(t.notReady+t.ready) >= UnhealthyThreshold:
		return statePartialDisruption
	}
	return stateNormal
}

// rateIn is the eviction rate of a zone in a state.
func rateIn(state zoneState, nodes int) float64 {
	if state != statePartialDisruption {
		return EvictionRate
	}
	if nodes > LargeClusterThreshold {
		return SecondaryEvictionRate
	}
	return 0
}

// disruption adapts the zones' eviction rates to their health. When all zones are lost nothing is evicted, and what was
// tainted is untainted: it is more likely that this controller is cut off than that every node is.
func (k *Controller) disruption(tally map[string]*zoneTally) {
	now := k.a.Now()
	all := true
	for _, key := range slices.Sorted(maps.Keys(tally)) {
		all = all && tally[key].state() == stateFullDisruption
		k.zoneOf(key)
	}
	was := true
	keys := slices.Sorted(maps.Keys(k.zones))
	for _, key := range keys {
		if tally[key] == nil {
			k.zones[key].timer.Stop()
			delete(k.zones, key)
		} else {
			was = was && k.zones[key].state == stateFullDisruption
		}
	}
	if all && was {
		return
	}
	keys = slices.Sorted(maps.Keys(k.zones))
	if all {
		for _, n := range slices.Clone(k.nodes.All()) {
			k.reachable(n, func(bool) {})
		}
	} else if was {
		// The controller sees again: every node gets its full grace period.
		for _, n := range k.nodes.All() {
			if h := k.health[n.Name]; h != nil {
				h.probe, h.well = k.a.Wall(), false
			}
		}
	}
	for _, key := range keys {
		z := k.zones[key]
		state := tally[key].state()
		switch {
		case all:
			z.limit(0, now)
		case was || z.state != state:
			z.limit(rateIn(state, tally[key].ready+tally[key].notReady), now)
		}
		z.state = state
		k.kick(z)
	}
}
