package api

import (
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// The resources a cluster serves, one variable a row. They are constants in all but syntax.
var (
	Namespaces = &Resource{
		Version: "v1", Kind: "Namespace", Name: "namespaces", Singular: "namespace", ShortNames: []string{"ns"},
		Subresources: []string{"status", "finalize"},
		New:          empty[corev1.Namespace](),
		NewList:      listOf[corev1.NamespaceList](),
		FieldNames:   []string{"status.phase"},
		Field:        namespaceField,
		Describe:     describeNamespace,
	}
	Nodes = &Resource{
		Version: "v1", Kind: "Node", Name: "nodes", Singular: "node", ShortNames: []string{"no"},
		Subresources: []string{"status"},
		New:          empty[corev1.Node](),
		NewList:      listOf[corev1.NodeList](),
		FieldNames:   []string{"spec.unschedulable"},
		Field:        nodeField,
		Heartbeat:    nodeHeartbeat,
		Describe:     describeNode,
	}
	Pods = &Resource{
		Version: "v1", Kind: "Pod", Name: "pods", Singular: "pod", ShortNames: []string{"po"}, Categories: []string{"all"},
		Namespaced: true, Subresources: []string{"status", "binding", "eviction", "log", "ephemeralcontainers", "resize", "attach", "exec", "portforward"},
		New:        empty[corev1.Pod](),
		NewList:    listOf[corev1.PodList](),
		FieldNames: []string{"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"},
		Field:      podField,
		IndexField: "spec.nodeName",
		Index:      func(o Object) string { return o.(*corev1.Pod).Spec.NodeName },
		Describe:   describePod,
	}
	Services = &Resource{
		Version: "v1", Kind: "Service", Name: "services", Singular: "service", ShortNames: []string{"svc"}, Categories: []string{"all"},
		Namespaced: true, Subresources: []string{"status"},
		New:        empty[corev1.Service](),
		NewList:    listOf[corev1.ServiceList](),
		FieldNames: []string{"spec.clusterIP", "spec.type"},
		Field:      serviceField,
		Describe:   describeService,
	}
	ConfigMaps = &Resource{
		Version: "v1", Kind: "ConfigMap", Name: "configmaps", Singular: "configmap", ShortNames: []string{"cm"}, Namespaced: true,
		New:     empty[corev1.ConfigMap](),
		NewList: listOf[corev1.ConfigMapList](),
	}
	Secrets = &Resource{
		Version: "v1", Kind: "Secret", Name: "secrets", Singular: "secret", Namespaced: true,
		New:        empty[corev1.Secret](),
		NewList:    listOf[corev1.SecretList](),
		FieldNames: []string{"type"},
		Field:      secretField,
	}
	ServiceAccounts = &Resource{
		Version: "v1", Kind: "ServiceAccount", Name: "serviceaccounts", Singular: "serviceaccount", ShortNames: []string{"sa"}, Namespaced: true, Subresources: []string{"token"},
		New:     empty[corev1.ServiceAccount](),
		NewList: listOf[corev1.ServiceAccountList](),
	}
	Events = &Resource{
		Version: "v1", Kind: "Event", Name: "events", Quiet: true, Singular: "event", ShortNames: []string{"ev"}, Namespaced: true,
		New:        empty[corev1.Event](),
		NewList:    listOf[corev1.EventList](),
		FieldNames: []string{"involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"},
		Field:      eventField,
	}
	Leases = &Resource{
		Group: "coordination.k8s.io", Version: "v1", Kind: "Lease", Name: "leases", Singular: "lease", Namespaced: true,
		New:       empty[coordinationv1.Lease](),
		NewList:   listOf[coordinationv1.LeaseList](),
		Heartbeat: leaseHeartbeat,
	}
	EndpointSlices = &Resource{
		Group: "discovery.k8s.io", Version: "v1", Kind: "EndpointSlice", Name: "endpointslices", Singular: "endpointslice", Namespaced: true,
		New:      empty[discoveryv1.EndpointSlice](),
		NewList:  listOf[discoveryv1.EndpointSliceList](),
		Describe: describeEndpointSlice,
	}
	Deployments = &Resource{
		Group: "apps", Version: "v1", Kind: "Deployment", Name: "deployments", Singular: "deployment", ShortNames: []string{"deploy"}, Categories: []string{"all"},
		Namespaced: true, Subresources: []string{"status", "scale"},
		New:      empty[appsv1.Deployment](),
		NewList:  listOf[appsv1.DeploymentList](),
		Describe: describeDeployment,
	}
	ReplicaSets = &Resource{
		Group: "apps", Version: "v1", Kind: "ReplicaSet", Name: "replicasets", Singular: "replicaset", ShortNames: []string{"rs"}, Categories: []string{"all"},
		Namespaced: true, Subresources: []string{"status", "scale"},
		New:        empty[appsv1.ReplicaSet](),
		NewList:    listOf[appsv1.ReplicaSetList](),
		FieldNames: []string{"status.replicas"},
		Field:      replicaSetField,
		Describe:   describeReplicaSet,
	}
)
