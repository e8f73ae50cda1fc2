package plugins

// nodes.go: the plugins that look at the node object: NodeUnschedulable, TaintToleration, NodeAffinity.

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/scheduler/framework"
)

func nodeUnschedulable(s *framework.Shape, n *corev1.Node) *framework.Status {
	if !n.Spec.Unschedulable || ToleratesUnschedulable(s.Tolerations) {
		return nil
	}
	return statusUnschedulable
}

// ToleratesUnschedulable reports that tolerations cover a cordoned node.
func ToleratesUnschedulable(ts []corev1.Toleration) bool {
	return framework.TolerateTaint(ts, &corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule})
}

// IntolerableSoft counts the PreferNoSchedule taints that the pod does not tolerate: TaintToleration's raw score.
func IntolerableSoft(s *framework.Shape, n *corev1.Node) int64 {
	var count int64
	for i := range n.Spec.Taints {
		t := &n.Spec.Taints[i]
		if t.Effect != corev1.TaintEffectPreferNoSchedule {
			continue
		}
		tolerated := false
		for j := range s.Tolerations {
			tol := &s.Tolerations[j]
			if (tol.Effect == "" || tol.Effect == corev1.TaintEffectPreferNoSchedule) && framework.Tolerates(tol, t) {
				tolerated = true
				break
			}
		}
		if !tolerated {
			count++
		}
	}
	return count
}

// NormalizeDefault scales a score to 0..100 against the highest of all (plugins/helper.DefaultNormalizeScore).
func NormalizeDefault(score, highest int64, reverse bool) int64 {
	if highest == 0 {
		if reverse {
			return framework.MaxNodeScore
		}
		return score
	}
	score = framework.MaxNodeScore * score / highest
	if reverse {
		score = framework.MaxNodeScore - score
	}
	return score
}
