package framework

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// AffinityTerm is a parsed inter-pod affinity term: it looks for pods by namespace and labels within a topology.
type AffinityTerm struct {
	Namespaces        []string
	NamespaceSelector labels.Selector // over the labels of namespaces, in addition to the list
	Selector          labels.Selector
	TopologyKey       string
	Weight            int64 // 1..100 of a preferred term, else 0
}

// Matches reports whether a pod of that namespace, with the namespace's labels, is one the term looks for.
func (t *AffinityTerm) Matches(namespace string, nsLabels, podLabels map[string]string) bool {
	if !slices.Contains(t.Namespaces, namespace) && !t.NamespaceSelector.Matches(labels.Set(nsLabels)) {
		return false
	}
	return t.Selector.Matches(labels.Set(podLabels))
}

func parseAffinityTerm(namespace string, t *corev1.PodAffinityTerm, weight int32) AffinityTerm {
	out := AffinityTerm{TopologyKey: t.TopologyKey, Weight: int64(weight), Namespaces: t.Namespaces}
	if len(t.Namespaces) == 0 && t.NamespaceSelector == nil {
		out.Namespaces = []string{namespace}
	}
	out.Selector = selectorOf(t.LabelSelector)
	out.NamespaceSelector = selectorOf(t.NamespaceSelector)
	return out
}

// selectorOf converts a label selector; nil and what does not parse select nothing.
func selectorOf(s *metav1.LabelSelector) labels.Selector {
	sel, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return labels.Nothing()
	}
	return sel
}

func parseTerms(namespace string, in []corev1.PodAffinityTerm) []AffinityTerm {
	var out []AffinityTerm
	for i := range in {
		out = append(out, parseAffinityTerm(namespace, &in[i], 0))
	}
	return out
}

func parseWeighted(namespace string, in []corev1.WeightedPodAffinityTerm) []AffinityTerm {
	var out []AffinityTerm
	for i := range in {
		out = append(out, parseAffinityTerm(namespace, &in[i].PodAffinityTerm, in[i].Weight))
	}
	return out
}

// SpreadConstraint is a parsed topology spread constraint with its defaults filled in.
type SpreadConstraint struct {
	MaxSkew       int32
	TopologyKey   string
	Selector      labels.Selector // nil in the default constraints: deduced from what owns and selects the pod
	MinDomains    int32
	HonorAffinity bool // count only nodes that the pod's node affinity allows
	HonorTaints   bool // count only nodes whose taints the pod tolerates
}

// Includes reports whether a node's pods count towards the constraint.
func (c *SpreadConstraint) Includes(s *Shape, n *corev1.Node) bool {
	return (!c.HonorAffinity || s.RequiredNodes.Match(n)) && (!c.HonorTaints || !Untolerated(s.Tolerations, n))
}

func parseSpread(pod *corev1.Pod, action corev1.UnsatisfiableConstraintAction) []SpreadConstraint {
	return spreadOf(pod.Spec.TopologySpreadConstraints, pod, action)
}

// spreadOf parses a pod's constraints, or default ones, which are nobody's and have no selector.
func spreadOf(list []corev1.TopologySpreadConstraint, pod *corev1.Pod, action corev1.UnsatisfiableConstraintAction) []SpreadConstraint {
	var out []SpreadConstraint
	for i := range list {
		c := &list[i]
		if c.WhenUnsatisfiable != action {
			continue
		}
		s := SpreadConstraint{MaxSkew: c.MaxSkew, TopologyKey: c.TopologyKey, MinDomains: 1, HonorAffinity: true}
		if c.MinDomains != nil {
			s.MinDomains = *c.MinDomains
		}
		if c.NodeAffinityPolicy != nil {
			s.HonorAffinity = *c.NodeAffinityPolicy == corev1.NodeInclusionPolicyHonor
		}
		if c.NodeTaintsPolicy != nil {
			s.HonorTaints = *c.NodeTaintsPolicy == corev1.NodeInclusionPolicyHonor
		}
		if pod == nil {
			out = append(out, s)
			continue
		}
		s.Selector = selectorOf(c.LabelSelector)
		if set := matchLabelKeys(pod, c.MatchLabelKeys); len(set) > 0 {
			if reqs, ok := s.Selector.Requirements(); ok {
				s.Selector = labels.SelectorFromSet(set).Add(reqs...)
			}
		}
		out = append(out, s)
	}
	return out
}

// matchLabelKeys are the pod's values of the keys. The API server merges them into the selector already
// (MatchLabelKeysInPodTopologySpreadSelectorMerge); selecting by them twice changes nothing.
func matchLabelKeys(pod *corev1.Pod, keys []string) labels.Set {
	set := labels.Set{}
	for _, k := range keys {
		if v, ok := pod.Labels[k]; ok {
			set[k] = v
		}
	}
	return set
}
