package nodelifecycle

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// pass is one look at all nodes; it ends when the last write it led to is answered.
type pass struct {
	k       *Controller
	now     time.Time
	pending int
	tally   map[string]*zoneTally
}

// monitor looks at all nodes, and again 5 s after it is done.
func (k *Controller) monitor() {
	// Greeting takes taints away: only then it is looked which belong there.
	k.classify(k.look)
}

func (k *Controller) look() {
	p := &pass{k: k, now: k.a.Wall(), pending: 1, tally: map[string]*zoneTally{}}
	for _, n := range k.nodes.All() {
		h := k.health[n.Name]
		if !h.known { // it came while others were greeted: next time
			continue
		}
		if h.well && h.seen == n && p.alive(h) {
			p.count(h, corev1.ConditionTrue)
			continue
		}
		// What one node leads to must not be put down to another's.
		s := k.a.Sim()
		s.In(s.Context(), func() {
			p.pending++
			p.node(n, h, 0)
		})
	}
	p.end()
}

// alive takes note of a lease renewal, and reports whether the node was heard of within the grace period.
func (p *pass) alive(h *health) bool {
	if l := h.lease; l != h.last && l != nil && newer(l, h.last) {
		h.last, h.probe = l, p.now
	}
	return !p.now.After(h.probe.Add(MonitorGrace))
}

func newer(l, than *coordinationv1.Lease) bool {
	if than == nil || l.Spec.RenewTime == nil || than.Spec.RenewTime == nil {
		return true
	}
	return than.Spec.RenewTime.Before(l.Spec.RenewTime)
}

func (p *pass) end() {
	if p.pending--; p.pending > 0 {
		return
	}
	p.k.disruption(p.tally)
	p.k.a.Periodic(MonitorPeriod, "node monitor", p.k.monitor)
}

// classify greets new nodes and takes leave of those that are gone, and calls done when what that writes is answered.
func (k *Controller) classify(done func()) {
	pending := 1
	end := func(bool) {
		if pending--; pending == 0 {
			done()
		}
	}
	defer end(true)
	for _, n := range k.nodes.All() {
		if h := k.health[n.Name]; !h.known {
			h.known = true
			k.event(n, "RegisteredNode", fmt.Sprintf("Node %s event: Registered Node %s in Controller", n.Name, n.Name))
			k.zone(n)
			pending++
			k.reachable(n, end)
		} else {
			k.zone(n)
		}
	}
	removed := k.removed
	k.removed = nil
	for _, n := range removed {
		k.event(n, "RemovingNode", fmt.Sprintf("Node %s event: Removing Node %s from Controller", n.Name, n.Name))
		if h := k.health[n.Name]; h != nil && h.node == nil {
			delete(k.health, n.Name)
		}
	}
}

// note takes over what a node object says, and when it last showed a sign of life.
//
// As upstream, news in the status forget the lease, so that the next pass takes the same renewal for a new one.
func (p *pass) note(n *corev1.Node, h *health, current *corev1.NodeCondition) {
	saved := h.last
	switch {
	case h.seen == nil && current == nil:
		h.probe = n.CreationTimestamp.Time
	case h.seen == nil || (h.ready == nil) != (current == nil):
		h.probe, h.last = p.now, nil
	case current != nil && !h.ready.LastHeartbeatTime.Equal(&current.LastHeartbeatTime):
		h.probe, h.last = p.now, nil
	}
	h.seen, h.ready, h.shown = n, current, current
	if l := h.lease; l != nil && l != saved && newer(l, saved) {
		h.last, h.probe = l, p.now
	}
}

// node looks at one node; n is newer than the cache after a failed attempt.
func (p *pass) node(n *corev1.Node, h *health, attempt int) {
	current := readyCondition(n)
	grace := MonitorGrace
	observed := corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionUnknown,
		LastHeartbeatTime: n.CreationTimestamp, LastTransitionTime: n.CreationTimestamp}
	if current == nil {
		grace = StartupGrace
	} else {
		observed = *current
	}
	p.note(n, h, current)
	if !p.now.After(h.probe.Add(grace)) {
		p.judge(n, h, observed, current)
		return
	}
	// The silence may be the cache's: ask for the lease itself.
	client.Get(p.k.c, api.Leases, corev1.NamespaceNodeLease, n.Name, func(live *coordinationv1.Lease, err error) {
		switch {
		case err != nil && !apierrors.IsNotFound(err):
			p.end()
			return
		case err == nil && (h.last == nil || live.ResourceVersion != h.last.ResourceVersion):
			p.end()
			return
		}
		p.silent(n, h, observed, grace, attempt)
	})
}

// silent makes the conditions of a node Unknown.
func (p *pass) silent(n *corev1.Node, h *health, observed corev1.NodeCondition, grace time.Duration, attempt int) {
	now := metav1.NewTime(p.k.a.Wall().Truncate(time.Second))
	o := api.Copy(n)
	o.Status.Conditions = slices.Clone(n.Status.Conditions)
	for _, typ := range []corev1.NodeConditionType{corev1.NodeReady, corev1.NodeMemoryPressure, corev1.NodeDiskPressure, corev1.NodePIDPressure} {
		i := slices.IndexFunc(o.Status.Conditions, func(c corev1.NodeCondition) bool { return c.Type == typ })
		if i < 0 {
			o.Status.Conditions = append(o.Status.Conditions, corev1.NodeCondition{
				Type: typ, Status: corev1.ConditionUnknown, Reason: "NodeStatusNeverUpdated", Message: "Kubelet never posted node status.",
				LastHeartbeatTime: n.CreationTimestamp, LastTransitionTime: now,
			})
		} else if c := &o.Status.Conditions[i]; c.Status != corev1.ConditionUnknown {
			c.Status, c.Reason, c.Message = corev1.ConditionUnknown, "NodeStatusUnknown", "Kubelet stopped posting node status."
			c.LastTransitionTime = now
		}
	}
	current := readyCondition(o)
	if equality.Semantic.DeepEqual(current, &observed) {
		p.judge(n, h, observed, current)
		return
	}
	h.judged = p.k.a.Record(sim.KindDecision, api.Ref(api.Nodes, "", n.Name), fmt.Sprintf("no lease renewal for %s s (grace %d s): the node's status is Unknown",
		strconv.FormatFloat(p.now.Sub(h.probe).Seconds(), 'f', 1, 64), int(grace.Seconds()))).ID
	client.Update(p.k.c, api.Nodes, "status", api.Copy(o), func(_ *corev1.Node, err error) {
		if err == nil {
			h.ready, h.shown, h.last = current, current, h.lease
			p.judge(o, h, observed, current)
			return
		}
		if attempt+1 >= updateRetries {
			p.end()
			return
		}
		client.Get(p.k.c, api.Nodes, "", n.Name, func(fresh *corev1.Node, err error) {
			if err != nil {
				p.end()
				return
			}
			p.k.a.After(retrySleep, "retry", func() { p.node(fresh, h, attempt+1) })
		})
	})
}

// judge does what follows from a node's readiness: taints, and the readiness of its pods.
func (p *pass) judge(n *corev1.Node, h *health, observed corev1.NodeCondition, current *corev1.NodeCondition) {
	status := corev1.ConditionUnknown
	if current != nil {
		status = current.Status
	}
	p.count(h, status)
	h.well = status == corev1.ConditionTrue && current != nil && !hasTaint(n, corev1.TaintNodeUnreachable) && !hasTaint(n, corev1.TaintNodeNotReady) && !h.retry
	if current == nil {
		h.retry = false
		p.end()
		return
	}
	p.k.noExecute(n, status, func() {
		switch {
		case status != corev1.ConditionTrue && observed.Status == corev1.ConditionTrue:
			p.k.event(n, "NodeNotReady", fmt.Sprintf("Node %s status is now: NodeNotReady", n.Name))
		case !(h.retry && observed.Status != corev1.ConditionTrue):
			h.retry = false
			p.end()
			return
		}
		p.k.markNotReady(slices.Clone(p.k.pods.ByIndex(IndexNode, n.Name)), n.Name, func(ok bool) {
			h.retry = !ok
			p.end()
		})
	})
}

// markNotReady makes the Ready condition of pods False, one after the other. done gets false if one could not be.
func (k *Controller) markNotReady(pods []*corev1.Pod, node string, done func(ok bool)) {
	ok := true
	var step func(i int)
	step = func(i int) {
		for ; i < len(pods); i++ {
			p := pods[i]
			j := slices.IndexFunc(p.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == corev1.PodReady })
			if p.Spec.NodeName != node || j < 0 || p.Status.Conditions[j].Status == corev1.ConditionFalse {
				continue
			}
			o := api.Copy(p)
			o.Status.Conditions = slices.Clone(p.Status.Conditions)
			o.Status.Conditions[j].Status = corev1.ConditionFalse
			o.Status.Conditions[j].LastTransitionTime = metav1.NewTime(k.a.Wall().Truncate(time.Second))
			k.a.Record(sim.KindDecision, api.Ref(api.Pods, p.Namespace, p.Name), "not ready: its node "+node+" is not")
			client.Update(k.c, api.Pods, "status", o, func(_ *corev1.Pod, err error) {
				if err != nil && !apierrors.IsNotFound(err) {
					ok = false
				}
				if !apierrors.IsNotFound(err) {
					k.rec.Event(p, corev1.EventTypeWarning, "NodeNotReady", "Node is not ready")
				}
				step(i + 1)
			})
			return
		}
		done(ok)
	}
	step(0)
}
