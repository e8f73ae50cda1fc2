package validation

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (e *errs) podSecurityContext(p *field.Path, spec *corev1.PodSpec) {
	sc := spec.SecurityContext
	if sc == nil {
		return
	}
	e.groupID(p.Child("fsGroup"), sc.FSGroup)
	e.userID(p.Child("runAsUser"), sc.RunAsUser)
	e.groupID(p.Child("runAsGroup"), sc.RunAsGroup)
	for i := range sc.SupplementalGroups {
		e.groupID(p.Child("supplementalGroups").Index(i), &sc.SupplementalGroups[i])
	}
	e.sysctls(p.Child("sysctls"), spec)
	optionalOneOf(e, p.Child("fsGroupChangePolicy"), sc.FSGroupChangePolicy, corev1.FSGroupChangeAlways, corev1.FSGroupChangeOnRootMismatch)
	e.seccomp(p.Child("seccompProfile"), sc.SeccompProfile)
	e.windowsOptions(p.Child("windowsOptions"), sc.WindowsOptions)
	e.appArmor(p.Child("appArmorProfile"), sc.AppArmorProfile)
	optionalOneOf(e, p.Child("supplementalGroupsPolicy"), sc.SupplementalGroupsPolicy, corev1.SupplementalGroupsPolicyMerge, corev1.SupplementalGroupsPolicyStrict)
	optionalOneOf(e, p.Child("seLinuxChangePolicy"), sc.SELinuxChangePolicy, corev1.SELinuxChangePolicyMountOption, corev1.SELinuxChangePolicyRecursive)
}

// securityContext checks a container's. Privileged containers are allowed, as every common installer configures it.
func (e *errs) securityContext(p *field.Path, sc *corev1.SecurityContext, hostUsers bool) {
	if sc == nil {
		return
	}
	e.userID(p.Child("runAsUser"), sc.RunAsUser)
	e.groupID(p.Child("runAsGroup"), sc.RunAsGroup)
	if sc.ProcMount != nil {
		oneOf(e, p.Child("procMount"), *sc.ProcMount, corev1.DefaultProcMount, corev1.UnmaskedProcMount)
		if hostUsers && *sc.ProcMount == corev1.UnmaskedProcMount {
			e.invalid(p.Child("procMount"), sc.ProcMount, "`hostUsers` must be false to use `Unmasked`")
		}
	}
	e.seccomp(p.Child("seccompProfile"), sc.SeccompProfile)
	if !deref(sc.AllowPrivilegeEscalation, true) {
		if deref(sc.Privileged, false) {
			e.invalid(p, goNames{sc}, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
		}
		if sc.Capabilities != nil {
			for _, capability := range sc.Capabilities.Add {
				if capability == "CAP_SYS_ADMIN" {
					e.invalid(p, goNames{sc}, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")
				}
			}
		}
	}
	e.windowsOptions(p.Child("windowsOptions"), sc.WindowsOptions)
	e.appArmor(p.Child("appArmorProfile"), sc.AppArmorProfile)
}

func (e *errs) userID(p *field.Path, id *int64) {
	if id != nil {
		e.each(p, *id, validation.IsValidUserID(*id))
	}
}

func (e *errs) groupID(p *field.Path, id *int64) {
	if id != nil {
		e.each(p, *id, validation.IsValidGroupID(*id))
	}
}

const (
	maxSysctlName = 253
	sysctlFormat  = `^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`
)

func (e *errs) sysctls(p *field.Path, spec *corev1.PodSpec) {
	seen := map[string]bool{}
	for i := range spec.SecurityContext.Sysctls {
		name := spec.SecurityContext.Sysctls[i].Name
		at := p.Index(i).Child("name")
		switch {
		case name == "":
			e.required(at, "")
		case !isSysctlName(name):
			e.invalid(at, name, fmt.Sprintf("must have at most %d characters and match regex %s", maxSysctlName, sysctlFormat))
		case seen[name]:
			e.duplicate(at, name)
		}
		seen[name] = true
		switch namespace := sysctlNamespace(name); {
		case spec.HostNetwork && namespace == "net":
			e.invalid(at, name, "may not be specified when 'hostNetwork' is true")
		case spec.HostIPC && namespace == "ipc":
			e.invalid(at, name, "may not be specified when 'hostIPC' is true")
		}
	}
}

// isSysctlName matches sysctlFormat by hand: lower-case words, inside which dashes and underscores may stand, joined
// by dots or slashes.
func isSysctlName(name string) bool {
	if len(name) > maxSysctlName {
		return false
	}
	alphanumeric := func(c byte) bool { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') }
	for word := range strings.SplitSeq(strings.ReplaceAll(name, "/", "."), ".") {
		if word == "" || !alphanumeric(word[0]) || !alphanumeric(word[len(word)-1]) {
			return false
		}
		for i := 0; i < len(word); i++ {
			if !alphanumeric(word[i]) && word[i] != '-' && word[i] != '_' {
				return false
			}
		}
	}
	return true
}

// sysctlNamespace tells in which kernel namespace a sysctl lives: "net", "ipc", or another.
func sysctlNamespace(name string) string {
	if first := strings.IndexAny(name, "./"); first >= 0 && name[first] == '/' {
		name = strings.NewReplacer(".", "/", "/", ".").Replace(name)
	}
	switch {
	case strings.HasPrefix(name, "net."):
		return "net"
	case strings.HasPrefix(name, "fs.mqueue."):
		return "ipc"
	}
	switch name {
	case "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
		"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni":
		return "ipc"
	}
	return ""
}

func (e *errs) seccomp(p *field.Path, profile *corev1.SeccompProfile) {
	if profile == nil {
		return
	}
	if profile.Type == "" {
		e.required(p.Child("type"), "type is required when seccompProfile is set")
	} else {
		oneOf(e, p.Child("type"), profile.Type, corev1.SeccompProfileTypeLocalhost, corev1.SeccompProfileTypeRuntimeDefault, corev1.SeccompProfileTypeUnconfined)
	}
	at := p.Child("localhostProfile")
	switch local := profile.Type == corev1.SeccompProfileTypeLocalhost; {
	case local && profile.LocalhostProfile == nil:
		e.required(at, "must be set when seccomp type is Localhost")
	case local:
		e.descendingPath(at, *profile.LocalhostProfile)
	case profile.LocalhostProfile != nil:
		e.invalid(at, goNames{profile}, "can only be set when seccomp type is Localhost")
	}
}

const maxAppArmorProfile = 4095

func (e *errs) appArmor(p *field.Path, profile *corev1.AppArmorProfile) {
	if profile == nil {
		return
	}
	at := p.Child("localhostProfile")
	switch profile.Type {
	case corev1.AppArmorProfileTypeLocalhost:
		if profile.LocalhostProfile == nil {
			e.required(at, "must be set when AppArmor type is Localhost")
			return
		}
		name := *profile.LocalhostProfile
		if trimmed := strings.TrimSpace(name); trimmed != name {
			e.invalid(at, name, "must not be padded with whitespace")
		} else if trimmed == "" {
			e.required(at, "must be set when AppArmor type is Localhost")
		}
		if len(name) > maxAppArmorProfile {
			e.tooLong(at, maxAppArmorProfile)
		}
	case corev1.AppArmorProfileTypeRuntimeDefault, corev1.AppArmorProfileTypeUnconfined:
		if profile.LocalhostProfile != nil {
			e.invalid(at, profile.LocalhostProfile, "can only be set when AppArmor type is Localhost")
		}
	case "":
		e.required(p.Child("type"), "type is required when appArmorProfile is set")
	default:
		oneOf(e, p.Child("type"), profile.Type, corev1.AppArmorProfileTypeLocalhost, corev1.AppArmorProfileTypeRuntimeDefault, corev1.AppArmorProfileTypeUnconfined)
	}
}

// profilesMatch: the old annotations for seccomp and AppArmor may not contradict the fields that replaced them.
func (e *errs) profilesMatch(meta *metav1.ObjectMeta, spec *corev1.PodSpec, p *field.Path) {
	if len(meta.Annotations) == 0 {
		return
	}
	pod := spec.SecurityContext
	if pod != nil && pod.SeccompProfile != nil {
		if annotation, ok := meta.Annotations[corev1.SeccompPodAnnotationKey]; ok {
			e.seccompMatches(p.Child("securityContext", "seccompProfile"), annotation, pod.SeccompProfile)
		}
	}
	eachContainer(spec, p, func(c *corev1.Container, at *field.Path) {
		if c.SecurityContext == nil || c.SecurityContext.SeccompProfile == nil {
			return
		}
		if annotation, ok := meta.Annotations[corev1.SeccompContainerAnnotationKeyPrefix+c.Name]; ok {
			e.seccompMatches(at.Child("securityContext", "seccompProfile"), annotation, c.SecurityContext.SeccompProfile)
		}
	})
	if spec.OS != nil && spec.OS.Name == corev1.Windows {
		return
	}
	eachContainer(spec, p, func(c *corev1.Container, at *field.Path) {
		var profile *corev1.AppArmorProfile
		if pod != nil {
			profile = pod.AppArmorProfile
		}
		if c.SecurityContext != nil && c.SecurityContext.AppArmorProfile != nil {
			profile = c.SecurityContext.AppArmorProfile
		}
		annotation, ok := meta.Annotations[corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+c.Name]
		if ok && profile != nil {
			e.appArmorMatches(at.Child("securityContext", "appArmorProfile"), annotation, profile)
		}
	})
}

func (e *errs) seccompMatches(p *field.Path, annotation string, profile *corev1.SeccompProfile) {
	matches := true
	switch profile.Type {
	case corev1.SeccompProfileTypeUnconfined:
		matches = annotation == corev1.SeccompProfileNameUnconfined
	case corev1.SeccompProfileTypeRuntimeDefault:
		matches = annotation == corev1.SeccompProfileRuntimeDefault || annotation == corev1.DeprecatedSeccompProfileDockerDefault
	case corev1.SeccompProfileTypeLocalhost:
		name, local := strings.CutPrefix(annotation, corev1.SeccompLocalhostProfileNamePrefix)
		matches = local
		if local && (profile.LocalhostProfile == nil || name != *profile.LocalhostProfile) {
			e.forbidden(p.Child("localhostProfile"), "seccomp profile in annotation and field must match")
		}
	}
	if !matches {
		e.forbidden(p.Child("type"), "seccomp type in annotation and field must match")
	}
}

func (e *errs) appArmorMatches(p *field.Path, annotation string, profile *corev1.AppArmorProfile) {
	matches := true
	switch profile.Type {
	case corev1.AppArmorProfileTypeUnconfined:
		matches = annotation == corev1.DeprecatedAppArmorBetaProfileNameUnconfined
	case corev1.AppArmorProfileTypeRuntimeDefault:
		matches = annotation == corev1.DeprecatedAppArmorBetaProfileRuntimeDefault
	case corev1.AppArmorProfileTypeLocalhost:
		name, local := strings.CutPrefix(annotation, corev1.DeprecatedAppArmorBetaProfileNamePrefix)
		matches = local
		if local && (profile.LocalhostProfile == nil || name != *profile.LocalhostProfile) {
			e.forbidden(p.Child("localhostProfile"), "apparmor profile in annotation and field must match")
		}
	}
	if !matches {
		e.forbidden(p.Child("type"), "apparmor type in annotation and field must match")
	}
}
