package validation

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// containerChecker is what the containers of one pod are checked against.
type containerChecker struct {
	*errs
	spec    *corev1.PodSpec
	volumes map[string]*corev1.VolumeSource // the valid ones
}

func (c *containerChecker) containers(p *field.Path) {
	containers := c.spec.Containers
	if len(containers) == 0 {
		c.required(p, "")
		return
	}
	names := make(map[string]bool, len(containers))
	for i := range containers {
		ctr, at := &containers[i], p.Index(i)
		c.common(ctr, at)
		if names[ctr.Name] {
			c.duplicate(at.Child("name"), ctr.Name)
		}
		names[ctr.Name] = true
		c.hooksAndProbes(ctr, at)
		c.restartPolicy(ctr, at, false)
	}
	c.uniqueHostPorts(p, containers)
}

func (c *containerChecker) hooksAndProbes(ctr *corev1.Container, at *field.Path) {
	if ctr.Lifecycle != nil {
		c.lifecycle(at.Child("lifecycle"), ctr.Lifecycle)
	}
	c.livenessProbe(at.Child("livenessProbe"), ctr.LivenessProbe)
	c.readinessProbe(at.Child("readinessProbe"), ctr.ReadinessProbe)
	c.livenessProbe(at.Child("startupProbe"), ctr.StartupProbe)
}

func isSidecar(ctr *corev1.Container) bool {
	return ctr.RestartPolicy != nil && *ctr.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

func (c *containerChecker) initContainers(p *field.Path) {
	if len(c.spec.InitContainers) == 0 {
		return
	}
	names := map[string]bool{}
	for i := range c.spec.Containers {
		names[c.spec.Containers[i].Name] = true
	}
	for i := range c.spec.InitContainers {
		ctr, at := &c.spec.InitContainers[i], p.Index(i)
		c.common(ctr, at)
		c.restartPolicy(ctr, at, true)
		if names[ctr.Name] {
			c.duplicate(at.Child("name"), ctr.Name)
		} else if ctr.Name != "" {
			names[ctr.Name] = true
		}
		// They run one after the other, so that each may use any host port.
		c.uniqueHostPorts(p, c.spec.InitContainers[i:i+1])
		if isSidecar(ctr) {
			c.hooksAndProbes(ctr, at)
			continue
		}
		for _, f := range []struct {
			name string
			set  bool
		}{
			{"lifecycle", ctr.Lifecycle != nil}, {"livenessProbe", ctr.LivenessProbe != nil},
			{"readinessProbe", ctr.ReadinessProbe != nil}, {"startupProbe", ctr.StartupProbe != nil},
		} {
			if f.set {
				c.forbidden(at.Child(f.name), "may not be set for init containers without restartPolicy=Always")
			}
		}
		for j, policy := range ctr.ResizePolicy {
			if policy.RestartPolicy == corev1.RestartContainer {
				c.invalid(at.Child("resizePolicy").Index(j).Child("restartPolicy"), policy.RestartPolicy,
					"must not be set to 'RestartContainer' for non-sidecar initContainers")
			}
		}
	}
}

func (c *containerChecker) ephemeralContainers(p *field.Path) {
	if len(c.spec.EphemeralContainers) == 0 {
		return
	}
	others, names := map[string]bool{}, map[string]bool{}
	for _, list := range [][]corev1.Container{c.spec.Containers, c.spec.InitContainers} {
		for i := range list {
			others[list[i].Name], names[list[i].Name] = true, true
		}
	}
	for i := range c.spec.EphemeralContainers {
		ec, at := &c.spec.EphemeralContainers[i], p.Index(i)
		ctr := (*corev1.Container)(&ec.EphemeralContainerCommon)
		c.common(ctr, at)
		c.imageNotPadded(at.Child("image"), ctr.Image)
		if names[ec.Name] {
			c.duplicate(at.Child("name"), ec.Name)
		}
		names[ec.Name] = true
		if ec.TargetContainerName != "" && !others[ec.TargetContainerName] {
			c.notFound(at.Child("targetContainerName"), ec.TargetContainerName)
		}
		const why = "cannot be set for an Ephemeral Container"
		for _, f := range []struct {
			name string
			set  bool
		}{
			{"ports", ec.Ports != nil},
			{"resources", ec.Resources.Limits != nil || ec.Resources.Requests != nil || ec.Resources.Claims != nil},
			{"resizePolicy", ec.ResizePolicy != nil}, {"restartPolicy", ec.RestartPolicy != nil},
			{"restartPolicyRules", ec.RestartPolicyRules != nil},
			{"livenessProbe", ec.LivenessProbe != nil}, {"readinessProbe", ec.ReadinessProbe != nil},
			{"startupProbe", ec.StartupProbe != nil}, {"lifecycle", ec.Lifecycle != nil},
		} {
			if f.set {
				c.forbidden(at.Child(f.name), why)
			}
		}
		for j := range ec.VolumeMounts {
			mount := at.Child("volumeMounts").Index(j)
			if ec.VolumeMounts[j].SubPath != "" {
				c.forbidden(mount.Child("subPath"), why)
			}
			if ec.VolumeMounts[j].SubPathExpr != "" {
				c.forbidden(mount.Child("subPathExpr"), why)
			}
		}
	}
}

// common checks what containers of all three lists share.
func (c *containerChecker) common(ctr *corev1.Container, at *field.Path) {
	if p := at.Child("name"); c.nonEmpty(p, ctr.Name) {
		c.label(p, ctr.Name)
	}
	c.nonEmpty(at.Child("image"), ctr.Image)
	someOf(c.errs, at.Child("terminationMessagePolicy"), ctr.TerminationMessagePolicy,
		corev1.TerminationMessageReadFile, corev1.TerminationMessageFallbackToLogsOnError)
	c.containerPorts(at.Child("ports"), ctr.Ports)
	c.env(at.Child("env"), ctr.Env)
	c.envFrom(at.Child("envFrom"), ctr.EnvFrom)
	c.volumeMounts(at.Child("volumeMounts"), ctr)
	c.volumeDevices(at.Child("volumeDevices"), ctr)
	c.pullPolicy(at.Child("imagePullPolicy"), ctr.ImagePullPolicy)
	c.containerResources(at.Child("resources"), &ctr.Resources, c.spec.ResourceClaims)
	c.resizePolicy(at.Child("resizePolicy"), ctr.ResizePolicy)
	c.securityContext(at.Child("securityContext"), ctr.SecurityContext, deref(c.spec.HostUsers, true))
}

func (e *errs) pullPolicy(p *field.Path, policy corev1.PullPolicy) {
	someOf(e, p, policy, corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever)
}

func (e *errs) containerPorts(p *field.Path, ports []corev1.ContainerPort) {
	names := map[string]bool{}
	for i := range ports {
		port, at := &ports[i], p.Index(i)
		if port.Name != "" {
			if wrong := validation.IsValidPortName(port.Name); len(wrong) > 0 {
				e.each(at.Child("name"), port.Name, wrong)
			} else if names[port.Name] {
				e.duplicate(at.Child("name"), port.Name)
			}
			names[port.Name] = true
		}
		if port.ContainerPort == 0 {
			e.required(at.Child("containerPort"), "")
		} else {
			e.each(at.Child("containerPort"), port.ContainerPort, validation.IsValidPortNum(int(port.ContainerPort)))
		}
		if port.HostPort != 0 {
			e.each(at.Child("hostPort"), port.HostPort, validation.IsValidPortNum(int(port.HostPort)))
		}
		e.protocol(at.Child("protocol"), port.Protocol)
	}
}

func (e *errs) protocol(p *field.Path, protocol corev1.Protocol) {
	someOf(e, p, protocol, corev1.ProtocolSCTP, corev1.ProtocolTCP, corev1.ProtocolUDP)
}

func (e *errs) uniqueHostPorts(p *field.Path, containers []corev1.Container) {
	var used map[string]bool
	for i := range containers {
		for j, port := range containers[i].Ports {
			if port.HostPort == 0 {
				continue
			}
			key := fmt.Sprintf("%s/%s/%d", port.Protocol, port.HostIP, port.HostPort)
			if used[key] {
				e.duplicate(p.Index(i).Child("ports").Index(j).Child("hostPort"), key)
			}
			if used == nil {
				used = map[string]bool{}
			}
			used[key] = true
		}
	}
}

func (c *containerChecker) resizePolicy(p *field.Path, policies []corev1.ContainerResizePolicy) {
	seen := map[corev1.ResourceName]bool{}
	for i, policy := range policies {
		if seen[policy.ResourceName] {
			c.duplicate(p.Index(i), policy.ResourceName)
		}
		seen[policy.ResourceName] = true
		someOf(c.errs, p, policy.ResourceName, corev1.ResourceCPU, corev1.ResourceMemory)
		someOf(c.errs, p, policy.RestartPolicy, corev1.NotRequired, corev1.RestartContainer)
		if c.spec.RestartPolicy == corev1.RestartPolicyNever && policy.RestartPolicy != corev1.NotRequired {
			c.invalid(p, policy.RestartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'")
		}
	}
}

const (
	maxRestartRules     = 20
	maxRestartExitCodes = 255
)

// restartPolicy checks a container's own restart policy and rules (KEP-5307).
func (e *errs) restartPolicy(ctr *corev1.Container, at *field.Path, isInit bool) {
	if ctr.RestartPolicy != nil {
		oneOf(e, at.Child("restartPolicy"), *ctr.RestartPolicy, corev1.ContainerRestartPolicyAlways,
			corev1.ContainerRestartPolicyNever, corev1.ContainerRestartPolicyOnFailure)
	} else if len(ctr.RestartPolicyRules) > 0 {
		e.required(at.Child("restartPolicy"), "must specify restartPolicy when restart rules are used")
		if isInit {
			return // the rules of an init container without a policy are not looked at
		}
	}
	rules := at.Child("restartPolicyRules")
	if n := len(ctr.RestartPolicyRules); n > maxRestartRules {
		e.tooMany(rules, n, maxRestartRules)
	}
	for i := range ctr.RestartPolicyRules {
		rule := &ctr.RestartPolicyRules[i]
		oneOf(e, rules.Index(i).Child("action"), rule.Action,
			corev1.ContainerRestartRuleActionRestart, corev1.ContainerRestartRuleActionRestartAllContainers)
		codes := rules.Index(i).Child("exitCodes")
		if rule.ExitCodes == nil {
			e.required(codes, "must be specified")
			continue
		}
		oneOf(e, codes.Child("operator"), rule.ExitCodes.Operator,
			corev1.ContainerRestartRuleOnExitCodesOpIn, corev1.ContainerRestartRuleOnExitCodesOpNotIn)
		if n := len(rule.ExitCodes.Values); n > maxRestartExitCodes {
			e.tooMany(codes.Child("values"), n, maxRestartExitCodes)
		}
	}
}
