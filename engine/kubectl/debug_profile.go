package kubectl

import corev1 "k8s.io/api/core/v1"

// What is debugged, which decides what a profile does.
type debugStyle uint8

const (
	debugEphemeral debugStyle = iota
	debugCopy
	debugNode
)

const debugWarning = `Warning: Non-root user is configured for the entire target Pod, and some capabilities granted by debug profile may not work. Please consider using "--custom" with a custom profile that specifies "securityContext.runAsUser: 0".` + "\n"

// warns tells whether a user other than root keeps the container from the capabilities it gets.
func (d *debugger) warns(pod *corev1.Pod, ctr *corev1.Container) bool {
	s := pod.Spec.SecurityContext
	if s == nil || s.RunAsUser == nil || *s.RunAsUser == 0 || ctr.SecurityContext == nil {
		return false
	}
	own := ctr.SecurityContext
	if own.RunAsUser != nil && *own.RunAsUser == 0 {
		return false
	}
	return own.Privileged != nil && *own.Privileged || own.Capabilities != nil && len(own.Capabilities.Add) > 0
}

// profile applies a debugging profile to a container and, where it is a new pod, to that (cmd/debug/profiles.go).
func (d *debugger) profile(pod *corev1.Pod, ctr *corev1.Container, style debugStyle) {
	f := d.c.f
	yes, no := true, false
	security := func() *corev1.SecurityContext {
		if ctr.SecurityContext == nil {
			ctr.SecurityContext = &corev1.SecurityContext{}
		}
		return ctr.SecurityContext
	}
	capabilities := func() *corev1.Capabilities {
		if s := security(); s.Capabilities == nil {
			s.Capabilities = &corev1.Capabilities{}
		}
		return ctr.SecurityContext.Capabilities
	}
	hostNamespaces := func() { pod.Spec.HostNetwork, pod.Spec.HostPID, pod.Spec.HostIPC = true, true, true }
	hostRoot := func() {
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: "host-root", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}})
		ctr.VolumeMounts = append(ctr.VolumeMounts, corev1.VolumeMount{MountPath: "/host", Name: "host-root"})
	}
	name := f.str("profile")
	switch name {
	case "baseline":
		ctr.SecurityContext = nil
	case "restricted":
		ctr.SecurityContext = &corev1.SecurityContext{RunAsNonRoot: &yes, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			AllowPrivilegeEscalation: &no, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}}
	case "netadmin":
		c := capabilities()
		c.Add = append(c.Add, "NET_ADMIN", "NET_RAW")
	case "sysadmin":
		security().Privileged = &yes
	}
	switch style {
	case debugEphemeral:
		if name == "general" {
			c := capabilities()
			c.Add = append(c.Add, "SYS_PTRACE")
		}
	case debugNode:
		switch name {
		case "legacy", "general", "sysadmin":
			hostRoot()
			hostNamespaces()
		case "netadmin":
			hostNamespaces()
		}
		if name == "general" {
			ctr.SecurityContext = nil
		}
	case debugCopy:
		if name == "legacy" {
			pod.Labels = nil
			return
		}
		if !f.bool("keep-labels") {
			pod.Labels = nil
		}
		if !f.bool("keep-annotations") {
			pod.Annotations = nil
		}
		for i := range pod.Spec.Containers {
			c := &pod.Spec.Containers[i]
			if !f.bool("keep-liveness") {
				c.LivenessProbe = nil
			}
			if !f.bool("keep-readiness") {
				c.ReadinessProbe = nil
			}
			if !f.bool("keep-startup") {
				c.StartupProbe = nil
			}
		}
		if !f.bool("keep-init-containers") {
			pod.Spec.InitContainers = nil
		}
		if name == "general" {
			c := capabilities()
			c.Add = append(c.Add, "SYS_PTRACE")
		}
		if pod.Spec.ShareProcessNamespace == nil {
			pod.Spec.ShareProcessNamespace = &yes
		}
	}
}
