package api

import (
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// The selectable fields of kinds, one reader a kind (upstream: each kind's ToSelectableFields or field label
// conversion in pkg/apis). They are asked only for names in the row's FieldNames.

func namespaceField(o Object, _ string) string { return string(o.(*corev1.Namespace).Status.Phase) }

func nodeField(o Object, _ string) string {
	return strconv.FormatBool(o.(*corev1.Node).Spec.Unschedulable)
}

func podField(o Object, name string) string {
	p := o.(*corev1.Pod)
	switch name {
	case "spec.nodeName":
		return p.Spec.NodeName
	case "spec.restartPolicy":
		return string(p.Spec.RestartPolicy)
	case "spec.schedulerName":
		return p.Spec.SchedulerName
	case "spec.serviceAccountName":
		return p.Spec.ServiceAccountName
	case "spec.hostNetwork":
		return strconv.FormatBool(p.Spec.HostNetwork)
	case "status.phase":
		return string(p.Status.Phase)
	case "status.nominatedNodeName":
		return p.Status.NominatedNodeName
	case "status.podIP":
		if len(p.Status.PodIPs) > 0 {
			return p.Status.PodIPs[0].IP
		}
	}
	return ""
}

func serviceField(o Object, name string) string {
	s := o.(*corev1.Service)
	if name == "spec.type" {
		return string(s.Spec.Type)
	}
	return s.Spec.ClusterIP
}

func secretField(o Object, _ string) string { return string(o.(*corev1.Secret).Type) }

func replicaSetField(o Object, _ string) string {
	return strconv.Itoa(int(o.(*appsv1.ReplicaSet).Status.Replicas))
}

func eventField(o Object, name string) string {
	e := o.(*corev1.Event)
	switch name {
	case "involvedObject.kind":
		return e.InvolvedObject.Kind
	case "involvedObject.namespace":
		return e.InvolvedObject.Namespace
	case "involvedObject.name":
		return e.InvolvedObject.Name
	case "involvedObject.uid":
		return string(e.InvolvedObject.UID)
	case "involvedObject.apiVersion":
		return e.InvolvedObject.APIVersion
	case "involvedObject.resourceVersion":
		return e.InvolvedObject.ResourceVersion
	case "involvedObject.fieldPath":
		return e.InvolvedObject.FieldPath
	case "reason":
		return e.Reason
	case "reportingComponent":
		return e.ReportingController
	case "type":
		return e.Type
	case "source":
		if e.Source.Component == "" {
			return e.ReportingController
		}
		return e.Source.Component
	}
	return ""
}
