package cache

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/scheduler/framework"
)

// Shape is the shared shape of a pod.
func (c *Cluster) Shape(pod *corev1.Pod) *framework.Shape {
	if !c.byIdentity && framework.SelectsIdentity(pod) {
		c.nameAll()
	}
	lh, th := framework.TemplateHash(pod, !c.byIdentity)
	if framework.Resizing(pod) {
		return framework.NewShape(pod, c.labelSet(pod, lh), c.profile(pod)) // its own: what it holds is in flux
	}
	for _, s := range c.shapes[th] {
		if framework.SameTemplate(s.Exemplar, pod, !c.byIdentity) {
			return s
		}
	}
	s := framework.NewShape(pod, c.labelSet(pod, lh), c.profile(pod))
	s.Hash = th
	c.shapes[th] = append(c.shapes[th], s)
	s.Set.Refs++
	if c.nShapes++; c.nShapes >= c.sweepAt {
		c.sweep()
	}
	return s
}

// sweep forgets shapes without pods on nodes; a pod that still has one keeps it, it is just not shared any more.
func (c *Cluster) sweep() {
	for h, list := range c.shapes {
		kept := slices.DeleteFunc(list, func(s *framework.Shape) bool {
			if len(s.Pods) > 0 {
				return false
			}
			c.nShapes--
			if s.Set.Refs--; s.Set.Refs == 0 {
				c.dropSet(s.Set)
			}
			return true
		})
		if len(kept) == 0 {
			delete(c.shapes, h)
		} else {
			c.shapes[h] = kept
		}
	}
	c.sweepAt = 2*c.nShapes + 4096
}

func (c *Cluster) dropSet(set *framework.LabelSet) {
	if len(set.Shapes) > 0 {
		return // an unshared shape still has pods
	}
	list := slices.DeleteFunc(c.sets[set.Hash], func(x *framework.LabelSet) bool { return x == set })
	if len(list) == 0 {
		delete(c.sets, set.Hash)
	} else {
		c.sets[set.Hash] = list
	}
}

func (c *Cluster) labelSet(pod *corev1.Pod, hash uint64) *framework.LabelSet {
	for _, s := range c.sets[hash] {
		if s.Namespace == pod.Namespace && framework.SameLabels(s.Labels, pod.Labels, !c.byIdentity) {
			return s
		}
	}
	s := &framework.LabelSet{ID: c.setID, Namespace: pod.Namespace, Labels: pod.Labels, Hash: hash}
	if !c.byIdentity {
		s.Labels = anonymous(pod.Labels)
	}
	c.setID++
	c.sets[hash] = append(c.sets[hash], s)
	return s
}

func sameStrings(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return true
}

// ForSets calls fn for every label set, in no particular order: fn must only add up.
func (c *Cluster) ForSets(fn func(*framework.LabelSet)) {
	for _, list := range c.sets {
		for _, s := range list {
			if len(s.Shapes) > 0 {
				fn(s)
			}
		}
	}
}

// LabelSets is the number of label set IDs given out.
func (c *Cluster) LabelSets() int32 { return c.setID }

// Pod finds a pod that is assigned or assumed.
func (c *Cluster) Pod(uid types.UID) *framework.PodInfo { return c.pods[uid] }

// Assumed reports that the scheduler has decided on the pod but not yet seen it bound.
func (c *Cluster) Assumed(uid types.UID) bool { return c.assumed[uid] }

// Assume counts a pod in on a node before the API server knows.
func (c *Cluster) Assume(pod *corev1.Pod, s *framework.Shape, n *framework.NodeInfo) {
	c.put(pod, s, n)
	c.assumed[pod.UID] = true
}

// Forget takes an assumed pod out again.
func (c *Cluster) Forget(uid types.UID) {
	if c.assumed[uid] {
		delete(c.assumed, uid)
		c.take(c.pods[uid])
	}
}

// AddPod counts in a pod that the API server says is bound.
func (c *Cluster) AddPod(pod *corev1.Pod) {
	p := c.pods[pod.UID]
	if p == nil {
		c.put(pod, c.Shape(pod), c.nodeEntry(pod.Spec.NodeName))
		return
	}
	delete(c.assumed, pod.UID)
	c.refresh(p, pod)
}

// UpdatePod takes in a new version of a bound pod.
func (c *Cluster) UpdatePod(pod *corev1.Pod) { c.AddPod(pod) }

func (c *Cluster) refresh(p *framework.PodInfo, pod *corev1.Pod) {
	if p.Node.Name != pod.Spec.NodeName || !framework.SameTemplate(p.Pod, pod, !c.byIdentity) || framework.Resizing(p.Pod) || framework.Resizing(pod) {
		c.take(p)
		c.put(pod, c.Shape(pod), c.nodeEntry(pod.Spec.NodeName))
		return
	}
	p.Pod = pod
	if pod.DeletionTimestamp != nil && !p.Leaving {
		p.Leaving = true
		c.note(p.Node, p.Shape, 0, -1)
	}
}

// RemovePod counts a pod out.
func (c *Cluster) RemovePod(uid types.UID) {
	if p := c.pods[uid]; p != nil {
		delete(c.assumed, uid)
		c.take(p)
	}
}

func (c *Cluster) put(pod *corev1.Pod, s *framework.Shape, n *framework.NodeInfo) {
	p := &framework.PodInfo{Pod: pod, Shape: s, Node: n, Leaving: pod.DeletionTimestamp != nil}
	c.pods[pod.UID] = p
	n.AddPod(p)
	c.attach(p)
	c.note(n, s, 1, spread(p))
}

func (c *Cluster) attach(p *framework.PodInfo) {
	s := p.Shape
	if len(s.Pods) == 0 {
		s.Set.Shapes = append(s.Set.Shapes, s)
		if s.HasAffinity() {
			c.WithTerms = append(c.WithTerms, s)
		}
	}
	p.Slot = int32(len(s.Pods))
	s.Pods = append(s.Pods, p)
}

func spread(p *framework.PodInfo) int8 {
	if p.Leaving {
		return 0
	}
	return 1
}

func (c *Cluster) take(p *framework.PodInfo) {
	s, n := p.Shape, p.Node
	delete(c.pods, p.Pod.UID)
	n.RemovePod(p)
	c.detach(p)
	c.note(n, s, -1, -spread(p))
	if n.Node == nil && len(n.Pods) == 0 {
		delete(c.nodes, n.Name)
	}
}

func (c *Cluster) detach(p *framework.PodInfo) {
	s := p.Shape
	last := len(s.Pods) - 1
	s.Pods[p.Slot] = s.Pods[last]
	s.Pods[p.Slot].Slot = p.Slot
	s.Pods[last] = nil
	s.Pods = s.Pods[:last]
	if last == 0 {
		s.Set.Shapes = slices.DeleteFunc(s.Set.Shapes, func(x *framework.Shape) bool { return x == s })
		if s.HasAffinity() {
			c.WithTerms = slices.DeleteFunc(c.WithTerms, func(x *framework.Shape) bool { return x == s })
		}
		if s.Set.Refs == 0 {
			c.dropSet(s.Set)
		}
	}
}
