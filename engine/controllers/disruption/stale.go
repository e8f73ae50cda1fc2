package disruption

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// StaleTimeout is how long a pod may carry DisruptionTarget without being deleted.
const StaleTimeout = 2 * time.Minute

// target is the condition of a pod that announces a disruption and may turn out to be stale, nil if there is none. The
// kubelet's own never is: it may take arbitrarily long until the pod is deleted.
func target(p *corev1.Pod) *corev1.PodCondition {
	if p == nil || p.DeletionTimestamp != nil || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
		return nil
	}
	for i := range p.Status.Conditions {
		c := &p.Status.Conditions[i]
		if c.Type != corev1.DisruptionTarget {
			continue
		}
		if c.Status == corev1.ConditionTrue && c.Reason != corev1.PodReasonTerminationByKubelet {
			return c
		}
		return nil
	}
	return nil
}

// watchCondition plans the reset of a stale condition, and drops the plan of a pod that needs it no more.
func (k *Controller) watchCondition(old, pod *corev1.Pod) {
	c := target(pod)
	if c == nil {
		if old == nil || len(k.staleTimers) == 0 {
			return
		}
		key := api.KeyOf(old)
		if t, ok := k.staleTimers[key]; ok {
			t.Stop()
			delete(k.staleTimers, key)
		}
		return
	}
	key := api.KeyOf(pod)
	if t, ok := k.staleTimers[key]; ok {
		t.Stop()
	}
	wait := max(StaleTimeout-k.a.Wall().Sub(c.LastTransitionTime.Time), 0)
	k.staleTimers[key] = k.a.After(wait, "reset stale disruption", func() { k.stale.Add(key) })
}

func (k *Controller) syncStale(key string, done func(error)) {
	p, ok := k.pods.GetKey(key)
	c := target(p)
	if !ok || c == nil {
		done(nil)
		return
	}
	if wait := StaleTimeout - k.a.Wall().Sub(c.LastTransitionTime.Time); wait > 0 {
		k.stale.AddAfter(key, wait)
		done(nil)
		return
	}
	o := api.Copy(p)
	o.Status.Conditions = slices.Clone(p.Status.Conditions)
	for i := range o.Status.Conditions {
		if o.Status.Conditions[i].Type == corev1.DisruptionTarget {
			o.Status.Conditions[i] = corev1.PodCondition{
				Type: corev1.DisruptionTarget, Status: corev1.ConditionFalse, ObservedGeneration: p.Generation,
				LastTransitionTime: metav1.NewTime(k.a.Wall().Truncate(time.Second)),
			}
		}
	}
	client.Update(k.c, api.Pods, "status", o, func(_ *corev1.Pod, err error) { done(err) })
}
