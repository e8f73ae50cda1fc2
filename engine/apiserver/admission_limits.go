package apiserver

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tabernetes/engine/api/quota"
)

// The LimitRanger plugin (plugin/pkg/admission/limitranger).

const limitRangerAnnotation = "kubernetes.io/limit-ranger"

// applyLimitDefaults fills in what containers leave out, and says on the pod that it did. The spec must be the caller's.
func applyLimitDefaults(limits []*corev1.LimitRange, p *corev1.Pod) {
	for _, l := range limits {
		requests, bounds := corev1.ResourceList{}, corev1.ResourceList{}
		for i := range l.Spec.Limits {
			if item := &l.Spec.Limits[i]; item.Type == corev1.LimitTypeContainer {
				maps.Copy(requests, item.DefaultRequest)
				maps.Copy(bounds, item.Default)
			}
		}
		var notes []string
		fill := func(kind string, list []corev1.Container) {
			for i := range list {
				r := &list[i].Resources
				for _, x := range []struct {
					what string
					have *corev1.ResourceList
					from corev1.ResourceList
				}{{"request", &r.Requests, requests}, {"limit", &r.Limits, bounds}} {
					var set []string
					for _, k := range quota.Names(x.from) {
						if _, ok := (*x.have)[k]; !ok {
							if *x.have == nil {
								*x.have = corev1.ResourceList{}
							}
							(*x.have)[k] = x.from[k].DeepCopy()
							set = append(set, string(k))
						}
					}
					if len(set) > 0 {
						notes = append(notes, strings.Join(set, ", ")+" "+x.what+" for "+kind+" "+list[i].Name)
					}
				}
			}
		}
		fill("container", p.Spec.Containers)
		fill("init container", p.Spec.InitContainers)
		if len(notes) > 0 {
			p.Annotations = with(p.Annotations, limitRangerAnnotation, "LimitRanger plugin set: "+strings.Join(notes, "; "))
		}
	}
}

// with is a map with one more entry; the map itself may be shared and stays as it is.
func with(m map[string]string, key, value string) map[string]string {
	out := make(map[string]string, len(m)+1)
	maps.Copy(out, m)
	out[key] = value
	return out
}

// checkPodLimits says what of a pod is out of its namespace's bounds.
func (s *Server) checkPodLimits(a *attributes, p *corev1.Pod) error {
	for _, l := range s.adm.limits[a.req.Namespace] {
		var why []string
		add := func(text string) {
			if text != "" && !slices.Contains(why, text) {
				why = append(why, text)
			}
		}
		check := func(item *corev1.LimitRangeItem, requests, limits corev1.ResourceList) {
			for _, k := range quota.Names(item.Min) {
				add(belowMin(item.Type, k, item.Min[k], requests, limits))
			}
			for _, k := range quota.Names(item.Max) {
				add(aboveMax(item.Type, k, item.Max[k], requests, limits))
			}
			for _, k := range quota.Names(item.MaxLimitRequestRatio) {
				add(aboveRatio(item.Type, k, item.MaxLimitRequestRatio[k], requests, limits))
			}
		}
		for i := range l.Spec.Limits {
			item := &l.Spec.Limits[i]
			switch item.Type {
			case corev1.LimitTypeContainer:
				for _, list := range [][]corev1.Container{p.Spec.Containers, p.Spec.InitContainers} {
					for j := range list {
						check(item, list[j].Resources.Requests, list[j].Resources.Limits)
					}
				}
			case corev1.LimitTypePod:
				check(item, quota.PodRequests(p, false), quota.PodLimits(p, false))
			}
		}
		if len(why) > 0 {
			return a.forbidden(aggregated(why))
		}
	}
	return nil
}

// checkClaimLimits says what of a claim is out of its namespace's bounds.
func (s *Server) checkClaimLimits(a *attributes, c *corev1.PersistentVolumeClaim) error {
	if a.old != nil && a.old.GetDeletionTimestamp() != nil {
		return nil
	}
	for _, l := range s.adm.limits[a.req.Namespace] {
		var why []string
		for i := range l.Spec.Limits {
			item := &l.Spec.Limits[i]
			if item.Type != corev1.LimitTypePersistentVolumeClaim {
				continue
			}
			for _, k := range quota.Names(item.Min) {
				if text := belowMin(item.Type, k, item.Min[k], c.Spec.Resources.Requests, nil); text != "" {
					why = append(why, text)
				}
			}
			for _, k := range quota.Names(item.Max) {
				bound := item.Max[k]
				begin := "maximum " + string(k) + " usage per " + string(item.Type) + " is " + bound.String()
				if have, ok := c.Spec.Resources.Requests[k]; !ok {
					why = append(why, begin+".  No request is specified")
				} else if have.Cmp(bound) > 0 {
					why = append(why, begin+", but request is "+have.String())
				}
			}
		}
		if len(why) > 0 {
			return a.forbidden(aggregated(why))
		}
	}
	return nil
}

// aggregated prints several errors as one (apimachinery/pkg/util/errors).
func aggregated(why []string) string {
	if len(why) == 1 {
		return why[0]
	}
	return "[" + strings.Join(why, ", ") + "]"
}

func belowMin(t corev1.LimitType, k corev1.ResourceName, bound resource.Quantity, requests, limits corev1.ResourceList) string {
	begin := "minimum " + string(k) + " usage per " + string(t) + " is " + bound.String()
	request, ok := requests[k]
	if !ok {
		return begin + ".  No request is specified"
	}
	if request.Cmp(bound) < 0 {
		return begin + ", but request is " + request.String()
	}
	if limit, ok := limits[k]; ok && limit.Cmp(bound) < 0 {
		return begin + ", but limit is " + limit.String()
	}
	return ""
}

func aboveMax(t corev1.LimitType, k corev1.ResourceName, bound resource.Quantity, requests, limits corev1.ResourceList) string {
	begin := "maximum " + string(k) + " usage per " + string(t) + " is " + bound.String()
	limit, ok := limits[k]
	if !ok {
		return begin + ".  No limit is specified"
	}
	if limit.Cmp(bound) > 0 {
		return begin + ", but limit is " + limit.String()
	}
	if request, ok := requests[k]; ok && request.Cmp(bound) > 0 {
		return begin + ", but request is " + request.String()
	}
	return ""
}

func aboveRatio(t corev1.LimitType, k corev1.ResourceName, bound resource.Quantity, requests, limits corev1.ResourceList) string {
	begin := string(k) + " max limit to request ratio per " + string(t) + " is " + bound.String() + ", but "
	request, limit := requests[k], limits[k]
	r, l := milliOrWhole(request, limit, bound)
	if r == 0 {
		return begin + "no request is specified or request is 0"
	}
	if l == 0 {
		return begin + "no limit is specified or limit is 0"
	}
	ratio, most := float64(l)/float64(r), float64(bound.Value())
	compared := ratio
	if bound.Value() <= resource.MaxMilliValue {
		compared, most = ratio*1000, float64(bound.MilliValue())
	}
	if compared > most {
		return begin + "provided ratio is " + strconv.FormatFloat(ratio, 'f', 6, 64)
	}
	return ""
}

// milliOrWhole are two amounts in thousandths, or in units where thousandths would overflow.
func milliOrWhole(request, limit, bound resource.Quantity) (r, l int64) {
	if request.Value() <= resource.MaxMilliValue && limit.Value() <= resource.MaxMilliValue && bound.Value() <= resource.MaxMilliValue {
		return request.MilliValue(), limit.MilliValue()
	}
	return request.Value(), limit.Value()
}
