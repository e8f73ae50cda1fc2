package validation

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// containerResources checks the resources of a container; claims are the pod's, which the container may use.
func (e *errs) containerResources(p *field.Path, r *corev1.ResourceRequirements, claims []corev1.PodResourceClaim) {
	e.resources(p, r, e.containerResourceName)
	e.claimNames(p.Child("claims"), r.Claims, claims)
}

func (e *errs) resources(p *field.Path, r *corev1.ResourceRequirements, checkName func(*field.Path, corev1.ResourceName)) {
	if len(r.Limits)+len(r.Requests) == 0 {
		return
	}
	limits, requests := p.Child("limits"), p.Child("requests")
	hugePages, cpuOrMemory := false, false
	one := func(at *field.Path, name corev1.ResourceName, quantity resource.Quantity) {
		cpuOrMemory = cpuOrMemory || name == corev1.ResourceCPU || name == corev1.ResourceMemory
		hugePages = hugePages || isHugePage(name)
		checkName(at, name)
		e.quantity(at, name, quantity)
	}
	divisible := func(at *field.Path, name corev1.ResourceName, quantity resource.Quantity) {
		if isHugePage(name) && !isMultipleOfPage(name, quantity) {
			e.invalid(at, quantity.String(), fmt.Sprintf("%s is not positive integer multiple of %s", quantity.String(), name))
		}
	}
	for _, name := range sortedKeys(r.Limits) {
		one(limits.Key(string(name)), name, r.Limits[name])
		divisible(limits.Key(string(name)), name, r.Limits[name])
	}
	for _, name := range sortedKeys(r.Requests) {
		request := r.Requests[name]
		one(requests.Key(string(name)), name, request)
		limit, limited := r.Limits[name]
		switch {
		case !limited && !mayOvercommit(name):
			e.required(limits, "Limit must be set for non overcommitable resources")
		case !limited:
		case request.Cmp(limit) != 0 && !mayOvercommit(name):
			e.invalid(requests, request.String(), fmt.Sprintf("must be equal to %s limit of %s", name, limit.String()))
		case request.Cmp(limit) > 0:
			e.invalid(requests, request.String(), fmt.Sprintf("must be less than or equal to %s limit of %s", name, limit.String()))
		}
		divisible(requests.Key(string(name)), name, request)
	}
	if hugePages && !cpuOrMemory {
		e.forbidden(p, "HugePages require cpu or memory")
	}
}

// quantity: never negative, and whole for what can only be counted.
func (e *errs) quantity(p *field.Path, name corev1.ResourceName, q resource.Quantity) {
	e.nonNegativeQuantity(p, q)
	if isCounted(name) && q.MilliValue()%1000 != 0 {
		e.invalid(p, q, "must be an integer")
	}
}

func (e *errs) containerResourceName(p *field.Path, name corev1.ResourceName) {
	e.resourceName(p, name)
	if !strings.Contains(string(name), "/") {
		switch {
		case name == corev1.ResourceCPU, name == corev1.ResourceMemory, name == corev1.ResourceEphemeralStorage, isHugePage(name):
		default:
			e.invalid(p, name, "must be a standard resource for containers")
		}
	} else if !isNative(name) && !isExtended(name) {
		e.invalid(p, name, "doesn't follow extended resource name standard")
	}
}

func (e *errs) resourceName(p *field.Path, name corev1.ResourceName) bool {
	if wrong := validation.IsQualifiedName(string(name)); len(wrong) > 0 {
		e.each(p, name, wrong)
		return false
	}
	if !strings.Contains(string(name), "/") && !slices.Contains(standardResources, name) && !isHugePage(name) &&
		!strings.HasPrefix(string(name), "requests.hugepages-") {
		e.invalid(p, name, "must be a standard resource type or fully qualified")
		return false
	}
	return true
}

// standardResources are the names without a domain that some API knows, quotas included.
var standardResources = append([]corev1.ResourceName{
	corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage,
	corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory, corev1.ResourceRequestsEphemeralStorage,
	corev1.ResourceLimitsCPU, corev1.ResourceLimitsMemory, corev1.ResourceLimitsEphemeralStorage,
	corev1.ResourceStorage, corev1.ResourceRequestsStorage,
}, countedResources...)

var countedResources = []corev1.ResourceName{
	corev1.ResourcePods, corev1.ResourceQuotas, corev1.ResourceServices, corev1.ResourceReplicationControllers,
	corev1.ResourceSecrets, corev1.ResourceConfigMaps, corev1.ResourcePersistentVolumeClaims,
	corev1.ResourceServicesNodePorts, corev1.ResourceServicesLoadBalancers,
}

func isCounted(name corev1.ResourceName) bool {
	return slices.Contains(countedResources, name) || isExtended(name)
}

func isHugePage(name corev1.ResourceName) bool {
	return strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

func isNative(name corev1.ResourceName) bool {
	return !strings.Contains(string(name), "/") || strings.Contains(string(name), corev1.ResourceDefaultNamespacePrefix)
}

// isExtended: a resource of somebody's own domain. Its name must also be valid in a quota.
func isExtended(name corev1.ResourceName) bool {
	return !isNative(name) && !strings.HasPrefix(string(name), corev1.DefaultResourceRequestsPrefix) &&
		len(validation.IsQualifiedName(corev1.DefaultResourceRequestsPrefix+string(name))) == 0
}

func mayOvercommit(name corev1.ResourceName) bool { return isNative(name) && !isHugePage(name) }

func isMultipleOfPage(name corev1.ResourceName, quantity resource.Quantity) bool {
	page, err := resource.ParseQuantity(strings.TrimPrefix(string(name), corev1.ResourceHugePagesPrefix))
	return err == nil && page.Sign() > 0 && page.MilliValue()%1000 == 0 && quantity.Value()%page.Value() == 0
}

func (e *errs) claimNames(p *field.Path, used []corev1.ResourceClaim, claims []corev1.PodResourceClaim) {
	if len(used) == 0 {
		return
	}
	known := map[string]bool{}
	for i := range claims {
		if claims[i].Name != "" {
			known[claims[i].Name] = true
		}
	}
	seen := map[string]bool{} // "claim" and "claim/request"
	for i, c := range used {
		at := p.Index(i)
		if c.Name == "" {
			e.required(at, "")
			continue
		}
		if seen[c.Name] {
			e.duplicate(at, c.Name)
		} else {
			key := c.Name
			if c.Request != "" {
				e.label(at.Child("request"), c.Request)
				key += "/" + c.Request
			}
			if seen[key] {
				e.duplicate(at, key)
			} else if c.Request == "" {
				for _, other := range sortedKeys(seen) {
					if strings.HasPrefix(other, c.Name+"/") {
						e.duplicate(at, c.Name)
					}
				}
			}
			seen[key] = true
		}
		if !known[c.Name] {
			err := field.NotFound(at, c.Name)
			err.Detail = "must be one of the names in pod.spec.resourceClaims which is empty"
			if len(known) > 0 {
				err.Detail = "must be one of the names in pod.spec.resourceClaims: " + strings.Join(sortedKeys(known), ", ")
			}
			e.add(err)
		}
	}
}

// podLevelResources checks the resources of a pod as a whole against those of its containers (KEP-2837).
func (e *errs) podLevelResources(spec *corev1.PodSpec, specAt *field.Path) {
	r := spec.Resources
	if r == nil {
		return
	}
	p := specAt.Child("resources")
	if spec.OS != nil && spec.OS.Name == corev1.Windows {
		e.forbidden(p, "may not be set for a windows pod")
		return
	}
	if r.Claims != nil {
		e.forbidden(p.Child("claims"), "claims may not be set for Resources at pod-level")
	}
	e.resources(p, r, func(at *field.Path, name corev1.ResourceName) {
		if e.resourceName(at, name) && name != corev1.ResourceCPU && name != corev1.ResourceMemory && !isHugePage(name) {
			e.add(field.NotSupported(at, name, []string{"cpu", "hugepages-", "memory"}))
		}
	})
	e.claimNames(p.Child("claims"), r.Claims, spec.ResourceClaims)
	requests := aggregate(spec, func(c *corev1.Container) corev1.ResourceList { return c.Resources.Requests })
	for _, name := range sortedKeys(requests) {
		total := requests[name]
		if pod, ok := r.Requests[name]; ok && total.Cmp(pod) > 0 {
			e.invalid(p.Child("requests").Key(string(name)), pod.String(),
				fmt.Sprintf("must be greater than or equal to aggregate container requests of %s", total.String()))
		}
	}
	limits := aggregate(spec, func(c *corev1.Container) corev1.ResourceList { return c.Resources.Limits })
	for _, name := range sortedKeys(limits) {
		total := limits[name]
		if pod, ok := r.Limits[name]; ok && isHugePage(name) && total.Cmp(pod) > 0 {
			e.invalid(p.Child("limits").Key(string(name)), pod.String(),
				fmt.Sprintf("must be greater than or equal to aggregate container limits of %s", total.String()))
		}
	}
	for i := range spec.Containers {
		list := spec.Containers[i].Resources.Limits
		for _, name := range sortedKeys(list) {
			limit := list[name]
			if pod, ok := r.Limits[name]; ok && limit.Cmp(pod) > 0 {
				e.invalid(p.Child("containers").Index(i).Key(string(name)).Child("limits"), limit.String(),
					fmt.Sprintf("must be less than or equal to pod limits of %s", pod.String()))
			}
		}
	}
}

// aggregate gives what a pod needs at its peak: all long-running containers together, or one init container beside the
// sidecars started before it (KEP-753).
func aggregate(spec *corev1.PodSpec, of func(*corev1.Container) corev1.ResourceList) corev1.ResourceList {
	total, sidecars := corev1.ResourceList{}, corev1.ResourceList{}
	peaks := []corev1.ResourceList{}
	add := func(to, list corev1.ResourceList) {
		for name, quantity := range list {
			sum := to[name].DeepCopy()
			sum.Add(quantity)
			to[name] = sum
		}
	}
	for i := range spec.Containers {
		add(total, of(&spec.Containers[i]))
	}
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		if isSidecar(c) {
			add(total, of(c))
			add(sidecars, of(c))
			continue
		}
		together := sidecars.DeepCopy()
		add(together, of(c))
		peaks = append(peaks, together)
	}
	for _, peak := range peaks {
		for name, quantity := range peak {
			if have, ok := total[name]; !ok || quantity.Cmp(have) > 0 {
				total[name] = quantity
			}
		}
	}
	return total
}
