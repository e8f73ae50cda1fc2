package apitest

import (
	"fmt"
	"reflect"
	"slices"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
)

// scaleOf is the scale subresource of what has one.
func scaleOf(r *api.Resource, o api.Object) (api.Object, error) {
	if !slices.Contains(r.Subresources, "scale") {
		return nil, apierrors.NewNotFound(r.GR(), o.GetName())
	}
	spec, status := reflect.ValueOf(o).Elem().FieldByName("Spec"), reflect.ValueOf(o).Elem().FieldByName("Status")
	sc := &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Name: o.GetName(), Namespace: o.GetNamespace(), UID: o.GetUID(), ResourceVersion: o.GetResourceVersion()},
		Spec:   autoscalingv1.ScaleSpec{Replicas: int32(spec.FieldByName("Replicas").Elem().Int())},
		Status: autoscalingv1.ScaleStatus{Replicas: int32(status.FieldByName("Replicas").Int())}}
	switch sel := spec.FieldByName("Selector").Interface().(type) {
	case *metav1.LabelSelector:
		sc.Status.Selector = metav1.FormatLabelSelector(sel)
	case map[string]string:
		sc.Status.Selector = labels.Set(sel).String()
	}
	return sc, nil
}

// setScale writes the number of replicas.
func (s *Server) setScale(r *api.Resource, old api.Object, sc *autoscalingv1.Scale) (api.Object, error) {
	if v := sc.ResourceVersion; v != "" && v != old.GetResourceVersion() {
		return nil, apierrors.NewConflict(r.GR(), sc.Name, fmt.Errorf("the object has been modified"))
	}
	next := old.DeepCopyObject().(api.Object)
	reflect.ValueOf(next).Elem().FieldByName("Spec").FieldByName("Replicas").Set(reflect.ValueOf(&sc.Spec.Replicas))
	s.update(r, "", old, next)
	return sc, nil
}
