package api

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The resources a cluster serves, one variable a row. They are constants in all but syntax.
var (
	Namespaces = &Resource{
		Version: "v1", Kind: "Namespace", Name: "namespaces", Singular: "namespace", ShortNames: []string{"ns"},
		Subresources: []string{"status", "finalize"},
		New:          func() Object { return &corev1.Namespace{} },
		NewList: func(items []Object) runtime.Object {
			return &corev1.NamespaceList{Items: values[corev1.Namespace](items)}
		},
		FieldNames: []string{"status.phase"},
		Field:      namespaceField,
		Describe:   describeNamespace,
	}
	Nodes = &Resource{
		Version: "v1", Kind: "Node", Name: "nodes", Singular: "node", ShortNames: []string{"no"},
		Subresources: []string{"status"},
		New:          func() Object { return &corev1.Node{} },
		NewList:      func(items []Object) runtime.Object { return &corev1.NodeList{Items: values[corev1.Node](items)} },
		FieldNames:   []string{"spec.unschedulable"},
		Field:        nodeField,
		Heartbeat:    nodeHeartbeat,
		Describe:     describeNode,
	}
	Pods = &Resource{
		Version: "v1", Kind: "Pod", Name: "pods", Singular: "pod", ShortNames: []string{"po"}, Categories: []string{"all"},
		Namespaced: true, Subresources: []string{"status", "binding", "eviction", "log", "ephemeralcontainers", "resize"},
		New:        func() Object { return &corev1.Pod{} },
		NewList:    func(items []Object) runtime.Object { return &corev1.PodList{Items: values[corev1.Pod](items)} },
		FieldNames: []string{"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"},
		Field:      podField,
		IndexField: "spec.nodeName",
		Index:      func(o Object) string { return o.(*corev1.Pod).Spec.NodeName },
		Describe:   describePod,
	}
	Services = &Resource{
		Version: "v1", Kind: "Service", Name: "services", Singular: "service", ShortNames: []string{"svc"}, Categories: []string{"all"},
		Namespaced: true, Subresources: []string{"status"},
		New:        func() Object { return &corev1.Service{} },
		NewList:    func(items []Object) runtime.Object { return &corev1.ServiceList{Items: values[corev1.Service](items)} },
		FieldNames: []string{"spec.clusterIP", "spec.type"},
		Field:      serviceField,
		Describe:   describeService,
	}
	ConfigMaps = &Resource{
		Version: "v1", Kind: "ConfigMap", Name: "configmaps", Singular: "configmap", ShortNames: []string{"cm"}, Namespaced: true,
		New: func() Object { return &corev1.ConfigMap{} },
		NewList: func(items []Object) runtime.Object {
			return &corev1.ConfigMapList{Items: values[corev1.ConfigMap](items)}
		},
	}
	Secrets = &Resource{
		Version: "v1", Kind: "Secret", Name: "secrets", Singular: "secret", Namespaced: true,
		New:        func() Object { return &corev1.Secret{} },
		NewList:    func(items []Object) runtime.Object { return &corev1.SecretList{Items: values[corev1.Secret](items)} },
		FieldNames: []string{"type"},
		Field:      secretField,
	}
	ServiceAccounts = &Resource{
		Version: "v1", Kind: "ServiceAccount", Name: "serviceaccounts", Singular: "serviceaccount", ShortNames: []string{"sa"}, Namespaced: true,
		New: func() Object { return &corev1.ServiceAccount{} },
		NewList: func(items []Object) runtime.Object {
			return &corev1.ServiceAccountList{Items: values[corev1.ServiceAccount](items)}
		},
	}
	Events = &Resource{
		Version: "v1", Kind: "Event", Name: "events", Quiet: true, Singular: "event", ShortNames: []string{"ev"}, Namespaced: true,
		New:        func() Object { return &corev1.Event{} },
		NewList:    func(items []Object) runtime.Object { return &corev1.EventList{Items: values[corev1.Event](items)} },
		FieldNames: []string{"involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"},
		Field:      eventField,
	}
	Leases = &Resource{
		Group: "coordination.k8s.io", Version: "v1", Kind: "Lease", Name: "leases", Singular: "lease", Namespaced: true,
		New: func() Object { return &coordinationv1.Lease{} },
		NewList: func(items []Object) runtime.Object {
			return &coordinationv1.LeaseList{Items: values[coordinationv1.Lease](items)}
		},
		Heartbeat: leaseHeartbeat,
	}
	EndpointSlices = &Resource{
		Group: "discovery.k8s.io", Version: "v1", Kind: "EndpointSlice", Name: "endpointslices", Singular: "endpointslice", Namespaced: true,
		New: func() Object { return &discoveryv1.EndpointSlice{} },
		NewList: func(items []Object) runtime.Object {
			return &discoveryv1.EndpointSliceList{Items: values[discoveryv1.EndpointSlice](items)}
		},
		Describe: describeEndpointSlice,
	}
	Deployments = &Resource{
		Group: "apps", Version: "v1", Kind: "Deployment", Name: "deployments", Singular: "deployment", ShortNames: []string{"deploy"}, Categories: []string{"all"},
		Namespaced: true, Subresources: []string{"status", "scale"},
		New: func() Object { return &appsv1.Deployment{} },
		NewList: func(items []Object) runtime.Object {
			return &appsv1.DeploymentList{Items: values[appsv1.Deployment](items)}
		},
		Describe: describeDeployment,
	}
	ReplicaSets = &Resource{
		Group: "apps", Version: "v1", Kind: "ReplicaSet", Name: "replicasets", Singular: "replicaset", ShortNames: []string{"rs"}, Categories: []string{"all"},
		Namespaced: true, Subresources: []string{"status", "scale"},
		New: func() Object { return &appsv1.ReplicaSet{} },
		NewList: func(items []Object) runtime.Object {
			return &appsv1.ReplicaSetList{Items: values[appsv1.ReplicaSet](items)}
		},
		FieldNames: []string{"status.replicas"},
		Field:      replicaSetField,
		Describe:   describeReplicaSet,
	}
)

var builtin = []*Resource{
	ConfigMaps, Events, Namespaces, Nodes, Pods, Secrets, ServiceAccounts, Services,
	Deployments, ReplicaSets, Leases, EndpointSlices,
}

// Builtin lists the table's rows in discovery's order. The slice must not be changed.
func Builtin() []*Resource { return builtin }

func values[T any, P interface {
	*T
	Object
}](items []Object) []T {
	out := make([]T, len(items))
	for i, o := range items {
		out[i] = *o.(P)
	}
	return out
}

// ByGVR finds a resource by group, version and plural name; an empty version matches any. Nil if there is none.
func ByGVR(gvr schema.GroupVersionResource) *Resource {
	for _, r := range builtin {
		if r.Group == gvr.Group && (gvr.Version == "" || r.Version == gvr.Version) && r.Name == gvr.Resource {
			return r
		}
	}
	return nil
}

// ByGVK finds a resource by its kind; nil if the cluster does not serve it.
func ByGVK(gvk schema.GroupVersionKind) *Resource {
	for _, r := range builtin {
		if r.Group == gvk.Group && (gvk.Version == "" || r.Version == gvk.Version) && r.Kind == gvk.Kind {
			return r
		}
	}
	return nil
}

// ByOwner finds the resource an owner reference points at; nil if the cluster does not serve it.
func ByOwner(ref *metav1.OwnerReference) *Resource {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		return nil
	}
	return ByGVK(gv.WithKind(ref.Kind))
}

// ByName finds a resource by what people type: plural, singular, short name, kind, with or without group
// ("deploy", "Pod", "deployments.apps", "deployments.v1.apps"). Nil if nothing matches.
func ByName(name string) *Resource {
	name = strings.ToLower(name)
	base, group, qualified := strings.Cut(name, ".")
	for _, r := range builtin {
		if qualified && group != r.Group && group != r.Version+"."+r.Group && !(r.Group == "" && group == r.Version) {
			continue
		}
		if base == r.Name || base == r.Singular || base == strings.ToLower(r.Kind) {
			return r
		}
		for _, s := range r.ShortNames {
			if base == s {
				return r
			}
		}
	}
	return nil
}

// ByCategory lists the resources of a category such as "all", in the order kubectl prints them.
func ByCategory(category string) []*Resource {
	var out []*Resource
	for _, r := range builtin {
		for _, c := range r.Categories {
			if c == category {
				out = append(out, r)
			}
		}
	}
	return out
}

// ResourceOf is the resource of a typed object; nil if the table has no such kind.
func ResourceOf(obj runtime.Object) *Resource {
	switch obj.(type) {
	case *corev1.Namespace:
		return Namespaces
	case *corev1.Node:
		return Nodes
	case *corev1.Pod:
		return Pods
	case *corev1.Service:
		return Services
	case *corev1.ConfigMap:
		return ConfigMaps
	case *corev1.Secret:
		return Secrets
	case *corev1.ServiceAccount:
		return ServiceAccounts
	case *corev1.Event:
		return Events
	case *coordinationv1.Lease:
		return Leases
	case *discoveryv1.EndpointSlice:
		return EndpointSlices
	case *appsv1.Deployment:
		return Deployments
	case *appsv1.ReplicaSet:
		return ReplicaSets
	}
	return nil
}
