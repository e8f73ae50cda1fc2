package binding

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api/nodeaffinity"
)

// Usable reports whether a volume can be used on a node with such labels: spec.nodeAffinity.required of the volume
// (CheckNodeAffinity).
func Usable(v *corev1.PersistentVolume, node map[string]string) bool {
	if v.Spec.NodeAffinity == nil || v.Spec.NodeAffinity.Required == nil {
		return true
	}
	n := &corev1.Node{}
	n.Labels = node
	return nodeaffinity.Terms(v.Spec.NodeAffinity.Required).Match(n)
}

// Topology reports whether a node with such labels is among a class's allowedTopologies; an empty list allows every node
// (MatchTopologySelectorTerms).
func Topology(terms []corev1.TopologySelectorTerm, node map[string]string) bool {
	return len(terms) == 0 || slices.ContainsFunc(terms, func(t corev1.TopologySelectorTerm) bool {
		for _, e := range t.MatchLabelExpressions {
			if value, ok := node[e.Key]; !ok || !slices.Contains(e.Values, value) {
				return false
			}
		}
		return len(t.MatchLabelExpressions) > 0
	})
}
