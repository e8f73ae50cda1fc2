package defaults

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// QOSClass computes a Pod's quality-of-service class from its spec. It depends on cpu and memory only: Guaranteed when
// every container limits both and requests what it limits, BestEffort when none asks for any, otherwise Burstable.
// Resources of the pod as a whole take the containers' place where they are set. Upstream: ComputePodQOS in
// pkg/apis/core/helper/qos; KEP-2837 for the resources of the pod.
func QOSClass(spec *corev1.PodSpec) corev1.PodQOSClass {
	if hasPodResources(spec) {
		return classOf(spec.Resources)
	}
	var class corev1.PodQOSClass
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			one := classOf(&containers[i].Resources)
			if class == "" {
				class = one
			}
			if one != class || one == corev1.PodQOSBurstable {
				return corev1.PodQOSBurstable
			}
		}
	}
	orValue(&class, corev1.PodQOSBestEffort)
	return class
}

func classOf(r *corev1.ResourceRequirements) corev1.PodQOSClass {
	cpu, memory := classOfOne(r, corev1.ResourceCPU), classOfOne(r, corev1.ResourceMemory)
	if cpu != memory {
		return corev1.PodQOSBurstable
	}
	return cpu
}

func classOfOne(r *corev1.ResourceRequirements, name corev1.ResourceName) corev1.PodQOSClass {
	request, limit := r.Requests[name], r.Limits[name]
	switch {
	case request.IsZero() && limit.IsZero():
		return corev1.PodQOSBestEffort
	case request.Cmp(limit) == 0:
		return corev1.PodQOSGuaranteed
	}
	return corev1.PodQOSBurstable
}

func isPodResource(name corev1.ResourceName) bool {
	return name == corev1.ResourceCPU || name == corev1.ResourceMemory || isHugePage(name)
}

func isHugePage(name corev1.ResourceName) bool {
	return strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

func hasPodResources(spec *corev1.PodSpec) bool {
	if spec.Resources == nil {
		return false
	}
	for _, list := range []corev1.ResourceList{spec.Resources.Requests, spec.Resources.Limits} {
		for name := range list {
			if isPodResource(name) {
				return true
			}
		}
	}
	return false
}

// podResources completes the resources of a pod as a whole from those of its containers. It runs after admission, when
// all containers are known. Upstream: DefaultPodLevelResources.
func podResources(spec *corev1.PodSpec) {
	r := spec.Resources
	if r == nil || len(r.Requests)+len(r.Limits) == 0 {
		return
	}
	r = r.DeepCopy() // pods of one template share it
	spec.Resources = r
	requests := aggregate(spec, func(c *corev1.Container) corev1.ResourceList { return c.Resources.Requests })
	limits := aggregate(spec, func(c *corev1.Container) corev1.ResourceList { return c.Resources.Limits })
	if r.Limits == nil {
		r.Limits = corev1.ResourceList{}
	}
	if r.Requests == nil {
		r.Requests = corev1.ResourceList{}
	}
	for name, quantity := range limits {
		if _, requested := r.Requests[name]; isHugePage(name) && !requested {
			addMissing(r.Limits, name, quantity)
		}
	}
	for name, quantity := range requests {
		if name == corev1.ResourceCPU || name == corev1.ResourceMemory {
			addMissing(r.Requests, name, quantity)
		}
	}
	for name, quantity := range r.Limits {
		if isPodResource(name) {
			addMissing(r.Requests, name, quantity.DeepCopy())
		}
	}
	for name, request := range r.Requests {
		if !isPodResource(name) || !allLimit(spec, name) {
			continue
		}
		// A limit below the request would be refused by validation.
		limit := limits[name]
		if request.Cmp(limit) > 0 {
			limit = request
		}
		addMissing(r.Limits, name, limit)
	}
	if len(r.Limits) == 0 {
		r.Limits = nil
	}
	if len(r.Requests) == 0 {
		r.Requests = nil
	}
}

func addMissing[V any](list map[corev1.ResourceName]V, name corev1.ResourceName, value V) {
	if _, ok := list[name]; !ok {
		list[name] = value
	}
}

func allLimit(spec *corev1.PodSpec, name corev1.ResourceName) bool {
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			if _, ok := containers[i].Resources.Limits[name]; !ok {
				return false
			}
		}
	}
	return true
}

// aggregate gives what a pod needs at its peak: either all its long-running containers together, or one init container
// beside the sidecars started before it. KEP-753.
func aggregate(spec *corev1.PodSpec, of func(*corev1.Container) corev1.ResourceList) corev1.ResourceList {
	total, sidecars, peak := corev1.ResourceList{}, corev1.ResourceList{}, corev1.ResourceList{}
	for i := range spec.Containers {
		add(total, of(&spec.Containers[i]))
	}
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			add(total, of(c))
			add(sidecars, of(c))
			raise(peak, sidecars)
			continue
		}
		together := sidecars.DeepCopy()
		add(together, of(c))
		raise(peak, together)
	}
	raise(total, peak)
	return total
}

func add(to, list corev1.ResourceList) {
	for name, quantity := range list {
		sum := quantity.DeepCopy()
		if have, ok := to[name]; ok {
			sum.Add(have)
		}
		to[name] = sum
	}
}

func raise(to, list corev1.ResourceList) {
	for name, quantity := range list {
		if have, ok := to[name]; !ok || quantity.Cmp(have) > 0 {
			to[name] = quantity.DeepCopy()
		}
	}
}
