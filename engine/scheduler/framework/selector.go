package framework

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api/nodeaffinity"
)

// restrictedNodes are the node names that required affinity narrows the choice to by metadata.name, sorted; all is
// true when it does not. An empty list means that the terms contradict each other.
func restrictedNodes(pod *corev1.Pod) (names []string, all bool) {
	req := nodeaffinity.RequiredTerms(&pod.Spec)
	if req == nil || len(req.NodeSelectorTerms) == 0 {
		return nil, true
	}
	set := map[string]bool{}
	for _, t := range req.NodeSelectorTerms {
		var term map[string]bool
		for _, f := range t.MatchFields {
			if f.Key != metav1.ObjectNameField || f.Operator != corev1.NodeSelectorOpIn {
				continue
			}
			next := map[string]bool{}
			for _, v := range f.Values {
				if term == nil || term[v] {
					next[v] = true
				}
			}
			term = next
		}
		if term == nil {
			return nil, true
		}
		for v := range term {
			set[v] = true
		}
	}
	return sortedKeys(set), false
}

// Tolerates reports whether a toleration covers a taint.
func Tolerates(t *corev1.Toleration, taint *corev1.Taint) bool {
	if t.Effect != "" && t.Effect != taint.Effect || t.Key != "" && t.Key != taint.Key {
		return false
	}
	switch t.Operator {
	case "", corev1.TolerationOpEqual:
		return t.Value == taint.Value
	case corev1.TolerationOpExists:
		return true
	}
	return false
}

// TolerateTaint reports whether any toleration covers a taint.
func TolerateTaint(ts []corev1.Toleration, taint *corev1.Taint) bool {
	for i := range ts {
		if Tolerates(&ts[i], taint) {
			return true
		}
	}
	return false
}

// Untolerated reports a NoSchedule or NoExecute taint of the node that the tolerations do not cover.
func Untolerated(ts []corev1.Toleration, n *corev1.Node) bool {
	for i := range n.Spec.Taints {
		t := &n.Spec.Taints[i]
		if (t.Effect == corev1.TaintEffectNoSchedule || t.Effect == corev1.TaintEffectNoExecute) && !TolerateTaint(ts, t) {
			return true
		}
	}
	return false
}
