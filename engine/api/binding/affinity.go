package binding

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
)

// Usable reports whether a volume can be used on a node with such labels: spec.nodeAffinity.required of the volume
// (CheckNodeAffinity). A term that asks for nothing, or for fields of the node, matches no node.
func Usable(v *corev1.PersistentVolume, node map[string]string) bool {
	if v.Spec.NodeAffinity == nil || v.Spec.NodeAffinity.Required == nil {
		return true
	}
	return slices.ContainsFunc(v.Spec.NodeAffinity.Required.NodeSelectorTerms, func(t corev1.NodeSelectorTerm) bool {
		if len(t.MatchFields) > 0 || len(t.MatchExpressions) == 0 {
			return false
		}
		for i := range t.MatchExpressions {
			if !holds(&t.MatchExpressions[i], node) {
				return false
			}
		}
		return true
	})
}

func holds(e *corev1.NodeSelectorRequirement, node map[string]string) bool {
	value, ok := node[e.Key]
	switch e.Operator {
	case corev1.NodeSelectorOpIn:
		return ok && slices.Contains(e.Values, value)
	case corev1.NodeSelectorOpNotIn:
		return !ok || !slices.Contains(e.Values, value)
	case corev1.NodeSelectorOpExists:
		return ok
	case corev1.NodeSelectorOpDoesNotExist:
		return !ok
	case corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt:
		if len(e.Values) != 1 {
			return false
		}
		have, err := strconv.ParseInt(value, 10, 64)
		than, err2 := strconv.ParseInt(e.Values[0], 10, 64)
		return err == nil && err2 == nil && have != than && (have > than) == (e.Operator == corev1.NodeSelectorOpGt)
	}
	return false
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
