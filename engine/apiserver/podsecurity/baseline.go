package podsecurity

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// The checks of the baseline level (policy/check_*.go), by their names upstream.
var baseline = [...]check{
	{run: appArmorProfile},
	{run: capabilitiesBaseline, replaced: true, from: 22},
	{run: hostNamespaces},
	{run: hostPathVolumes, replaced: true},
	{run: hostPorts},
	{run: hostProbes, since: 34},
	{run: privileged},
	{run: procMountBaseline, replaced: true, from: 35},
	{run: seLinuxOptions},
	{run: seccompBaseline, replaced: true, from: 19},
	{run: sysctls},
	{run: windowsHostProcess},
}

func appArmorProfile(s *subject) (string, string) {
	var values set
	allowed := func(p *corev1.AppArmorProfile) bool {
		if p == nil || p.Type == corev1.AppArmorProfileTypeRuntimeDefault || p.Type == corev1.AppArmorProfileTypeLocalhost {
			return true
		}
		values.add(string(p.Type))
		return false
	}
	pod := s.spec.SecurityContext != nil && !allowed(s.spec.SecurityContext.AppArmorProfile)
	bad := s.bad(func(c named) bool { return c.sc != nil && !allowed(c.sc.AppArmorProfile) })
	who := setters(pod, bad)
	var annotations set
	for k, v := range s.annotations {
		if strings.HasPrefix(k, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix) && v != "" &&
			v != corev1.DeprecatedAppArmorBetaProfileRuntimeDefault && !strings.HasPrefix(v, corev1.DeprecatedAppArmorBetaProfileNamePrefix) {
			annotations.add(k + "=" + strconv.Quote(v))
		}
	}
	if len(annotations) > 0 {
		if who != "" {
			who += " and "
		}
		who += plural("annotation", "annotations", len(annotations))
	}
	if who == "" {
		return "", ""
	}
	all := append(slices.Clone(values), annotations...)
	return plural("forbidden AppArmor profile", "forbidden AppArmor profiles", len(all)), who + " must not set AppArmor profile type to " + quoted(all)
}

// defaultCapabilities are those container runtimes give anyhow.
var defaultCapabilities = []corev1.Capability{
	"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}

func capabilitiesBaseline(s *subject) (string, string) {
	var more set
	bad := s.bad(func(c named) bool {
		if c.sc == nil || c.sc.Capabilities == nil {
			return false
		}
		wrong := false
		for _, x := range c.sc.Capabilities.Add {
			if !slices.Contains(defaultCapabilities, x) {
				more.add(string(x))
				wrong = true
			}
		}
		return wrong
	})
	if len(bad) == 0 {
		return "", ""
	}
	return "non-default capabilities", theContainers(bad) + " must not include " + quoted(more) + " in securityContext.capabilities.add"
}

func hostNamespaces(s *subject) (string, string) {
	var out []string
	if s.spec.HostNetwork {
		out = append(out, "hostNetwork=true")
	}
	if s.spec.HostPID {
		out = append(out, "hostPID=true")
	}
	if s.spec.HostIPC {
		out = append(out, "hostIPC=true")
	}
	if len(out) == 0 {
		return "", ""
	}
	return "host namespaces", strings.Join(out, ", ")
}

func hostPathVolumes(s *subject) (string, string) {
	var bad []string
	for i := range s.spec.Volumes {
		if v := &s.spec.Volumes[i]; v.HostPath != nil {
			bad = append(bad, v.Name)
		}
	}
	if len(bad) == 0 {
		return "", ""
	}
	return "hostPath volumes", plural("volume", "volumes", len(bad)) + " " + quoted(bad)
}

func hostPorts(s *subject) (string, string) {
	var ports set
	bad := s.bad(func(c named) bool {
		wrong := false
		for i := range c.c.Ports {
			if p := c.c.Ports[i].HostPort; p != 0 {
				ports.add(strconv.Itoa(int(p)))
				wrong = true
			}
		}
		return wrong
	})
	if len(bad) == 0 {
		return "", ""
	}
	return "hostPort", theContainers(bad) + " " + plural("uses", "use", len(bad)) + " " + plural("hostPort", "hostPorts", len(ports)) + " " + strings.Join(ports, ", ")
}

func hostProbes(s *subject) (string, string) {
	var hosts, bad set
	for _, c := range s.containers {
		had := false
		note := func(h *corev1.HTTPGetAction, t *corev1.TCPSocketAction) {
			if h != nil && h.Host != "" {
				hosts.add(h.Host)
				had = true
			}
			if t != nil && t.Host != "" {
				hosts.add(t.Host)
				had = true
			}
		}
		for _, p := range []*corev1.Probe{c.c.LivenessProbe, c.c.ReadinessProbe, c.c.StartupProbe} {
			if p != nil {
				note(p.HTTPGet, p.TCPSocket)
			}
		}
		if l := c.c.Lifecycle; l != nil {
			for _, h := range []*corev1.LifecycleHandler{l.PostStart, l.PreStop} {
				if h != nil {
					note(h.HTTPGet, h.TCPSocket)
				}
			}
		}
		if had {
			bad.add(c.name)
		}
	}
	if len(bad) == 0 {
		return "", ""
	}
	return "probe or lifecycle host", theContainers(bad) + " " + plural("uses", "use", len(bad)) + " " +
		plural("probe or lifecycle host", "probe or lifecycle hosts", len(hosts)) + " " + quoted(hosts)
}

func privileged(s *subject) (string, string) {
	bad := s.bad(func(c named) bool { return c.sc != nil && c.sc.Privileged != nil && *c.sc.Privileged })
	if len(bad) == 0 {
		return "", ""
	}
	return "privileged", theContainers(bad) + " must not set securityContext.privileged=true"
}

func procMount(s *subject) (string, string) {
	var types set
	bad := s.bad(func(c named) bool {
		if c.sc == nil || c.sc.ProcMount == nil || *c.sc.ProcMount == corev1.DefaultProcMount {
			return false
		}
		types.add(string(*c.sc.ProcMount))
		return true
	})
	if len(bad) == 0 {
		return "", ""
	}
	return "procMount", theContainers(bad) + " must not set securityContext.procMount to " + quoted(types)
}

func procMountBaseline(s *subject) (string, string) {
	if s.version >= 35 && s.ownUsers() {
		return "", ""
	}
	return procMount(s)
}

func seLinuxOptions(s *subject) (string, string) {
	var types set
	user, role := false, false
	valid := func(o *corev1.SELinuxOptions) bool {
		if o == nil {
			return true
		}
		ok := true
		switch o.Type {
		case "", "container_t", "container_init_t", "container_kvm_t":
		case "container_engine_t":
			if s.version < 31 {
				types.add(o.Type)
				ok = false
			}
		default:
			types.add(o.Type)
			ok = false
		}
		user, role = user || o.User != "", role || o.Role != ""
		return ok && o.User == "" && o.Role == ""
	}
	pod := s.spec.SecurityContext != nil && !valid(s.spec.SecurityContext.SELinuxOptions)
	bad := s.bad(func(c named) bool { return c.sc != nil && !valid(c.sc.SELinuxOptions) })
	who := setters(pod, bad)
	if who == "" {
		return "", ""
	}
	var what []string
	if len(types) > 0 {
		what = append(what, plural("type", "types", len(types))+" "+quoted(types))
	}
	if user {
		what = append(what, "user may not be set")
	}
	if role {
		what = append(what, "role may not be set")
	}
	return "seLinuxOptions", who + " set forbidden securityContext.seLinuxOptions: " + strings.Join(what, "; ")
}

func goodSeccomp(t corev1.SeccompProfileType) bool {
	return t == corev1.SeccompProfileTypeLocalhost || t == corev1.SeccompProfileTypeRuntimeDefault
}

// explicitSeccomp names who sets a profile that is none.
func explicitSeccomp(s *subject) (string, string) {
	var values set
	wrong := func(p *corev1.SeccompProfile) bool {
		if p == nil || goodSeccomp(p.Type) {
			return false
		}
		values.add(string(p.Type))
		return true
	}
	pod := s.spec.SecurityContext != nil && wrong(s.spec.SecurityContext.SeccompProfile)
	bad := s.bad(func(c named) bool { return c.sc != nil && wrong(c.sc.SeccompProfile) })
	if who := setters(pod, bad); who != "" {
		return "seccompProfile", who + " must not set securityContext.seccompProfile.type to " + quoted(values)
	}
	return "", ""
}

func seccompBaseline(s *subject) (string, string) {
	if s.version >= 19 {
		return explicitSeccomp(s)
	}
	var wrong set // before the field there were annotations
	note := func(key string) {
		if v, ok := s.annotations[key]; ok && v != corev1.SeccompProfileRuntimeDefault && v != corev1.DeprecatedSeccompProfileDockerDefault &&
			!strings.HasPrefix(v, corev1.SeccompLocalhostProfileNamePrefix) {
			wrong.add(key + "=" + strconv.Quote(v))
		}
	}
	note("seccomp.security.alpha.kubernetes.io/pod")
	for _, c := range s.containers {
		note("container.seccomp.security.alpha.kubernetes.io/" + c.name)
	}
	if len(wrong) == 0 {
		return "", ""
	}
	return "seccompProfile", "forbidden " + plural("annotation", "annotations", len(wrong)) + " " + strings.Join(wrong, ", ")
}

// safeSysctls are those that stay within a pod, and since when each was known to.
var safeSysctls = []struct {
	name  string
	since Version
}{
	{"kernel.shm_rmid_forced", 0}, {"net.ipv4.ip_local_port_range", 0}, {"net.ipv4.tcp_syncookies", 0},
	{"net.ipv4.ping_group_range", 0}, {"net.ipv4.ip_unprivileged_port_start", 0},
	{"net.ipv4.ip_local_reserved_ports", 27},
	{"net.ipv4.tcp_keepalive_time", 29}, {"net.ipv4.tcp_fin_timeout", 29}, {"net.ipv4.tcp_keepalive_intvl", 29}, {"net.ipv4.tcp_keepalive_probes", 29},
	{"net.ipv4.tcp_rmem", 32}, {"net.ipv4.tcp_wmem", 32},
	{"net.ipv4.tcp_slow_start_after_idle", 37}, {"net.ipv4.tcp_notsent_lowat", 37},
}

func sysctls(s *subject) (string, string) {
	if s.spec.SecurityContext == nil {
		return "", ""
	}
	var bad []string
next:
	for _, x := range s.spec.SecurityContext.Sysctls {
		for _, safe := range safeSysctls {
			if safe.name == x.Name && safe.since <= s.version {
				continue next
			}
		}
		bad = append(bad, x.Name)
	}
	if len(bad) == 0 {
		return "", ""
	}
	return "forbidden sysctls", strings.Join(bad, ", ")
}

func windowsHostProcess(s *subject) (string, string) {
	is := func(o *corev1.WindowsSecurityContextOptions) bool {
		return o != nil && o.HostProcess != nil && *o.HostProcess
	}
	pod := s.spec.SecurityContext != nil && is(s.spec.SecurityContext.WindowsOptions)
	bad := s.bad(func(c named) bool { return c.sc != nil && is(c.sc.WindowsOptions) })
	if who := setters(pod, bad); who != "" {
		return "hostProcess", who + " must not set securityContext.windowsOptions.hostProcess=true"
	}
	return "", ""
}
