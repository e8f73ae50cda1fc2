package kubectl

import (
	"fmt"
	"sort"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api/defaults"
)

// pod writes the page of a pod.
// Upstream: k8s.io/kubectl/pkg/describe, describePod.
func (p *page) pod(pod *corev1.Pod) {
	p.line(0, "Name:\t%s", pod.Name)
	p.line(0, "Namespace:\t%s", pod.Namespace)
	if pod.Spec.Priority != nil {
		p.line(0, "Priority:\t%d", *pod.Spec.Priority)
	}
	if pod.Spec.PriorityClassName != "" {
		p.line(0, "Priority Class Name:\t%s", pod.Spec.PriorityClassName)
	}
	if r := pod.Spec.RuntimeClassName; r != nil && *r != "" {
		p.line(0, "Runtime Class Name:\t%s", *r)
	}
	if pod.Spec.ServiceAccountName != "" {
		p.line(0, "Service Account:\t%s", pod.Spec.ServiceAccountName)
	}
	if pod.Spec.NodeName == "" {
		p.line(0, "Node:\t<none>")
	} else {
		p.line(0, "Node:\t%s/%s", pod.Spec.NodeName, pod.Status.HostIP)
	}
	if pod.Status.StartTime != nil {
		p.line(0, "Start Time:\t%s", stamp(*pod.Status.StartTime))
	}
	p.labels("Labels", pod.Labels)
	p.annotations("Annotations", pod.Annotations)
	if pod.DeletionTimestamp != nil && pod.Status.Phase != corev1.PodFailed && pod.Status.Phase != corev1.PodSucceeded {
		p.line(0, "Status:\tTerminating (lasts %s)", p.since(*pod.DeletionTimestamp))
		grace := int64(0)
		if pod.DeletionGracePeriodSeconds != nil {
			grace = *pod.DeletionGracePeriodSeconds
		}
		p.line(0, "Termination Grace Period:\t%ds", grace)
	} else {
		p.line(0, "Status:\t%s", pod.Status.Phase)
	}
	if pod.Status.Reason != "" {
		p.line(0, "Reason:\t%s", pod.Status.Reason)
	}
	if pod.Status.Message != "" {
		p.line(0, "Message:\t%s", pod.Status.Message)
	}
	if sc := pod.Spec.SecurityContext; sc != nil && sc.SeccompProfile != nil {
		p.line(0, "SeccompProfile:\t%s", sc.SeccompProfile.Type)
		if sc.SeccompProfile.LocalhostProfile != nil {
			p.line(0, "LocalhostProfile:\t%s", *sc.SeccompProfile.LocalhostProfile)
		}
	}
	p.line(0, "IP:\t%s", pod.Status.PodIP)
	if len(pod.Status.PodIPs) == 0 {
		p.line(0, "IPs:\t<none>")
	} else {
		p.line(0, "IPs:")
		for _, ip := range pod.Status.PodIPs {
			p.line(1, "IP:\t%s", ip.IP)
		}
	}
	if owner := controller(pod); owner != "" {
		p.line(0, "Controlled By:\t%s", owner)
	}
	if pod.Status.NominatedNodeName != "" {
		p.line(0, "NominatedNodeName:\t%s", pod.Status.NominatedNodeName)
	}
	if pod.Spec.Resources != nil {
		p.line(0, "Resources:")
		p.resources(pod.Spec.Resources, 1)
	}
	if len(pod.Spec.InitContainers) > 0 {
		p.containers("Init Containers", pod.Spec.InitContainers, pod.Status.InitContainerStatuses, pod, "")
	}
	p.containers("Containers", pod.Spec.Containers, pod.Status.ContainerStatuses, pod, "")
	if len(pod.Spec.EphemeralContainers) > 0 {
		var list []corev1.Container
		for i := range pod.Spec.EphemeralContainers {
			list = append(list, corev1.Container(pod.Spec.EphemeralContainers[i].EphemeralContainerCommon))
		}
		p.containers("Ephemeral Containers", list, pod.Status.EphemeralContainerStatuses, pod, "")
	}
	if len(pod.Spec.ReadinessGates) > 0 {
		p.line(0, "Readiness Gates:")
		p.line(1, "Type\tStatus")
		for _, g := range pod.Spec.ReadinessGates {
			status := "<none>"
			for _, c := range pod.Status.Conditions {
				if c.Type == g.ConditionType {
					status = string(c.Status)
					break
				}
			}
			p.line(1, "%s \t%s ", g.ConditionType, status)
		}
	}
	if len(pod.Status.Conditions) > 0 {
		p.line(0, "Conditions:")
		p.line(1, "Type\tStatus")
		for _, c := range pod.Status.Conditions {
			p.line(1, "%s \t%s ", c.Type, c.Status)
		}
	}
	p.volumes(pod.Spec.Volumes, "")
	qos := pod.Status.QOSClass
	if qos == "" {
		qos = defaults.QOSClass(&pod.Spec)
	}
	p.line(0, "QoS Class:\t%s", qos)
	p.labels("Node-Selectors", pod.Spec.NodeSelector)
	p.tolerations("Tolerations", pod.Spec.Tolerations)
	p.spread(pod.Spec.TopologySpreadConstraints, "")
}

func controller(o metav1.Object) string {
	if ref := metav1.GetControllerOf(o); ref != nil {
		return ref.Kind + "/" + ref.Name
	}
	return ""
}

// template writes a pod template.
func (p *page) template(t *corev1.PodTemplateSpec) {
	p.line(0, "Pod Template:")
	p.labels("  Labels", t.Labels)
	if len(t.Annotations) > 0 {
		p.annotations("  Annotations", t.Annotations)
	}
	if t.Spec.ServiceAccountName != "" {
		p.line(1, "Service Account:\t%s", t.Spec.ServiceAccountName)
	}
	if len(t.Spec.InitContainers) > 0 {
		p.containers("Init Containers", t.Spec.InitContainers, nil, nil, "  ")
	}
	p.containers("Containers", t.Spec.Containers, nil, nil, "  ")
	p.volumes(t.Spec.Volumes, "  ")
	p.spread(t.Spec.TopologySpreadConstraints, "  ")
	if t.Spec.PriorityClassName != "" {
		p.line(1, "Priority Class Name:\t%s", t.Spec.PriorityClassName)
	}
	p.labels("  Node-Selectors", t.Spec.NodeSelector)
	p.tolerations("  Tolerations", t.Spec.Tolerations)
}

// templateText is a pod template with its tabs as they are: rollout history prints it so.
func templateText(t *corev1.PodTemplateSpec) string {
	p := &page{}
	p.template(t)
	return p.b.String()
}

func (p *page) spread(list []corev1.TopologySpreadConstraint, space string) {
	list = append([]corev1.TopologySpreadConstraint(nil), list...)
	sort.SliceStable(list, func(i, j int) bool { return list[i].TopologyKey < list[j].TopologyKey })
	first := space + "Topology Spread Constraints:\t"
	for _, c := range list {
		text := fmt.Sprintf("%s:%s when max skew %d is exceeded", c.TopologyKey, c.WhenUnsatisfiable, c.MaxSkew)
		if c.LabelSelector != nil {
			text += " for selector " + metav1.FormatLabelSelector(c.LabelSelector)
		}
		p.line(0, "%s%s", first, text)
		first = space + "\t"
	}
}
