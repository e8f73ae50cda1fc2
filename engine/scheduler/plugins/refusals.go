package plugins

import "tabernetes/engine/scheduler/framework"

// Refusals are the answers of all filters about a node, each asked as if the others had agreed; Filter gives the first.
func (st *State) Refusals(n *framework.NodeInfo) (out []*framework.Status) {
	add := func(s *framework.Status) {
		if s != nil {
			out = append(out, s)
		}
	}
	s := st.Shape
	add(nodeUnschedulable(s, n.Node))
	if framework.Untolerated(s.Tolerations, n.Node) {
		add(statusTaint)
	}
	if !s.RequiredNodes.Match(n.Node) {
		add(statusNodeAffinity)
	}
	if len(s.Ports) > 0 && n.PortConflict(s.Ports) {
		add(statusPorts)
	}
	add(s.Fit(n))
	add(st.volumes.Filter(n))
	add(st.spread.filter(s, n.Node))
	add(st.affinity.filter(st.Cluster, s, n.Node))
	return out
}
