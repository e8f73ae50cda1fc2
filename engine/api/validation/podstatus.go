package validation

import (
	"fmt"
	"math"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (e *errs) podStatusUpdate(pod, old *corev1.Pod) {
	e.objectMetaUpdate(&pod.ObjectMeta, &old.ObjectMeta)
	e.podAnnotationUpdates(pod, old)
	s, was := &pod.Status, &old.Status
	for i := range s.Conditions {
		c, at := &s.Conditions[i], statusPath.Child("conditions").Index(i)
		if c.ObservedGeneration < 0 {
			e.invalid(at.Child("observedGeneration"), c.ObservedGeneration, "must be a non-negative integer")
		}
		switch c.Type {
		case corev1.PodScheduled, corev1.PodReady, corev1.PodInitialized:
		default:
			e.qualified(at.Child("Type"), string(c.Type))
		}
	}
	if pod.Spec.NodeName != old.Spec.NodeName {
		e.forbidden(statusPath.Child("nodeName"), "may not be changed directly")
	}
	if s.NominatedNodeName != was.NominatedNodeName && s.NominatedNodeName != "" {
		e.subdomain(statusPath.Child("nominatedNodeName"), s.NominatedNodeName)
		if old.Spec.NodeName != "" {
			e.forbidden(statusPath.Child("nominatedNodeName"), "may not be set on pods that are already bound to a node")
		}
	}
	if s.ObservedGeneration < 0 {
		e.invalid(statusPath.Child("observedGeneration"), s.ObservedGeneration, "must be a non-negative integer")
	}
	if s.QOSClass != was.QOSClass {
		e.invalid(statusPath.Child("qosClass"), s.QOSClass, msgImmutable)
	}
	e.containerTransitions(statusPath.Child("containerStatuses"), s.ContainerStatuses, was.ContainerStatuses, &old.Spec, old.Spec.Containers)
	e.containerTransitions(statusPath.Child("initContainerStatuses"), s.InitContainerStatuses, was.InitContainerStatuses, &old.Spec, old.Spec.InitContainers)
	e.containerTransitions(statusPath.Child("ephemeralContainerStatuses"), s.EphemeralContainerStatuses, was.EphemeralContainerStatuses, nil, nil)
	e.podAddresses(s, was)
	e.hostAddresses(s, was)
	e.statusUsers(statusPath.Child("containerStatuses"), s.ContainerStatuses)
	e.statusUsers(statusPath.Child("initContainerStatuses"), s.InitContainerStatuses)
	e.statusUsers(statusPath.Child("ephemeralContainerStatuses"), s.EphemeralContainerStatuses)
}

// containerTransitions: a container that ended for good cannot run again. spec is nil for ephemeral containers, which
// never restart.
func (e *errs) containerTransitions(p *field.Path, now, was []corev1.ContainerStatus, spec *corev1.PodSpec, containers []corev1.Container) {
	if spec != nil && restartsAllContainers(spec) {
		return
	}
	for i := range was {
		ended := was[i].State.Terminated
		if ended == nil {
			continue
		}
		at := slices.IndexFunc(now, func(s corev1.ContainerStatus) bool { return s.Name == was[i].Name && s.State.Terminated == nil })
		if at < 0 {
			continue
		}
		restarts := false
		if c := slices.IndexFunc(containers, func(c corev1.Container) bool { return c.Name == was[i].Name }); spec != nil && c >= 0 {
			restarts = mayRestart(&containers[c], spec, ended.ExitCode)
		}
		if !restarts {
			e.forbidden(p.Index(i).Child("state"), "may not be transitioned to non-terminated state")
		}
	}
}

// restartsAllContainers: some rule of the pod restarts all its containers, whatever their own policies say.
func restartsAllContainers(spec *corev1.PodSpec) bool {
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			for _, rule := range list[i].RestartPolicyRules {
				if rule.Action == corev1.ContainerRestartRuleActionRestartAllContainers {
					return true
				}
			}
		}
	}
	return false
}

// mayRestart applies a container's rules, then its policy, then the pod's (KEP-5307).
func mayRestart(c *corev1.Container, spec *corev1.PodSpec, exitCode int32) bool {
	if c.RestartPolicy != nil {
		for _, rule := range c.RestartPolicyRules {
			if rule.ExitCodes == nil {
				continue
			}
			listed := slices.Contains(rule.ExitCodes.Values, exitCode)
			if listed == (rule.ExitCodes.Operator == corev1.ContainerRestartRuleOnExitCodesOpIn) {
				return true
			}
		}
		switch *c.RestartPolicy {
		case corev1.ContainerRestartPolicyAlways:
			return true
		case corev1.ContainerRestartPolicyOnFailure:
			return exitCode != 0
		case corev1.ContainerRestartPolicyNever:
			return false
		}
	}
	return spec.RestartPolicy == corev1.RestartPolicyAlways || (spec.RestartPolicy == corev1.RestartPolicyOnFailure && exitCode != 0)
}

func (e *errs) podAddresses(s, was *corev1.PodStatus) {
	p := statusPath.Child("podIPs")
	var had, have []string
	for i := range was.PodIPs {
		had = append(had, was.PodIPs[i].IP)
	}
	for i := range s.PodIPs {
		have = append(have, s.PodIPs[i].IP)
		e.ip(p.Index(i), s.PodIPs[i].IP, had)
	}
	if len(have) > 1 && !e.dualStackPair(p, have) {
		e.invalid(p, goNames{s.PodIPs}, "may specify no more than one IP for each IP family")
	}
	switch {
	case (s.PodIP != "") != (len(have) > 0):
		e.invalid(p, goNames{s.PodIPs}, "podIP and podIPs must either both be set or both be unset")
	case len(have) > 0 && s.PodIP != have[0]:
		e.invalid(p.Index(0).Child("ip"), have[0], "must be equal to `podIP`")
	}
}

func (e *errs) hostAddresses(s, was *corev1.PodStatus) {
	if len(s.HostIPs) == 0 {
		return
	}
	p := statusPath.Child("hostIPs")
	if s.HostIP != s.HostIPs[0].IP {
		e.invalid(p.Index(0).Child("ip"), s.HostIPs[0].IP, "must be equal to `hostIP`")
	}
	var had, have []string
	for i := range was.HostIPs {
		had = append(had, was.HostIPs[i].IP)
	}
	for i := range s.HostIPs {
		have = append(have, s.HostIPs[i].IP)
		e.ip(p.Index(i), s.HostIPs[i].IP, had)
	}
	if len(have) > 1 && !e.dualStackPair(p, have) {
		e.invalid(p, goNames{s.HostIPs}, "may specify no more than one IP for each IP family")
	}
}

func (e *errs) statusUsers(p *field.Path, statuses []corev1.ContainerStatus) {
	for i := range statuses {
		if statuses[i].User == nil || statuses[i].User.Linux == nil {
			continue
		}
		user, at := statuses[i].User.Linux, p.Index(i).Child("user", "linux")
		if user.UID < 0 || user.UID > math.MaxUint32 {
			e.invalid(at.Child("uid"), user.UID, fmt.Sprintf("must be between 0 and %d, inclusive", int64(math.MaxUint32)))
		}
		e.groupID(at.Child("gid"), &user.GID)
		for j := range user.SupplementalGroups {
			e.groupID(at.Child("supplementalGroups").Index(j), &user.SupplementalGroups[j])
		}
	}
}

// dualStackPair: one address of each family and no more. What is no address is an error of its own.
func (e *errs) dualStackPair(p *field.Path, addresses []string) bool {
	for i, s := range addresses {
		if _, err := netip.ParseAddr(s); err != nil {
			e.add(field.InternalError(p, fmt.Errorf("failed to check for dual stack with error:invalid IP[%d]: %s", i, s)))
			return false
		}
	}
	return len(addresses) == 2 && isDualStack(addresses)
}

// isDualStack: addresses of both families are among them.
func isDualStack(addresses []string) bool {
	v4, v6 := false, false
	for _, s := range addresses {
		if a, err := netip.ParseAddr(s); err == nil {
			v4, v6 = v4 || a.Unmap().Is4(), v6 || !a.Unmap().Is4()
		}
	}
	return v4 && v6
}

func isIPv6(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && !a.Unmap().Is4()
}
