package plugins

import "tabernetes/engine/scheduler/framework"

// Refusals are the answers of all filters about a node, each asked as if the others had agreed; Filter gives the first.
func (st *State) Refusals(n *framework.NodeInfo) (out []*framework.Status) {
	add := func(s *framework.Status) {
		if s != nil {
			out = append(out, s)
		}
	}
	for _, pl := range st.Shape.Profile.Filters {
		add(st.ask(pl, n))
	}
	return out
}

// ask asks one filter.
func (st *State) ask(pl framework.Plugin, n *framework.NodeInfo) *framework.Status {
	s := st.Shape
	switch pl {
	case framework.NodeUnschedulable:
		return nodeUnschedulable(s, n.Node)
	case framework.TaintToleration:
		if framework.Untolerated(s.Tolerations, n.Node) {
			return statusTaint
		}
	case framework.NodeAffinity:
		return nodeAffinity(s, n.Node)
	case framework.NodePorts:
		if len(s.Ports) > 0 && n.PortConflict(s.Ports) {
			return statusPorts
		}
	case framework.NodeResourcesFit:
		return s.Fit(n)
	case framework.VolumeRestrictions, framework.NodeVolumeLimits, framework.VolumeBinding, framework.VolumeZone:
		return st.volumes.Ask(pl, n)
	case framework.PodTopologySpread:
		return st.spread.filter(s, n.Node)
	case framework.InterPodAffinity:
		return st.affinity.filter(st.Cluster, s, n.Node)
	}
	return nil
}
