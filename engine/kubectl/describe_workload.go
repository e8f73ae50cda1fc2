package kubectl

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func (p *page) deployment(d *appsv1.Deployment, sets []*appsv1.ReplicaSet) {
	p.line(0, "Name:\t%s", d.Name)
	p.line(0, "Namespace:\t%s", d.Namespace)
	p.line(0, "CreationTimestamp:\t%s", stamp(d.CreationTimestamp))
	p.labels("Labels", d.Labels)
	p.annotations("Annotations", d.Annotations)
	p.line(0, "Selector:\t%s", selectorText(d.Spec.Selector))
	s := &d.Status
	p.line(0, "Replicas:\t%d desired | %d updated | %d total | %d available | %d unavailable", orOne(d.Spec.Replicas), s.UpdatedReplicas, s.Replicas,
		s.AvailableReplicas, s.UnavailableReplicas)
	p.line(0, "StrategyType:\t%s", d.Spec.Strategy.Type)
	p.line(0, "MinReadySeconds:\t%d", d.Spec.MinReadySeconds)
	if ru := d.Spec.Strategy.RollingUpdate; ru != nil {
		p.line(0, "RollingUpdateStrategy:\t%s max unavailable, %s max surge", ru.MaxUnavailable.String(), ru.MaxSurge.String())
	}
	p.template(&d.Spec.Template)
	if len(s.Conditions) > 0 {
		p.line(0, "Conditions:")
		p.line(1, "Type\tStatus\tReason")
		p.line(1, "----\t------\t------")
		for _, c := range s.Conditions {
			p.line(1, "%s \t%s\t%s", c.Type, c.Status, c.Reason)
		}
	}
	newSet, old := splitReplicaSets(d, sets)
	if newSet != nil || len(old) > 0 {
		var newest []*appsv1.ReplicaSet
		if newSet != nil {
			newest = append(newest, newSet)
		}
		p.line(0, "OldReplicaSets:\t%s", replicaSetNames(old))
		p.line(0, "NewReplicaSet:\t%s", replicaSetNames(newest))
	}
}

func orOne(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

func selectorText(s *metav1.LabelSelector) string {
	sel, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return err.Error()
	}
	return sel.String()
}

// splitReplicaSets finds the set that has the deployment's template: the oldest of several.
func splitReplicaSets(d *appsv1.Deployment, sets []*appsv1.ReplicaSet) (newest *appsv1.ReplicaSet, old []*appsv1.ReplicaSet) {
	want := withoutHash(&d.Spec.Template)
	for _, rs := range sets {
		if equality.Semantic.DeepEqual(withoutHash(&rs.Spec.Template), want) {
			if newest == nil || rs.CreationTimestamp.Before(&newest.CreationTimestamp) {
				newest = rs
			}
		}
	}
	for _, rs := range sets {
		if rs != newest {
			old = append(old, rs)
		}
	}
	return newest, old
}

func replicaSetNames(list []*appsv1.ReplicaSet) string {
	var parts []string
	for _, rs := range list {
		parts = append(parts, fmt.Sprintf("%s (%d/%d replicas created)", rs.Name, rs.Status.Replicas, orOne(rs.Spec.Replicas)))
	}
	return orNone(strings.Join(parts, ", "))
}

func (p *page) replicaSet(rs *appsv1.ReplicaSet, pods []*corev1.Pod) {
	p.line(0, "Name:\t%s", rs.Name)
	p.line(0, "Namespace:\t%s", rs.Namespace)
	p.line(0, "Selector:\t%s", metav1.FormatLabelSelector(rs.Spec.Selector))
	p.labels("Labels", rs.Labels)
	p.annotations("Annotations", rs.Annotations)
	if owner := controller(rs); owner != "" {
		p.line(0, "Controlled By:\t%s", owner)
	}
	p.line(0, "Replicas:\t%d current / %d desired", rs.Status.Replicas, orOne(rs.Spec.Replicas))
	p.podsStatus(rs, pods)
	p.template(&rs.Spec.Template)
	if len(rs.Status.Conditions) > 0 {
		p.line(0, "Conditions:")
		p.line(1, "Type\tStatus\tReason")
		p.line(1, "----\t------\t------")
		for _, c := range rs.Status.Conditions {
			p.line(1, "%s \t%s\t%s", c.Type, c.Status, c.Reason)
		}
	}
}

// podsStatus counts the pods of a controller by phase.
func (p *page) podsStatus(owner metav1.Object, pods []*corev1.Pod) {
	n := map[corev1.PodPhase]int{}
	for _, pod := range pods {
		if metav1.IsControlledBy(pod, owner) {
			n[pod.Status.Phase]++
		}
	}
	p.line(0, "Pods Status:\t%d Running / %d Waiting / %d Succeeded / %d Failed", n[corev1.PodRunning], n[corev1.PodPending], n[corev1.PodSucceeded], n[corev1.PodFailed])
}

func (p *page) service(s *corev1.Service, slices []*discoveryv1.EndpointSlice) {
	p.line(0, "Name:\t%s", s.Name)
	p.line(0, "Namespace:\t%s", s.Namespace)
	p.labels("Labels", s.Labels)
	p.annotations("Annotations", s.Annotations)
	p.line(0, "Selector:\t%s", labels.FormatLabels(s.Spec.Selector))
	p.line(0, "Type:\t%s", s.Spec.Type)
	if s.Spec.IPFamilyPolicy != nil {
		p.line(0, "IP Family Policy:\t%s", *s.Spec.IPFamilyPolicy)
	}
	var families []string
	for _, f := range s.Spec.IPFamilies {
		families = append(families, string(f))
	}
	p.line(0, "IP Families:\t%s", orNone(strings.Join(families, ",")))
	p.line(0, "IP:\t%s", s.Spec.ClusterIP)
	p.line(0, "IPs:\t%s", orNone(strings.Join(s.Spec.ClusterIPs, ",")))
	if len(s.Spec.ExternalIPs) > 0 {
		p.line(0, "External IPs:\t%s", strings.Join(s.Spec.ExternalIPs, ","))
	}
	if s.Spec.LoadBalancerIP != "" {
		p.line(0, "Desired LoadBalancer IP:\t%s", s.Spec.LoadBalancerIP)
	}
	if s.Spec.ExternalName != "" {
		p.line(0, "External Name:\t%s", s.Spec.ExternalName)
	}
	if list := s.Status.LoadBalancer.Ingress; len(list) > 0 {
		var parts []string
		for _, in := range list {
			text := in.Hostname
			if in.IP != "" {
				text = in.IP
				if in.IPMode != nil {
					text += " (" + string(*in.IPMode) + ")"
				}
			}
			parts = append(parts, text)
		}
		p.line(0, "LoadBalancer Ingress:\t%s", strings.Join(parts, ", "))
	}
	for i := range s.Spec.Ports {
		sp := &s.Spec.Ports[i]
		name := sp.Name
		if name == "" {
			name = "<unset>"
		}
		p.line(0, "Port:\t%s\t%d/%s", name, sp.Port, sp.Protocol)
		if sp.TargetPort.Type == intstr.Int {
			p.line(0, "TargetPort:\t%d/%s", sp.TargetPort.IntVal, sp.Protocol)
		} else {
			p.line(0, "TargetPort:\t%s/%s", sp.TargetPort.StrVal, sp.Protocol)
		}
		if sp.AppProtocol != nil {
			p.line(0, "AppProtocol:\t%s", *sp.AppProtocol)
		}
		if sp.NodePort != 0 {
			p.line(0, "NodePort:\t%s\t%d/%s", name, sp.NodePort, sp.Protocol)
		}
		p.line(0, "Endpoints:\t%s", endpointsText(slices, sp.Name))
	}
	p.line(0, "Session Affinity:\t%s", s.Spec.SessionAffinity)
	if s.Spec.ExternalTrafficPolicy != "" {
		p.line(0, "External Traffic Policy:\t%s", s.Spec.ExternalTrafficPolicy)
	}
	if s.Spec.InternalTrafficPolicy != nil {
		p.line(0, "Internal Traffic Policy:\t%s", *s.Spec.InternalTrafficPolicy)
	}
	if s.Spec.HealthCheckNodePort != 0 {
		p.line(0, "HealthCheck NodePort:\t%d", s.Spec.HealthCheckNodePort)
	}
	if len(s.Spec.LoadBalancerSourceRanges) > 0 {
		p.line(0, "LoadBalancer Source Ranges:\t%s", strings.Join(s.Spec.LoadBalancerSourceRanges, ","))
	}
	if s.Spec.TrafficDistribution != nil {
		p.line(0, "Traffic Distribution:\t%s", *s.Spec.TrafficDistribution)
	}
}

// endpointsText names the first three ready endpoints of a port.
func endpointsText(slices []*discoveryv1.EndpointSlice, port string) string {
	if len(slices) == 0 {
		return "<none>"
	}
	var shown []string
	total := 0
	see := func(s *discoveryv1.EndpointSlice, text func(address string) string) {
		for i := range s.Endpoints {
			e := &s.Endpoints[i]
			if e.Conditions.Ready != nil && !*e.Conditions.Ready || len(e.Addresses) == 0 {
				continue
			}
			total++
			if len(shown) < 3 {
				shown = append(shown, text(e.Addresses[0]))
			}
		}
	}
	for _, s := range slices {
		if len(s.Ports) == 0 {
			// A headless service may have none.
			see(s, func(a string) string { return a })
			continue
		}
		for i := range s.Ports {
			sp := &s.Ports[i]
			if sp.Port == nil || sp.Name != nil && *sp.Name != port {
				continue
			}
			see(s, func(a string) string { return net.JoinHostPort(a, strconv.Itoa(int(*sp.Port))) })
		}
	}
	text := strings.Join(shown, ",")
	if total > len(shown) {
		text += fmt.Sprintf(" + %d more...", total-len(shown))
	}
	return text
}
