package printers

import (
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The storage, quota and priority kinds: nil for any other kind. A LimitRange has no columns of its own.

func storageColumns(kind schema.GroupKind) []metav1.TableColumnDefinition {
	switch kind.Group {
	case "":
		return coreStorageColumns(kind.Kind)
	case storagev1.GroupName:
		return storageGroupColumns(kind.Kind)
	case eventsv1.GroupName:
		if kind.Kind == "Event" {
			return coreColumns(kind.Kind)
		}
	case schedulingv1.GroupName:
		if kind.Kind == "PriorityClass" {
			doc := schedulingv1.PriorityClass{}.SwaggerDoc()
			return []metav1.TableColumnDefinition{nameColumn(),
				integer(column("Value", doc["value"])),
				boolean(column("Global-Default", doc["globalDefault"])),
				ageColumn(),
				column("PreemptionPolicy", doc["preemptionPolicy"])}
		}
	case nodev1.GroupName:
		if kind.Kind == "RuntimeClass" {
			return []metav1.TableColumnDefinition{nameColumn(), column("Handler", ""), ageColumn()}
		}
	}
	return nil
}

func boolean(c metav1.TableColumnDefinition) metav1.TableColumnDefinition {
	c.Type = "boolean"
	return c
}

func coreStorageColumns(kind string) []metav1.TableColumnDefinition {
	switch kind {
	case "PersistentVolume":
		spec, status := corev1.PersistentVolumeSpec{}.SwaggerDoc(), corev1.PersistentVolumeStatus{}.SwaggerDoc()
		return []metav1.TableColumnDefinition{nameColumn(),
			column("Capacity", spec["capacity"]),
			column("Access Modes", spec["accessModes"]),
			column("Reclaim Policy", spec["persistentVolumeReclaimPolicy"]),
			column("Status", status["phase"]),
			column("Claim", spec["claimRef"]),
			column("StorageClass", "StorageClass of the pv"),
			column("VolumeAttributesClass", "VolumeAttributesClass of the pv"),
			column("Reason", status["reason"]),
			ageColumn(),
			wide(column("VolumeMode", spec["volumeMode"]))}
	case "PersistentVolumeClaim":
		spec, status := corev1.PersistentVolumeClaimSpec{}.SwaggerDoc(), corev1.PersistentVolumeClaimStatus{}.SwaggerDoc()
		return []metav1.TableColumnDefinition{nameColumn(),
			column("Status", status["phase"]),
			column("Volume", spec["volumeName"]),
			column("Capacity", status["capacity"]),
			column("Access Modes", status["accessModes"]),
			column("StorageClass", "StorageClass of the pvc"),
			column("VolumeAttributesClass", "VolumeAttributesClass of the pvc"),
			ageColumn(),
			wide(column("VolumeMode", spec["volumeMode"]))}
	case "ComponentStatus":
		return []metav1.TableColumnDefinition{nameColumn(),
			column("Status", "Status of the component conditions"),
			column("Message", "Message of the component conditions"),
			column("Error", "Error of the component conditions")}
	case "Endpoints":
		return []metav1.TableColumnDefinition{nameColumn(), column("Endpoints", corev1.Endpoints{}.SwaggerDoc()["subsets"]), ageColumn()}
	case "ResourceQuota":
		return []metav1.TableColumnDefinition{nameColumn(),
			column("Request", "Request represents a minimum amount of cpu/memory that a container may consume."),
			column("Limit", "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node."),
			ageColumn()}
	}
	return nil
}

func storageGroupColumns(kind string) []metav1.TableColumnDefinition {
	switch kind {
	case "StorageClass":
		doc := storagev1.StorageClass{}.SwaggerDoc()
		return []metav1.TableColumnDefinition{nameColumn(),
			column("Provisioner", doc["provisioner"]),
			column("ReclaimPolicy", doc["reclaimPolicy"]),
			column("VolumeBindingMode", doc["volumeBindingMode"]),
			column("AllowVolumeExpansion", doc["allowVolumeExpansion"]),
			ageColumn()}
	case "CSINode":
		c := column("Drivers", "Drivers indicates the number of CSI drivers registered on the node")
		return []metav1.TableColumnDefinition{nameColumn(), integer(c), ageColumn()}
	case "CSIDriver":
		doc := storagev1.CSIDriverSpec{}.SwaggerDoc()
		return []metav1.TableColumnDefinition{nameColumn(),
			boolean(column("AttachRequired", doc["attachRequired"])),
			boolean(column("PodInfoOnMount", doc["podInfoOnMount"])),
			boolean(column("StorageCapacity", doc["storageCapacity"])),
			column("TokenRequests", doc["tokenRequests"]),
			boolean(column("RequiresRepublish", doc["requiresRepublish"])),
			column("Modes", doc["volumeLifecycleModes"]),
			ageColumn()}
	case "CSIStorageCapacity":
		doc := storagev1.CSIStorageCapacity{}.SwaggerDoc()
		return []metav1.TableColumnDefinition{nameColumn(), column("StorageClassName", doc["storageClassName"]), column("Capacity", doc["capacity"])}
	case "VolumeAttachment":
		spec := storagev1.VolumeAttachmentSpec{}.SwaggerDoc()
		attacher := column("Attacher", spec["attacher"])
		attacher.Format = "name"
		return []metav1.TableColumnDefinition{nameColumn(), attacher,
			column("PV", storagev1.VolumeAttachmentSource{}.SwaggerDoc()["persistentVolumeName"]),
			column("Node", spec["nodeName"]),
			boolean(column("Attached", storagev1.VolumeAttachmentStatus{}.SwaggerDoc()["attached"])),
			ageColumn()}
	case "VolumeAttributesClass":
		return []metav1.TableColumnDefinition{nameColumn(), column("DriverName", storagev1.VolumeAttributesClass{}.SwaggerDoc()["driverName"]), ageColumn()}
	}
	return nil
}

func (c clock) storageRow(row *metav1.TableRow, obj runtime.Object) bool {
	cells := c.storageCells(obj)
	if cells == nil {
		return false
	}
	row.Cells = cells
	return true
}
