package validation

import (
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// createReview checks the questions of authorization.k8s.io (pkg/apis/authorization/validation). Reviews without rules,
// such as TokenReview, pass: what is wrong with them is a bad request, for who answers them to say.
func (e *errs) createReview(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *authorizationv1.SubjectAccessReview:
		e.accessQuestion(o.Spec.ResourceAttributes, o.Spec.NonResourceAttributes, func() { e.askedUser(o.Spec.User, o.Spec.Groups) })
		e.emptyMeta(o.ObjectMeta, "", "must be empty")
	case *authorizationv1.SelfSubjectAccessReview:
		e.accessQuestion(o.Spec.ResourceAttributes, o.Spec.NonResourceAttributes, func() {})
		e.emptyMeta(o.ObjectMeta, "", "must be empty")
	case *authorizationv1.LocalSubjectAccessReview:
		r := o.Spec.ResourceAttributes
		e.accessQuestion(r, o.Spec.NonResourceAttributes, func() { e.askedUser(o.Spec.User, o.Spec.Groups) })
		e.emptyMeta(o.ObjectMeta, o.Namespace, "must be empty except for namespace")
		if r != nil && r.Namespace != o.Namespace {
			e.invalid(field.NewPath("spec.resourceAttributes.namespace"), r.Namespace, "must match metadata.namespace")
		}
		if o.Spec.NonResourceAttributes != nil {
			e.invalid(field.NewPath("spec.nonResourceAttributes"), goNames{o.Spec.NonResourceAttributes}, "disallowed on this kind of request")
		}
	default:
		return false
	}
	return true
}

func (e *errs) askedUser(user string, groups []string) {
	if user == "" && len(groups) == 0 {
		e.invalid(specPath.Child("user"), user, "at least one of user or group must be specified")
	}
}

// accessQuestion: a question is either about a resource or about a path; between comes before the resource's selectors.
func (e *errs) accessQuestion(r *authorizationv1.ResourceAttributes, path *authorizationv1.NonResourceAttributes, between func()) {
	if (r != nil) == (path != nil) {
		e.invalid(specPath, goNames{path}, "exactly one of nonResourceAttributes or resourceAttributes must be specified")
	}
	between()
	if r == nil {
		return
	}
	raw := func(p *field.Path, text string, requirements int) {
		switch {
		case text != "" && requirements > 0:
			e.invalid(p.Child("rawSelector"), text, "may not specified at the same time as requirements")
		case text == "" && requirements == 0:
			e.required(p.Child("requirements"), fmt.Sprintf("when %s is specified, requirements or rawSelector is required", p.String()))
		}
	}
	// Operators from a newer client's vocabulary pass.
	operator := func(p *field.Path, op string, values int) {
		switch op {
		case string(metav1.LabelSelectorOpIn), string(metav1.LabelSelectorOpNotIn):
			if values == 0 {
				e.required(p.Child("values"), "must be specified when `operator` is 'In' or 'NotIn'")
			}
		case string(metav1.LabelSelectorOpExists), string(metav1.LabelSelectorOpDoesNotExist):
			if values > 0 {
				e.forbidden(p.Child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
			}
		}
	}
	if s := r.FieldSelector; s != nil {
		p := field.NewPath("spec.resourceAttributes").Child("fieldSelector")
		raw(p, s.RawSelector, len(s.Requirements))
		for i, q := range s.Requirements {
			at := p.Child("requirements").Index(i)
			if q.Key == "" {
				e.required(at.Child("key"), "must be specified")
			}
			operator(at, string(q.Operator), len(q.Values))
		}
	}
	if s := r.LabelSelector; s != nil {
		p := field.NewPath("spec.resourceAttributes").Child("labelSelector")
		raw(p, s.RawSelector, len(s.Requirements))
		for i, q := range s.Requirements {
			at := p.Child("requirements").Index(i)
			operator(at, string(q.Operator), len(q.Values))
			e.qualified(at.Child("key"), q.Key)
			for j, v := range q.Values {
				e.each(at.Child("values").Index(j), v, validation.IsValidLabelValue(v))
			}
		}
	}
}

func (e *errs) emptyMeta(m metav1.ObjectMeta, namespace, why string) {
	shown := m
	m.ManagedFields = nil
	if !apiequality.Semantic.DeepEqual(metav1.ObjectMeta{Namespace: namespace}, m) {
		e.invalid(metaPath, shown, why)
	}
}
