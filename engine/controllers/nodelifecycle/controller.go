package nodelifecycle

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Defaults of kube-controller-manager.
const (
	MonitorPeriod         = 5 * time.Second
	MonitorGrace          = 50 * time.Second
	StartupGrace          = 60 * time.Second
	EvictionRate          = 0.1  // nodes a second in each zone
	SecondaryEvictionRate = 0.01 // in a large zone that is mostly lost
	LargeClusterThreshold = 50
	UnhealthyThreshold    = 0.55

	taintPeriod   = 100 * time.Millisecond
	updateRetries = 5
	retrySleep    = 20 * time.Millisecond

	// IndexNode is the index of pods by node in the shared cache.
	IndexNode = "spec.nodeName"
)

// ByNode is the function of IndexNode.
func ByNode(p *corev1.Pod) []string {
	if p.Spec.NodeName == "" {
		return nil
	}
	return []string{p.Spec.NodeName}
}

// Controller is one running node lifecycle controller.
type Controller struct {
	a     *sim.Actor
	c     *client.Client
	rec   *client.Recorder
	nodes *client.Cache[*corev1.Node]
	pods  *client.Cache[*corev1.Pod]
	queue *client.Queue // nodes whose taints and labels may differ from their conditions

	health  map[string]*health
	zones   map[string]*zone
	removed []*corev1.Node // since the last pass
	started sim.Time
}

// health is what the controller knows of a node, beside what the node says itself.
type health struct {
	node   *corev1.Node          // in the cache
	lease  *coordinationv1.Lease // in the cache
	seen   *corev1.Node          // whose status probe and ready are from
	ready  *corev1.NodeCondition // as last seen; nil if there was none
	last   *coordinationv1.Lease // the newest renewal that counted
	probe  time.Time             // the last sign of life, by the controller's clock
	zone   string                // key of its zone
	out    bool                  // kept out of the count of its zone
	known  bool                  // met in a pass
	well   bool                  // at the last pass: ready and without taints of this controller
	retry  bool                  // its pods could not all be marked
	shown  *corev1.NodeCondition // Ready as the controller last saw or wrote it
	judged sim.RecordID          // the decision that its status is Unknown
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{
		a: c.Actor(), c: c, rec: client.NewRecorder(c, "node-controller", ""),
		nodes:  client.Shared[*corev1.Node](f, api.Nodes),
		pods:   client.Shared[*corev1.Pod](f, api.Pods),
		health: map[string]*health{}, zones: map[string]*zone{},
	}
	leases := client.Shared[*coordinationv1.Lease](f, api.Leases)
	k.queue = client.NewQueue(k.a, "node_lifecycle_controller", 8, k.reconcile)
	k.pods.AddIndex(IndexNode, ByNode)
	k.nodes.Subscribe(k.onNode)
	leases.Subscribe(k.onLease)
	k.pods.Subscribe(k.onPod)
	client.WhenSynced(func() {
		k.started = k.a.Now()
		k.queue.Start()
		k.a.Periodic(0, "node monitor", k.monitor)
	}, k.nodes, k.pods, leases)
	return k
}

func (k *Controller) of(node string) *health {
	h := k.health[node]
	if h == nil {
		h = &health{}
		k.health[node] = h
	}
	return h
}

func (k *Controller) onNode(old, n *corev1.Node) {
	if old != nil && (n == nil || n.UID != old.UID) {
		h := k.of(old.Name)
		h.retry = false
		if n == nil {
			if h.known {
				k.removed = append(k.removed, old)
			}
			h.node, h.known = nil, false
			return
		}
	}
	h := k.of(n.Name)
	h.node, h.zone = n, zoneKey(n)
	_, h.out = n.Labels[labelExclude]
	if !taintsAgree(n) || len(labelsToAdd(n)) > 0 {
		k.queue.Add(n.Name)
	}
}

func (k *Controller) onLease(old, l *coordinationv1.Lease) {
	if l == nil {
		if old.Namespace == corev1.NamespaceNodeLease {
			k.of(old.Name).lease = nil
		}
		return
	}
	if l.Namespace == corev1.NamespaceNodeLease {
		k.of(l.Name).lease = l
	}
}

// onPod marks a pod that was bound to a node that is not ready: no pass would, the node does not change.
func (k *Controller) onPod(old, p *corev1.Pod) {
	if p == nil || p.Spec.NodeName == "" || old != nil && old.Spec.NodeName == p.Spec.NodeName {
		return
	}
	h := k.health[p.Spec.NodeName]
	if h == nil || h.node == nil || h.shown == nil || h.shown.Status == corev1.ConditionTrue {
		return
	}
	k.markNotReady([]*corev1.Pod{p}, p.Spec.NodeName, func(bool) {})
}

// event records an event about a node.
func (k *Controller) event(n *corev1.Node, reason, message string) {
	k.rec.EventFor(corev1.ObjectReference{APIVersion: "v1", Kind: "Node", Name: n.Name, UID: n.UID},
		corev1.EventTypeNormal, reason, "", message)
}

func readyCondition(n *corev1.Node) *corev1.NodeCondition {
	for i := range n.Status.Conditions {
		if n.Status.Conditions[i].Type == corev1.NodeReady {
			return &n.Status.Conditions[i]
		}
	}
	return nil
}
