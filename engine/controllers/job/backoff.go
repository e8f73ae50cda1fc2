package job

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/controllers/podcontrol"
)

// record is how a Job has been failing since its last success.
type record struct {
	failures int
	last     time.Time
}

// next is the record after more pods have ended.
func (r record) next(succeeded, failed []*corev1.Pod) record {
	if len(succeeded) == 0 {
		if len(failed) > 0 {
			r.failures += len(failed)
			r.last = finishedAt(latest(failed))
		}
		return r
	}
	r = record{}
	success := finishedAt(latest(succeeded))
	for _, p := range failed {
		if at := finishedAt(p); at.After(success) {
			r.failures++
			if at.After(r.last) {
				r.last = at
			}
		}
	}
	return r
}

func latest(pods []*corev1.Pod) *corev1.Pod {
	return slices.MaxFunc(pods, func(a, b *corev1.Pod) int { return finishedAt(a).Compare(finishedAt(b)) })
}

// wait is how long no pod is created: 10 s after the first failure, doubling, from the moment of the last.
func (r record) wait(now time.Time) time.Duration {
	if r.failures == 0 {
		return 0
	}
	d := MaxFailure
	if r.failures <= 6 { // 10 s · 2⁶ is past the maximum
		d = min(FailureBackoff<<(r.failures-1), MaxFailure)
	}
	return max(d-now.Sub(r.last), 0)
}

// finishedAt is when a pod ended: when its containers did, it became not ready, it was deleted, or it was made, whichever
// of these is known.
func finishedAt(p *corev1.Pod) time.Time {
	if t := containersEnded(p); !t.IsZero() {
		return t
	}
	if c := podcontrol.ReadyCondition(p); c != nil && c.Status == corev1.ConditionFalse && !c.LastTransitionTime.IsZero() {
		return c.LastTransitionTime.Time
	}
	if p.DeletionTimestamp != nil {
		grace := int64(0)
		if p.DeletionGracePeriodSeconds != nil {
			grace = *p.DeletionGracePeriodSeconds
		}
		return p.DeletionTimestamp.Add(-time.Duration(grace) * time.Second)
	}
	return p.CreationTimestamp.Time
}

func containersEnded(p *corev1.Pod) time.Time {
	var at time.Time
	ended := func(s *corev1.ContainerStatus) bool {
		if s.State.Terminated == nil || s.State.Terminated.FinishedAt.IsZero() {
			return false
		}
		if t := s.State.Terminated.FinishedAt.Time; t.After(at) {
			at = t
		}
		return true
	}
	for i := range p.Status.ContainerStatuses {
		if !ended(&p.Status.ContainerStatuses[i]) {
			return time.Time{}
		}
	}
	for i := range p.Status.InitContainerStatuses {
		if s := &p.Status.InitContainerStatuses[i]; sidecar(p, s.Name) && !ended(s) {
			return time.Time{}
		}
	}
	return at
}

func sidecar(p *corev1.Pod, name string) bool {
	return slices.ContainsFunc(p.Spec.InitContainers, func(c corev1.Container) bool {
		return c.Name == name && c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
	})
}
