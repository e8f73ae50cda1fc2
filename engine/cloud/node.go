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
		if n != nil && (hasTaint(n, TaintUninitialized) || len(labelsToFollow(n)) > 0) {
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
		k.relabel(n, done)
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

// labelPairs are the old and the new names of what the cloud says of a node.
var labelPairs = [...]struct{ beta, key string }{
	{corev1.LabelInstanceType, corev1.LabelInstanceTypeStable},
	{corev1.LabelFailureDomainBetaZone, corev1.LabelTopologyZone},
	{corev1.LabelFailureDomainBetaRegion, corev1.LabelTopologyRegion},
}

// labelsToFollow are the labels of a node that differ from those of the old names, which are the truth
// (labelReconcileInfo): whoever changes a zone by its new name alone has it changed back.
func labelsToFollow(n *corev1.Node) map[string]string {
	var out map[string]string
	for _, l := range labelPairs {
		if v, ok := n.Labels[l.beta]; ok {
			if have, ok := n.Labels[l.key]; !ok || have != v {
				if out == nil {
					out = map[string]string{}
				}
				out[l.key] = v
			}
		}
	}
	return out
}

// relabel brings the labels of an initialized node in line; n may be nil.
func (k *nodes) relabel(n *corev1.Node, done func(error)) {
	if n == nil || len(labelsToFollow(n)) == 0 {
		done(nil)
		return
	}
	client.Mutate(k.c, api.Nodes, "", "", n.Name, func(n *corev1.Node) bool {
		follow := labelsToFollow(n)
		n.Labels = maps.Clone(n.Labels)
		maps.Copy(n.Labels, follow)
		return len(follow) > 0
	}, func(_ *corev1.Node, err error) {
		if apierrors.IsNotFound(err) {
			err = nil
		}
		done(err)
	})
}

// complete writes into a node what the cloud knows, under the old and the new names of the labels, as upstream does.
func complete(n *corev1.Node, m Machine) {
	labels := maps.Clone(n.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	for i, v := range [...]string{m.Type, m.Zone, m.Region} {
		if l := labelPairs[i]; v != "" {
			labels[l.beta], labels[l.key] = v, v
		}
	}
	n.Labels = labels
	if n.Spec.ProviderID == "" {
		n.Spec.ProviderID = m.ProviderID
	}
	n.Spec.Taints = slices.DeleteFunc(slices.Clone(n.Spec.Taints), func(t corev1.Taint) bool { return t.Key == TaintUninitialized })
}
