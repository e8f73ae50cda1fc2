package validation

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (e *errs) labelSelector(p *field.Path, s *metav1.LabelSelector) {
	if s == nil {
		return
	}
	e.labels(p.Child("matchLabels"), s.MatchLabels)
	for i := range s.MatchExpressions {
		r := &s.MatchExpressions[i]
		at := p.Child("matchExpressions").Index(i)
		switch r.Operator {
		case metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn:
			if len(r.Values) == 0 {
				e.required(at.Child("values"), "must be specified when `operator` is 'In' or 'NotIn'")
			}
		case metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist:
			if len(r.Values) > 0 {
				e.forbidden(at.Child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
			}
		default:
			e.invalid(at.Child("operator"), r.Operator, "not a valid selector operator")
		}
		e.qualified(at.Child("key"), r.Key)
		for j, v := range r.Values {
			e.each(at.Child("values").Index(j), v, validation.IsValidLabelValue(v))
		}
	}
}
