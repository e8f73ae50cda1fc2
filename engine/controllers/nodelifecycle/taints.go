package nodelifecycle

import (
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

func hasTaint(n *corev1.Node, key string) bool {
	for i := range n.Spec.Taints {
		if n.Spec.Taints[i].Key == key && n.Spec.Taints[i].Effect == corev1.TaintEffectNoExecute {
			return true
		}
	}
	return false
}

// taintOf is the key of the taint that a condition with a status brings; "" for none.
func taintOf(typ corev1.NodeConditionType, status corev1.ConditionStatus) string {
	switch {
	case typ == corev1.NodeReady && status == corev1.ConditionFalse:
		return corev1.TaintNodeNotReady
	case typ == corev1.NodeReady && status == corev1.ConditionUnknown:
		return corev1.TaintNodeUnreachable
	case status != corev1.ConditionTrue:
		return ""
	}
	switch typ {
	case corev1.NodeMemoryPressure:
		return corev1.TaintNodeMemoryPressure
	case corev1.NodeDiskPressure:
		return corev1.TaintNodeDiskPressure
	case corev1.NodeNetworkUnavailable:
		return corev1.TaintNodeNetworkUnavailable
	case corev1.NodePIDPressure:
		return corev1.TaintNodePIDPressure
	}
	return ""
}

// ours reports NoSchedule taints that follow conditions.
func ours(t *corev1.Taint) bool {
	if t.Effect != corev1.TaintEffectNoSchedule {
		return false
	}
	switch t.Key {
	case corev1.TaintNodeUnschedulable, corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable, corev1.TaintNodeNetworkUnavailable,
		corev1.TaintNodeMemoryPressure, corev1.TaintNodeDiskPressure, corev1.TaintNodePIDPressure:
		return true
	}
	return false
}

// wanted are the keys of the NoSchedule taints a node should have.
func wanted(n *corev1.Node) []string {
	var out []string
	for i := range n.Status.Conditions {
		if key := taintOf(n.Status.Conditions[i].Type, n.Status.Conditions[i].Status); key != "" {
			out = append(out, key)
		}
	}
	if n.Spec.Unschedulable {
		out = append(out, corev1.TaintNodeUnschedulable)
	}
	return out
}

// taintsAgree reports that a node has the NoSchedule taints it should have; most nodes have and need none.
func taintsAgree(n *corev1.Node) bool {
	add, remove := taintDiff(n)
	return len(add) == 0 && len(remove) == 0
}

func taintDiff(n *corev1.Node) (add, remove []string) {
	want := wanted(n)
	for i := range n.Spec.Taints {
		if t := &n.Spec.Taints[i]; ours(t) && !slices.Contains(want, t.Key) {
			remove = append(remove, t.Key)
		}
	}
	for _, key := range want {
		if !slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == key && t.Effect == corev1.TaintEffectNoSchedule }) {
			add = append(add, key)
		}
	}
	return add, remove
}

// labelsToAdd are the old names of the labels for operating system and architecture.
func labelsToAdd(n *corev1.Node) map[string]string {
	var out map[string]string
	for _, l := range [2][2]string{{corev1.LabelOSStable, "beta.kubernetes.io/os"}, {corev1.LabelArchStable, "beta.kubernetes.io/arch"}} {
		if v, ok := n.Labels[l[0]]; ok && n.Labels[l[1]] != v {
			if out == nil {
				out = map[string]string{}
			}
			out[l[1]] = v
		}
	}
	return out
}

// reconcile brings a node's NoSchedule taints in line with its conditions, and completes its labels.
func (k *Controller) reconcile(name string, done func(error)) {
	n, ok := k.nodes.Get("", name)
	if !ok {
		done(nil)
		return
	}
	relabel := func(err error) {
		add := labelsToAdd(n)
		if err != nil || len(add) == 0 {
			done(err)
			return
		}
		client.Mutate(k.c, api.Nodes, "", "", name, func(n *corev1.Node) bool {
			n.Labels = maps.Clone(n.Labels)
			maps.Copy(n.Labels, add)
			return true
		}, func(_ *corev1.Node, err error) { done(err) })
	}
	add, remove := taintDiff(n)
	if len(add) == 0 && len(remove) == 0 {
		relabel(nil)
		return
	}
	k.swap(n, corev1.TaintEffectNoSchedule, add, remove, relabel)
}

// swap adds taints to a node, then removes others: two writes, as upstream.
func (k *Controller) swap(n *corev1.Node, effect corev1.TaintEffect, add, remove []string, done func(error)) {
	take := func(err error) {
		if err != nil {
			done(err)
			return
		}
		k.untaint(n, effect, remove, done)
	}
	if len(add) == 0 {
		take(nil)
		return
	}
	now := metav1.NewTime(k.a.Wall().Truncate(time.Second))
	client.Mutate(k.c, api.Nodes, "", "", n.Name, func(n *corev1.Node) bool {
		taints := slices.Clone(n.Spec.Taints)
		for _, key := range add {
			t := corev1.Taint{Key: key, Effect: effect, TimeAdded: &now}
			if i := slices.IndexFunc(taints, func(o corev1.Taint) bool { return o.Key == key && o.Effect == effect }); i >= 0 {
				taints[i] = t
			} else {
				taints = append(taints, t)
			}
		}
		n.Spec.Taints = taints
		return true
	}, func(_ *corev1.Node, err error) { take(err) })
}

// untaint removes those of the taints that the node has.
func (k *Controller) untaint(n *corev1.Node, effect corev1.TaintEffect, keys []string, done func(error)) {
	match := func(t corev1.Taint) bool { return t.Effect == effect && slices.Contains(keys, t.Key) }
	if !slices.ContainsFunc(n.Spec.Taints, match) {
		done(nil)
		return
	}
	client.Mutate(k.c, api.Nodes, "", "", n.Name, func(n *corev1.Node) bool {
		kept := slices.DeleteFunc(slices.Clone(n.Spec.Taints), match)
		if len(kept) == len(n.Spec.Taints) {
			return false
		}
		if len(kept) == 0 {
			kept = nil
		}
		n.Spec.Taints = kept
		return true
	}, func(_ *corev1.Node, err error) { done(err) })
}

// reachable takes the NoExecute taints from a node and it out of the queue to get one.
func (k *Controller) reachable(n *corev1.Node, done func(ok bool)) {
	k.untaint(n, corev1.TaintEffectNoExecute, []string{corev1.TaintNodeUnreachable}, func(err error) {
		if err != nil {
			done(false)
			return
		}
		k.untaint(n, corev1.TaintEffectNoExecute, []string{corev1.TaintNodeNotReady}, func(err error) {
			if err == nil {
				k.zone(n).remove(n.Name)
			}
			done(err == nil)
		})
	})
}

// noExecute sees to the NoExecute taint that goes with a node's readiness: a wrong one is swapped at once, a new one
// waits its turn in the zone's queue.
func (k *Controller) noExecute(n *corev1.Node, status corev1.ConditionStatus, done func()) {
	right, wrong := corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable
	switch status {
	case corev1.ConditionTrue:
		k.reachable(n, func(bool) { done() })
		return
	case corev1.ConditionUnknown:
		right, wrong = wrong, right
	}
	if hasTaint(n, wrong) {
		k.swap(n, corev1.TaintEffectNoExecute, []string{right}, []string{wrong}, func(error) { done() })
		return
	}
	z := k.zone(n)
	if !hasTaint(n, right) {
		z.remove(n.Name)
	}
	if z.add(n.Name) {
		k.kick(z)
	}
	done()
}

// taint gives the node at the head of a zone's queue its NoExecute taint.
func (k *Controller) taint(name string, done func(ok bool)) {
	n, ok := k.nodes.Get("", name)
	if !ok {
		done(true)
		return
	}
	h := k.health[name]
	status := corev1.ConditionTrue
	if c := readyCondition(n); c != nil {
		status = c.Status
	}
	// The cache may not have seen the status that this controller wrote in this pass.
	if h != nil && h.shown != nil && h.seen == n {
		status = h.shown.Status
	}
	key, other := corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable
	switch status {
	case corev1.ConditionTrue:
		done(true)
		return
	case corev1.ConditionUnknown:
		key, other = other, key
	}
	// The queue is worked off by a clock; what put the node into it is the decision about its status.
	ctx := k.a.Sim().Context()
	if h != nil && key == corev1.TaintNodeUnreachable {
		ctx.Cause = h.judged
	}
	k.a.Sim().In(ctx, func() {
		k.a.Record(sim.KindDecision, api.Ref(api.Nodes, "", name), "its turn in the eviction queue of its zone: taint "+key+":NoExecute")
		k.swap(n, corev1.TaintEffectNoExecute, []string{key}, []string{other}, func(err error) { done(err == nil) })
	})
}
