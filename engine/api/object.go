package api

import (
	"reflect"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Object is any API object: typed, with metadata.
type Object interface {
	runtime.Object
	metav1.Object
}

// Copy is a shallow copy: the struct itself is new, its slices, maps and pointers are shared with the original. To
// change one of those, replace it.
func Copy[T Object](obj T) T { return shallow(obj).(T) }

// shallow copies without reflection what is copied on every write of a busy cluster.
func shallow(obj Object) Object {
	switch o := obj.(type) {
	case *corev1.Pod:
		c := *o
		return &c
	case *corev1.Event:
		c := *o
		return &c
	case *corev1.Node:
		c := *o
		return &c
	case *coordinationv1.Lease:
		c := *o
		return &c
	case *appsv1.ReplicaSet:
		c := *o
		return &c
	case *appsv1.Deployment:
		c := *o
		return &c
	}
	v := reflect.ValueOf(obj).Elem()
	c := reflect.New(v.Type())
	c.Elem().Set(v)
	return c.Interface().(Object)
}

// Revision is the resourceVersion of an object as a number; 0 if it has none.
func Revision(obj metav1.Object) int64 {
	n, err := strconv.ParseInt(obj.GetResourceVersion(), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Key is "namespace/name", or "name" for a cluster-scoped object: the key of caches and work queues.
func Key(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

// KeyOf is Key of an object.
func KeyOf(obj metav1.Object) string { return Key(obj.GetNamespace(), obj.GetName()) }

// SplitKey is the inverse of Key.
func SplitKey(key string) (namespace, name string) {
	for i := 0; i < len(key); i++ {
		if key[i] == '/' {
			return key[:i], key[i+1:]
		}
	}
	return "", key
}

// Ref is the reference by which journal, "why" and page name an object: "pods/default/web-1" or "nodes/node-1".
func Ref(r *Resource, namespace, name string) string { return r.Name + "/" + Key(namespace, name) }

// ControllerOf is the owner reference of an object's controller, or nil.
func ControllerOf(obj metav1.Object) *metav1.OwnerReference {
	refs := obj.GetOwnerReferences()
	for i := range refs {
		if refs[i].Controller != nil && *refs[i].Controller {
			return &refs[i]
		}
	}
	return nil
}
