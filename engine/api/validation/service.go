package validation

import (
	"fmt"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (e *errs) serviceCreate(s *corev1.Service) {
	e.objectMeta(&s.ObjectMeta, true, labelName) // KEP-5311: since v1.37 a name may begin with a digit
	e.service(s, nil)
}

const onlyLoadBalancer = "may only be used when `type` is 'LoadBalancer'"

func isHeadless(s *corev1.Service) bool {
	return len(s.Spec.ClusterIPs) == 1 && s.Spec.ClusterIPs[0] == corev1.ClusterIPNone
}

func isLoadBalancer(s *corev1.Service) bool { return s.Spec.Type == corev1.ServiceTypeLoadBalancer }

// service checks everything but metadata; old is nil on create.
func (e *errs) service(s, old *corev1.Service) {
	spec, headless := &s.Spec, isHeadless(s)
	mode, hasMode := s.Annotations[corev1.AnnotationTopologyMode]
	if hints, ok := s.Annotations[corev1.DeprecatedAnnotationTopologyAwareHints]; ok && hasMode && hints != mode {
		e.invalid(metaPath.Child("annotations").Key(corev1.AnnotationTopologyMode), mode,
			fmt.Sprintf("must match annotations[%s] when both are specified", corev1.DeprecatedAnnotationTopologyAwareHints))
	}
	if len(spec.Ports) == 0 && !headless && spec.Type != corev1.ServiceTypeExternalName {
		e.required(specPath.Child("ports"), "")
	}
	switch spec.Type {
	case corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort:
		if headless {
			e.invalid(specPath.Child("clusterIPs").Index(0), spec.ClusterIPs[0], fmt.Sprintf("may not be set to 'None' for %s services", spec.Type))
		}
	case corev1.ServiceTypeExternalName:
		e.externalName(spec)
	}
	names := map[string]bool{}
	for i := range spec.Ports {
		e.servicePort(specPath.Child("ports").Index(i), &spec.Ports[i], len(spec.Ports) > 1, names)
	}
	e.labels(specPath.Child("selector"), spec.Selector)
	e.sessionAffinity(spec)
	e.clusterIPs(s, old)
	var hadIPs []string
	if old != nil {
		hadIPs = old.Spec.ExternalIPs
	}
	for i, ip := range spec.ExternalIPs {
		if at := specPath.Child("externalIPs").Index(i); e.ip(at, ip, hadIPs) {
			e.endpointIP(at, ip)
		}
	}
	someOf(e, specPath.Child("type"), spec.Type, corev1.ServiceTypeClusterIP, corev1.ServiceTypeExternalName, corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort)
	e.uniquePorts(spec)
	e.sourceRanges(s, old)
	if spec.AllocateLoadBalancerNodePorts != nil && !isLoadBalancer(s) {
		e.forbidden(specPath.Child("allocateLoadBalancerNodePorts"), onlyLoadBalancer)
	}
	if isLoadBalancer(s) && spec.AllocateLoadBalancerNodePorts == nil {
		e.required(field.NewPath("allocateLoadBalancerNodePorts"), "")
	}
	e.loadBalancerClass(s, nil)
	e.trafficPolicies(s)
}

func (e *errs) externalName(spec *corev1.ServiceSpec) {
	const why = "may not be set for ExternalName services"
	if len(spec.ClusterIPs) > 0 {
		e.forbidden(specPath.Child("clusterIPs"), why)
	}
	if len(spec.IPFamilies) > 0 {
		e.forbidden(specPath.Child("ipFamilies"), why)
	}
	if spec.IPFamilyPolicy != nil {
		e.forbidden(specPath.Child("ipFamilyPolicy"), why)
	}
	// A trailing dot makes the name absolute.
	if name := strings.TrimSuffix(spec.ExternalName, "."); e.nonEmpty(specPath.Child("externalName"), name) {
		e.subdomain(specPath.Child("externalName"), name)
	}
}

func (e *errs) servicePort(p *field.Path, port *corev1.ServicePort, named bool, names map[string]bool) {
	if port.Name == "" {
		if named {
			e.required(p.Child("name"), "")
		}
	} else {
		e.label(p.Child("name"), port.Name)
		if names[port.Name] {
			e.duplicate(p.Child("name"), port.Name)
		}
		names[port.Name] = true
	}
	e.each(p.Child("port"), port.Port, validation.IsValidPortNum(int(port.Port)))
	e.protocol(p.Child("protocol"), port.Protocol)
	e.portOrName(p.Child("targetPort"), port.TargetPort)
	if port.AppProtocol != nil {
		e.qualified(p.Child("appProtocol"), *port.AppProtocol)
	}
}

func (e *errs) sessionAffinity(spec *corev1.ServiceSpec) {
	someOf(e, specPath.Child("sessionAffinity"), spec.SessionAffinity, corev1.ServiceAffinityClientIP, corev1.ServiceAffinityNone)
	p, config := specPath.Child("sessionAffinityConfig"), spec.SessionAffinityConfig
	if spec.SessionAffinity == corev1.ServiceAffinityNone && config != nil {
		e.forbidden(p, "must not be set when session affinity is None")
	}
	if spec.SessionAffinity != corev1.ServiceAffinityClientIP {
		return
	}
	const why = "when session affinity type is ClientIP"
	switch {
	case config == nil:
		e.required(p, why)
	case config.ClientIP == nil:
		e.required(p.Child("clientIP"), why)
	case config.ClientIP.TimeoutSeconds == nil:
		e.required(p.Child("clientIP", "timeoutSeconds"), why)
	default:
		if t := *config.ClientIP.TimeoutSeconds; t <= 0 || t > maxAffinitySeconds {
			e.invalid(p.Child("clientIP", "timeoutSeconds"), &t, fmt.Sprintf("must be greater than 0 and less than %d", maxAffinitySeconds))
		}
	}
}

// maxAffinitySeconds is a day.
const maxAffinitySeconds = 24 * 60 * 60

// uniquePorts: no two ports may share protocol and number, nor protocol and node port.
func (e *errs) uniquePorts(spec *corev1.ServiceSpec) {
	p := specPath.Child("ports")
	if spec.Type == corev1.ServiceTypeClusterIP {
		for i := range spec.Ports {
			if spec.Ports[i].NodePort != 0 {
				e.forbidden(p.Index(i).Child("nodePort"), "may not be used when `type` is 'ClusterIP'")
			}
		}
	}
	type key struct {
		protocol corev1.Protocol
		number   int32
	}
	nodePorts, ports := map[key]bool{}, map[key]bool{}
	for i := range spec.Ports {
		port := &spec.Ports[i]
		if port.NodePort == 0 {
			continue
		}
		k := key{port.Protocol, port.NodePort}
		if nodePorts[k] {
			e.duplicate(p.Index(i).Child("nodePort"), port.NodePort)
		}
		nodePorts[k] = true
	}
	for i := range spec.Ports {
		k := key{spec.Ports[i].Protocol, spec.Ports[i].Port}
		if ports[k] {
			e.duplicate(p.Index(i), goNames{corev1.ServicePort{Protocol: k.protocol, Port: k.number}})
		}
		ports[k] = true
	}
}

// sourceRanges checks the clients that a load balancer admits, given in the spec or, long ago, in an annotation.
func (e *errs) sourceRanges(s, old *corev1.Service) {
	if len(s.Spec.LoadBalancerSourceRanges) > 0 {
		p := specPath.Child("LoadBalancerSourceRanges")
		if !isLoadBalancer(s) {
			e.forbidden(p, onlyLoadBalancer)
		}
		var had []string
		if old != nil {
			for _, v := range old.Spec.LoadBalancerSourceRanges {
				had = append(had, strings.TrimSpace(v))
			}
		}
		for i, v := range s.Spec.LoadBalancerSourceRanges {
			e.cidr(p.Index(i), strings.TrimSpace(v), had)
		}
		return
	}
	value, ok := s.Annotations[corev1.AnnotationLoadBalancerSourceRangesKey]
	if !ok {
		return
	}
	p := metaPath.Child("annotations").Key(corev1.AnnotationLoadBalancerSourceRangesKey)
	if !isLoadBalancer(s) {
		e.forbidden(p, onlyLoadBalancer)
	}
	if old != nil && old.Annotations[corev1.AnnotationLoadBalancerSourceRangesKey] == value {
		return
	}
	if value = strings.TrimSpace(value); value != "" {
		for cidr := range strings.SplitSeq(value, ",") {
			e.cidr(p, strings.TrimSpace(cidr), nil)
		}
	}
}

func (e *errs) loadBalancerClass(s, old *corev1.Service) {
	p, class := specPath.Child("loadBalancerClass"), s.Spec.LoadBalancerClass
	if old != nil && isLoadBalancer(old) && isLoadBalancer(s) {
		was := old.Spec.LoadBalancerClass
		if (was == nil) != (class == nil) || (class != nil && *was != *class) {
			e.invalid(p, class, "may not change once set")
		}
	}
	if class == nil {
		return
	}
	if isLoadBalancer(s) {
		e.qualified(p, *class)
	} else {
		e.forbidden(p, onlyLoadBalancer)
	}
}

func needsHealthCheckPort(s *corev1.Service) bool {
	return isLoadBalancer(s) && s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
}

func (e *errs) trafficPolicies(s *corev1.Service) {
	spec := &s.Spec
	external := specPath.Child("externalTrafficPolicy")
	if isLoadBalancer(s) || spec.Type == corev1.ServiceTypeNodePort || (spec.Type == corev1.ServiceTypeClusterIP && len(spec.ExternalIPs) > 0) {
		someOf(e, external, spec.ExternalTrafficPolicy, corev1.ServiceExternalTrafficPolicyCluster, corev1.ServiceExternalTrafficPolicyLocal)
	} else if spec.ExternalTrafficPolicy != "" {
		e.invalid(external, spec.ExternalTrafficPolicy, "may only be set for externally-accessible services")
	}
	check := specPath.Child("healthCheckNodePort")
	switch {
	case needsHealthCheckPort(s) && spec.HealthCheckNodePort == 0:
		e.required(check, "")
	case needsHealthCheckPort(s):
		e.each(check, spec.HealthCheckNodePort, validation.IsValidPortNum(int(spec.HealthCheckNodePort)))
	case spec.HealthCheckNodePort != 0:
		e.invalid(check, spec.HealthCheckNodePort, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")
	}
	internal := specPath.Child("internalTrafficPolicy")
	if spec.InternalTrafficPolicy == nil {
		switch spec.Type {
		case corev1.ServiceTypeNodePort, corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeClusterIP:
			e.required(internal, "")
		}
	}
	optionalOneOf(e, internal, spec.InternalTrafficPolicy, corev1.ServiceInternalTrafficPolicyCluster, corev1.ServiceInternalTrafficPolicyLocal)
	optionalOneOf(e, specPath.Child("trafficDistribution"), spec.TrafficDistribution, corev1.ServiceTrafficDistributionPreferClose,
		corev1.ServiceTrafficDistributionPreferSameZone, corev1.ServiceTrafficDistributionPreferSameNode)
}

// ip checks an address in a field older than strict parsing; values the object already had pass. It tells whether the
// address is good.
func (e *errs) ip(p *field.Path, value string, had []string) bool {
	if a, err := netip.ParseAddr(value); err == nil && a.Zone() == "" && !a.Is4In6() {
		return true // the usual case, without upstream's slower parser
	}
	wrong := validation.IsValidIPForLegacyField(p, value, true, had)
	e.addAll(wrong)
	return len(wrong) == 0
}

func (e *errs) cidr(p *field.Path, value string, had []string) {
	e.addAll(validation.IsValidCIDRForLegacyField(p, value, true, had))
}

// endpointIP refuses addresses that cannot be another host's.
func (e *errs) endpointIP(p *field.Path, value string) {
	a, err := netip.ParseAddr(value)
	if err != nil {
		e.invalid(p, value, "must be a valid IP address")
		return
	}
	a = a.Unmap()
	if a.IsUnspecified() {
		e.invalid(p, value, fmt.Sprintf("may not be unspecified (%v)", value))
	}
	if a.IsLoopback() {
		e.invalid(p, value, "may not be in the loopback range (127.0.0.0/8, ::1/128)")
	}
	if a.IsLinkLocalUnicast() {
		e.invalid(p, value, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
	}
	if a.IsLinkLocalMulticast() {
		e.invalid(p, value, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
	}
}
