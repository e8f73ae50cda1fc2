package validation

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Upstream: pkg/apis/rbac/validation/validation.go, and what is generated from the types, which comes last.

func (e *errs) role(r *rbacv1.Role) {
	e.objectMeta(&r.ObjectMeta, true, pathName)
	e.policyRules(r.Rules, true)
	e.ruleVerbs(r.Rules)
}

func (e *errs) clusterRole(r *rbacv1.ClusterRole) {
	e.objectMeta(&r.ObjectMeta, false, pathName)
	e.policyRules(r.Rules, false)
	if a := r.AggregationRule; a != nil {
		p := field.NewPath("aggregationRule", "clusterRoleSelectors")
		if len(a.ClusterRoleSelectors) == 0 {
			e.required(p, "at least one clusterRoleSelector required if aggregationRule is non-nil")
		}
		for i := range a.ClusterRoleSelectors {
			e.labelSelector(p.Index(i), &a.ClusterRoleSelectors[i])
			if s, err := metav1.LabelSelectorAsSelector(&a.ClusterRoleSelectors[i]); err != nil {
				e.invalid(p.Index(i), s, "invalid label selector.")
			}
		}
	}
	e.ruleVerbs(r.Rules)
}

func (e *errs) policyRules(rules []rbacv1.PolicyRule, namespaced bool) {
	for i := range rules {
		r, p := &rules[i], field.NewPath("rules").Index(i)
		if len(r.NonResourceURLs) > 0 {
			at := p.Child("nonResourceURLs")
			if namespaced {
				e.invalid(at, r.NonResourceURLs, "namespaced rules cannot apply to non-resource URLs")
			}
			if len(r.APIGroups)+len(r.Resources)+len(r.ResourceNames) > 0 {
				e.invalid(at, r.NonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs")
			}
			continue
		}
		if len(r.APIGroups) == 0 {
			e.required(p.Child("apiGroups"), "resource rules must supply at least one api group")
		}
		if len(r.Resources) == 0 {
			e.required(p.Child("resources"), "resource rules must supply at least one resource")
		}
	}
}

func (e *errs) ruleVerbs(rules []rbacv1.PolicyRule) {
	for i := range rules {
		if len(rules[i].Verbs) == 0 {
			e.required(field.NewPath("rules").Index(i).Child("verbs"), "")
		}
	}
}

func (e *errs) binds(ref rbacv1.RoleRef, subjects []rbacv1.Subject, namespaced bool) {
	e.bindsUpdate(ref, ref, subjects, namespaced, func() {})
}

// bindsUpdate checks a binding whose role was was; between comes before the role is compared.
func (e *errs) bindsUpdate(ref, was rbacv1.RoleRef, subjects []rbacv1.Subject, namespaced bool, between func()) {
	p := field.NewPath("roleRef")
	oneOf(e, p.Child("apiGroup"), ref.APIGroup, rbacv1.GroupName)
	if namespaced {
		oneOf(e, p.Child("kind"), ref.Kind, "Role", "ClusterRole")
	} else {
		oneOf(e, p.Child("kind"), ref.Kind, "ClusterRole")
	}
	if ref.Name != "" {
		e.each(p.Child("name"), ref.Name, pathName(ref.Name, false))
	}
	for i := range subjects {
		e.subject(field.NewPath("subjects").Index(i), &subjects[i], namespaced)
	}
	between()
	if ref != was {
		e.invalid(p, goNames{ref}, msgImmutable)
	}
	for i := range subjects {
		e.nonEmpty(field.NewPath("subjects").Index(i).Child("name"), subjects[i].Name)
	}
	e.nonEmpty(p.Child("name"), ref.Name)
}

func (e *errs) subject(p *field.Path, s *rbacv1.Subject, namespaced bool) {
	switch s.Kind {
	case rbacv1.ServiceAccountKind:
		if s.Name != "" {
			e.subdomain(p.Child("name"), s.Name)
		}
		if s.APIGroup != "" {
			e.add(field.NotSupported(p.Child("apiGroup"), s.APIGroup, []string{""}))
		}
		if !namespaced && s.Namespace == "" {
			e.required(p.Child("namespace"), "")
		}
	case rbacv1.UserKind, rbacv1.GroupKind:
		oneOf(e, p.Child("apiGroup"), s.APIGroup, rbacv1.GroupName)
	default:
		e.add(field.NotSupported(p.Child("kind"), s.Kind, []string{rbacv1.ServiceAccountKind, rbacv1.UserKind, rbacv1.GroupKind}))
	}
}
