package cache

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// nodeTree lists nodes round robin over zones, so that a search that stops early has seen every zone
// (pkg/scheduler/backend/cache/node_tree.go).
type nodeTree struct {
	zones []zone
	n     int
}

type zone struct {
	key   string
	nodes []string
}

// zoneKey is k8s.io/component-helpers/node/topology.GetZoneKey.
func zoneKey(n *corev1.Node) string {
	first := func(keys ...string) string {
		for _, k := range keys {
			if v, ok := n.Labels[k]; ok {
				return v
			}
		}
		return ""
	}
	z := first(corev1.LabelFailureDomainBetaZone, corev1.LabelTopologyZone)
	r := first(corev1.LabelFailureDomainBetaRegion, corev1.LabelTopologyRegion)
	if z == "" && r == "" {
		return ""
	}
	return r + ":\x00:" + z
}

func (t *nodeTree) add(n *corev1.Node) {
	key := zoneKey(n)
	t.n++
	for i := range t.zones {
		if t.zones[i].key == key {
			t.zones[i].nodes = append(t.zones[i].nodes, n.Name)
			return
		}
	}
	t.zones = append(t.zones, zone{key, []string{n.Name}})
}

func (t *nodeTree) remove(n *corev1.Node) {
	key := zoneKey(n)
	for i := range t.zones {
		z := &t.zones[i]
		if z.key != key {
			continue
		}
		j := slices.Index(z.nodes, n.Name)
		if j < 0 {
			return
		}
		t.n--
		z.nodes = slices.Delete(z.nodes, j, j+1)
		if len(z.nodes) == 0 {
			t.zones = slices.Delete(t.zones, i, i+1)
		}
		return
	}
}

func (t *nodeTree) list() []string {
	out := make([]string, 0, t.n)
	for i := 0; len(out) < t.n; i++ {
		for j := range t.zones {
			if i < len(t.zones[j].nodes) {
				out = append(out, t.zones[j].nodes[i])
			}
		}
	}
	return out
}
