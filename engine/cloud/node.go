package cloud

import (
	"errors"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// TaintUninitialized keeps pods from a node of which the cloud has not said yet what it is
// (cloudproviderapi.TaintExternalCloudProvider). A kubelet that is told of an external provider registers with it.
const TaintUninitialized = "node.cloudprovider.kubernetes.io/uninitialized"

// nodeSyncs is --concurrent-node-syncs: upstream's default of 1 takes long for a cluster that comes up at once, so the
// manifest says more.
const nodeSyncs = 100

// nodes is the cloud-node-controller: it completes nodes that have registered.
type nodes struct {
	a     *sim.Actor
	c     *client.Client
	cache *client.Cache[*corev1.Node]
	p     *Provider
	rec   *client.Recorder
	queue *client.Queue
}

func newNodes(c *client.Client, cache *client.Cache[*corev1.Node], p *Provider) {
	k := &nodes{a: c.Actor(), c: c, cache: cache, p: p, rec: client.NewRecorder(c, "cloud-node-controller", "")}
	k.queue = client.NewQueue(k.a, "Nodes", nodeSyncs, k.sync)
	cache.Subscribe(func(_, n *corev1.Node) {
		if n != nil && hasTaint(n, TaintUninitialized) {
			k.queue.Add(n.Name)
		}
	})
	client.WhenSynced(k.queue.Start, cache)
}

func hasTaint(n *corev1.Node, key string) bool {
	return slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == key })
}

// sync initializes a node: identity, type, zone and region, and the taint goes with the same write.
func (k *nodes) sync(name string, done func(error)) {
	n, ok := k.cache.Get("", name)
	if !ok || !hasTaint(n, TaintUninitialized) {
		done(nil)
		return
	}
	k.a.After(askTime, "ask the cloud about "+name, func() {
		m, ok := k.p.Machine(name)
		if !ok {
			done(errors.New("failed to get instance metadata for node " + name + ": instance not found"))
			return
		}
		k.a.Record(sim.KindDecision, api.Ref(api.Nodes, "", name), "the cloud knows the machine: "+m.Type+" in "+m.Zone)
		client.Mutate(k.c, api.Nodes, "", "", name, func(n *corev1.Node) bool {
			if !hasTaint(n, TaintUninitialized) {
				return false
			}
			complete(n, m)
			return true
		}, func(_ *corev1.Node, err error) {
			if apierrors.IsNotFound(err) {
				err = nil
			} else if err == nil {
				k.rec.Event(n, corev1.EventTypeNormal, "Synced", "Node synced successfully")
			}
			done(err)
		})
	})
}

// complete writes into a node what the cloud knows, under the old and the new names of the labels, as upstream does.
func complete(n *corev1.Node, m Machine) {
	labels := maps.Clone(n.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	for _, l := range [...]struct{ beta, key, value string }{
		{corev1.LabelInstanceType, corev1.LabelInstanceTypeStable, m.Type},
		{corev1.LabelFailureDomainBetaZone, corev1.LabelTopologyZone, m.Zone},
		{corev1.LabelFailureDomainBetaRegion, corev1.LabelTopologyRegion, m.Region},
	} {
		if l.value != "" {
			labels[l.beta], labels[l.key] = l.value, l.value
		}
	}
	n.Labels = labels
	if n.Spec.ProviderID == "" {
		n.Spec.ProviderID = m.ProviderID
	}
	n.Spec.Taints = slices.DeleteFunc(slices.Clone(n.Spec.Taints), func(t corev1.Taint) bool { return t.Key == TaintUninitialized })
}
