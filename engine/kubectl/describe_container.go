package kubectl

import (
	"fmt"
	"net"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// containers writes the containers of a pod (with their states) or template (pod is nil).
func (p *page) containers(title string, list []corev1.Container, statuses []corev1.ContainerStatus, pod *corev1.Pod, space string) {
	none, indent := "", ""
	if len(list) == 0 {
		none = " <none>"
	}
	if space != "" {
		indent = " "
	}
	p.line(0, "%s%s:%s", space, title, none)
	for i := range list {
		c := &list[i]
		var st *corev1.ContainerStatus
		for j := range statuses {
			if statuses[j].Name == c.Name {
				st = &statuses[j]
			}
		}
		p.line(1, "%s%s:", indent, c.Name)
		p.container(c, st, pod)
	}
}

func (p *page) container(c *corev1.Container, st *corev1.ContainerStatus, pod *corev1.Pod) {
	if st != nil {
		p.line(2, "Container ID:\t%s", st.ContainerID)
	}
	p.line(2, "Image:\t%s", c.Image)
	if st != nil {
		p.line(2, "Image ID:\t%s", st.ImageID)
	}
	p.ports("Port", c.Ports, func(port *corev1.ContainerPort) int32 { return port.ContainerPort })
	p.ports("Host Port", c.Ports, func(port *corev1.ContainerPort) int32 { return port.HostPort })
	if sc := c.SecurityContext; sc != nil && sc.SeccompProfile != nil {
		p.line(2, "SeccompProfile:\t%s", sc.SeccompProfile.Type)
		if sc.SeccompProfile.LocalhostProfile != nil {
			p.line(3, "LocalhostProfile:\t%s", *sc.SeccompProfile.LocalhostProfile)
		}
	}
	for _, part := range []struct {
		title string
		words []string
	}{{"Command", c.Command}, {"Args", c.Args}} {
		if len(part.words) == 0 {
			continue
		}
		p.line(2, "%s:", part.title)
		for _, w := range part.words {
			for _, s := range strings.Split(w, "\n") {
				p.line(3, "%s", s)
			}
		}
	}
	if st != nil {
		p.state("State", st.State)
		if st.LastTerminationState.Terminated != nil {
			p.state("Last State", st.LastTerminationState)
		}
		p.line(2, "Ready:\t%s", titleBool(st.Ready))
		p.line(2, "Restart Count:\t%d", st.RestartCount)
	}
	p.resources(&c.Resources, 2)
	for _, probe := range []struct {
		title string
		probe *corev1.Probe
	}{{"Liveness", c.LivenessProbe}, {"Readiness", c.ReadinessProbe}, {"Startup", c.StartupProbe}} {
		if probe.probe != nil {
			p.line(2, "%s:\t%s", probe.title, probeText(probe.probe))
		}
	}
	p.environment(c, pod)
	p.mounts(c)
}

func titleBool(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

func (p *page) ports(title string, ports []corev1.ContainerPort, number func(*corev1.ContainerPort) int32) {
	var parts []string
	for i := range ports {
		text := fmt.Sprintf("%d/%s", number(&ports[i]), ports[i].Protocol)
		if ports[i].Name != "" {
			text += " (" + ports[i].Name + ")"
		}
		parts = append(parts, text)
	}
	if len(parts) > 1 {
		title += "s"
	}
	p.line(2, "%s:\t%s", title, orNone(strings.Join(parts, ", ")))
}

func (p *page) resources(r *corev1.ResourceRequirements, level int) {
	for _, part := range []struct {
		title string
		list  corev1.ResourceList
	}{{"Limits", r.Limits}, {"Requests", r.Requests}} {
		if len(part.list) == 0 {
			continue
		}
		p.line(level, "%s:", part.title)
		p.resourceList(part.list, level+1)
	}
}

func (p *page) resourceList(list corev1.ResourceList, level int) {
	for _, name := range resourceNames(list) {
		q := list[name]
		p.line(level, "%s:\t%s", name, q.String())
	}
}

func resourceNames(list corev1.ResourceList) []corev1.ResourceName {
	names := make([]corev1.ResourceName, 0, len(list))
	for name := range list {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return names[i] < names[j] })
	return names
}

func (p *page) state(title string, s corev1.ContainerState) {
	switch {
	case s.Running != nil:
		p.line(2, "%s:\tRunning", title)
		p.line(3, "Started:\t%s", stamp(s.Running.StartedAt))
	case s.Terminated != nil:
		p.line(2, "%s:\tTerminated", title)
		if s.Terminated.Reason != "" {
			p.line(3, "Reason:\t%s", s.Terminated.Reason)
		}
		if s.Terminated.Message != "" {
			p.line(3, "Message:\t%s", s.Terminated.Message)
		}
		p.line(3, "Exit Code:\t%d", s.Terminated.ExitCode)
		if s.Terminated.Signal > 0 {
			p.line(3, "Signal:\t%d", s.Terminated.Signal)
		}
		p.line(3, "Started:\t%s", stamp(s.Terminated.StartedAt))
		p.line(3, "Finished:\t%s", stamp(s.Terminated.FinishedAt))
	default:
		p.line(2, "%s:\tWaiting", title)
		if s.Waiting != nil && s.Waiting.Reason != "" {
			p.line(3, "Reason:\t%s", s.Waiting.Reason)
		}
	}
}

func probeText(p *corev1.Probe) string {
	attrs := fmt.Sprintf("delay=%ds timeout=%ds period=%ds successThreshold=%d failureThreshold=%d",
		p.InitialDelaySeconds, p.TimeoutSeconds, p.PeriodSeconds, p.SuccessThreshold, p.FailureThreshold)
	switch {
	case p.Exec != nil:
		return fmt.Sprintf("exec %v %s", p.Exec.Command, attrs)
	case p.HTTPGet != nil:
		host := p.HTTPGet.Host
		if port := p.HTTPGet.Port.String(); port != "" {
			host = net.JoinHostPort(host, port)
		}
		path := p.HTTPGet.Path
		if path != "" && path[0] != '/' {
			path = "/" + path
		}
		return fmt.Sprintf("http-get %s://%s%s %s", strings.ToLower(string(p.HTTPGet.Scheme)), host, path, attrs)
	case p.TCPSocket != nil:
		return fmt.Sprintf("tcp-socket %s:%s %s", p.TCPSocket.Host, p.TCPSocket.Port.String(), attrs)
	case p.GRPC != nil:
		service := ""
		if p.GRPC.Service != nil {
			service = *p.GRPC.Service
		}
		return fmt.Sprintf("grpc <pod>:%d %s %s", p.GRPC.Port, service, attrs)
	}
	return "unknown " + attrs
}

func (p *page) environment(c *corev1.Container, pod *corev1.Pod) {
	if len(c.EnvFrom) > 0 {
		p.line(2, "Environment Variables from:")
	}
	for _, e := range c.EnvFrom {
		from, name, optional := "", "", false
		if e.ConfigMapRef != nil {
			from, name, optional = "ConfigMap", e.ConfigMapRef.Name, isTrue(e.ConfigMapRef.Optional)
		} else if e.SecretRef != nil {
			from, name, optional = "Secret", e.SecretRef.Name, isTrue(e.SecretRef.Optional)
		}
		if e.Prefix != "" {
			from += fmt.Sprintf(" with prefix '%s'", e.Prefix)
		}
		p.line(3, "%s\t%s\tOptional: %t", name, from, optional)
	}
	if len(c.Env) == 0 {
		p.line(2, "Environment:\t<none>")
		return
	}
	p.line(2, "Environment:")
	for i := range c.Env {
		e := &c.Env[i]
		switch from := e.ValueFrom; {
		case from == nil:
			for i, s := range strings.Split(e.Value, "\n") {
				if i == 0 {
					p.line(3, "%s:\t%s", e.Name, s)
				} else {
					p.line(3, "\t%s", s)
				}
			}
		case from.FieldRef != nil:
			p.line(3, "%s:\t%s (%s:%s)", e.Name, fieldValue(pod, from.FieldRef.FieldPath), from.FieldRef.APIVersion, from.FieldRef.FieldPath)
		case from.ResourceFieldRef != nil:
			value := resourceFieldValue(c, from.ResourceFieldRef)
			if res := from.ResourceFieldRef.Resource; value == "0" && (res == "limits.cpu" || res == "limits.memory") {
				value = "node allocatable"
			}
			p.line(3, "%s:\t%s (%s)", e.Name, value, from.ResourceFieldRef.Resource)
		case from.SecretKeyRef != nil:
			p.line(3, "%s:\t<set to the key '%s' in secret '%s'>\tOptional: %t", e.Name, from.SecretKeyRef.Key, from.SecretKeyRef.Name, isTrue(from.SecretKeyRef.Optional))
		case from.ConfigMapKeyRef != nil:
			p.line(3, "%s:\t<set to the key '%s' of config map '%s'>\tOptional: %t", e.Name, from.ConfigMapKeyRef.Key, from.ConfigMapKeyRef.Name, isTrue(from.ConfigMapKeyRef.Optional))
		}
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

// fieldValue is what the client can tell of a downward API field: metadata only.
func fieldValue(pod *corev1.Pod, path string) string {
	if pod == nil {
		return ""
	}
	base, key, subscript := strings.Cut(strings.TrimSuffix(path, "']"), "['")
	switch base {
	case "metadata.name":
		return pod.Name
	case "metadata.namespace":
		return pod.Namespace
	case "metadata.uid":
		return string(pod.UID)
	case "metadata.labels":
		if subscript {
			return pod.Labels[key]
		}
	case "metadata.annotations":
		if subscript {
			return pod.Annotations[key]
		}
	}
	return ""
}

func resourceFieldValue(c *corev1.Container, ref *corev1.ResourceFieldSelector) string {
	kind, name, _ := strings.Cut(ref.Resource, ".")
	list := c.Resources.Limits
	if kind == "requests" {
		list = c.Resources.Requests
	}
	q := list[corev1.ResourceName(name)]
	divisor := ref.Divisor
	if divisor.IsZero() {
		divisor = resource.MustParse("1")
	}
	if name == "cpu" {
		return fmt.Sprint((q.MilliValue() + divisor.MilliValue() - 1) / divisor.MilliValue())
	}
	return fmt.Sprint((q.Value() + divisor.Value() - 1) / divisor.Value())
}

func (p *page) mounts(c *corev1.Container) {
	if len(c.VolumeMounts) == 0 {
		p.line(2, "Mounts:\t<none>")
	} else {
		p.line(2, "Mounts:")
	}
	mounts := append([]corev1.VolumeMount(nil), c.VolumeMounts...)
	sort.SliceStable(mounts, func(i, j int) bool { return mounts[i].MountPath < mounts[j].MountPath })
	for _, m := range mounts {
		flags := "rw"
		if m.ReadOnly {
			flags = "ro"
		}
		if m.SubPath != "" {
			flags += fmt.Sprintf(",path=%q", m.SubPath)
		}
		p.line(3, "%s from %s (%s)", m.MountPath, m.Name, flags)
	}
}
