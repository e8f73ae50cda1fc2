package network

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// Where endpoints say for which nodes or zones they are (trafficDistribution), nodes keep to theirs: as long as all ready
// endpoints of a Service say so, and at least one is for them (pkg/proxy/topology.go).

// hints are those of a slice's ready endpoints.
type hints struct {
	allNodes, allZones bool // every one has them
	byNode, byZone     map[string][]*discoveryv1.Endpoint
}

func hintsOf(list []*discoveryv1.Endpoint) *hints {
	if !slices.ContainsFunc(list, func(e *discoveryv1.Endpoint) bool { return e.Hints != nil }) {
		return nil
	}
	h := &hints{allNodes: true, allZones: true, byNode: map[string][]*discoveryv1.Endpoint{}, byZone: map[string][]*discoveryv1.Endpoint{}}
	for _, e := range list {
		var nodes []discoveryv1.ForNode
		var zones []discoveryv1.ForZone
		if e.Hints != nil {
			nodes, zones = e.Hints.ForNodes, e.Hints.ForZones
		}
		h.allNodes, h.allZones = h.allNodes && len(nodes) > 0, h.allZones && len(zones) > 0
		for _, n := range nodes {
			h.byNode[n.Name] = append(h.byNode[n.Name], e)
		}
		for _, z := range zones {
			h.byZone[z.Name] = append(h.byZone[z.Name], e)
		}
	}
	return h
}

// Zoned reports that some endpoint was meant for a zone: only then has a node to know its own.
func (r *Rules) Zoned() bool { return r.zoned }

// SetZone tells the node's rules in which zone they are; "" is none.
func (nd *Node) SetZone(zone string) { nd.zone = zone }

// near is how far the node's rules look for ready endpoints of a port.
func (nd *Node) near(views []*sliceView, sp *corev1.ServicePort) (by func(*sliceView) []*discoveryv1.Endpoint) {
	allNodes, allZones, mine, ours, any := true, true, false, false, false
	for _, v := range views {
		if len(v.ready) == 0 || port(v.slice, sp) == 0 {
			continue
		}
		if v.hints == nil {
			return nil
		}
		any = true
		allNodes, allZones = allNodes && v.hints.allNodes, allZones && v.hints.allZones
		mine = mine || len(v.hints.byNode[nd.host.Name]) > 0
		ours = ours || nd.zone != "" && len(v.hints.byZone[nd.zone]) > 0
	}
	switch {
	case any && allNodes && mine:
		return func(v *sliceView) []*discoveryv1.Endpoint { return v.of(nd.host.Name, true) }
	case any && allZones && ours:
		return func(v *sliceView) []*discoveryv1.Endpoint { return v.of(nd.zone, false) }
	}
	return nil
}

// of are the slice's ready endpoints for a node or zone.
func (v *sliceView) of(name string, node bool) []*discoveryv1.Endpoint {
	switch {
	case v.hints == nil:
		return nil
	case node:
		return v.hints.byNode[name]
	}
	return v.hints.byZone[name]
}
