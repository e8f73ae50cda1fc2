package kubelet

import (
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// The status manager: pkg/kubelet/status/status_manager.go. A status is written when it differs from the one written
// before; while a write is under way only the newest is kept.

// post hands a status over to be written. It reports whether it was news.
func (p *pod) post(st *corev1.PodStatus) bool {
	if sameStatus(p.status(), st) {
		return false
	}
	p.last = st
	p.unsent = true
	p.write()
	return true
}

func (p *pod) write() {
	uid := p.target()
	if p.writing || !p.unsent || p.gone || uid == "" {
		return
	}
	p.writing, p.unsent = true, false
	st := p.last
	client.Mutate(p.k.c, api.Pods, "status", p.obj.Namespace, p.obj.Name, func(o *corev1.Pod) bool {
		if o.UID != uid {
			return false
		}
		next := *st
		// Conditions that others own may have changed since the kubelet looked.
		next.Conditions = mergeConditions(o.Status.Conditions, st.Conditions)
		next.NominatedNodeName, next.ResourceClaimStatuses = o.Status.NominatedNodeName, o.Status.ResourceClaimStatuses
		if sameStatus(&o.Status, &next) {
			return false
		}
		o.Status = next
		return true
	}, func(obj *corev1.Pod, err error) {
		p.writing = false
		switch {
		case err == nil:
			if p.static == nil && p.last == st && !p.unsent && obj != nil && obj.UID == uid {
				// The API's copy says the same; keep only that one.
				if p.obj.UID == uid && api.Revision(obj) > api.Revision(p.obj) && obj.DeletionTimestamp.Equal(p.obj.DeletionTimestamp) && obj.Generation == p.obj.Generation && sameMeta(p.obj, obj) {
					p.obj = obj
					p.last = nil
				}
			}
		case apierrors.IsNotFound(err):
			// A mirror that went comes again, and gets the status then.
			p.gone, p.unsent = p.static == nil, p.static != nil
			return
		default:
			// Upstream's next chance is its ten-second sync of all statuses.
			p.unsent = true
			p.k.a.After(backOffPeriod, "retry status", p.write)
			return
		}
		if p.unsent {
			p.write()
			return
		}
		p.confirmGone()
	})
}

func mergeConditions(current, ours []corev1.PodCondition) []corev1.PodCondition {
	foreign := 0
	for i := range current {
		if !ownCondition(current[i].Type) {
			foreign++
		}
	}
	known := 0
	for i := range ours {
		if !ownCondition(ours[i].Type) {
			known++
		}
	}
	if foreign == 0 && known == 0 {
		return ours
	}
	out := make([]corev1.PodCondition, 0, len(ours)+foreign)
	for _, c := range current {
		if !ownCondition(c.Type) {
			out = append(out, c)
		}
	}
	for _, c := range ours {
		if ownCondition(c.Type) {
			out = append(out, c)
		}
	}
	return out
}

// confirmGone deletes the pod from the API for good once it is marked for deletion, nothing of it runs, and its last
// status has arrived.
func (p *pod) confirmGone() {
	if p.obj.DeletionTimestamp == nil || p.confirming || p.gone || p.writing || p.unsent || !p.terminated && !p.finished {
		return
	}
	p.confirming = true
	zero, uid := int64(0), p.obj.UID
	p.k.c.Delete(api.Pods, p.obj.Namespace, p.obj.Name, client.DeleteOptions{GracePeriodSeconds: &zero, Preconditions: &metav1.Preconditions{UID: &uid}}, func(err error) {
		p.confirming = false
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			p.k.a.After(backOffPeriod, "retry delete", p.confirmGone)
		}
	})
}

func sameStatus(a, b *corev1.PodStatus) bool {
	if a.Phase != b.Phase || a.Reason != b.Reason || a.Message != b.Message || a.PodIP != b.PodIP || a.HostIP != b.HostIP ||
		a.QOSClass != b.QOSClass || (a.StartTime == nil) != (b.StartTime == nil) || a.ObservedGeneration != b.ObservedGeneration ||
		len(a.Conditions) != len(b.Conditions) {
		return false
	}
	for i := range b.Conditions {
		y, found := &b.Conditions[i], false
		for j := range a.Conditions {
			if x := &a.Conditions[j]; x.Type == y.Type {
				found = x.Status == y.Status && x.Reason == y.Reason && x.Message == y.Message && x.ObservedGeneration == y.ObservedGeneration
				break
			}
		}
		if !found {
			return false
		}
	}
	return sameContainers(a.ContainerStatuses, b.ContainerStatuses) && sameContainers(a.InitContainerStatuses, b.InitContainerStatuses) &&
		sameContainers(a.EphemeralContainerStatuses, b.EphemeralContainerStatuses)
}

func sameContainers(a, b []corev1.ContainerStatus) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := &a[i], &b[i]
		if x.Name != y.Name || x.ContainerID != y.ContainerID || x.Ready != y.Ready || x.RestartCount != y.RestartCount ||
			x.Image != y.Image || x.ImageID != y.ImageID || flag(x.Started) != flag(y.Started) ||
			!sameState(&x.State, &y.State) || !sameState(&x.LastTerminationState, &y.LastTerminationState) {
			return false
		}
	}
	return true
}

func flag(b *bool) bool { return b != nil && *b }

func sameState(a, b *corev1.ContainerState) bool {
	if (a.Waiting == nil) != (b.Waiting == nil) || (a.Running == nil) != (b.Running == nil) || (a.Terminated == nil) != (b.Terminated == nil) {
		return false
	}
	switch {
	case a.Waiting != nil:
		return *a.Waiting == *b.Waiting
	case a.Running != nil:
		return a.Running.StartedAt.Equal(&b.Running.StartedAt)
	case a.Terminated != nil:
		x, y := a.Terminated, b.Terminated
		return x.ExitCode == y.ExitCode && x.Reason == y.Reason && x.ContainerID == y.ContainerID && x.Message == y.Message
	}
	return true
}

// alive reports whether any container of the pod runs.
func (p *pod) alive() bool {
	any := false
	p.each(func(c *ctr) { any = any || c.runs() })
	return any
}
