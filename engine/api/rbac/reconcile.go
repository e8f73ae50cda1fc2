package rbac

import (
	"maps"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Operation is what it takes to bring an object to what is expected of it.
type Operation string

// The operations.
const (
	None     Operation = "none"
	Create   Operation = "create"
	Update   Operation = "update"
	Recreate Operation = "recreate"
)

// Rules are what Role and ClusterRole have in common.
type Rules struct {
	Meta        metav1.ObjectMeta
	Rules       []rbacv1.PolicyRule
	Aggregation *rbacv1.AggregationRule
}

// RulesResult is the outcome of ReconcileRules: what the object should become.
type RulesResult struct {
	Rules
	Operation      Operation
	Protected      bool // the object opted out (annotation autoupdate: false): nothing may be written
	Missing, Extra []rbacv1.PolicyRule
	// MissingSelectors and ExtraSelectors are those of the aggregation rule.
	MissingSelectors, ExtraSelectors []metav1.LabelSelector
}

// ReconcileRules adds to an existing role what an expected one has more, and takes away what it has too much if
// removeExtra. Upstream: computeReconciledRole of k8s.io/component-helpers/auth/rbac/reconciliation.
func ReconcileRules(existing, expected Rules, removeExtra bool) RulesResult {
	r := RulesResult{Rules: existing, Operation: None}
	r.Meta = *existing.Meta.DeepCopy()
	r.Rules.Rules = slices.Clone(existing.Rules)
	r.Protected = protected(&existing.Meta)
	if mergeMeta(&r.Meta, &expected.Meta) {
		r.Operation = Update
	}
	if expected.Aggregation == nil || existing.Aggregation == nil {
		r.Extra = Missing(expected.Rules, existing.Rules)
	}
	r.Missing = Missing(existing.Rules, expected.Rules)
	switch {
	case !removeExtra && len(r.Missing) > 0:
		r.Rules.Rules = append(r.Rules.Rules, r.Missing...)
		r.Operation = Update
	case removeExtra && (len(r.Missing) > 0 || len(r.Extra) > 0):
		r.Rules.Rules = expected.Rules
		r.Operation = Update
	}
	r.ExtraSelectors = uncovered(expected.Aggregation, existing.Aggregation)
	r.MissingSelectors = uncovered(existing.Aggregation, expected.Aggregation)
	switch {
	case expected.Aggregation == nil && existing.Aggregation != nil:
		r.Aggregation = nil
		r.Operation = Update
	case !removeExtra && len(r.MissingSelectors) > 0:
		a := &rbacv1.AggregationRule{}
		if existing.Aggregation != nil {
			a.ClusterRoleSelectors = slices.Clone(existing.Aggregation.ClusterRoleSelectors)
		}
		a.ClusterRoleSelectors = append(a.ClusterRoleSelectors, r.MissingSelectors...)
		r.Aggregation = a
		r.Operation = Update
	case removeExtra && (len(r.MissingSelectors) > 0 || len(r.ExtraSelectors) > 0):
		r.Aggregation = expected.Aggregation
		r.Operation = Update
	}
	return r
}

// uncovered are the selectors of one rule that another lacks.
func uncovered(owner, servant *rbacv1.AggregationRule) []metav1.LabelSelector {
	if servant == nil {
		return nil
	}
	var out []metav1.LabelSelector
	for _, s := range servant.ClusterRoleSelectors {
		found := false
		if owner != nil {
			for _, o := range owner.ClusterRoleSelectors {
				found = found || equality.Semantic.DeepEqual(o, s)
			}
		}
		if !found {
			out = append(out, s)
		}
	}
	return out
}

// Binding is what RoleBinding and ClusterRoleBinding have in common.
type Binding struct {
	Meta     metav1.ObjectMeta
	RoleRef  rbacv1.RoleRef
	Subjects []rbacv1.Subject
}

// BindingResult is the outcome of ReconcileBinding.
type BindingResult struct {
	Binding
	Operation      Operation
	Protected      bool
	Missing, Extra []rbacv1.Subject
}

// ReconcileBinding does for bindings what ReconcileRules does for roles; another role needs a new object.
// Upstream: computeReconciledRoleBinding.
func ReconcileBinding(existing, expected Binding, removeExtra bool) BindingResult {
	r := BindingResult{Binding: existing, Operation: None, Protected: protected(&existing.Meta)}
	if expected.RoleRef != existing.RoleRef {
		r.Binding, r.Operation = expected, Recreate
		return r
	}
	r.Meta = *existing.Meta.DeepCopy()
	r.Subjects = slices.Clone(existing.Subjects)
	if mergeMeta(&r.Meta, &expected.Meta) {
		r.Operation = Update
	}
	r.Missing, r.Extra = only(expected.Subjects, existing.Subjects), only(existing.Subjects, expected.Subjects)
	switch {
	case !removeExtra && len(r.Missing) > 0:
		r.Subjects = append(r.Subjects, r.Missing...)
		r.Operation = Update
	case removeExtra && (len(r.Missing) > 0 || len(r.Extra) > 0):
		r.Subjects = expected.Subjects
		r.Operation = Update
	}
	return r
}

func only(a, b []rbacv1.Subject) []rbacv1.Subject {
	var out []rbacv1.Subject
	for _, s := range a {
		if !slices.Contains(b, s) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func protected(m *metav1.ObjectMeta) bool {
	return m.Annotations[rbacv1.AutoUpdateAnnotationKey] == "false"
}

// mergeMeta adds expected labels and annotations that are not there; what is there stays as it is.
func mergeMeta(m, expected *metav1.ObjectMeta) bool {
	labels, a := merged(m.Labels, expected.Labels)
	annotations, b := merged(m.Annotations, expected.Annotations)
	m.Labels, m.Annotations = labels, annotations
	return a || b
}

func merged(have, expected map[string]string) (map[string]string, bool) {
	out := maps.Clone(expected)
	if out == nil {
		return have, false
	}
	maps.Copy(out, have)
	return out, !maps.Equal(out, have)
}
