package kubelet

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/runtime"
)

// Ephemeral containers are added to a pod that runs, to look into it. They are started once, before all others, and never
// again; they decide neither over the pod's phase nor over whether it is ready (kuberuntime_manager.go, SyncPod step 7).

// joinEphemeral takes notice of those the spec has by now.
func (p *pod) joinEphemeral() {
	list := p.obj.Spec.EphemeralContainers
	for i := range list {
		spec := (*corev1.Container)(&list[i].EphemeralContainerCommon)
		known := false
		for _, c := range p.ephemeral {
			if c.spec.Name == spec.Name {
				c.spec, known = spec, true
			}
		}
		if !known {
			p.ephemeral = append(p.ephemeral, &ctr{spec: spec, kind: ephemeral})
		}
	}
}

// each calls fn for every container, the ephemeral ones last.
func (p *pod) each(fn func(c *ctr)) {
	for i := range p.ctrs {
		fn(&p.ctrs[i])
	}
	for _, c := range p.ephemeral {
		fn(c)
	}
}

// startEphemeral starts those that have not been, from index i on, and then goes on with the pod's own containers.
func (p *pod) startEphemeral(i int, failed *retry) {
	for ; i < len(p.ephemeral); i++ {
		c := p.ephemeral[i]
		if p.leaving() || c.run != nil || p.known(c) {
			continue
		}
		p.startContainer(c, func(r *retry) {
			if r != nil && (failed == nil || r.after < failed.after) {
				failed = r
			}
			if !p.k.a.Dead() {
				p.startEphemeral(i+1, failed)
			}
		})
		return
	}
	p.startNext(0, failed, true)
}

// known reports that the status tells of a run that nothing else remembers: it was the only one there will be.
func (p *pod) known(c *ctr) bool {
	s := findStatus(p.status(), c.spec.Name)
	return s != nil && (s.State.Terminated != nil || s.State.Running != nil)
}

// ephemeralStatuses are what the status says of them.
func (p *pod) ephemeralStatuses(old *corev1.PodStatus, hasInit bool) []corev1.ContainerStatus {
	if len(p.ephemeral) == 0 {
		return old.EphemeralContainerStatuses
	}
	out := make([]corev1.ContainerStatus, len(p.ephemeral))
	for i, c := range p.ephemeral {
		out[i] = p.containerStatus(c, old, hasInit)
		out[i].Started = nil
	}
	return out
}

// runs reports that a container's program runs.
func (c *ctr) runs() bool { return c.run != nil && c.run.State == runtime.Running }
