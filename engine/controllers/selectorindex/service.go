package selectorindex

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
)

// Service files a Service under its selector, as a cache tells of it: old is nil where it is new, svc where it is gone. It
// returns the Service's key and whether it selects other pods than before. One without a selector is not filed.
func (x *Index) Service(old, svc *corev1.Service) (key string, reselects bool) {
	if svc == nil {
		key = api.KeyOf(old)
		x.Delete(key)
		return key, false
	}
	key = api.KeyOf(svc)
	if old != nil && maps.Equal(old.Spec.Selector, svc.Spec.Selector) {
		return key, false
	}
	x.Delete(key)
	if len(svc.Spec.Selector) > 0 {
		x.Set(key, svc.Namespace, labels.SelectorFromSet(svc.Spec.Selector))
	}
	return key, true
}
