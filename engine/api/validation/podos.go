package validation

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// podOS refuses the security settings of one operating system in a pod for another.
func (e *errs) podOS(spec *corev1.PodSpec, p *field.Path) {
	if spec.OS == nil {
		return
	}
	switch spec.OS.Name {
	case "":
		e.required(p.Child("os", "name"), "")
	case corev1.Linux:
		const why = "windows options cannot be set for a linux pod"
		if sc := spec.SecurityContext; sc != nil && sc.WindowsOptions != nil {
			e.forbidden(p.Child("securityContext", "windowsOptions"), why)
		}
		eachContainer(spec, p, func(c *corev1.Container, at *field.Path) {
			if sc := c.SecurityContext; sc != nil && sc.WindowsOptions != nil {
				e.forbidden(at.Child("securityContext", "windowsOptions"), why)
			}
		})
	case corev1.Windows:
		e.windowsPod(spec, p)
	default:
		oneOf(e, p.Child("os"), spec.OS.Name, corev1.Linux, corev1.Windows)
	}
}

func (e *errs) windowsPod(spec *corev1.PodSpec, p *field.Path) {
	type setting struct {
		name string
		set  bool
	}
	refuse := func(p *field.Path, settings ...setting) {
		for _, s := range settings {
			if s.set {
				e.forbidden(p.Child(s.name), "cannot be set for a windows pod")
			}
		}
	}
	if sc := spec.SecurityContext; sc != nil {
		refuse(p.Child("securityContext"),
			setting{"appArmorProfile", sc.AppArmorProfile != nil}, setting{"seLinuxOptions", sc.SELinuxOptions != nil},
			setting{"seccompProfile", sc.SeccompProfile != nil}, setting{"fsGroup", sc.FSGroup != nil},
			setting{"fsGroupChangePolicy", sc.FSGroupChangePolicy != nil}, setting{"sysctls", len(sc.Sysctls) > 0},
			setting{"runAsUser", sc.RunAsUser != nil}, setting{"runAsGroup", sc.RunAsGroup != nil},
			setting{"supplementalGroups", sc.SupplementalGroups != nil},
			setting{"supplementalGroupsPolicy", sc.SupplementalGroupsPolicy != nil},
			setting{"seLinuxChangePolicy", sc.SELinuxChangePolicy != nil})
	}
	refuse(p, setting{"hostUsers", spec.HostUsers != nil}, setting{"hostPID", spec.HostPID}, setting{"hostIPC", spec.HostIPC},
		setting{"shareProcessNamespace", spec.ShareProcessNamespace != nil})
	eachContainer(spec, p, func(c *corev1.Container, at *field.Path) {
		sc := c.SecurityContext
		if sc == nil {
			return
		}
		refuse(at.Child("securityContext"),
			setting{"appArmorProfile", sc.AppArmorProfile != nil}, setting{"seLinuxOptions", sc.SELinuxOptions != nil},
			setting{"seccompProfile", sc.SeccompProfile != nil}, setting{"capabilities", sc.Capabilities != nil},
			setting{"readOnlyRootFilesystem", sc.ReadOnlyRootFilesystem != nil}, setting{"privileged", sc.Privileged != nil},
			setting{"allowPrivilegeEscalation", sc.AllowPrivilegeEscalation != nil},
			setting{"procMount", sc.ProcMount != nil}, setting{"runAsUser", sc.RunAsUser != nil},
			setting{"runAsGroup", sc.RunAsGroup != nil})
	})
}

const maxCredentialSpecKiB = 64

// windowsOptions checks what can be checked without Windows' account name rules, which are left out.
func (e *errs) windowsOptions(p *field.Path, o *corev1.WindowsSecurityContextOptions) {
	if o == nil {
		return
	}
	if o.GMSACredentialSpecName != nil {
		e.each(p.Child("gmsaCredentialSpecName"), o.GMSACredentialSpecName, validation.IsDNS1123Subdomain(*o.GMSACredentialSpecName))
	}
	if o.GMSACredentialSpec != nil {
		if n := len(*o.GMSACredentialSpec); n == 0 {
			e.invalid(p.Child("gmsaCredentialSpec"), o.GMSACredentialSpec, "gmsaCredentialSpec cannot be an empty string")
		} else if n > maxCredentialSpecKiB*1024 {
			e.invalid(p.Child("gmsaCredentialSpec"), o.GMSACredentialSpec, fmt.Sprintf("gmsaCredentialSpec size must be under %d KiB", maxCredentialSpecKiB))
		}
	}
	if o.RunAsUserName != nil && *o.RunAsUserName == "" {
		e.invalid(p.Child("runAsUserName"), o.RunAsUserName, "runAsUserName cannot be an empty string")
	}
}

// hostProcess: either all containers of a Windows pod run as processes of the host, or none.
func (e *errs) hostProcess(spec *corev1.PodSpec, p *field.Path) {
	var pod *bool
	if sc := spec.SecurityContext; sc != nil && sc.WindowsOptions != nil {
		pod = sc.WindowsOptions.HostProcess
	}
	all, host := 0, 0
	eachContainer(spec, p, func(c *corev1.Container, at *field.Path) {
		all++
		var own *bool
		if c.SecurityContext != nil && c.SecurityContext.WindowsOptions != nil {
			own = c.SecurityContext.WindowsOptions.HostProcess
		}
		if pod != nil && own != nil && *pod != *own {
			e.invalid(at.Child("securityContext", "windowsOptions", "hostProcess"), *own,
				fmt.Sprintf("pod hostProcess value must be identical if both are specified, was %v", *pod))
		}
		if deref(own, deref(pod, false)) {
			host++
		}
	})
	if host == 0 {
		return
	}
	if host != all {
		e.invalid(p, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers")
	}
	if !spec.HostNetwork {
		e.invalid(p.Child("hostNetwork"), false, "hostNetwork must be true if pod contains any hostProcess containers")
	}
}
