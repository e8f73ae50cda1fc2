package paths

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

// Success is the Status that says that a request was carried out; code 0 is left out.
func Success(code int32, d *metav1.StatusDetails) *metav1.Status {
	return &metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess, Code: code, Details: d}
}

// Deleted is what a DELETE answers with in place of the object; nil if it is the object: one that is only marked as
// deleted yet, or of a resource whose storage says so (ReturnDeletedObject).
func (c *Call) Deleted(o api.Object) *metav1.Status {
	switch c.Resource {
	case api.Pods, api.Services, api.ServiceAccounts, api.Namespaces:
		return nil
	}
	if !removed(o) {
		return nil
	}
	return Success(0, &metav1.StatusDetails{Name: c.Name, Group: c.Resource.Group, Kind: c.Resource.Name, UID: o.GetUID()})
}

// removed reports that a DELETE's object is gone, not only marked.
func removed(o api.Object) bool {
	if ns, ok := o.(*corev1.Namespace); ok && len(ns.Spec.Finalizers) > 0 {
		return false
	}
	g := o.GetDeletionGracePeriodSeconds()
	return len(o.GetFinalizers()) == 0 && (o.GetDeletionTimestamp() == nil || g == nil || *g == 0)
}
