package podgc

import (
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Defaults of kube-controller-manager.
const (
	Period     = 20 * time.Second
	Quarantine = 40 * time.Second
	Threshold  = 12500 // --terminated-pod-gc-threshold

	indexNode = "spec.nodeName"
)

// Controller is one running pod garbage collector.
type Controller struct {
	a     *sim.Actor
	c     *client.Client
	pods  *client.Cache[*corev1.Pod]
	nodes *client.Cache[*corev1.Node]

	threshold   int
	ended       map[string]bool     // keys of pods that have ended
	terminating map[string]bool     // keys of pods that are being deleted
	onNode      map[string]int      // pods by node
	missing     map[string]sim.Time // nodes that pods are on but that do not exist, with the end of their quarantine
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{
		a: c.Actor(), c: c, threshold: Threshold,
		pods:  client.Shared[*corev1.Pod](f, api.Pods),
		nodes: client.Shared[*corev1.Node](f, api.Nodes),
		ended: map[string]bool{}, terminating: map[string]bool{}, onNode: map[string]int{}, missing: map[string]sim.Time{},
	}
	k.pods.AddIndex(indexNode, func(p *corev1.Pod) []string {
		if p.Spec.NodeName == "" {
			return nil
		}
		return []string{p.Spec.NodeName}
	})
	k.pods.Subscribe(k.onPod)
	client.WhenSynced(func() { k.a.Periodic(0, "pod gc", k.pass) }, k.pods, k.nodes)
	return k
}

func hasEnded(p *corev1.Pod) bool {
	return p.Status.Phase != corev1.PodPending && p.Status.Phase != corev1.PodRunning && p.Status.Phase != corev1.PodUnknown
}

func (k *Controller) onPod(old, p *corev1.Pod) {
	was, is := "", ""
	if old != nil {
		was = old.Spec.NodeName
	}
	if p != nil {
		is = p.Spec.NodeName
	}
	if was != is {
		if was != "" {
			if k.onNode[was]--; k.onNode[was] == 0 {
				delete(k.onNode, was)
			}
		}
		if is != "" {
			k.onNode[is]++
		}
	}
	if p == nil {
		delete(k.ended, api.KeyOf(old))
		delete(k.terminating, api.KeyOf(old))
		return
	}
	if hasEnded(p) && (old == nil || !hasEnded(old)) {
		k.ended[api.KeyOf(p)] = true
	}
	if p.DeletionTimestamp != nil && (old == nil || old.DeletionTimestamp == nil) {
		k.terminating[api.KeyOf(p)] = true
	}
}

func (k *Controller) find(keys map[string]bool) []*corev1.Pod {
	var out []*corev1.Pod
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if p, ok := k.pods.GetKey(key); ok {
			out = append(out, p)
		}
	}
	return out
}

func (k *Controller) pass() {
	if n := len(k.ended) - k.threshold; n > 0 {
		pods := k.find(k.ended)
		slices.SortFunc(pods, evictedThenOldest)
		for _, p := range pods[:min(n, len(pods))] {
			k.remove(p, nil, "more than 12500 ended pods")
		}
	}
	if len(k.terminating) > 0 {
		k.stuck()
	}
	k.orphaned()
	k.a.Periodic(Period, "pod gc", k.pass)
}

// stuck removes terminating pods whose kubelet will not: they have no node, or one that is out of service.
func (k *Controller) stuck() {
	var out, none []*corev1.Pod
	for _, p := range k.find(k.terminating) {
		if p.Spec.NodeName == "" {
			none = append(none, p)
		} else if n, ok := k.nodes.Get("", p.Spec.NodeName); ok && !isReady(n) && outOfService(n) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, evictedThenOldest)
	for _, p := range out {
		k.remove(p, nil, "terminating on node "+p.Spec.NodeName+", which is out of service")
	}
	for _, p := range none {
		k.remove(p, nil, "terminating without ever having been on a node")
	}
}

func isReady(n *corev1.Node) bool {
	return slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
}

func outOfService(n *corev1.Node) bool {
	return slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeOutOfService })
}

// orphaned removes the pods of nodes that have been missing for the quarantine, and that the API server does not know
// either.
func (k *Controller) orphaned() {
	for _, name := range slices.Sorted(maps.Keys(k.onNode)) {
		if _, ok := k.nodes.Get("", name); ok {
			continue
		}
		if _, ok := k.missing[name]; !ok {
			k.missing[name] = k.a.Now().Add(Quarantine)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(k.missing)) {
		if k.missing[name] > k.a.Now() {
			continue
		}
		delete(k.missing, name)
		if _, ok := k.nodes.Get("", name); ok {
			continue
		}
		client.Get(k.c, api.Nodes, "", name, func(_ *corev1.Node, err error) {
			if !apierrors.IsNotFound(err) {
				return
			}
			for _, p := range slices.Clone(k.pods.ByIndex(indexNode, name)) {
				k.remove(p, &corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, ObservedGeneration: p.Generation,
					Reason: "DeletionByPodGC", Message: "PodGC: node no longer exists"}, "its node "+name+" no longer exists")
			}
		})
	}
}

func evictedThenOldest(a, b *corev1.Pod) int {
	if x, y := isEvicted(a), isEvicted(b); x != y {
		if x {
			return -1
		}
		return 1
	}
	if c := a.CreationTimestamp.Time.Compare(b.CreationTimestamp.Time); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

func isEvicted(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodFailed && p.Status.Reason == "Evicted"
}

// remove marks a pod that has not ended as failed, and deletes it without grace.
func (k *Controller) remove(p *corev1.Pod, c *corev1.PodCondition, why string) {
	s := k.a.Sim()
	s.In(s.Context(), func() {
		k.a.Record(sim.KindDecision, api.Ref(api.Pods, p.Namespace, p.Name), "garbage: "+why)
		del := func() {
			grace := int64(0)
			k.c.Delete(api.Pods, p.Namespace, p.Name, client.DeleteOptions{GracePeriodSeconds: &grace}, nil)
		}
		if p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
			del()
			return
		}
		uid, now := p.UID, metav1.NewTime(k.a.Wall().Truncate(time.Second))
		client.Mutate(k.c, api.Pods, "status", p.Namespace, p.Name, func(p *corev1.Pod) bool {
			if p.UID != uid {
				return false
			}
			p.Status.Phase = corev1.PodFailed
			p.Status.ObservedGeneration = p.Generation
			if c != nil {
				c.LastTransitionTime = now
				p.Status.Conditions = append(slices.DeleteFunc(slices.Clone(p.Status.Conditions),
					func(o corev1.PodCondition) bool { return o.Type == c.Type }), *c)
			}
			return true
		}, func(_ *corev1.Pod, err error) {
			if err == nil {
				del()
			}
		})
	})
}
