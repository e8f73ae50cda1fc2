package quota

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api/defaults"
)

// podNames are what a quota can count of pods, besides huge pages and extended resources.
var podNames = []corev1.ResourceName{
	"count/pods", corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage,
	corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory, corev1.ResourceRequestsEphemeralStorage,
	corev1.ResourceLimitsCPU, corev1.ResourceLimitsMemory, corev1.ResourceLimitsEphemeralStorage, corev1.ResourcePods,
}

func tracksPods(name corev1.ResourceName) bool {
	s := string(name)
	if slices.Contains(podNames, name) || strings.HasPrefix(s, corev1.ResourceHugePagesPrefix) || strings.HasPrefix(s, corev1.ResourceRequestsHugePagesPrefix) {
		return true
	}
	// "requests." and a name with a domain of its own: an extended resource.
	return strings.HasPrefix(s, corev1.DefaultResourceRequestsPrefix) && strings.Contains(s, "/") && !strings.Contains(s, corev1.ResourceDefaultNamespacePrefix)
}

func extended(name corev1.ResourceName) bool {
	s := string(name)
	return strings.Contains(s, "/") && !strings.Contains(s, corev1.ResourceDefaultNamespacePrefix) && !strings.HasPrefix(s, corev1.DefaultResourceRequestsPrefix)
}

// Alive reports that a pod counts: it has not ended and is not overdue to go. now is the wall clock.
func Alive(p *corev1.Pod, now time.Time) bool {
	if p.Status.Phase == corev1.PodFailed || p.Status.Phase == corev1.PodSucceeded {
		return false
	}
	if p.DeletionTimestamp == nil || p.DeletionGracePeriodSeconds == nil {
		return true
	}
	return !now.After(p.DeletionTimestamp.Add(time.Duration(*p.DeletionGracePeriodSeconds) * time.Second))
}

// Terminating pods have a deadline.
func Terminating(p *corev1.Pod) bool {
	return p.Spec.ActiveDeadlineSeconds != nil && *p.Spec.ActiveDeadlineSeconds >= 0
}

func podUsage(p *corev1.Pod, now time.Time) List {
	if !Alive(p, now) {
		return List{"count/pods": one()} // whatever is stored counts
	}
	out := computeUsage(PodRequests(p, true), PodLimits(p, true))
	out["count/pods"] = one()
	return out
}

func computeUsage(requests, limits List) List {
	out := List{corev1.ResourcePods: one()}
	for _, k := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
		if q, ok := requests[k]; ok {
			out[k] = q
			out["requests."+k] = q
		}
		if q, ok := limits[k]; ok {
			out["limits."+k] = q
		}
	}
	for k, q := range requests {
		if strings.HasPrefix(string(k), corev1.ResourceHugePagesPrefix) {
			out[k] = q
			out["requests."+k] = q
		} else if extended(k) {
			out["requests."+k] = q
		}
	}
	return out
}

// required are the resources that every container must name where a quota limits them.
var required = []corev1.ResourceName{
	corev1.ResourceCPU, corev1.ResourceLimitsCPU, corev1.ResourceLimitsMemory, corev1.ResourceMemory, corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory,
}

// podConstraints says what a pod must name and does not; "" when it does.
func podConstraints(names []corev1.ResourceName, p *corev1.Pod) string {
	if podLevelSet(p) {
		return ""
	}
	var out []string
	for _, k := range required { // sorted
		if !slices.Contains(names, k) {
			continue
		}
		var missing []string
		for _, list := range [][]corev1.Container{p.Spec.Containers, p.Spec.InitContainers} {
			for i := range list {
				r := &list[i].Resources
				from, key := r.Requests, corev1.ResourceName(strings.TrimPrefix(string(k), "requests."))
				if rest, ok := strings.CutPrefix(string(k), "limits."); ok {
					from, key = r.Limits, corev1.ResourceName(rest)
				}
				if _, ok := from[key]; !ok && !slices.Contains(missing, list[i].Name) {
					missing = append(missing, list[i].Name)
				}
			}
		}
		if len(missing) > 0 {
			slices.Sort(missing)
			out = append(out, string(k)+" for: "+strings.Join(missing, ","))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "must specify " + strings.Join(out, "; ")
}

// podInScope evaluates one scope of a quota.
func podInScope(q corev1.ScopedResourceSelectorRequirement, p *corev1.Pod) bool {
	switch q.ScopeName {
	case corev1.ResourceQuotaScopeTerminating:
		return Terminating(p)
	case corev1.ResourceQuotaScopeNotTerminating:
		return !Terminating(p)
	case corev1.ResourceQuotaScopeBestEffort:
		return defaults.QOSClass(&p.Spec) == corev1.PodQOSBestEffort
	case corev1.ResourceQuotaScopeNotBestEffort:
		return defaults.QOSClass(&p.Spec) != corev1.PodQOSBestEffort
	case corev1.ResourceQuotaScopePriorityClass:
		var have []string
		if p.Spec.PriorityClassName != "" {
			have = []string{p.Spec.PriorityClassName}
		}
		return selects(q, have)
	case corev1.ResourceQuotaScopeCrossNamespacePodAffinity:
		return crossesNamespaces(p)
	}
	return false
}

// selects evaluates a scope's operator over the values an object has.
func selects(q corev1.ScopedResourceSelectorRequirement, have []string) bool {
	switch q.Operator {
	case corev1.ScopeSelectorOpExists:
		return len(have) > 0
	case corev1.ScopeSelectorOpDoesNotExist:
		return len(have) == 0
	case corev1.ScopeSelectorOpIn:
		return slices.ContainsFunc(have, func(v string) bool { return slices.Contains(q.Values, v) })
	case corev1.ScopeSelectorOpNotIn:
		return len(have) == 0 || slices.ContainsFunc(have, func(v string) bool { return !slices.Contains(q.Values, v) })
	}
	return false
}

func crossesNamespaces(p *corev1.Pod) bool {
	a := p.Spec.Affinity
	if a == nil {
		return false
	}
	crosses := func(t *corev1.PodAffinityTerm) bool { return len(t.Namespaces) > 0 || t.NamespaceSelector != nil }
	some := func(hard []corev1.PodAffinityTerm, soft []corev1.WeightedPodAffinityTerm) bool {
		return slices.ContainsFunc(hard, func(t corev1.PodAffinityTerm) bool { return crosses(&t) }) ||
			slices.ContainsFunc(soft, func(t corev1.WeightedPodAffinityTerm) bool { return crosses(&t.PodAffinityTerm) })
	}
	return a.PodAffinity != nil && some(a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution) ||
		a.PodAntiAffinity != nil && some(a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
}
