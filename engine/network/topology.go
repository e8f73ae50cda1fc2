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

// scope is which endpoints of a slice are meant.
type scope int

const (
	everywhere  scope = iota // all ready ones
	sameNode                 // the ready ones for the node
	sameZone                 // the ready ones for the node's zone
	terminating              // those that serve while they terminate
)

// near is how far the node's rules look for ready endpoints of a port.
func (nd *Node) near(views []*sliceView, sp *corev1.ServicePort, v6 bool) scope {
	allNodes, allZones, mine, ours := true, true, false, false
	for _, v := range views {
		if v.compile(); len(v.ready) == 0 || v.port(sp, v6) == 0 {
			continue
		}
		if v.hints == nil {
			return everywhere
		}
		allNodes, allZones = allNodes && v.hints.allNodes, allZones && v.hints.allZones
		mine = mine || len(v.hints.byNode[nd.host.Name]) > 0
		ours = ours || len(v.hints.byZone[nd.zone]) > 0
	}
	switch {
	case allNodes && mine:
		return sameNode
	case allZones && ours:
		return sameZone
	}
	return everywhere
}

// within are the slice's endpoints of a scope.
func (nd *Node) within(v *sliceView, s scope) []*discoveryv1.Endpoint {
	v.compile()
	switch {
	case s == terminating:
		return v.fallback
	case s == everywhere || v.hints == nil:
		return v.ready // without hints there are none: see near
	case s == sameNode:
		return v.hints.byNode[nd.host.Name]
	}
	return v.hints.byZone[nd.zone]
}
