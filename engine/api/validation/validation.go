package validation

import (
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/validation/path"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Create returns what forbids storing a new object, in the order the API server reports it; empty when nothing does.
// Kinds this package does not know pass.
func Create(obj runtime.Object) field.ErrorList {
	e := &errs{}
	switch o := obj.(type) {
	case *corev1.Pod:
		e.podCreate(o)
	case *corev1.Service:
		e.serviceCreate(o)
	case *corev1.Node:
		e.node(o)
	case *corev1.Namespace:
		e.namespace(o)
	case *corev1.ConfigMap:
		e.configMap(o)
	case *corev1.Secret:
		e.secret(o)
	case *corev1.ServiceAccount:
		e.objectMeta(&o.ObjectMeta, true, subdomainName)
	case *corev1.Event:
		e.event(o)
		if len(e.list) == 0 { // what every kind is held to that says nothing more
			e.objectMetaBase(&o.ObjectMeta, true, path.ValidatePathSegmentName)
		}
	case *corev1.Binding:
		e.binding(o)
	case *coordinationv1.Lease:
		e.objectMetaBase(&o.ObjectMeta, true, subdomainName)
		e.leaseSpec(&o.Spec)
	case *discoveryv1.EndpointSlice:
		e.endpointSlice(o, nil)
	case *appsv1.Deployment:
		e.objectMeta(&o.ObjectMeta, true, subdomainName)
		e.deploymentSpec(&o.Spec)
	case *appsv1.ReplicaSet:
		e.objectMeta(&o.ObjectMeta, true, subdomainName)
		e.replicaSetSpec(&o.Spec)
	case *autoscalingv1.Scale:
		e.scale(o)
	default:
		_ = e.createWorkloads(obj) || e.createStorage(obj) || e.createPolicies(obj) || e.createExtensions(obj)
	}
	return e.list
}

// Update returns what forbids storing obj in place of old, which must be of the same type.
func Update(obj, old runtime.Object) field.ErrorList {
	e := &errs{}
	if s, ok := obj.(*autoscalingv1.Scale); ok {
		e.scale(s) // a view of another object, whose metadata is what counts
		return e.list
	}
	e.commonUpdate(obj, old)
	switch o := obj.(type) {
	case *corev1.Pod:
		e.podUpdate(o, old.(*corev1.Pod))
	case *corev1.Service:
		e.serviceUpdate(o, old.(*corev1.Service))
	case *corev1.Node:
		e.node(o)
		e.nodeUpdate(o, old.(*corev1.Node))
	case *corev1.Namespace:
		e.namespace(o)
		e.objectMetaUpdate(&o.ObjectMeta, &old.(*corev1.Namespace).ObjectMeta)
	case *corev1.ConfigMap:
		e.configMapUpdate(o, old.(*corev1.ConfigMap))
	case *corev1.Secret:
		e.secretUpdate(o, old.(*corev1.Secret))
	case *corev1.ServiceAccount:
		e.objectMetaUpdate(&o.ObjectMeta, &old.(*corev1.ServiceAccount).ObjectMeta)
		e.objectMeta(&o.ObjectMeta, true, subdomainName)
	case *corev1.Event:
		e.event(o)
		if len(e.list) == 0 {
			e.labels(metaPath.Child("labels"), o.Labels)
			e.annotations(metaPath.Child("annotations"), o.Annotations)
		}
	case *coordinationv1.Lease:
		e.objectMetaUpdateBase(&o.ObjectMeta, &old.(*coordinationv1.Lease).ObjectMeta)
		e.leaseSpec(&o.Spec)
	case *discoveryv1.EndpointSlice:
		e.endpointSliceUpdate(o, old.(*discoveryv1.EndpointSlice))
	case *appsv1.Deployment:
		was := old.(*appsv1.Deployment)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		e.deploymentSpec(&o.Spec)
		immutable(e, specPath.Child("selector"), o.Spec.Selector, was.Spec.Selector)
	case *appsv1.ReplicaSet:
		was := old.(*appsv1.ReplicaSet)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		e.replicaSetSpec(&o.Spec)
		immutable(e, specPath.Child("selector"), o.Spec.Selector, was.Spec.Selector)
	default:
		_ = e.updateWorkloads(obj, old) || e.updateStorage(obj, old) || e.updatePolicies(obj, old) || e.updateExtensions(obj, old)
	}
	return e.list
}

// StatusUpdate returns what forbids storing obj in place of old through the status subresource.
func StatusUpdate(obj, old runtime.Object) field.ErrorList {
	e := &errs{}
	e.commonUpdate(obj, old)
	switch o := obj.(type) {
	case *corev1.Pod:
		e.podStatusUpdate(o, old.(*corev1.Pod))
	case *corev1.Service:
		e.serviceStatusUpdate(o, old.(*corev1.Service))
	case *corev1.Node:
		e.nodeUpdate(o, old.(*corev1.Node))
	case *corev1.Namespace:
		e.namespaceStatusUpdate(o, old.(*corev1.Namespace))
	case *appsv1.Deployment:
		e.deploymentStatusUpdate(o, old.(*appsv1.Deployment))
	case *appsv1.ReplicaSet:
		e.replicaSetStatusUpdate(o, old.(*appsv1.ReplicaSet))
	default:
		_ = e.statusWorkloads(obj, old) || e.statusStorage(obj, old) || e.statusPolicies(obj, old) || e.statusExtensions(obj, old)
	}
	return e.list
}

// FinalizeUpdate returns what forbids storing ns in place of old through the finalize subresource of a Namespace.
func FinalizeUpdate(ns, old *corev1.Namespace) field.ErrorList {
	e := &errs{}
	e.commonUpdate(ns, old)
	e.objectMetaUpdate(&ns.ObjectMeta, &old.ObjectMeta)
	for i, f := range ns.Spec.Finalizers {
		e.finalizerName(specPath.Child("finalizers").Index(i), string(f))
	}
	return e.list
}
