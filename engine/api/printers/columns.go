package printers

import (
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// column is a definition without what most have in common.
func column(name, description string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "string", Description: description}
}

// wide is a column that is shown with -o wide only.
func wide(c metav1.TableColumnDefinition) metav1.TableColumnDefinition {
	c.Priority = 1
	return c
}

func integer(c metav1.TableColumnDefinition) metav1.TableColumnDefinition {
	c.Type = "integer"
	return c
}

func nameColumn() metav1.TableColumnDefinition {
	c := column("Name", metav1.ObjectMeta{}.SwaggerDoc()["name"])
	c.Format = "name"
	return c
}

func ageColumn() metav1.TableColumnDefinition {
	return column("Age", metav1.ObjectMeta{}.SwaggerDoc()["creationTimestamp"])
}

func templateColumns() []metav1.TableColumnDefinition {
	return []metav1.TableColumnDefinition{
		wide(column("Containers", "Names of each container in the template.")),
		wide(column("Images", "Images referenced by each container in the template.")),
	}
}

// Columns returns the columns of a kind's table, those of -o wide (priority 1)
// included; Row gives a cell for each. Kinds without a table of their own have
// the columns Name and Created At.
func Columns(kind schema.GroupKind) []metav1.TableColumnDefinition {
	switch kind.Group {
	case "":
		if c := coreColumns(kind.Kind); c != nil {
			return c
		}
	case appsv1.GroupName:
		if c := appsColumns(kind.Kind); c != nil {
			return c
		}
	case discoveryv1.GroupName:
		if kind.Kind == "EndpointSlice" {
			doc := discoveryv1.EndpointSlice{}.SwaggerDoc()
			return []metav1.TableColumnDefinition{nameColumn(),
				column("AddressType", doc["addressType"]),
				column("Ports", doc["ports"]),
				column("Endpoints", doc["endpoints"]),
				ageColumn()}
		}
	case coordinationv1.GroupName:
		if kind.Kind == "Lease" {
			return []metav1.TableColumnDefinition{nameColumn(),
				column("Holder", coordinationv1.LeaseSpec{}.SwaggerDoc()["holderIdentity"]),
				ageColumn()}
		}
	}
	for _, columns := range []func(schema.GroupKind) []metav1.TableColumnDefinition{workloadsColumns, storageColumns, policiesColumns, extensionsColumns} {
		if c := columns(kind); c != nil {
			return c
		}
	}
	created := column("Created At", metav1.ObjectMeta{}.SwaggerDoc()["creationTimestamp"])
	created.Type = "date"
	return []metav1.TableColumnDefinition{nameColumn(), created}
}

func appsColumns(kind string) []metav1.TableColumnDefinition {
	switch kind {
	case "Deployment":
		status := appsv1.DeploymentStatus{}.SwaggerDoc()
		c := []metav1.TableColumnDefinition{nameColumn(),
			column("Ready", "Number of the pod with ready state"),
			column("Up-to-date", status["updatedReplicas"]),
			column("Available", status["availableReplicas"]),
			ageColumn()}
		return append(append(c, templateColumns()...), wide(column("Selector", appsv1.DeploymentSpec{}.SwaggerDoc()["selector"])))
	case "ReplicaSet":
		spec, status := appsv1.ReplicaSetSpec{}.SwaggerDoc(), appsv1.ReplicaSetStatus{}.SwaggerDoc()
		c := []metav1.TableColumnDefinition{nameColumn(),
			integer(column("Desired", spec["replicas"])),
			integer(column("Current", status["replicas"])),
			integer(column("Ready", status["readyReplicas"])),
			ageColumn()}
		return append(append(c, templateColumns()...), wide(column("Selector", spec["selector"])))
	}
	return nil
}

func coreColumns(kind string) []metav1.TableColumnDefinition {
	switch kind {
	case "Pod":
		spec, status := corev1.PodSpec{}.SwaggerDoc(), corev1.PodStatus{}.SwaggerDoc()
		return []metav1.TableColumnDefinition{nameColumn(),
			column("Ready", "The aggregate readiness state of this pod for accepting traffic."),
			column("Status", "The aggregate status of the containers in this pod."),
			column("Restarts", "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted."),
			ageColumn(),
			wide(column("IP", status["podIP"])),
			wide(column("Node", spec["nodeName"])),
			wide(column("Nominated Node", status["nominatedNodeName"])),
			wide(column("Readiness Gates", spec["readinessGates"]))}
	case "Node":
		info := corev1.NodeSystemInfo{}.SwaggerDoc()
		addresses := corev1.NodeStatus{}.SwaggerDoc()["addresses"]
		return []metav1.TableColumnDefinition{nameColumn(),
			column("Status", "The status of the node"),
			column("Roles", "The roles of the node"),
			ageColumn(),
			column("Version", info["kubeletVersion"]),
			wide(column("Internal-IP", addresses)),
			wide(column("External-IP", addresses)),
			wide(column("OS-Image", info["osImage"])),
			wide(column("Kernel-Version", info["kernelVersion"])),
			wide(column("Container-Runtime", info["containerRuntimeVersion"]))}
	case "Service":
		doc := corev1.ServiceSpec{}.SwaggerDoc()
		return []metav1.TableColumnDefinition{nameColumn(),
			column("Type", doc["type"]),
			column("Cluster-IP", doc["clusterIP"]),
			column("External-IP", doc["externalIPs"]),
			column("Port(s)", doc["ports"]),
			ageColumn(),
			wide(column("Selector", doc["selector"]))}
	case "Namespace":
		return []metav1.TableColumnDefinition{nameColumn(), column("Status", "The status of the namespace"), ageColumn()}
	case "ConfigMap":
		return []metav1.TableColumnDefinition{nameColumn(), column("Data", corev1.ConfigMap{}.SwaggerDoc()["data"]), ageColumn()}
	case "Secret":
		doc := corev1.Secret{}.SwaggerDoc()
		return []metav1.TableColumnDefinition{nameColumn(), column("Type", doc["type"]), column("Data", doc["data"]), ageColumn()}
	case "ServiceAccount":
		return []metav1.TableColumnDefinition{nameColumn(), ageColumn()}
	case "Event":
		doc := corev1.Event{}.SwaggerDoc()
		return []metav1.TableColumnDefinition{
			column("Last Seen", doc["lastTimestamp"]),
			column("Type", doc["type"]),
			column("Reason", doc["reason"]),
			column("Object", doc["involvedObject"]),
			wide(column("Subobject", corev1.ObjectReference{}.SwaggerDoc()["fieldPath"])),
			wide(column("Source", doc["source"])),
			column("Message", doc["message"]),
			wide(column("First Seen", doc["firstTimestamp"])),
			wide(column("Count", doc["count"])),
			wide(nameColumn())}
	}
	return nil
}
