package framework

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// NodeSelector is a parsed node selector: terms are ORed. A term that does not parse matches nothing, quietly, as
// upstream keeps it for old objects (k8s.io/component-helpers/scheduling/corev1/nodeaffinity).
type NodeSelector struct{ terms []nodeTerm }

type nodeTerm struct {
	weight int64
	broken bool
	labels labels.Selector
	fields []fieldRequirement
}

type fieldRequirement struct {
	in    bool
	value string
}

func parseNodeTerm(t *corev1.NodeSelectorTerm) nodeTerm {
	var out nodeTerm
	if len(t.MatchExpressions) > 0 {
		sel := labels.NewSelector()
		for _, e := range t.MatchExpressions {
			op, ok := NodeOperator(e.Operator)
			r, err := labels.NewRequirement(e.Key, op, e.Values)
			if !ok || err != nil {
				out.broken = true
				return out
			}
			sel = sel.Add(*r)
		}
		out.labels = sel
	}
	for _, e := range t.MatchFields {
		in := e.Operator == corev1.NodeSelectorOpIn
		if e.Key != metav1.ObjectNameField || len(e.Values) != 1 || !in && e.Operator != corev1.NodeSelectorOpNotIn {
			out.broken = true
			return out
		}
		out.fields = append(out.fields, fieldRequirement{in, e.Values[0]})
	}
	return out
}

// NodeOperator is the operator of a requirement of a node selector; ok is false if there is no such.
func NodeOperator(op corev1.NodeSelectorOperator) (selection.Operator, bool) {
	switch op {
	case corev1.NodeSelectorOpIn:
		return selection.In, true
	case corev1.NodeSelectorOpNotIn:
		return selection.NotIn, true
	case corev1.NodeSelectorOpExists:
		return selection.Exists, true
	case corev1.NodeSelectorOpDoesNotExist:
		return selection.DoesNotExist, true
	case corev1.NodeSelectorOpGt:
		return selection.GreaterThan, true
	case corev1.NodeSelectorOpLt:
		return selection.LessThan, true
	}
	return "", false
}

func (t *nodeTerm) match(n *corev1.Node) bool {
	if t.broken || t.labels != nil && !t.labels.Matches(labels.Set(n.Labels)) {
		return false
	}
	for _, f := range t.fields {
		if (f.value == n.Name) != f.in {
			return false
		}
	}
	return true
}

func emptyTerm(t *corev1.NodeSelectorTerm) bool {
	return len(t.MatchExpressions) == 0 && len(t.MatchFields) == 0
}

// RequiredNodes is what a pod demands of its node: spec.nodeSelector and required node affinity.
type RequiredNodes struct {
	labels labels.Selector
	terms  *NodeSelector
}

func newRequiredNodes(pod *corev1.Pod) *RequiredNodes {
	var r RequiredNodes
	if len(pod.Spec.NodeSelector) > 0 {
		r.labels = labels.SelectorFromSet(pod.Spec.NodeSelector)
	}
	r.terms = requiredTerms(requiredNodeAffinity(pod))
	if r.labels == nil && r.terms == nil {
		return nil
	}
	return &r
}

// requiredTerms parses a node selector, nil if there is none.
func requiredTerms(req *corev1.NodeSelector) *NodeSelector {
	if req == nil {
		return nil
	}
	out := &NodeSelector{}
	for i := range req.NodeSelectorTerms {
		if t := &req.NodeSelectorTerms[i]; !emptyTerm(t) {
			out.terms = append(out.terms, parseNodeTerm(t))
		}
	}
	return out
}

func requiredNodeAffinity(pod *corev1.Pod) *corev1.NodeSelector {
	if a := pod.Spec.Affinity; a != nil && a.NodeAffinity != nil {
		return a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	}
	return nil
}

// Match reports whether the node will do. Nil demands nothing.
func (r *RequiredNodes) Match(n *corev1.Node) bool {
	if r == nil {
		return true
	}
	if r.labels != nil && !r.labels.Matches(labels.Set(n.Labels)) {
		return false
	}
	return r.terms == nil || r.terms.Match(n)
}

// Match reports that a term matches.
func (s *NodeSelector) Match(n *corev1.Node) bool {
	for i := range s.terms {
		if s.terms[i].match(n) {
			return true
		}
	}
	return false
}

// restrictedNodes are the node names that required affinity narrows the choice to by metadata.name, sorted; all is
// true when it does not. An empty list means that the terms contradict each other.
func restrictedNodes(pod *corev1.Pod) (names []string, all bool) {
	req := requiredNodeAffinity(pod)
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

// preferredNodes is the pod's preferred node affinity; nil if it has none that can ever score. ok is false if it does
// not parse, which upstream treats as an error of the cycle; the API server does not let such a pod in.
func preferredNodes(pod *corev1.Pod) *NodeSelector {
	a := pod.Spec.Affinity
	if a == nil || a.NodeAffinity == nil {
		return nil
	}
	return preferredTerms(a.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
}

// preferredTerms parses preferences, nil if there are none.
func preferredTerms(list []corev1.PreferredSchedulingTerm) *NodeSelector {
	if list == nil {
		return nil
	}
	out := &NodeSelector{}
	for i := range list {
		p := &list[i]
		if p.Weight == 0 || emptyTerm(&p.Preference) {
			continue
		}
		t := parseNodeTerm(&p.Preference)
		t.weight = int64(p.Weight)
		out.terms = append(out.terms, t)
	}
	return out
}

// Score is the sum of the weights of the terms that match.
func (s *NodeSelector) Score(n *corev1.Node) int64 {
	var sum int64
	for i := range s.terms {
		if s.terms[i].match(n) {
			sum += s.terms[i].weight
		}
	}
	return sum
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
