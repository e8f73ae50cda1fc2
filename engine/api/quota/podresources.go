package quota

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// What a pod asks for as a whole (k8s.io/component-helpers/resource): the sum of its containers and sidecars, or what an
// init container needs together with the sidecars started before it, whichever is more. Amounts of the pod itself
// override, overhead comes on top.

// PodRequests are a pod's requests. overhead says whether to count the overhead of its runtime and, for a pod that is
// being resized, what it still holds.
func PodRequests(p *corev1.Pod, overhead bool) List {
	out := aggregate(p, func(c *corev1.Container, _ *corev1.ContainerStatus) List { return c.Resources.Requests })
	if overhead && hasResources(p) {
		allocated := func(c *corev1.Container, s *corev1.ContainerStatus) List {
			if s != nil && s.AllocatedResources != nil {
				return s.AllocatedResources
			}
			return c.Resources.Requests
		}
		held := aggregate(p, allocated)
		atLeast(held, aggregate(p, func(c *corev1.Container, s *corev1.ContainerStatus) List {
			if s != nil && s.Resources != nil && s.Resources.Requests != nil {
				return s.Resources.Requests
			}
			return allocated(c, s)
		}))
		if infeasible(p) {
			out = held
		} else {
			atLeast(out, held)
		}
	}
	if p.Spec.Resources != nil {
		override(out, p.Spec.Resources.Requests)
	}
	if overhead {
		addTo(out, p.Spec.Overhead)
	}
	return out
}

// PodLimits are a pod's limits.
func PodLimits(p *corev1.Pod, overhead bool) List {
	out := aggregate(p, func(c *corev1.Container, _ *corev1.ContainerStatus) List { return c.Resources.Limits })
	if overhead && hasResources(p) {
		held := aggregate(p, func(c *corev1.Container, s *corev1.ContainerStatus) List {
			if s != nil && s.Resources != nil && s.Resources.Limits != nil {
				return s.Resources.Limits
			}
			return c.Resources.Limits
		})
		if infeasible(p) {
			out = held
		} else {
			atLeast(out, held)
		}
	}
	if p.Spec.Resources != nil {
		override(out, p.Spec.Resources.Limits)
	}
	if overhead {
		for k, q := range p.Spec.Overhead {
			if v, ok := out[k]; ok && !v.IsZero() {
				v.Add(q)
				out[k] = v
			}
		}
	}
	return out
}

func hasResources(p *corev1.Pod) bool {
	for i := range p.Status.ContainerStatuses {
		if p.Status.ContainerStatuses[i].Resources != nil || p.Status.ContainerStatuses[i].AllocatedResources != nil {
			return true
		}
	}
	return false
}

func infeasible(p *corev1.Pod) bool {
	for i := range p.Status.Conditions {
		if c := &p.Status.Conditions[i]; c.Type == corev1.PodResizePending {
			return c.Reason == corev1.PodReasonInfeasible
		}
	}
	return false
}

func aggregate(p *corev1.Pod, of func(*corev1.Container, *corev1.ContainerStatus) List) List {
	out, sidecars, init := List{}, List{}, List{}
	status := func(list []corev1.ContainerStatus, name string) *corev1.ContainerStatus {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
		return nil
	}
	for i := range p.Spec.Containers {
		c := &p.Spec.Containers[i]
		addTo(out, of(c, status(p.Status.ContainerStatuses, c.Name)))
	}
	for i := range p.Spec.InitContainers {
		c := &p.Spec.InitContainers[i]
		need := of(c, status(p.Status.InitContainerStatuses, c.Name))
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			addTo(out, need)
			addTo(sidecars, need)
			need = sidecars
		} else {
			need = Add(need, sidecars)
		}
		atLeast(init, need)
	}
	atLeast(out, init)
	return out
}

func addTo(sum, more List) {
	for k, q := range more {
		v, ok := sum[k]
		if ok {
			v.Add(q)
			sum[k] = v
		} else {
			sum[k] = q.DeepCopy()
		}
	}
}

func atLeast(sum, more List) {
	for k, q := range more {
		if v, ok := sum[k]; !ok || q.Cmp(v) > 0 {
			sum[k] = q.DeepCopy()
		}
	}
}

// podLevel are the resources that a pod can ask for as a whole (KEP-2837).
func podLevel(k corev1.ResourceName) bool {
	return k == corev1.ResourceCPU || k == corev1.ResourceMemory || strings.HasPrefix(string(k), corev1.ResourceHugePagesPrefix)
}

func override(sum, with List) {
	for k, q := range with {
		if podLevel(k) {
			sum[k] = q
		}
	}
}

func podLevelSet(p *corev1.Pod) bool {
	if p.Spec.Resources == nil {
		return false
	}
	for k := range p.Spec.Resources.Requests {
		if podLevel(k) {
			return true
		}
	}
	for k := range p.Spec.Resources.Limits {
		if podLevel(k) {
			return true
		}
	}
	return false
}
