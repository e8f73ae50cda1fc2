package apiserver

import (
	"maps"
	"unsafe"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// The PodTopologyLabels plugin (plugin/pkg/admission/podtopologylabels, KEP-4742): a pod that gets a node gets the labels
// of the node's zone and region.

// labelCache shares the label maps it makes: the pods of one template that run in one zone have one map.
type labelCache struct {
	entries map[labelKey]labelEntry
	order   []labelKey
}

type labelKey struct {
	labels       unsafe.Pointer
	zone, region string
}

type labelEntry struct {
	in, out map[string]string // in keeps the key's address from being used again
}

const labelCacheSize = 2048

// labelTopology labels a pod that has a node. The pod must be the caller's own; its labels may be shared.
func (s *Server) labelTopology(p *corev1.Pod) {
	if p.Spec.NodeName == "" {
		return
	}
	n, _ := s.kinds[api.Nodes].objects[p.Spec.NodeName].(*corev1.Node)
	if n == nil {
		return
	}
	zone, region := n.Labels[corev1.LabelTopologyZone], n.Labels[corev1.LabelTopologyRegion]
	_, hasZone := n.Labels[corev1.LabelTopologyZone]
	_, hasRegion := n.Labels[corev1.LabelTopologyRegion]
	if !hasZone && !hasRegion {
		return
	}
	if hasZone && hasRegion {
		p.Labels = s.places.with(p.Labels, zone, region)
	} else if hasZone {
		p.Labels = with(p.Labels, corev1.LabelTopologyZone, zone)
	} else {
		p.Labels = with(p.Labels, corev1.LabelTopologyRegion, region)
	}
}

func (c *labelCache) with(labels map[string]string, zone, region string) map[string]string {
	if labels[corev1.LabelTopologyZone] == zone && labels[corev1.LabelTopologyRegion] == region && zone != "" && region != "" {
		return labels
	}
	key := labelKey{*(*unsafe.Pointer)(unsafe.Pointer(&labels)), zone, region}
	if e, ok := c.entries[key]; ok {
		return e.out
	}
	out := make(map[string]string, len(labels)+2)
	maps.Copy(out, labels)
	out[corev1.LabelTopologyZone], out[corev1.LabelTopologyRegion] = zone, region
	if labels == nil {
		return out
	}
	if c.entries == nil {
		c.entries = map[labelKey]labelEntry{}
	}
	if len(c.order) >= labelCacheSize {
		clear(c.entries)
		c.order = c.order[:0]
	}
	c.entries[key] = labelEntry{labels, out}
	c.order = append(c.order, key)
	return out
}
