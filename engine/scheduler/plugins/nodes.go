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

func nodeAffinity(s *framework.Shape, n *corev1.Node) *framework.Status {
	if added := s.Profile.AddedRequired; added != nil && !added.Match(n) {
		return statusEnforced
	}
	if !s.RequiredNodes.Match(n) {
		return statusNodeAffinity
	}
	return nil
}

// Prefers reports that NodeAffinity has something to score by: the pod's preferences, or what is added to those of all.
func Prefers(s *framework.Shape) bool {
	return s.Profile.Weights[framework.NodeAffinity] != 0 && (s.Preferred != nil || s.Profile.AddedPreferred != nil)
}

// Preference is NodeAffinity's raw score.
func Preference(s *framework.Shape, n *corev1.Node) (sum int64) {
	if added := s.Profile.AddedPreferred; added != nil {
		sum = added.Score(n)
	}
	if s.Preferred != nil {
		sum += s.Preferred.Score(n)
	}
	return sum
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
