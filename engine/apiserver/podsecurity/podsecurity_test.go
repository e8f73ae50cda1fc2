package podsecurity

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

func ptr[T any](v T) *T { return &v }

func TestPolicyOf(t *testing.T) {
	p, errs := PolicyOf(map[string]string{Prefix + "enforce": "baseline", Prefix + "enforce-version": "v1.24"})
	require.Empty(t, errs)
	require.Equal(t, "baseline:v1.24", p.Enforce.String())
	require.Equal(t, "privileged:latest", p.Audit.String())
	require.Equal(t, "baseline:v1.24", p.Warn.String(), "who enforces is warned too")

	p, errs = PolicyOf(map[string]string{Prefix + "enforce": "strict", Prefix + "warn": "x", Prefix + "warn-version": "1.20", Prefix + "audit-version": "v1.05"})
	require.Equal(t, "restricted:latest", p.Enforce.String())
	require.Equal(t, "privileged:latest", p.Warn.String())
	var got []string
	for _, e := range errs {
		got = append(got, e.Error())
	}
	require.Equal(t, []string{
		`metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted`,
		`metadata.labels[pod-security.kubernetes.io/audit-version]: Invalid value: "v1.05": must be "latest" or "v1.x"`,
		`metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: "x": must be one of privileged, baseline, restricted`,
		`metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.20": must be "latest" or "v1.x"`,
	}, got)
	p, _ = PolicyOf(nil)
	require.True(t, p.Harmless())
}

func TestEvaluate(t *testing.T) {
	plain := corev1.PodSpec{Containers: []corev1.Container{{Name: "nginx"}}}
	good := corev1.PodSpec{
		SecurityContext: &corev1.PodSecurityContext{RunAsNonRoot: ptr(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
		Containers: []corev1.Container{{Name: "a", SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: ptr(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: []corev1.Capability{"NET_BIND_SERVICE"}},
		}}},
	}
	evil := corev1.PodSpec{
		HostNetwork: true, HostPID: true,
		SecurityContext: &corev1.PodSecurityContext{
			RunAsUser: ptr(int64(0)), RunAsNonRoot: ptr(false), SELinuxOptions: &corev1.SELinuxOptions{Type: "spc_t", User: "u"},
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}, Sysctls: []corev1.Sysctl{{Name: "kernel.msgmax"}, {Name: "net.ipv4.tcp_rmem"}},
			WindowsOptions:  &corev1.WindowsSecurityContextOptions{HostProcess: ptr(true)},
			AppArmorProfile: &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined},
		},
		Volumes: []corev1.Volume{{Name: "root", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}}, {Name: "n", VolumeSource: corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{}}}},
		Containers: []corev1.Container{
			{
				Name: "a", Ports: []corev1.ContainerPort{{HostPort: 80}, {HostPort: 443}},
				SecurityContext: &corev1.SecurityContext{Privileged: ptr(true), ProcMount: ptr(corev1.UnmaskedProcMount), Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"SYS_ADMIN", "NET_ADMIN"}}},
				LivenessProbe:   &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Host: "10.0.0.1"}}},
			},
			{Name: "b", SecurityContext: &corev1.SecurityContext{RunAsUser: ptr(int64(0))}},
		},
	}
	for _, c := range []struct {
		name string
		lv   LevelVersion
		spec corev1.PodSpec
		want string
	}{
		{"privileged", LevelVersion{Privileged, Latest}, evil, ""},
		{"plain baseline", LevelVersion{Baseline, Latest}, plain, ""},
		{"good restricted", LevelVersion{Restricted, Latest}, good, ""},
		{"plain restricted", LevelVersion{Restricted, Latest}, plain, `allowPrivilegeEscalation != false (container "nginx" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "nginx" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "nginx" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "nginx" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`},
		{"plain restricted in old times", LevelVersion{Restricted, 7}, plain, `runAsNonRoot != true (pod or container "nginx" must set securityContext.runAsNonRoot=true)`},
		{"evil baseline", LevelVersion{Baseline, Latest}, evil, `forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined"), non-default capabilities (container "a" must not include "NET_ADMIN", "SYS_ADMIN" in securityContext.capabilities.add), host namespaces (hostNetwork=true, hostPID=true), hostPath volumes (volume "root"), hostPort (container "a" uses hostPorts 443, 80), probe or lifecycle host (container "a" uses probe or lifecycle host "10.0.0.1"), privileged (container "a" must not set securityContext.privileged=true), procMount (container "a" must not set securityContext.procMount to "Unmasked"), seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set), seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined"), forbidden sysctls (kernel.msgmax), hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)`},
		{"evil restricted", LevelVersion{Restricted, Latest}, evil, `forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined"), host namespaces (hostNetwork=true, hostPID=true), hostPort (container "a" uses hostPorts 443, 80), probe or lifecycle host (container "a" uses probe or lifecycle host "10.0.0.1"), privileged (container "a" must not set securityContext.privileged=true), seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set), forbidden sysctls (kernel.msgmax), hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true), allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "NET_ADMIN", "SYS_ADMIN" in securityContext.capabilities.add), procMount (container "a" must not set securityContext.procMount to "Unmasked"), restricted volume types (volumes "root", "n" use restricted volume types "hostPath", "nfs"), runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod and container "b" must not set runAsUser=0), seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")`},
		{"sysctls of an old version", LevelVersion{Baseline, 31}, corev1.PodSpec{SecurityContext: evil.SecurityContext.DeepCopy()}, `forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined"), seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set), seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined"), forbidden sysctls (kernel.msgmax, net.ipv4.tcp_rmem), hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Evaluate(c.lv, nil, &c.spec)
			require.Equal(t, c.want, r.Detail())
			require.Equal(t, c.want == "", r.Allowed())
		})
	}
	r := Evaluate(LevelVersion{Restricted, Latest}, nil, &plain)
	require.Equal(t, "allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile", r.Reason())
	r = Evaluate(LevelVersion{Baseline, Latest}, map[string]string{"container.apparmor.security.beta.kubernetes.io/x": "unconfined"}, &plain)
	require.Equal(t, `forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/x="unconfined"")`, r.Detail())
	owned := *good.DeepCopy()
	owned.HostUsers = ptr(false)
	owned.SecurityContext.RunAsNonRoot = nil
	owned.SecurityContext.RunAsUser = ptr(int64(0))
	r = Evaluate(LevelVersion{Restricted, Latest}, nil, &owned)
	require.True(t, r.Allowed(), "a user namespace makes root harmless")
	r = Evaluate(LevelVersion{Restricted, 34}, nil, &owned)
	require.Equal(t, "runAsNonRoot != true, runAsUser=0", r.Reason())
}
