package defaults

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// setPod applies what only a Pod gets, never a template, then what every PodSpec gets. The order matters: requests are
// taken from limits before either is rounded.
func setPod(p *corev1.Pod) {
	spec := &p.Spec
	if grace := spec.TerminationGracePeriodSeconds; grace != nil && *grace < 0 {
		second := int64(1)
		spec.TerminationGracePeriodSeconds = &second
	}
	spec.Containers = completeContainers(spec.Containers, spec.HostNetwork)
	spec.InitContainers = completeContainers(spec.InitContainers, spec.HostNetwork)
	orElse(&spec.EnableServiceLinks, corev1.DefaultEnableServiceLinks)
	PodSpec(spec)
	podAddresses(&p.Status)
	for _, list := range [][]corev1.ContainerStatus{
		p.Status.InitContainerStatuses, p.Status.ContainerStatuses, p.Status.EphemeralContainerStatuses,
	} {
		for i := range list {
			roundToMilli(list[i].AllocatedResources)
			if r := list[i].Resources; r != nil {
				roundToMilli(r.Limits)
				roundToMilli(r.Requests)
			}
		}
	}
}

// completeContainers sets requests from limits and, with the host's network, host ports from ports. Pods of one
// template may share its containers, and templates do not get these defaults: so it copies what it changes.
func completeContainers(containers []corev1.Container, hostNetwork bool) []corev1.Container {
	copied := false
	own := func() {
		if !copied {
			containers, copied = slices.Clone(containers), true
		}
	}
	for i := range containers {
		if r := &containers[i].Resources; lacksRequests(r) {
			own()
			containers[i].Resources.Requests = requestsFromLimits(r)
		}
		if hostNetwork && lacksHostPort(containers[i].Ports) {
			own()
			ports := slices.Clone(containers[i].Ports)
			for j := range ports {
				orValue(&ports[j].HostPort, ports[j].ContainerPort)
			}
			containers[i].Ports = ports
		}
	}
	return containers
}

func lacksRequests(r *corev1.ResourceRequirements) bool {
	for name := range r.Limits {
		if _, ok := r.Requests[name]; !ok {
			return true
		}
	}
	return false
}

func requestsFromLimits(r *corev1.ResourceRequirements) corev1.ResourceList {
	requests := make(corev1.ResourceList, len(r.Limits))
	for name, quantity := range r.Limits {
		requests[name] = quantity.DeepCopy()
	}
	for name, quantity := range r.Requests {
		requests[name] = quantity
	}
	return requests
}

func lacksHostPort(ports []corev1.ContainerPort) bool {
	for i := range ports {
		if ports[i].HostPort == 0 && ports[i].ContainerPort != 0 {
			return true
		}
	}
	return false
}

// podAddresses keeps podIP and podIPs in step; the singular wins for the sake of old kubelets.
func podAddresses(s *corev1.PodStatus) {
	switch {
	case s.PodIP == "" && len(s.PodIPs) > 0:
		s.PodIP = s.PodIPs[0].IP
	case s.PodIP != "" && (len(s.PodIPs) == 0 || s.PodIPs[0].IP != s.PodIP):
		s.PodIPs = []corev1.PodIP{{IP: s.PodIP}}
	}
}

// PodTemplate applies the defaults that a pod template gets in any workload.
func PodTemplate(t *corev1.PodTemplateSpec) { PodSpec(&t.Spec) }

// PodSpec applies the defaults that Pods and pod templates share, nested containers and volumes included.
func PodSpec(spec *corev1.PodSpec) {
	// serviceAccount is the old name of serviceAccountName; both are always written.
	orValue(&spec.ServiceAccountName, spec.DeprecatedServiceAccount)
	spec.DeprecatedServiceAccount = spec.ServiceAccountName
	orValue(&spec.DNSPolicy, corev1.DNSClusterFirst)
	orValue(&spec.RestartPolicy, corev1.RestartPolicyAlways)
	if spec.SecurityContext == nil {
		spec.SecurityContext = &corev1.PodSecurityContext{}
	}
	orElse(&spec.TerminationGracePeriodSeconds, int64(corev1.DefaultTerminationGracePeriodSeconds))
	orValue(&spec.SchedulerName, corev1.DefaultSchedulerName)
	for i := range spec.Volumes {
		setVolume(&spec.Volumes[i])
	}
	for i := range spec.InitContainers {
		setContainer(&spec.InitContainers[i])
	}
	for i := range spec.Containers {
		setContainer(&spec.Containers[i])
	}
	for i := range spec.EphemeralContainers {
		setContainer((*corev1.Container)(&spec.EphemeralContainers[i].EphemeralContainerCommon))
	}
	roundToMilli(spec.Overhead)
	if spec.Resources != nil {
		roundToMilli(spec.Resources.Limits)
		roundToMilli(spec.Resources.Requests)
	}
}

func setContainer(c *corev1.Container) {
	orValue(&c.ImagePullPolicy, pullPolicyFor(c.Image, c.ImagePullPolicy))
	orValue(&c.TerminationMessagePath, corev1.TerminationMessagePathDefault)
	orValue(&c.TerminationMessagePolicy, corev1.TerminationMessageReadFile)
	for i := range c.Ports {
		orValue(&c.Ports[i].Protocol, corev1.ProtocolTCP)
	}
	for i := range c.Env {
		from := c.Env[i].ValueFrom
		if from == nil {
			continue
		}
		setFieldRef(from.FieldRef)
		if from.FileKeyRef != nil {
			orElse(&from.FileKeyRef.Optional, false)
		}
	}
	roundToMilli(c.Resources.Limits)
	roundToMilli(c.Resources.Requests)
	setProbe(c.LivenessProbe)
	setProbe(c.ReadinessProbe)
	setProbe(c.StartupProbe)
	if c.Lifecycle != nil {
		for _, hook := range []*corev1.LifecycleHandler{c.Lifecycle.PostStart, c.Lifecycle.PreStop} {
			if hook != nil {
				setHTTPGet(hook.HTTPGet)
			}
		}
	}
}

func setFieldRef(ref *corev1.ObjectFieldSelector) {
	if ref != nil {
		orValue(&ref.APIVersion, "v1")
	}
}

func setProbe(p *corev1.Probe) {
	if p == nil {
		return
	}
	orValue(&p.TimeoutSeconds, 1)
	orValue(&p.PeriodSeconds, 10)
	orValue(&p.SuccessThreshold, 1)
	orValue(&p.FailureThreshold, 3)
	setHTTPGet(p.HTTPGet)
	if p.GRPC != nil {
		orElse(&p.GRPC.Service, "")
	}
}

func setHTTPGet(h *corev1.HTTPGetAction) {
	if h != nil {
		orValue(&h.Path, "/")
		orValue(&h.Scheme, corev1.URISchemeHTTP)
	}
}
