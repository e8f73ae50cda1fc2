package warnings

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// deprecatedLabel says what is wrong with a label of nodes; "" if nothing is (pkg/api/node).
func deprecatedLabel(key string) string {
	switch key {
	case "beta.kubernetes.io/arch":
		return `deprecated since v1.14; use "kubernetes.io/arch" instead`
	case "beta.kubernetes.io/os":
		return `deprecated since v1.14; use "kubernetes.io/os" instead`
	case "failure-domain.beta.kubernetes.io/region":
		return `deprecated since v1.17; use "topology.kubernetes.io/region" instead`
	case "failure-domain.beta.kubernetes.io/zone":
		return `deprecated since v1.17; use "topology.kubernetes.io/zone" instead`
	case "beta.kubernetes.io/instance-type":
		return `deprecated since v1.17; use "node.kubernetes.io/instance-type" instead`
	case "app.kubernetes.io/created-by":
		return "deprecated since v1.9"
	case "scheduler.alpha.kubernetes.io/preferAvoidPods":
		return "deprecated since v1.22; use Taints and Tolerations instead"
	case "node-role.kubernetes.io/master":
		return `use "node-role.kubernetes.io/control-plane" instead`
	}
	return ""
}

func (w *list) nodeTerm(p *field.Path, t *corev1.NodeSelectorTerm, values bool) {
	for i, e := range t.MatchExpressions {
		if msg := deprecatedLabel(e.Key); msg != "" {
			w.at(p.Child("matchExpressions").Index(i).Child("key"), e.Key+" is "+msg)
		}
		if !values {
			continue
		}
		for j, v := range e.Values {
			for _, msg := range utilvalidation.IsValidLabelValue(v) {
				w.at(p.Child("matchExpressions").Index(i).Child("values").Index(j), v+" is invalid, "+msg)
			}
		}
	}
}

func (w *list) template(p *field.Path, t *corev1.PodTemplateSpec) {
	if t != nil {
		w.pod(p, &t.Spec, t.Annotations)
	}
}

const (
	seccompPod       = "seccomp.security.alpha.kubernetes.io/pod"
	seccompContainer = "container.seccomp.security.alpha.kubernetes.io/"
	noSelector       = "a null labelSelector results in matching no pod"
)

// pod looks at a pod (p is nil) or a template of pods (pkg/api/pod/warnings.go).
func (w *list) pod(p *field.Path, s *corev1.PodSpec, annotations map[string]string) {
	spec := p.Child("spec")
	if len(s.NodeSelector) > 0 {
		for _, k := range keys(s.NodeSelector) {
			if msg := deprecatedLabel(k); msg != "" {
				w.at(spec.Child("nodeSelector").Key(k), msg)
			}
		}
	}
	if s.Affinity != nil && s.Affinity.NodeAffinity != nil {
		w.nodeAffinity(spec.Child("affinity", "nodeAffinity"), s.Affinity.NodeAffinity)
	}
	for i := range s.TopologySpreadConstraints {
		c, at := &s.TopologySpreadConstraints[i], spec.Child("topologySpreadConstraints").Index(i)
		if msg := deprecatedLabel(c.TopologyKey); msg != "" {
			w.at(at.Child("topologyKey"), c.TopologyKey+" is "+msg)
		}
		if c.LabelSelector == nil {
			w.at(at.Child("labelSelector"), noSelector)
		}
	}
	if len(annotations) > 0 {
		for _, x := range [][2]string{
			{"scheduler.alpha.kubernetes.io/critical-pod", `non-functional in v1.16+; use the "priorityClassName" field instead`},
			{"security.alpha.kubernetes.io/sysctls", `non-functional in v1.11+; use the "sysctls" field instead`},
			{"security.alpha.kubernetes.io/unsafe-sysctls", `non-functional in v1.11+; use the "sysctls" field instead`},
		} {
			if _, ok := annotations[x[0]]; ok {
				w.at(p.Child("metadata", "annotations").Key(x[0]), x[1])
			}
		}
	}
	w.volumes(spec, s.Volumes)
	w.repeated(spec, s)
	w.fraction(spec.Child("overhead"), s.Overhead, corev1.ResourceMemory)
	w.fraction(spec.Child("overhead"), s.Overhead, corev1.ResourceEphemeralStorage)
	if _, ok := annotations[seccompPod]; ok && (s.SecurityContext == nil || s.SecurityContext.SeccompProfile == nil) {
		w.at(p.Child("metadata", "annotations").Key(seccompPod), `non-functional in v1.27+; use the "seccompProfile" field instead`)
	}
	w.containers(p, spec, s, annotations)
	w.ports(spec, s)
	if s.TerminationGracePeriodSeconds != nil && *s.TerminationGracePeriodSeconds < 0 {
		w.at(spec.Child("terminationGracePeriodSeconds"), "must be >= 0; negative values are invalid and will be treated as 1")
	}
	if a := s.Affinity; a != nil {
		if a.PodAffinity != nil {
			w.podTerms(spec.Child("affinity", "podAffinity"), a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
		}
		if a.PodAntiAffinity != nil {
			w.podTerms(spec.Child("affinity", "podAntiAffinity"), a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
		}
	}
	if s.DNSConfig != nil {
		for i, ip := range s.DNSConfig.Nameservers {
			w.ip(spec.Child("dnsConfig", "nameservers").Index(i), ip)
		}
	}
	for i := range s.HostAliases {
		w.ip(spec.Child("hostAliases").Index(i).Child("ip"), s.HostAliases[i].IP)
	}
}

func (w *list) nodeAffinity(p *field.Path, n *corev1.NodeAffinity) {
	if r := n.RequiredDuringSchedulingIgnoredDuringExecution; r != nil {
		for i := range r.NodeSelectorTerms {
			w.nodeTerm(p.Child("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms").Index(i), &r.NodeSelectorTerms[i], false)
		}
	}
	for i := range n.PreferredDuringSchedulingIgnoredDuringExecution {
		w.nodeTerm(p.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("preference"), &n.PreferredDuringSchedulingIgnoredDuringExecution[i].Preference, true)
	}
}

func (w *list) podTerms(p *field.Path, hard []corev1.PodAffinityTerm, soft []corev1.WeightedPodAffinityTerm) {
	for i := range hard {
		if hard[i].LabelSelector == nil {
			w.at(p.Child("requiredDuringSchedulingIgnoredDuringExecution").Index(i).Child("labelSelector"), noSelector)
		}
	}
	for i := range soft {
		if soft[i].PodAffinityTerm.LabelSelector == nil {
			w.at(p.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("podAffinityTerm", "labelSelector"), noSelector)
		}
	}
}

// repeated warns of what a list of the pod names twice.
func (w *list) repeated(spec *field.Path, s *corev1.PodSpec) {
	for i := range s.HostAliases {
		for j := range i {
			if s.HostAliases[j].IP == s.HostAliases[i].IP {
				w.at(spec.Child("hostAliases").Index(i).Child("ip"), "duplicate ip "+strconv.Quote(s.HostAliases[i].IP))
				break
			}
		}
	}
	for i, r := range s.ImagePullSecrets {
		for j := range i {
			if s.ImagePullSecrets[j].Name == r.Name {
				w.at(spec.Child("imagePullSecrets").Index(i).Child("name"), "duplicate name "+strconv.Quote(r.Name))
				break
			}
		}
	}
	for i, r := range s.ImagePullSecrets {
		if r.Name == "" {
			w.at(spec.Child("imagePullSecrets").Index(i).Child("name"), `invalid empty name ""`)
		}
	}
}

// each visits a pod's containers of all kinds, init containers first.
func each(spec *field.Path, s *corev1.PodSpec, fn func(p *field.Path, c *corev1.Container)) {
	for i := range s.InitContainers {
		fn(spec.Child("initContainers").Index(i), &s.InitContainers[i])
	}
	for i := range s.Containers {
		fn(spec.Child("containers").Index(i), &s.Containers[i])
	}
	for i := range s.EphemeralContainers {
		fn(spec.Child("ephemeralContainers").Index(i), (*corev1.Container)(&s.EphemeralContainers[i].EphemeralContainerCommon))
	}
}

func (w *list) containers(root, spec *field.Path, s *corev1.PodSpec, annotations map[string]string) {
	each(spec, s, func(p *field.Path, c *corev1.Container) {
		if len(annotations) > 0 {
			w.annotated(root, s, c, annotations)
		}
		for _, k := range []corev1.ResourceName{corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
			w.fraction(p.Child("resources", "limits"), c.Resources.Limits, k)
			w.fraction(p.Child("resources", "requests"), c.Resources.Requests, k)
		}
		for i := range c.Env {
			for j := range i {
				e := &c.Env[i]
				if c.Env[j].Name != e.Name {
					continue
				}
				// X="$(X) and more" builds on the variable it replaces.
				if ref := "$(" + e.Name + ")"; e.ValueFrom != nil || e.Value == ref || !strings.Contains(e.Value, ref) {
					w.at(p.Child("env").Index(i), "hides previous definition of "+strconv.Quote(e.Name)+", which may be dropped when using apply")
				}
				break
			}
		}
	})
}

// annotated warns of security profiles given by annotation. Of pods themselves, AppArmor's are turned into fields.
func (w *list) annotated(root *field.Path, s *corev1.PodSpec, c *corev1.Container, annotations map[string]string) {
	at := root.Child("metadata", "annotations")
	sc := c.SecurityContext
	if _, ok := annotations[seccompContainer+c.Name]; ok && (sc == nil || sc.SeccompProfile == nil) {
		w.at(at.Key(seccompContainer+c.Name), `non-functional in v1.27+; use the "seccompProfile" field instead`)
	}
	key := corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + c.Name
	value, ok := annotations[key]
	if !ok || sc != nil && sc.AppArmorProfile != nil {
		return
	}
	var pod *corev1.AppArmorProfile
	if s.SecurityContext != nil {
		pod = s.SecurityContext.AppArmorProfile
	}
	if pod == nil || !sameProfile(pod, value) {
		w.at(at.Key(key), `deprecated since v1.30; use the "appArmorProfile" field instead`)
	}
}

func sameProfile(p *corev1.AppArmorProfile, annotation string) bool {
	switch p.Type {
	case corev1.AppArmorProfileTypeUnconfined:
		return annotation == corev1.DeprecatedAppArmorBetaProfileNameUnconfined
	case corev1.AppArmorProfileTypeRuntimeDefault:
		return annotation == corev1.DeprecatedAppArmorBetaProfileRuntimeDefault
	case corev1.AppArmorProfileTypeLocalhost:
		return p.LocalhostProfile != nil && annotation == corev1.DeprecatedAppArmorBetaProfileNamePrefix+*p.LocalhostProfile
	}
	return false
}

func (w *list) ports(spec *field.Path, s *corev1.PodSpec) {
	type at struct {
		path *field.Path
		port *corev1.ContainerPort
	}
	var all []at
	each(spec, s, func(p *field.Path, c *corev1.Container) {
		for i := range c.Ports {
			port, here := &c.Ports[i], p.Child("ports").Index(i)
			if port.HostIP != "" && port.HostPort == 0 {
				w.at(here, "hostIP set without hostPort: {Name:"+port.Name+" HostPort:0 ContainerPort:"+strconv.Itoa(int(port.ContainerPort))+
					" Protocol:"+string(port.Protocol)+" HostIP:"+port.HostIP+"}")
			}
			for _, o := range all {
				if o.port.ContainerPort != port.ContainerPort || o.port.Protocol != port.Protocol {
					continue
				}
				switch {
				case o.port.HostIP == port.HostIP && o.port.HostPort == port.HostPort:
					w.at(here, "duplicate port definition with "+o.path.String())
				case o.port.HostPort == 0 || port.HostPort == 0:
					w.at(here, "overlapping port definition with "+o.path.String())
				case o.port.HostPort == port.HostPort && (o.port.HostIP == "") != (port.HostIP == ""):
					w.at(here, "dangerously ambiguous port definition with "+o.path.String())
				}
			}
			all = append(all, at{here, port})
		}
	})
	for i := range all {
		for j := range i {
			if name := all[i].port.Name; name != "" && all[j].port.Name == name {
				other := all[j].path.String()
				w.at(all[i].path, "duplicate port name "+strconv.Quote(name)+" with "+other+", services and probes that select ports by name will use "+other)
				break
			}
		}
	}
}
