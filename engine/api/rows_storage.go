package api

import (
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// Storage, quota, priority, and what is only a view: Endpoints, ComponentStatus, events of the events.k8s.io group.
var (
	ComponentStatuses = &Resource{
		Version: "v1", Kind: "ComponentStatus", Name: "componentstatuses", Singular: "componentstatus", ShortNames: []string{"cs"}, Verbs: []Verb{Get, List},
		New: empty[corev1.ComponentStatus](), NewList: listOf[corev1.ComponentStatusList](),
	}
	Endpoints = &Resource{
		Version: "v1", Kind: "Endpoints", Name: "endpoints", Singular: "endpoints", ShortNames: []string{"ep"}, Namespaced: true,
		New: empty[corev1.Endpoints](), NewList: listOf[corev1.EndpointsList](),
		Describe: describeEndpoints,
	}
	LimitRanges = &Resource{
		Version: "v1", Kind: "LimitRange", Name: "limitranges", Singular: "limitrange", ShortNames: []string{"limits"}, Namespaced: true,
		New: empty[corev1.LimitRange](), NewList: listOf[corev1.LimitRangeList](),
	}
	PersistentVolumeClaims = &Resource{
		Version: "v1", Kind: "PersistentVolumeClaim", Name: "persistentvolumeclaims", Singular: "persistentvolumeclaim", ShortNames: []string{"pvc"}, Namespaced: true, Subresources: []string{"status"},
		New: empty[corev1.PersistentVolumeClaim](), NewList: listOf[corev1.PersistentVolumeClaimList](),
		Describe: describeClaim,
	}
	PersistentVolumes = &Resource{
		Version: "v1", Kind: "PersistentVolume", Name: "persistentvolumes", Singular: "persistentvolume", ShortNames: []string{"pv"}, Subresources: []string{"status"},
		New: empty[corev1.PersistentVolume](), NewList: listOf[corev1.PersistentVolumeList](),
		Describe: describeVolume,
	}
	ResourceQuotas = &Resource{
		Version: "v1", Kind: "ResourceQuota", Name: "resourcequotas", Singular: "resourcequota", ShortNames: []string{"quota"}, Namespaced: true, Subresources: []string{"status"},
		New: empty[corev1.ResourceQuota](), NewList: listOf[corev1.ResourceQuotaList](),
		Describe: describeQuota,
	}
	EventsV1 = &Resource{
		Group: "events.k8s.io", Version: "v1", Kind: "Event", Name: "events", Singular: "event", ShortNames: []string{"ev"}, Namespaced: true,
		Hub: Events, ToHub: eventToCore, FromHub: eventFromCore,
		New: empty[eventsv1.Event](), NewList: listOf[eventsv1.EventList](),
		FieldNames: []string{"reason", "regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "regarding.apiVersion", "regarding.resourceVersion", "regarding.fieldPath", "reportingController", "type"},
		Field:      newEventField,
	}
	CSIDrivers = &Resource{
		Group: "storage.k8s.io", Version: "v1", Kind: "CSIDriver", Name: "csidrivers", Singular: "csidriver",
		New: empty[storagev1.CSIDriver](), NewList: listOf[storagev1.CSIDriverList](),
	}
	CSINodes = &Resource{
		Group: "storage.k8s.io", Version: "v1", Kind: "CSINode", Name: "csinodes", Singular: "csinode",
		New: empty[storagev1.CSINode](), NewList: listOf[storagev1.CSINodeList](),
		Describe: describeCSINode,
	}
	CSIStorageCapacities = &Resource{
		Group: "storage.k8s.io", Version: "v1", Kind: "CSIStorageCapacity", Name: "csistoragecapacities", Singular: "csistoragecapacity", Namespaced: true,
		New: empty[storagev1.CSIStorageCapacity](), NewList: listOf[storagev1.CSIStorageCapacityList](),
	}
	StorageClasses = &Resource{
		Group: "storage.k8s.io", Version: "v1", Kind: "StorageClass", Name: "storageclasses", Singular: "storageclass", ShortNames: []string{"sc"},
		New: empty[storagev1.StorageClass](), NewList: listOf[storagev1.StorageClassList](),
		Describe: describeStorageClass,
	}
	VolumeAttachments = &Resource{
		Group: "storage.k8s.io", Version: "v1", Kind: "VolumeAttachment", Name: "volumeattachments", Singular: "volumeattachment", Subresources: []string{"status"},
		New: empty[storagev1.VolumeAttachment](), NewList: listOf[storagev1.VolumeAttachmentList](),
		Describe: describeAttachment,
	}
	VolumeAttributesClasses = &Resource{
		Group: "storage.k8s.io", Version: "v1", Kind: "VolumeAttributesClass", Name: "volumeattributesclasses", Singular: "volumeattributesclass", ShortNames: []string{"vac"},
		New: empty[storagev1.VolumeAttributesClass](), NewList: listOf[storagev1.VolumeAttributesClassList](),
	}
	PriorityClasses = &Resource{
		Group: "scheduling.k8s.io", Version: "v1", Kind: "PriorityClass", Name: "priorityclasses", Singular: "priorityclass", ShortNames: []string{"pc"},
		New: empty[schedulingv1.PriorityClass](), NewList: listOf[schedulingv1.PriorityClassList](),
		Describe: describePriorityClass,
	}
	RuntimeClasses = &Resource{
		Group: "node.k8s.io", Version: "v1", Kind: "RuntimeClass", Name: "runtimeclasses", Singular: "runtimeclass",
		New: empty[nodev1.RuntimeClass](), NewList: listOf[nodev1.RuntimeClassList](),
	}
)
