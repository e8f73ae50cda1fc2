package validation

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (e *errs) affinity(p *field.Path, a *corev1.Affinity) {
	if a == nil {
		return
	}
	if n := a.NodeAffinity; n != nil {
		at := p.Child("nodeAffinity")
		if n.RequiredDuringSchedulingIgnoredDuringExecution != nil {
			e.nodeSelector(at.Child("requiredDuringSchedulingIgnoredDuringExecution"), n.RequiredDuringSchedulingIgnoredDuringExecution)
		}
		for i := range n.PreferredDuringSchedulingIgnoredDuringExecution {
			term := &n.PreferredDuringSchedulingIgnoredDuringExecution[i]
			where := at.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i)
			e.weight(where, term.Weight)
			// A preference for a value that no label can have is useless but harmless.
			e.nodeSelectorTerm(where.Child("preference"), &term.Preference, true)
		}
	}
	if a.PodAffinity != nil {
		e.podTerms(p.Child("podAffinity"), a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	if a.PodAntiAffinity != nil {
		e.podTerms(p.Child("podAntiAffinity"), a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
	}
}

func (e *errs) weight(p *field.Path, w int32) {
	if w <= 0 || w > 100 {
		e.invalid(p.Child("weight"), w, "must be in the range 1-100")
	}
}

func (e *errs) podTerms(p *field.Path, required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm) {
	for i := range required {
		e.podTerm(p.Child("requiredDuringSchedulingIgnoredDuringExecution").Index(i), &required[i])
	}
	for i := range preferred {
		at := p.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i)
		e.weight(at, preferred[i].Weight)
		e.podTerm(at.Child("podAffinityTerm"), &preferred[i].PodAffinityTerm)
	}
}

func (e *errs) podTerm(p *field.Path, t *corev1.PodAffinityTerm) {
	e.labelSelector(p.Child("labelSelector"), t.LabelSelector)
	e.labelSelector(p.Child("namespaceSelector"), t.NamespaceSelector)
	for _, ns := range t.Namespaces {
		e.each(p.Child("namespace"), ns, validation.IsDNS1123Label(ns))
	}
	e.labelKeys(p, t.MatchLabelKeys, t.MismatchLabelKeys, t.LabelSelector)
	if t.TopologyKey == "" {
		e.required(p.Child("topologyKey"), "can not be empty")
	}
	e.qualified(p.Child("topologyKey"), t.TopologyKey)
}

// labelKeys checks matchLabelKeys and mismatchLabelKeys (KEP-3633). On create the selector already holds a requirement
// for each matched key; a second one for the same key came from the user.
func (e *errs) labelKeys(p *field.Path, match, mismatch []string, selector *metav1.LabelSelector) {
	list := func(at *field.Path, keys []string) {
		if len(keys) > 0 && selector == nil {
			e.forbidden(at, "must not be specified when labelSelector is not set")
			return
		}
		for i, key := range keys {
			e.qualified(at.Index(i), key)
		}
	}
	list(p.Child("matchLabelKeys"), match)
	list(p.Child("mismatchLabelKeys"), mismatch)
	if selector != nil && len(match) > 0 {
		seen := map[string]bool{}
		for key := range selector.MatchLabels {
			seen[key] = true
		}
		for i := range selector.MatchExpressions {
			key := selector.MatchExpressions[i].Key
			if n := lastIndex(match, key); n >= 0 && seen[key] {
				e.invalid(p.Index(n), key, "exists in both matchLabelKeys and labelSelector")
			}
			seen[key] = true
		}
	}
	for i, key := range match {
		if slices.Contains(mismatch, key) {
			e.invalid(p.Child("matchLabelKeys").Index(i), key, "exists in both matchLabelKeys and mismatchLabelKeys")
		}
	}
}

func lastIndex(list []string, s string) int {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] == s {
			return i
		}
	}
	return -1
}

func (e *errs) nodeSelector(p *field.Path, s *corev1.NodeSelector) {
	terms := p.Child("nodeSelectorTerms")
	if len(s.NodeSelectorTerms) == 0 {
		e.required(terms, "must have at least one node selector term")
	}
	for i := range s.NodeSelectorTerms {
		e.nodeSelectorTerm(terms.Index(i), &s.NodeSelectorTerms[i], false)
	}
}

func (e *errs) nodeSelectorTerm(p *field.Path, t *corev1.NodeSelectorTerm, anyValue bool) {
	for i := range t.MatchExpressions {
		r, at := &t.MatchExpressions[i], p.Child("matchExpressions").Index(i)
		switch r.Operator {
		case corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn:
			if len(r.Values) == 0 {
				e.required(at.Child("values"), "must be specified when `operator` is 'In' or 'NotIn'")
			}
		case corev1.NodeSelectorOpExists, corev1.NodeSelectorOpDoesNotExist:
			if len(r.Values) > 0 {
				e.forbidden(at.Child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
			}
		case corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt:
			if len(r.Values) != 1 {
				e.required(at.Child("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'")
			}
		default:
			e.invalid(at.Child("operator"), r.Operator, "not a valid selector operator")
		}
		e.qualified(at.Child("key"), r.Key)
		if anyValue {
			continue
		}
		for j, v := range r.Values {
			e.each(at.Child("values").Index(j), v, validation.IsValidLabelValue(v))
		}
	}
	for i := range t.MatchFields {
		e.nodeFieldRequirement(p.Child("matchFields").Index(i), &t.MatchFields[i])
	}
}

// nodeFieldRequirement: the only field of a node that can be selected is its name.
func (e *errs) nodeFieldRequirement(p *field.Path, r *corev1.NodeSelectorRequirement) {
	switch r.Operator {
	case corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn:
		if len(r.Values) != 1 {
			e.required(p.Child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
		}
	default:
		e.invalid(p.Child("operator"), r.Operator, "not a valid selector operator")
	}
	if r.Key != metav1.ObjectNameField {
		e.invalid(p.Child("key"), r.Key, "not a valid field selector key")
		return
	}
	for i, v := range r.Values {
		e.subdomain(p.Child("values").Index(i), v)
	}
}

func (e *errs) tolerations(p *field.Path, tolerations []corev1.Toleration) {
	for i := range tolerations {
		t, at := &tolerations[i], p.Index(i)
		if t.Key != "" {
			e.qualified(at.Child("key"), t.Key)
		} else if t.Operator != corev1.TolerationOpExists {
			e.invalid(at.Child("operator"), t.Operator, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"")
		}
		if t.TolerationSeconds != nil && t.Effect != corev1.TaintEffectNoExecute {
			e.invalid(at.Child("effect"), t.Effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
		}
		switch t.Operator {
		case corev1.TolerationOpEqual, "":
			if wrong := validation.IsValidLabelValue(t.Value); len(wrong) > 0 {
				e.invalid(at.Child("operator"), t.Value, strings.Join(wrong, ";"))
			}
		case corev1.TolerationOpExists:
			if t.Value != "" {
				e.invalid(at.Child("operator"), t.Value, "value must be empty when `operator` is 'Exists'")
			}
		case corev1.TolerationOpLt, corev1.TolerationOpGt:
			// Known, but behind a gate that is off; the text offers them all the same.
			e.add(field.NotSupported(at.Child("operator"), t.Operator, []corev1.TolerationOperator{
				corev1.TolerationOpEqual, corev1.TolerationOpExists, corev1.TolerationOpLt, corev1.TolerationOpGt}))
		default:
			oneOf(e, at.Child("operator"), t.Operator, corev1.TolerationOpEqual, corev1.TolerationOpExists)
		}
		if t.Effect != "" {
			e.taintEffect(at.Child("effect"), t.Effect)
		}
	}
}

func (e *errs) taintEffect(p *field.Path, effect corev1.TaintEffect) {
	oneOf(e, p, effect, corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute)
}

func (e *errs) taints(p *field.Path, taints []corev1.Taint) {
	type identity struct {
		effect corev1.TaintEffect
		key    string
	}
	seen := map[identity]bool{}
	for i, t := range taints {
		at := p.Index(i)
		e.qualified(at.Child("key"), t.Key)
		if wrong := validation.IsValidLabelValue(t.Value); len(wrong) > 0 {
			e.invalid(at.Child("value"), t.Value, strings.Join(wrong, ";"))
		}
		if e.nonEmpty(at.Child("effect"), string(t.Effect)) {
			e.taintEffect(at.Child("effect"), t.Effect)
		}
		if seen[identity{t.Effect, t.Key}] {
			err := field.Duplicate(at, goNames{t})
			err.Detail = "taints must be unique by key and effect pair"
			e.add(err)
		}
		seen[identity{t.Effect, t.Key}] = true
	}
}

// onlyAddedTolerations: of a toleration that a Pod has, only the seconds may change.
func (e *errs) onlyAddedTolerations(p *field.Path, now, was []corev1.Toleration) {
	for i := range was {
		kept := slices.ContainsFunc(now, func(t corev1.Toleration) bool {
			t.TolerationSeconds = was[i].TolerationSeconds
			return reflect.DeepEqual(t, was[i])
		})
		if !kept {
			e.forbidden(p, "existing toleration can not be modified except its tolerationSeconds")
			return
		}
	}
	e.tolerations(p, now)
}

func (e *errs) schedulingGates(p *field.Path, gates []corev1.PodSchedulingGate) {
	for i, gate := range gates {
		e.qualified(p.Index(i), gate.Name)
		if slices.Contains(gates[:i], gate) {
			e.duplicate(p.Index(i), gate.Name)
		}
	}
}

func (e *errs) onlyDeletedGates(p *field.Path, now, was []corev1.PodSchedulingGate) {
	for i, gate := range now {
		if !slices.Contains(was, gate) && !slices.Contains(now[i+1:], gate) {
			e.forbidden(p.Index(i).Child("name"), fmt.Sprintf("only deletion is allowed, but found new scheduling gate '%s'", gate.Name))
		}
	}
}

func (e *errs) topologySpread(p *field.Path, constraints []corev1.TopologySpreadConstraint) {
	for i := range constraints {
		c, at := &constraints[i], p.Index(i)
		e.positive(at.Child("maxSkew"), int64(c.MaxSkew))
		if c.TopologyKey == "" {
			e.required(at.Child("topologyKey"), "can not be empty")
		}
		oneOf(e, at.Child("whenUnsatisfiable"), c.WhenUnsatisfiable, corev1.DoNotSchedule, corev1.ScheduleAnyway)
		for _, other := range constraints[i+1:] {
			if other.TopologyKey == c.TopologyKey && other.WhenUnsatisfiable == c.WhenUnsatisfiable {
				e.duplicate(at.Child("{topologyKey, whenUnsatisfiable}"), fmt.Sprintf("{%v, %v}", c.TopologyKey, c.WhenUnsatisfiable))
				break
			}
		}
		if c.MinDomains != nil {
			e.positive(at.Child("minDomains"), int64(*c.MinDomains))
			if c.WhenUnsatisfiable != corev1.DoNotSchedule {
				e.invalid(at.Child("minDomains"), c.MinDomains, fmt.Sprintf("can only use minDomains if whenUnsatisfiable=%s, not %s", corev1.DoNotSchedule, c.WhenUnsatisfiable))
			}
		}
		optionalOneOf(e, at.Child("nodeAffinityPolicy"), c.NodeAffinityPolicy, corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore)
		optionalOneOf(e, at.Child("nodeTaintsPolicy"), c.NodeTaintsPolicy, corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore)
		e.labelKeys(at, c.MatchLabelKeys, nil, c.LabelSelector)
		e.labelSelector(at.Child("labelSelector"), c.LabelSelector)
	}
}
