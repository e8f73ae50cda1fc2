package kubelet

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// Generating a pod's status: pkg/kubelet/kubelet_pods.go (generateAPIPodStatus, convertToAPIContainerStatuses,
// getPhase) and pkg/kubelet/status/generate.go.

func (k *Kubelet) wall(t sim.Time) metav1.Time {
	// Serialised times have whole seconds; what is stored is what a client would read back.
	return metav1.Time{Time: k.a.WallAt(t).Truncate(time.Second)}
}

// status is the newest the worker knows of.
func (p *pod) status() *corev1.PodStatus {
	if p.last != nil {
		return p.last
	}
	return &p.obj.Status
}

// generate works out the pod's status. ended means that its containers will not be started again.
func (p *pod) generate(ended bool) *corev1.PodStatus {
	old := p.status()
	st := &corev1.PodStatus{
		QOSClass: old.QOSClass, StartTime: old.StartTime, Reason: old.Reason, Message: old.Message,
		NominatedNodeName: p.obj.Status.NominatedNodeName, Resize: old.Resize, ObservedGeneration: p.obj.Generation,
		ResourceClaimStatuses: p.obj.Status.ResourceClaimStatuses,
	}
	if st.StartTime == nil {
		now := p.k.wall(p.k.a.Now())
		st.StartTime = &now
	}
	if st.QOSClass == "" {
		st.QOSClass = qosClass(p.obj)
	}
	st.HostIP, st.HostIPs = p.k.hostIP, p.k.hostIPs
	switch {
	case p.sb != nil && len(p.sb.IPs) > 0 && p.sb.Ready:
		st.PodIP, st.PodIPs = p.sb.IP(), p.sb.IPs
	case p.sb != nil || ended || terminal(old.Phase):
		// A pod keeps the address it had in its status after its sandbox went.
		st.PodIP, st.PodIPs = old.PodIP, old.PodIPs
	case p.obj.Spec.HostNetwork:
		st.PodIP, st.PodIPs = p.k.hostIP, p.k.onHostIPs
	}
	hasInit := len(p.obj.Spec.InitContainers) > 0
	var ctrs, inits []corev1.ContainerStatus
	if n := len(p.obj.Spec.Containers); n > 0 {
		ctrs = make([]corev1.ContainerStatus, 0, n)
	}
	for i := range p.ctrs {
		cs := p.containerStatus(&p.ctrs[i], old, hasInit)
		if p.ctrs[i].kind == regular {
			ctrs = append(ctrs, cs)
		} else {
			inits = append(inits, cs)
		}
	}
	st.ContainerStatuses, st.InitContainerStatuses = ctrs, inits
	st.EphemeralContainerStatuses = p.ephemeralStatuses(old, hasInit)
	st.Phase = p.phase(st, ended)
	if (st.Phase != corev1.PodFailed && st.Phase != corev1.PodSucceeded) && terminal(old.Phase) {
		st.Phase = old.Phase
	}
	if st.Phase != old.Phase {
		st.Reason, st.Message = "", ""
	}
	if o := p.override; o != nil {
		st.Phase, st.Reason, st.Message = o.phase, o.reason, o.message
	}
	if terminal(st.Phase) {
		for i := range p.ctrs {
			p.ctrs[i].ready = false
		}
		for i := range st.ContainerStatuses {
			st.ContainerStatuses[i].Ready = false
		}
	}
	p.conditions(st, old)
	return st
}

// containerStatus is that of one container.
func (p *pod) containerStatus(c *ctr, old *corev1.PodStatus, hasInit bool) corev1.ContainerStatus {
	cs := corev1.ContainerStatus{Name: c.spec.Name, Image: c.spec.Image}
	prev := findStatus(old, c.spec.Name)
	run := c.run
	notStarted := false
	if c.kind == regular {
		cs.Started = &notStarted
	} else if c.kind == sidecar {
		cs.Started = &notStarted
	}
	if run == nil {
		reason := "ContainerCreating"
		if hasInit {
			reason = "PodInitializing"
		}
		cs.State.Waiting = &corev1.ContainerStateWaiting{Reason: reason}
		if prev != nil {
			cs.RestartCount, cs.LastTerminationState = prev.RestartCount, prev.LastTerminationState
			if prev.State.Terminated != nil {
				cs = *prev
				return cs
			}
			if prev.State.Running != nil {
				// It ran once and nobody knows what became of it.
				cs.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{Reason: "ContainerStatusUnknown",
					Message: "The container could not be located when the pod was deleted.  The container used to be Running", ExitCode: 137}
				if p.obj.DeletionTimestamp == nil {
					cs.RestartCount++
				}
			}
		}
	} else {
		cs.Image, cs.ImageID, cs.ContainerID = shortImage(run.Image.Name), run.Image.Ref, "containerd://"+run.ID
		if prev != nil && prev.ContainerID == cs.ContainerID {
			cs.ContainerID = prev.ContainerID
		}
		cs.RestartCount = run.Attempt
		if run.Prev != nil {
			cs.LastTerminationState.Terminated = p.terminatedState(run.Prev)
			if prev != nil && prev.LastTerminationState.Terminated != nil && prev.LastTerminationState.Terminated.ContainerID == "containerd://"+run.Prev.ID {
				cs.LastTerminationState.Terminated = prev.LastTerminationState.Terminated
			}
		}
		switch run.State {
		case runtime.Running:
			if prev != nil && prev.State.Running != nil && prev.ContainerID == cs.ContainerID {
				cs.State.Running = prev.State.Running
			} else {
				cs.State.Running = &corev1.ContainerStateRunning{StartedAt: p.k.wall(run.Started)}
			}
			cs.Ready = c.ready
			started := c.started
			cs.Started = &started
		case runtime.Created:
			cs.State.Waiting = &corev1.ContainerStateWaiting{}
		case runtime.Exited:
			cs.State.Terminated = p.terminatedState(run)
			cs.Ready = c.kind == initKind && run.ExitCode == 0
		}
		if c.kind == initKind && cs.Started == nil {
			cs.Started = &notStarted
		}
		cs.Resources = &c.spec.Resources
		cs.AllocatedResources = c.spec.Resources.Requests
	}
	if c.kind == initKind && cs.Started == nil {
		cs.Started = &notStarted
	}
	if len(c.spec.VolumeMounts) > 0 {
		cs.VolumeMounts = volumeMounts(c.spec, prev)
	}
	// A container that is to be started again is waiting, once an attempt has failed.
	if c.reason != "" && (run == nil || p.restartable(c)) {
		if cs.State.Terminated != nil {
			cs.LastTerminationState = cs.State
		}
		cs.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: c.reason, Message: c.message}}
		cs.Ready = false
	}
	return cs
}

func volumeMounts(spec *corev1.Container, prev *corev1.ContainerStatus) []corev1.VolumeMountStatus {
	if prev != nil && len(prev.VolumeMounts) == len(spec.VolumeMounts) {
		return prev.VolumeMounts
	}
	out := make([]corev1.VolumeMountStatus, len(spec.VolumeMounts))
	for i := range spec.VolumeMounts {
		m := &spec.VolumeMounts[i]
		out[i] = corev1.VolumeMountStatus{Name: m.Name, MountPath: m.MountPath, ReadOnly: m.ReadOnly}
		if m.ReadOnly {
			mode := corev1.RecursiveReadOnlyDisabled
			out[i].RecursiveReadOnly = &mode
		}
	}
	return out
}

// shortImage is a name as containerd reports it in status: always with domain and tag.
func shortImage(name string) string { return name }

func (p *pod) terminatedState(run *runtime.Container) *corev1.ContainerStateTerminated {
	t := &corev1.ContainerStateTerminated{ExitCode: run.ExitCode, Reason: run.Reason, Message: run.Message,
		StartedAt: p.k.wall(run.Started), FinishedAt: p.k.wall(run.Ended), ContainerID: "containerd://" + run.ID}
	if run.Reason == "StartError" {
		t.StartedAt = metav1.Unix(0, 0)
	}
	return t
}

// restartable reports whether a container that is not running is to be started (again).
func (p *pod) restartable(c *ctr) bool {
	if c.run == nil {
		return true
	}
	if c.run.State == runtime.Running {
		return false
	}
	if p.obj.DeletionTimestamp != nil {
		return false
	}
	switch c.kind {
	case sidecar:
		return true
	case ephemeral:
		return false
	}
	switch p.obj.Spec.RestartPolicy {
	case corev1.RestartPolicyNever:
		return false
	case corev1.RestartPolicyOnFailure:
		return c.run.ExitCode != 0
	}
	return c.kind == regular || c.run.ExitCode != 0
}

// phase is getPhase.
func (p *pod) phase(st *corev1.PodStatus, ended bool) corev1.PodPhase {
	var pendingInit, pendingSidecar, failedInit, running, waiting, stopped, succeeded, unknown, final int
	started := false
	i := 0
	for n := range p.ctrs {
		c := &p.ctrs[n]
		var cs *corev1.ContainerStatus
		if c.kind == regular {
			cs = &st.ContainerStatuses[n-len(st.InitContainerStatuses)]
			if c.run != nil {
				started = true
			}
		} else {
			cs = &st.InitContainerStatuses[i]
			i++
		}
		last := cs.LastTerminationState.Terminated
		switch c.kind {
		case initKind:
			switch {
			case cs.State.Terminated != nil:
				if cs.State.Terminated.ExitCode != 0 && p.obj.Spec.RestartPolicy == corev1.RestartPolicyNever {
					failedInit++
				}
			case cs.State.Waiting != nil && last != nil:
				if last.ExitCode != 0 && p.obj.Spec.RestartPolicy == corev1.RestartPolicyNever {
					failedInit++
				}
			default:
				pendingInit++
			}
		case sidecar:
			switch {
			case cs.State.Running != nil:
				if cs.Started == nil || !*cs.Started {
					pendingSidecar++
				}
				running++
			case cs.State.Terminated != nil || last != nil:
			default:
				pendingSidecar++
				waiting++
			}
		default:
			switch {
			case cs.State.Running != nil:
				running++
			case cs.State.Terminated != nil:
				stopped++
				if cs.State.Terminated.ExitCode == 0 {
					succeeded++
				}
				if ended || !p.restartable(c) {
					final++
				}
			case cs.State.Waiting != nil && last != nil:
				stopped++
			case cs.State.Waiting != nil:
				waiting++
			default:
				unknown++
			}
		}
	}
	regulars := len(st.ContainerStatuses)
	if failedInit > 0 {
		return corev1.PodFailed
	}
	switch {
	case pendingInit > 0 || pendingSidecar > 0 && !started || waiting > 0:
		return corev1.PodPending
	case stopped == regulars && final == stopped:
		// Sidecars that still run do not keep a pod from being over.
		if stopped == succeeded {
			return corev1.PodSucceeded
		}
		return corev1.PodFailed
	case running > 0 && unknown == 0:
		return corev1.PodRunning
	case running == 0 && stopped > 0 && unknown == 0:
		if ended {
			if stopped == succeeded {
				return corev1.PodSucceeded
			}
			return corev1.PodFailed
		}
		return corev1.PodRunning
	}
	return corev1.PodPending
}

// qosClass is pkg/apis/core/v1/helper/qos.
func qosClass(pod *corev1.Pod) corev1.PodQOSClass {
	any, guaranteed := false, true
	look := func(c *corev1.Container) {
		for _, name := range [...]corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			r, l := c.Resources.Requests[name], c.Resources.Limits[name]
			if !r.IsZero() || !l.IsZero() {
				any = true
			}
			if l.IsZero() || r.Cmp(l) != 0 {
				guaranteed = false
			}
		}
	}
	for i := range pod.Spec.InitContainers {
		look(&pod.Spec.InitContainers[i])
	}
	for i := range pod.Spec.Containers {
		look(&pod.Spec.Containers[i])
	}
	switch {
	case !any:
		return corev1.PodQOSBestEffort
	case guaranteed:
		return corev1.PodQOSGuaranteed
	}
	return corev1.PodQOSBurstable
}

func bracketed(names []string) string { return "[" + strings.Join(names, " ") + "]" }
