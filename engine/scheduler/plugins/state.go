package plugins

import (
	"slices"

	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/volumes"
)

// State is what the plugins work out once for a pod before they look at nodes: upstream's CycleState.
type State struct {
	Cluster *cache.Cluster
	Shape   *framework.Shape

	spread   *hardSpread
	affinity *affinityCounts
	volumes  *volumes.State // nil for a pod whose volumes have no say
}

// PreFilter prepares the filters for a shape. A status other than nil refuses all nodes.
func PreFilter(c *cache.Cluster, s *framework.Shape) (*State, *framework.Status) {
	if st := Restricted(s); st != nil {
		return nil, st
	}
	return &State{Cluster: c, Shape: s, spread: newHardSpread(c, s), affinity: newAffinityCounts(c, s)}, nil
}

// WithVolumes adds what the volume plugins worked out for the pod; nil is a pod whose volumes have no say.
func (st *State) WithVolumes(v *volumes.State) *State {
	st.volumes = v
	return st
}

// Clone is a copy on which pods may be added and removed.
func (st *State) Clone() *State {
	c := *st
	c.spread = st.spread.clone()
	c.affinity = st.affinity.clone()
	c.volumes = st.volumes.Clone()
	return &c
}

// AddPod tells the prepared state that a pod came to a node, for trying out.
func (st *State) AddPod(p *framework.PodInfo, n *framework.NodeInfo) { st.update(p, n, 1) }

// RemovePod tells the prepared state that a pod left a node, for trying out.
func (st *State) RemovePod(p *framework.PodInfo, n *framework.NodeInfo) { st.update(p, n, -1) }

func (st *State) update(p *framework.PodInfo, n *framework.NodeInfo, delta int) {
	st.spread.update(st.Shape, p.Shape, n.Node, delta)
	st.affinity.update(st.Cluster, st.Shape, p.Shape, n.Node, delta)
	st.volumes.Update(p.Pod, delta)
}

// Filter asks the filters in their order; the first refusal is the answer, nil is none.
func (st *State) Filter(n *framework.NodeInfo) *framework.Status {
	if !st.Shape.Profile.InOrder() {
		for _, pl := range st.Shape.Profile.Filters {
			if s := st.ask(pl, n); s != nil {
				return s
			}
		}
		return nil
	}
	if s := FilterNode(st.Shape, n); s != nil {
		return s
	}
	if s := FilterPods(st.Shape, n); s != nil {
		return s
	}
	if s := st.volumes.Filter(n, st.Shape.Profile); s != nil {
		return s
	}
	if s := st.spread.filter(st.Shape, n.Node); s != nil {
		return s
	}
	return st.affinity.filter(st.Cluster, st.Shape, n.Node)
}

// FilterWithNominated is Filter that also respects pods for which the node is set aside: pods of at least the same
// priority are counted as if they ran there, and the pod must fit both with and without them
// (framework/runtime.RunFilterPluginsWithNominatedPods).
func (st *State) FilterWithNominated(n *framework.NodeInfo, self *framework.PodInfo) *framework.Status {
	with, node := st, n
	for _, p := range n.Nominated {
		if p.Shape.Priority < st.Shape.Priority || self != nil && p.Pod.UID == self.Pod.UID {
			continue
		}
		if node == n {
			with, node = st.Clone(), n.Clone()
		}
		node.AddPod(p)
		with.AddPod(p, node)
	}
	if node != n {
		if s := with.Filter(node); s != nil {
			return s
		}
	}
	return st.Filter(n)
}

// FilterNode asks the filters whose answer depends on the node object alone. NodeName has nothing to say here: a pod
// that names its node never comes into the queue.
func FilterNode(s *framework.Shape, n *framework.NodeInfo) *framework.Status {
	p := s.Profile
	if p.HasFilter(framework.NodeUnschedulable) {
		if s := nodeUnschedulable(s, n.Node); s != nil {
			return s
		}
	}
	if p.HasFilter(framework.TaintToleration) && framework.Untolerated(s.Tolerations, n.Node) {
		return statusTaint
	}
	if p.HasFilter(framework.NodeAffinity) {
		return nodeAffinity(s, n.Node)
	}
	return nil
}

// FilterPods asks the filters whose answer depends on the node and its own pods.
func FilterPods(s *framework.Shape, n *framework.NodeInfo) *framework.Status {
	if len(s.Ports) > 0 && s.Profile.HasFilter(framework.NodePorts) && n.PortConflict(s.Ports) {
		return statusPorts
	}
	if !s.Profile.HasFilter(framework.NodeResourcesFit) {
		return nil
	}
	return s.Fit(n)
}

// Restricted is the refusal of pods whose node affinity contradicts itself, nil for others.
func Restricted(s *framework.Shape) *framework.Status {
	if s.NarrowsNodes && len(s.NodeNames) == 0 {
		return statusConflict
	}
	return nil
}

// Candidates are the nodes to look at: all, or those that node affinity names.
func Candidates(c *cache.Cluster, s *framework.Shape) []*framework.NodeInfo {
	if !s.NarrowsNodes {
		return c.Nodes()
	}
	c.Nodes() // brings the indexes up to date
	var out []*framework.NodeInfo
	for _, name := range s.NodeNames {
		if n := c.Node(name); n != nil {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b *framework.NodeInfo) int { return int(a.Index - b.Index) })
	return out
}

// The reasons, as upstream words them.
var (
	statusUnschedulable = framework.NewStatus(framework.NodeUnschedulable, framework.UnschedulableAndUnresolvable,
		"node(s) were unschedulable")
	statusTaint = framework.NewStatus(framework.TaintToleration, framework.UnschedulableAndUnresolvable,
		"node(s) had untolerated taint(s)")
	statusNodeAffinity = framework.NewStatus(framework.NodeAffinity, framework.UnschedulableAndUnresolvable,
		"node(s) didn't match Pod's node affinity/selector")
	statusEnforced = framework.NewStatus(framework.NodeAffinity, framework.UnschedulableAndUnresolvable,
		"node(s) didn't match scheduler-enforced node affinity")
	statusConflict = framework.NewStatus(framework.NodeAffinity, framework.UnschedulableAndUnresolvable,
		"pod affinity terms conflict")
	statusPorts = framework.NewStatus(framework.NodePorts, framework.Unschedulable,
		"node(s) didn't have free ports for the requested pod ports")
	// SpreadMissing and the four below are shared with the fast path.
	SpreadMissing = framework.NewStatus(framework.PodTopologySpread, framework.UnschedulableAndUnresolvable,
		"node(s) didn't match pod topology spread constraints (missing required label)")
	SpreadSkew = framework.NewStatus(framework.PodTopologySpread, framework.Unschedulable,
		"node(s) didn't match pod topology spread constraints")
	AffinityUnmet = framework.NewStatus(framework.InterPodAffinity, framework.UnschedulableAndUnresolvable,
		"node(s) didn't match pod affinity rules")
	AntiAffinity = framework.NewStatus(framework.InterPodAffinity, framework.Unschedulable,
		"node(s) didn't match pod anti-affinity rules")
	ExistingAnti = framework.NewStatus(framework.InterPodAffinity, framework.Unschedulable,
		"node(s) didn't satisfy existing pods anti-affinity rules")
)
