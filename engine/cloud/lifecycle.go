package cloud

import (
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// TaintShutdown marks a node whose machine is shut down but still exists (cloudproviderapi.TaintNodeShutdown).
const TaintShutdown = "node.cloudprovider.kubernetes.io/shutdown"

// monitorPeriod is --node-monitor-period.
const monitorPeriod = 5 * time.Second

// lifecycle is the cloud-node-lifecycle-controller: it deletes nodes whose machine is no more and marks those whose
// machine is shut down.
type lifecycle struct {
	a     *sim.Actor
	c     *client.Client
	cache *client.Cache[*corev1.Node]
	p     *Provider
	rec   *client.Recorder

	// due are the nodes a pass has to look at: upstream looks at all, but of a node that is ready and has no taint to
	// lose there is nothing to find out.
	due map[string]bool
}

func newLifecycle(c *client.Client, cache *client.Cache[*corev1.Node], p *Provider) {
	k := &lifecycle{a: c.Actor(), c: c, cache: cache, p: p, rec: client.NewRecorder(c, "cloud-node-lifecycle-controller", ""), due: map[string]bool{}}
	cache.Subscribe(func(old, n *corev1.Node) {
		switch {
		case n == nil:
			delete(k.due, old.Name)
		case !ready(n) || hasTaint(n, TaintShutdown):
			k.due[n.Name] = true
		default:
			delete(k.due, n.Name)
		}
	})
	client.WhenSynced(func() { k.a.Periodic(0, "monitor nodes in the cloud", k.pass) }, cache)
}

func ready(n *corev1.Node) bool {
	return slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
}

func (k *lifecycle) pass() {
	for _, name := range slices.Sorted(maps.Keys(k.due)) {
		if n, ok := k.cache.Get("", name); ok {
			k.look(n)
		}
	}
	k.a.Periodic(monitorPeriod, "monitor nodes in the cloud", k.pass)
}

func (k *lifecycle) look(n *corev1.Node) {
	if ready(n) {
		k.taint(n, false)
		return
	}
	m, ok := k.p.Machine(n.Name)
	switch {
	case !ok:
		k.a.Record(sim.KindDecision, api.Ref(api.Nodes, "", n.Name), "the cloud has no such machine any more: delete the node")
		ref := corev1.ObjectReference{APIVersion: "v1", Kind: "Node", Name: n.Name, UID: n.UID}
		k.rec.EventFor(ref, corev1.EventTypeNormal, "DeletingNode", "", "Deleting node "+n.Name+" because it does not exist in the cloud provider")
		k.c.Delete(api.Nodes, "", n.Name, client.DeleteOptions{}, func(err error) {
			if err != nil {
				k.rec.EventFor(ref, corev1.EventTypeWarning, "DeletingNodeFailed", "", "Failed deleting node "+n.Name+": "+err.Error())
			}
		})
	case m.Off:
		k.taint(n, true)
	}
}

// taint sets or removes the mark of a machine that is shut down.
func (k *lifecycle) taint(n *corev1.Node, on bool) {
	if hasTaint(n, TaintShutdown) == on {
		return
	}
	client.Mutate(k.c, api.Nodes, "", "", n.Name, func(n *corev1.Node) bool {
		if hasTaint(n, TaintShutdown) == on {
			return false
		}
		taints := slices.DeleteFunc(slices.Clone(n.Spec.Taints), func(t corev1.Taint) bool { return t.Key == TaintShutdown })
		if on {
			taints = append(taints, corev1.Taint{Key: TaintShutdown, Effect: corev1.TaintEffectNoSchedule})
		}
		n.Spec.Taints = taints
		return true
	}, nil)
}
