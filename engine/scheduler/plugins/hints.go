package plugins

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
)

// Worth is the queueing hint of a plugin: whether a happening may make it accept a pod it rejected before. Each
// plugin's rules are those of its isSchedulableAfter... functions upstream.
func Worth(c *cache.Cluster, s *framework.Shape, by framework.Plugin, h *framework.Happening) bool {
	switch by {
	case framework.NodeUnschedulable:
		if h.Event&framework.TargetTolerationsChanged != 0 {
			return ToleratesUnschedulable(h.NewPod.Spec.Tolerations)
		}
		return !h.NewNode.Spec.Unschedulable && (h.OldNode == nil || h.OldNode.Spec.Unschedulable)
	case framework.TaintToleration:
		if h.NewNode == nil {
			return true
		}
		return (h.OldNode == nil || framework.Untolerated(s.Tolerations, h.OldNode)) && !framework.Untolerated(s.Tolerations, h.NewNode)
	case framework.NodeAffinity:
		if added := s.Profile.AddedRequired; added != nil && !added.Match(h.NewNode) {
			return false
		}
		return s.RequiredNodes.Match(h.NewNode) && (h.OldNode == nil || !s.RequiredNodes.Match(h.OldNode))
	case framework.NodePorts:
		if h.Event&framework.AssignedPodDeleted != 0 {
			return h.OldShape != nil && framework.PortsConflict(s.Ports, h.OldShape.Ports)
		}
	case framework.NodeResourcesFit:
		if h.NewNode != nil {
			return fitAfterNode(s, h)
		}
		if h.Event&framework.AssignedPodScaledDown != 0 {
			return freed(s, h.OldShape, h.NewShape)
		}
	case framework.PodTopologySpread:
		return spreadAfter(HardConstraints(c, s), s, h)
	case framework.InterPodAffinity:
		return affinityAfter(c, s, h)
	case framework.DefaultPreemption:
		return false // it must not decide when; the plugins whose refusal it cures do
	}
	return true
}

func fitAfterNode(s *framework.Shape, h *framework.Happening) bool {
	var now framework.NodeInfo
	now.SetNode(h.NewNode)
	if s.Fit(&now) != nil {
		return false // would not fit even if empty
	}
	if h.OldNode == nil {
		return true
	}
	var before framework.NodeInfo
	before.SetNode(h.OldNode)
	r, a, b := &s.Requests, &now.Allocatable, &before.Allocatable
	if now.AllowedPods > before.AllowedPods || r.MilliCPU > 0 && a.MilliCPU > b.MilliCPU ||
		r.Memory > 0 && a.Memory > b.Memory || r.EphemeralStorage > 0 && a.EphemeralStorage > b.EphemeralStorage {
		return true
	}
	return slices.ContainsFunc(r.Scalars, func(x framework.Scalar) bool {
		return x.Value > 0 && a.Scalar(x.Name) > b.Scalar(x.Name)
	})
}

// freed reports that a pod gave up something the shape asks for.
func freed(s, old, new *framework.Shape) bool {
	if old == nil || new == nil {
		return true
	}
	r, a, b := &s.Requests, &old.Held, &new.Held
	return r.MilliCPU > 0 && a.MilliCPU > b.MilliCPU || r.Memory > 0 && a.Memory > b.Memory ||
		r.EphemeralStorage > 0 && a.EphemeralStorage > b.EphemeralStorage ||
		slices.ContainsFunc(r.Scalars, func(x framework.Scalar) bool { return x.Value > 0 && a.Scalar(x.Name) > b.Scalar(x.Name) })
}

func placed(p *corev1.Pod) bool { return p.Spec.NodeName != "" || p.Status.NominatedNodeName != "" }

func matchesAnySpread(cs []framework.SpreadConstraint, podLabels map[string]string) bool {
	for i := range cs {
		if cs[i].Selector.Matches(labels.Set(podLabels)) {
			return true
		}
	}
	return false
}

func spreadAfter(cs []framework.SpreadConstraint, s *framework.Shape, h *framework.Happening) bool {
	if h.OldNode != nil || h.NewNode != nil {
		was := h.OldNode != nil && hasKeys(h.OldNode, cs)
		is := h.NewNode != nil && hasKeys(h.NewNode, cs)
		if h.OldNode == nil || h.NewNode == nil || was != is {
			return was || is
		}
		if !is {
			return false
		}
		for i := range cs {
			if h.OldNode.Labels[cs[i].TopologyKey] != h.NewNode.Labels[cs[i].TopologyKey] {
				return true
			}
		}
		return !equality.Semantic.DeepEqual(h.OldNode.Spec.Taints, h.NewNode.Spec.Taints)
	}
	if h.Event&framework.TargetTolerationsChanged != 0 &&
		slices.ContainsFunc(cs, func(c framework.SpreadConstraint) bool { return c.HonorTaints }) {
		return true
	}
	target := h.Event&(framework.TargetTolerationsChanged|framework.TargetLabelsChanged) != 0
	for _, p := range [...]*corev1.Pod{h.OldPod, h.NewPod} {
		if p != nil && !target && (!placed(p) && h.Event&framework.AssignedPodAdded == 0 || p.Namespace != s.Namespace()) {
			return false
		}
	}
	switch {
	case h.OldPod != nil && h.NewPod != nil:
		for i := range cs {
			if cs[i].Selector.Matches(labels.Set(h.OldPod.Labels)) != cs[i].Selector.Matches(labels.Set(h.NewPod.Labels)) {
				return true
			}
		}
		return false
	case h.NewPod != nil:
		return matchesAnySpread(cs, h.NewPod.Labels)
	}
	return matchesAnySpread(cs, h.OldPod.Labels)
}

func affinityAfter(c *cache.Cluster, s *framework.Shape, h *framework.Happening) bool {
	if h.Event&framework.TargetLabelsChanged != 0 {
		return true
	}
	if h.NewNode != nil {
		return affinityAfterNode(s, h.OldNode, h.NewNode)
	}
	all := func(p *corev1.Pod) bool {
		for i := range s.RequiredAffinity {
			if !s.RequiredAffinity[i].Matches(p.Namespace, c.NamespaceLabels(p.Namespace), p.Labels) {
				return false
			}
		}
		return len(s.RequiredAffinity) > 0
	}
	anyAnti := func(p *corev1.Pod) bool {
		for i := range s.RequiredAnti {
			if s.RequiredAnti[i].Matches(p.Namespace, c.NamespaceLabels(p.Namespace), p.Labels) {
				return true
			}
		}
		return false
	}
	switch {
	case h.OldPod != nil && h.NewPod != nil:
		return !all(h.OldPod) && all(h.NewPod) || anyAnti(h.OldPod) && !anyAnti(h.NewPod)
	case h.NewPod != nil:
		return all(h.NewPod)
	}
	if anyAnti(h.OldPod) {
		return true
	}
	if h.OldShape == nil {
		return false
	}
	for i := range h.OldShape.RequiredAnti {
		if h.OldShape.RequiredAnti[i].Matches(s.Namespace(), c.NamespaceLabels(s.Namespace()), s.Labels()) {
			return true
		}
	}
	return false
}

func affinityAfterNode(s *framework.Shape, old, new *corev1.Node) bool {
	for i := range s.RequiredAffinity {
		v, ok := new.Labels[s.RequiredAffinity[i].TopologyKey]
		if !ok {
			continue
		}
		if old == nil {
			return true
		}
		if w, had := old.Labels[s.RequiredAffinity[i].TopologyKey]; !had || w != v {
			return true
		}
	}
	for i := range s.RequiredAnti {
		if old == nil {
			return true
		}
		w, had := old.Labels[s.RequiredAnti[i].TopologyKey]
		v, ok := new.Labels[s.RequiredAnti[i].TopologyKey]
		if had && (!ok || v != w) {
			return true
		}
	}
	return false
}
