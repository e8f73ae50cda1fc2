package nodeaffinity

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// Selector is a parsed node selector: terms are ORed. A term that does not parse matches nothing, quietly, as
// upstream keeps it for old objects (k8s.io/component-helpers/scheduling/corev1/nodeaffinity).
type Selector struct{ terms []term }

type term struct {
	weight int64
	broken bool
	labels labels.Selector
	fields []fieldRequirement
}

type fieldRequirement struct {
	in    bool
	value string
}

func parse(t *corev1.NodeSelectorTerm) term {
	var out term
	if len(t.MatchExpressions) > 0 {
		sel := labels.NewSelector()
		for _, e := range t.MatchExpressions {
			op, ok := Operator(e.Operator)
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

// Operator is the operator of a requirement of a node selector; ok is false if there is no such.
func Operator(op corev1.NodeSelectorOperator) (selection.Operator, bool) {
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

func (t *term) match(n *corev1.Node) bool {
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

func empty(t *corev1.NodeSelectorTerm) bool {
	return len(t.MatchExpressions) == 0 && len(t.MatchFields) == 0
}

// Required is what a pod demands of its node: spec.nodeSelector and required node affinity.
type Required struct {
	labels labels.Selector
	terms  *Selector
}

// RequiredOf parses what a pod demands; nil if that is nothing.
func RequiredOf(spec *corev1.PodSpec) *Required {
	var r Required
	if len(spec.NodeSelector) > 0 {
		r.labels = labels.SelectorFromSet(spec.NodeSelector)
	}
	r.terms = Terms(RequiredTerms(spec))
	if r.labels == nil && r.terms == nil {
		return nil
	}
	return &r
}

// Terms parses a node selector, nil if there is none.
func Terms(req *corev1.NodeSelector) *Selector {
	if req == nil {
		return nil
	}
	out := &Selector{}
	for i := range req.NodeSelectorTerms {
		if t := &req.NodeSelectorTerms[i]; !empty(t) {
			out.terms = append(out.terms, parse(t))
		}
	}
	return out
}

// RequiredTerms is the required node affinity of a pod, nil if it has none.
func RequiredTerms(spec *corev1.PodSpec) *corev1.NodeSelector {
	if a := spec.Affinity; a != nil && a.NodeAffinity != nil {
		return a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	}
	return nil
}

// Match reports whether the node will do. Nil demands nothing.
func (r *Required) Match(n *corev1.Node) bool {
	if r == nil {
		return true
	}
	if r.labels != nil && !r.labels.Matches(labels.Set(n.Labels)) {
		return false
	}
	return r.terms == nil || r.terms.Match(n)
}

// Match reports that a term matches.
func (s *Selector) Match(n *corev1.Node) bool {
	for i := range s.terms {
		if s.terms[i].match(n) {
			return true
		}
	}
	return false
}

// PreferredOf parses a pod's preferred node affinity; nil if it has none. Terms that do not parse match nothing: upstream
// treats them as an error of the scheduling cycle, but the API server does not let such a pod in.
func PreferredOf(spec *corev1.PodSpec) *Selector {
	a := spec.Affinity
	if a == nil || a.NodeAffinity == nil {
		return nil
	}
	return Preferences(a.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
}

// Preferences parses preferences, nil if there are none.
func Preferences(list []corev1.PreferredSchedulingTerm) *Selector {
	if list == nil {
		return nil
	}
	out := &Selector{}
	for i := range list {
		p := &list[i]
		if p.Weight == 0 || empty(&p.Preference) {
			continue
		}
		t := parse(&p.Preference)
		t.weight = int64(p.Weight)
		out.terms = append(out.terms, t)
	}
	return out
}

// Score is the sum of the weights of the terms that match.
func (s *Selector) Score(n *corev1.Node) int64 {
	var sum int64
	for i := range s.terms {
		if s.terms[i].match(n) {
			sum += s.terms[i].weight
		}
	}
	return sum
}
