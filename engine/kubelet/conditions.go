package kubelet

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/runtime"
)

// ownCondition reports that the kubelet owns a pod condition.
func ownCondition(t corev1.PodConditionType) bool {
	switch t {
	case corev1.PodReadyToStartContainers, corev1.PodInitialized, corev1.PodReady, corev1.ContainersReady, corev1.PodScheduled,
		"AllContainersRestarting":
		return true
	}
	return false
}

// conditions fills in the pod's conditions, in upstream's order: what others own, then the kubelet's.
func (p *pod) conditions(st, old *corev1.PodStatus) {
	out := make([]corev1.PodCondition, 0, len(p.obj.Status.Conditions)+5)
	for _, c := range p.obj.Status.Conditions {
		if !ownCondition(c.Type) {
			out = append(out, c)
		}
	}
	add := func(t corev1.PodConditionType, ok bool, reason, message string) {
		c := corev1.PodCondition{Type: t, Status: corev1.ConditionFalse, Reason: reason, Message: message, ObservedGeneration: p.obj.Generation}
		if ok {
			c.Status = corev1.ConditionTrue
		}
		for i := range old.Conditions {
			if o := &old.Conditions[i]; o.Type == t {
				c.LastProbeTime = o.LastProbeTime
				if o.Status == c.Status {
					c.LastTransitionTime = o.LastTransitionTime
				}
			}
		}
		if c.LastTransitionTime.IsZero() {
			c.LastTransitionTime = p.k.wall(p.k.a.Now())
		}
		out = append(out, c)
	}
	add(corev1.PodReadyToStartContainers, p.sb != nil && p.sb.Ready, "", "")

	ok, reason, message := p.initialized(st)
	add(corev1.PodInitialized, ok, reason, message)
	ok, reason, message = p.containersReady(st)
	ready, readyReason, readyMessage := ok, reason, message
	if ok {
		var missing []string
		for _, g := range p.obj.Spec.ReadinessGates {
			found := false
			for i := range out {
				if c := &out[i]; c.Type == g.ConditionType {
					found = true
					if c.Status != corev1.ConditionTrue {
						missing = append(missing, "the status of pod readiness gate \""+string(g.ConditionType)+"\" is not \"True\", but "+string(c.Status))
					}
				}
			}
			if !found {
				missing = append(missing, "corresponding condition of pod readiness gate \""+string(g.ConditionType)+"\" does not exist.")
			}
		}
		if len(missing) > 0 {
			ready, readyReason, readyMessage = false, "ReadinessGatesNotReady", strings.Join(missing, ", ")
		}
	}
	add(corev1.PodReady, ready, readyReason, readyMessage)
	add(corev1.ContainersReady, ok, reason, message)
	add(corev1.PodScheduled, true, "", "")
	st.Conditions = out
}

func (p *pod) initialized(st *corev1.PodStatus) (bool, string, string) {
	if st.Phase == corev1.PodSucceeded {
		return true, "PodCompleted", ""
	}
	var incomplete []string
	i := 0
	for n := range p.ctrs {
		c := &p.ctrs[n]
		if c.kind == regular {
			// Once a regular container has started, the pod stays initialized.
			if c.run != nil && c.run.State != runtime.Created {
				return true, "", ""
			}
			continue
		}
		cs := &st.InitContainerStatuses[i]
		i++
		if c.kind == sidecar && (cs.Started == nil || !*cs.Started) || c.kind == initKind && !cs.Ready {
			incomplete = append(incomplete, c.spec.Name)
		}
	}
	if len(incomplete) > 0 {
		return false, "ContainersNotInitialized", "containers with incomplete status: " + bracketed(incomplete)
	}
	return true, "", ""
}

func (p *pod) containersReady(st *corev1.PodStatus) (bool, string, string) {
	switch st.Phase {
	case corev1.PodSucceeded:
		return false, "PodCompleted", ""
	case corev1.PodFailed:
		return false, "PodFailed", ""
	}
	var unready []string
	i := 0
	for n := range p.ctrs {
		c := &p.ctrs[n]
		var cs *corev1.ContainerStatus
		if c.kind == regular {
			cs = &st.ContainerStatuses[n-len(st.InitContainerStatuses)]
		} else {
			cs = &st.InitContainerStatuses[i]
			i++
		}
		if c.kind != initKind && !cs.Ready {
			unready = append(unready, c.spec.Name)
		}
	}
	if len(unready) > 0 {
		return false, "ContainersNotReady", "containers with unready status: " + bracketed(unready)
	}
	return true, "", ""
}
