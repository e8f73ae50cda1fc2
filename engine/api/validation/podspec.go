package validation

import (
	"fmt"
	"math"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// podTemplate checks a template at p, the same way for every workload kind.
func (e *errs) podTemplate(t *corev1.PodTemplateSpec, p *field.Path) {
	e.labels(p.Child("labels"), t.Labels)
	e.annotations(p.Child("annotations"), t.Annotations)
	e.podAnnotations(p.Child("annotations"), t.Annotations, &t.Spec)
	spec := p.Child("spec")
	e.podSpec(&t.Spec, nil, spec, false)
	e.profilesMatch(&t.ObjectMeta, &t.Spec, spec)
	if len(t.Spec.EphemeralContainers) > 0 {
		e.forbidden(spec.Child("ephemeralContainers"), "ephemeral containers not allowed in pod template")
	}
}

// podSpec checks a spec at p. meta is the Pod's and nil for a template; isPod tells a Pod's spec from a template's.
func (e *errs) podSpec(spec *corev1.PodSpec, meta *metav1.ObjectMeta, p *field.Path, isPod bool) {
	if spec.TerminationGracePeriodSeconds == nil {
		e.required(p.Child("terminationGracePeriodSeconds"), "")
	}
	volumes := e.volumes(p.Child("volumes"), spec.Volumes, meta)
	e.resourceClaims(p.Child("resourceClaims"), spec.ResourceClaims, meta)
	c := &containerChecker{errs: e, spec: spec, volumes: volumes}
	c.containers(p.Child("containers"))
	c.initContainers(p.Child("initContainers"))
	c.ephemeralContainers(p.Child("ephemeralContainers"))
	e.podLevelResources(spec, p)
	if spec.HostNetwork {
		e.hostNetworkPorts(spec, p.Child("containers"), isPod)
	}
	someOf(e, p.Child("restartPolicy"), spec.RestartPolicy, corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever)
	someOf(e, p.Child("dnsPolicy"), spec.DNSPolicy, corev1.DNSClusterFirstWithHostNet, corev1.DNSClusterFirst, corev1.DNSDefault, corev1.DNSNone)
	e.labels(p.Child("nodeSelector"), spec.NodeSelector)
	e.podSecurityContext(p.Child("securityContext"), spec)
	if deref(spec.ShareProcessNamespace, false) && spec.HostPID {
		e.invalid(p.Child("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled")
	}
	e.affinity(p.Child("affinity"), spec.Affinity)
	e.dnsConfig(p.Child("dnsConfig"), spec)
	for i := range spec.ReadinessGates {
		e.qualified(p.Child("readinessGates").Index(i).Child("conditionType"), string(spec.ReadinessGates[i].ConditionType))
	}
	e.schedulingGates(p.Child("schedulingGates"), spec.SchedulingGates)
	e.topologySpread(p.Child("topologySpreadConstraints"), spec.TopologySpreadConstraints)
	e.hostProcess(spec, p)
	e.hostUsers(spec, p)
	e.hostnameOverride(spec, p)
	e.podSpecNames(spec, p)
	if len(spec.Tolerations) > 0 {
		e.tolerations(p.Child("tolerations"), spec.Tolerations)
	}
	for i := range spec.HostAliases {
		at := p.Child("hostAliases").Index(i)
		e.ip(at.Child("ip"), spec.HostAliases[i].IP, nil)
		for j, name := range spec.HostAliases[i].Hostnames {
			e.subdomain(at.Child("hostnames").Index(j), name)
		}
	}
	if spec.PriorityClassName != "" {
		e.subdomain(p.Child("priorityClassName"), spec.PriorityClassName)
	}
	if spec.RuntimeClassName != nil {
		e.subdomain(p.Child("runtimeClassName"), *spec.RuntimeClassName)
	}
	if spec.PreemptionPolicy != nil {
		someOf(e, p.Child("preemptionPolicy"), *spec.PreemptionPolicy, corev1.PreemptLowerPriority, corev1.PreemptNever)
	}
	if spec.Overhead != nil {
		e.containerResources(p.Child("overhead"), &corev1.ResourceRequirements{Limits: spec.Overhead}, nil)
	}
	e.podOS(spec, p)
	e.fileKeyVolumes(spec, p)
}

// podSpecNames checks the fields that name other things, and the deadline that stands among them.
func (e *errs) podSpecNames(spec *corev1.PodSpec, p *field.Path) {
	if spec.ServiceAccountName != "" {
		e.subdomain(p.Child("serviceAccountName"), spec.ServiceAccountName)
	}
	if old := spec.DeprecatedServiceAccount; old != spec.ServiceAccountName {
		e.invalid(p.Child("deprecatedServiceAccount"), old, fmt.Sprintf("must be the same as serviceAccountName: %q", spec.ServiceAccountName))
	}
	if spec.NodeName != "" {
		e.subdomain(p.Child("nodeName"), spec.NodeName)
	}
	if d := spec.ActiveDeadlineSeconds; d != nil && (*d < 1 || *d > math.MaxInt32) {
		e.invalid(p.Child("activeDeadlineSeconds"), *d, validation.InclusiveRangeError(1, math.MaxInt32))
	}
	if spec.Hostname != "" {
		e.label(p.Child("hostname"), spec.Hostname)
	}
	if spec.Subdomain != "" {
		e.label(p.Child("subdomain"), spec.Subdomain)
	}
}

// hostNetworkPorts: on the host's network a container's port is the host's. A template may leave the host port out,
// because the Pod made from it gets it by default.
func (e *errs) hostNetworkPorts(spec *corev1.PodSpec, p *field.Path, isPod bool) {
	for i := range spec.Containers {
		for j, port := range spec.Containers[i].Ports {
			if (isPod || port.HostPort != 0) && port.HostPort != port.ContainerPort {
				e.invalid(p.Index(i).Child("ports").Index(j).Child("hostPort"), port.HostPort,
					"must match `containerPort` when `hostNetwork` is true")
			}
		}
	}
}

// Limits of the resolver in Linux's C library.
const (
	maxNameservers     = 3
	maxSearchPaths     = 32
	maxSearchListChars = 2048
)

func (e *errs) dnsConfig(p *field.Path, spec *corev1.PodSpec) {
	config := spec.DNSConfig
	if spec.DNSPolicy == corev1.DNSNone {
		if config == nil {
			e.required(p, "must provide `dnsConfig` when `dnsPolicy` is None")
			return
		}
		if len(config.Nameservers) == 0 {
			e.required(p.Child("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None")
			return
		}
	}
	if config == nil {
		return
	}
	if len(config.Nameservers) > maxNameservers {
		e.invalid(p.Child("nameservers"), config.Nameservers, fmt.Sprintf("must not have more than %v nameservers", maxNameservers))
	}
	for i, server := range config.Nameservers {
		e.ip(p.Child("nameservers").Index(i), server, nil)
	}
	searches := p.Child("searches")
	if len(config.Searches) > maxSearchPaths {
		e.invalid(searches, config.Searches, fmt.Sprintf("must not have more than %v search paths", maxSearchPaths))
	}
	if len(strings.Join(config.Searches, " ")) > maxSearchListChars {
		e.invalid(searches, config.Searches, fmt.Sprintf("must not have more than %v characters (including spaces) in the search list", maxSearchListChars))
	}
	for i, search := range config.Searches {
		if search != "." {
			search = strings.TrimSuffix(search, ".")
			e.each(searches.Index(i), search, validation.IsDNS1123SubdomainWithUnderscore(search))
		}
	}
	for i := range config.Options {
		if config.Options[i].Name == "" {
			e.required(p.Child("options").Index(i), "must not be empty")
		}
	}
}

const maxHostnameOverride = 64

func (e *errs) hostnameOverride(spec *corev1.PodSpec, p *field.Path) {
	if spec.HostnameOverride == nil {
		return
	}
	at := p.Child("hostnameOverride")
	if deref(spec.SetHostnameAsFQDN, false) {
		e.forbidden(at, "may not be specified when setHostnameAsFQDN is true")
	}
	if spec.HostNetwork {
		e.forbidden(at, "may not be specified when hostNetwork is true")
	}
	if len(*spec.HostnameOverride) > maxHostnameOverride {
		e.tooLong(at, maxHostnameOverride)
	}
	e.subdomain(at, *spec.HostnameOverride)
}

// hostUsers: a pod with its own user namespace cannot also live in the host's other namespaces.
func (e *errs) hostUsers(spec *corev1.PodSpec, p *field.Path) {
	if deref(spec.HostUsers, true) {
		return
	}
	const why = "when `hostUsers` is false"
	if spec.HostNetwork {
		e.forbidden(p.Child("hostNetwork"), why)
	}
	if spec.HostPID {
		e.forbidden(p.Child("HostPID"), why)
	}
	if spec.HostIPC {
		e.forbidden(p.Child("HostIPC"), why)
	}
	eachContainer(spec, p, func(c *corev1.Container, at *field.Path) {
		if len(c.VolumeDevices) > 0 {
			e.forbidden(at.Child("volumeDevices"), why)
		}
	})
}

// fileKeyVolumes: variables read from files need an emptyDir that another container fills.
func (e *errs) fileKeyVolumes(spec *corev1.PodSpec, p *field.Path) {
	eachContainer(spec, p, func(c *corev1.Container, at *field.Path) {
		for i := range c.Env {
			if c.Env[i].ValueFrom == nil || c.Env[i].ValueFrom.FileKeyRef == nil {
				continue
			}
			name := c.Env[i].ValueFrom.FileKeyRef.VolumeName
			where := at.Child("env").Index(i).Child("valueFrom", "fileKeyRef", "volumeName")
			if v := volumeNamed(spec, name); v == nil {
				e.notFound(where, name)
			} else if v.EmptyDir == nil {
				e.invalid(where, name, "referenced volume must be of type emptyDir")
			}
		}
	})
}

func volumeNamed(spec *corev1.PodSpec, name string) *corev1.Volume {
	for i := range spec.Volumes {
		if spec.Volumes[i].Name == name {
			return &spec.Volumes[i]
		}
	}
	return nil
}

// eachContainer visits init containers, containers and ephemeral containers, in this order, with their paths.
func eachContainer(spec *corev1.PodSpec, p *field.Path, visit func(*corev1.Container, *field.Path)) {
	for i := range spec.InitContainers {
		visit(&spec.InitContainers[i], p.Child("initContainers").Index(i))
	}
	for i := range spec.Containers {
		visit(&spec.Containers[i], p.Child("containers").Index(i))
	}
	for i := range spec.EphemeralContainers {
		visit((*corev1.Container)(&spec.EphemeralContainers[i].EphemeralContainerCommon), p.Child("ephemeralContainers").Index(i))
	}
}

func (e *errs) resourceClaims(p *field.Path, claims []corev1.PodResourceClaim, meta *metav1.ObjectMeta) {
	names := map[string]bool{}
	for i := range claims {
		c, at := &claims[i], p.Index(i)
		if meta != nil {
			if _, mirror := meta.Annotations[corev1.MirrorPodAnnotationKey]; mirror {
				e.forbidden(field.NewPath(""), "static pods do not support resource claims")
				continue
			}
		}
		switch {
		case c.Name == "":
			e.required(at.Child("name"), "")
		case names[c.Name]:
			e.duplicate(at.Child("name"), c.Name)
		default:
			e.label(at.Child("name"), c.Name)
			names[c.Name] = true
		}
		if c.ResourceClaimName != nil && c.ResourceClaimTemplateName != nil {
			e.invalid(at, goNames{c}, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")
		}
		if c.ResourceClaimName == nil && c.ResourceClaimTemplateName == nil {
			e.invalid(at, goNames{c}, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
		}
		if c.ResourceClaimName != nil {
			e.subdomain(at.Child("resourceClaimName"), *c.ResourceClaimName)
		}
		if c.ResourceClaimTemplateName != nil {
			e.subdomain(at.Child("resourceClaimTemplateName"), *c.ResourceClaimTemplateName)
		}
	}
}
