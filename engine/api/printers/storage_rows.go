package printers

import (
	"net"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"tabernetes/engine/api"
)

const unset = "<unset>"

func (c clock) storageCells(obj runtime.Object) []any {
	switch o := obj.(type) {
	case *corev1.PersistentVolume:
		return c.persistentVolume(o)
	case *corev1.PersistentVolumeClaim:
		return c.claim(o)
	case *corev1.ComponentStatus:
		return componentStatus(o)
	case *corev1.Endpoints:
		return []any{o.Name, addressesAndPorts(o), c.since(o.CreationTimestamp)}
	case *corev1.ResourceQuota:
		request, limit := quotaTexts(&o.Status)
		return []any{o.Name, request, limit, c.since(o.CreationTimestamp)}
	case *eventsv1.Event:
		return c.event(api.EventsV1.ToHub(o).(*corev1.Event))
	case *schedulingv1.PriorityClass:
		return []any{o.Name, int64(o.Value), o.GlobalDefault, c.since(o.CreationTimestamp), string(or(o.PreemptionPolicy, ""))}
	case *nodev1.RuntimeClass:
		return []any{o.Name, o.Handler, c.since(o.CreationTimestamp)}
	case *storagev1.StorageClass:
		return []any{o.Name, o.Provisioner, string(or(o.ReclaimPolicy, corev1.PersistentVolumeReclaimDelete)),
			string(or(o.VolumeBindingMode, storagev1.VolumeBindingImmediate)), or(o.AllowVolumeExpansion, false), c.since(o.CreationTimestamp)}
	case *storagev1.CSINode:
		return []any{o.Name, int64(len(o.Spec.Drivers)), c.since(o.CreationTimestamp)}
	case *storagev1.CSIDriver:
		return c.csiDriver(o)
	case *storagev1.CSIStorageCapacity:
		capacity := unset
		if o.Capacity != nil {
			capacity = o.Capacity.String()
		}
		return []any{o.Name, o.StorageClassName, capacity}
	case *storagev1.VolumeAttachment:
		return []any{o.Name, o.Spec.Attacher, or(o.Spec.Source.PersistentVolumeName, ""), o.Spec.NodeName, o.Status.Attached, c.since(o.CreationTimestamp)}
	case *storagev1.VolumeAttributesClass:
		return []any{o.Name, o.DriverName, c.since(o.CreationTimestamp)}
	}
	return nil
}

// or is the value of an optional field.
func or[T any](field *T, otherwise T) T {
	if field == nil {
		return otherwise
	}
	return *field
}

// AccessModes shortens access modes, each once and always in the same order.
func AccessModes(modes []corev1.PersistentVolumeAccessMode) string {
	var short []string
	for _, m := range []struct {
		mode corev1.PersistentVolumeAccessMode
		text string
	}{{corev1.ReadWriteOnce, "RWO"}, {corev1.ReadOnlyMany, "ROX"}, {corev1.ReadWriteMany, "RWX"}, {corev1.ReadWriteOncePod, "RWOP"}} {
		if slices.Contains(modes, m.mode) {
			short = append(short, m.text)
		}
	}
	return strings.Join(short, ",")
}

// VolumeClass is a volume's storage class; the annotation of Kubernetes' first years wins.
func VolumeClass(pv *corev1.PersistentVolume) string {
	if class, ok := pv.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		return class
	}
	return pv.Spec.StorageClassName
}

// ClaimClass is VolumeClass of a claim, empty for one without.
func ClaimClass(claim *corev1.PersistentVolumeClaim) string {
	if class, ok := claim.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		return class
	}
	return or(claim.Spec.StorageClassName, "")
}

func (c clock) persistentVolume(pv *corev1.PersistentVolume) []any {
	claim := ""
	if ref := pv.Spec.ClaimRef; ref != nil {
		claim = ref.Namespace + "/" + ref.Name
	}
	size := pv.Spec.Capacity[corev1.ResourceStorage]
	phase := string(pv.Status.Phase)
	if pv.DeletionTimestamp != nil {
		phase = "Terminating"
	}
	return []any{pv.Name, size.String(), AccessModes(pv.Spec.AccessModes), string(pv.Spec.PersistentVolumeReclaimPolicy), phase, claim,
		VolumeClass(pv), or(pv.Spec.VolumeAttributesClassName, unset), pv.Status.Reason, c.since(pv.CreationTimestamp),
		string(or(pv.Spec.VolumeMode, unset))}
}

func (c clock) claim(claim *corev1.PersistentVolumeClaim) []any {
	phase, capacity, modes := string(claim.Status.Phase), "", ""
	if claim.DeletionTimestamp != nil {
		phase = "Terminating"
	}
	if claim.Spec.VolumeName != "" {
		size := claim.Status.Capacity[corev1.ResourceStorage]
		capacity, modes = size.String(), AccessModes(claim.Status.AccessModes)
	}
	return []any{claim.Name, phase, claim.Spec.VolumeName, capacity, modes, ClaimClass(claim), or(claim.Spec.VolumeAttributesClassName, unset),
		c.since(claim.CreationTimestamp), string(or(claim.Spec.VolumeMode, unset))}
}

func componentStatus(cs *corev1.ComponentStatus) []any {
	for _, cond := range cs.Conditions {
		if cond.Type == corev1.ComponentHealthy {
			status := "Unhealthy"
			if cond.Status == corev1.ConditionTrue {
				status = "Healthy"
			}
			return []any{cs.Name, status, cond.Message, cond.Error}
		}
	}
	return []any{cs.Name, "Unknown", "", ""}
}

// maxEndpointsShown is how many endpoints a row has room for.
const maxEndpointsShown = 3

func addressesAndPorts(ep *corev1.Endpoints) string {
	if len(ep.Subsets) == 0 {
		return none
	}
	var shown []string
	more, count := false, 0
	add := func(addresses []corev1.EndpointAddress, text func(ip string) string) {
		count += len(addresses)
		for i := range addresses {
			if len(shown) == maxEndpointsShown {
				more = true
				return
			}
			shown = append(shown, text(addresses[i].IP))
		}
	}
	for i := range ep.Subsets {
		s := &ep.Subsets[i]
		if len(s.Ports) == 0 {
			add(s.Addresses, func(ip string) string { return ip })
		}
		for _, port := range s.Ports {
			add(s.Addresses, func(ip string) string { return net.JoinHostPort(ip, strconv.Itoa(int(port.Port))) })
		}
	}
	text := strings.Join(shown, ",")
	if more {
		text += " + " + strconv.Itoa(count-maxEndpointsShown) + " more..."
	}
	return text
}

func quotaTexts(status *corev1.ResourceQuotaStatus) (request, limit string) {
	names := make([]string, 0, len(status.Hard))
	for name := range status.Hard {
		names = append(names, string(name))
	}
	slices.Sort(names)
	var requests, limits []string
	for _, name := range names {
		used, hard := status.Used[corev1.ResourceName(name)], status.Hard[corev1.ResourceName(name)]
		text := name + ": " + used.String() + "/" + hard.String()
		if strings.HasPrefix(name, "limits.") {
			limits = append(limits, text)
		} else {
			requests = append(requests, text)
		}
	}
	return strings.Join(requests, ", "), strings.Join(limits, ", ")
}

func (c clock) csiDriver(d *storagev1.CSIDriver) []any {
	var modes, audiences []string
	for _, m := range d.Spec.VolumeLifecycleModes {
		modes = append(modes, string(m))
	}
	tokens := unset
	if d.Spec.TokenRequests != nil {
		for _, t := range d.Spec.TokenRequests {
			audiences = append(audiences, t.Audience)
		}
		tokens = strings.Join(audiences, ",")
	}
	if len(modes) == 0 {
		modes = []string{none}
	}
	return []any{d.Name, or(d.Spec.AttachRequired, true), or(d.Spec.PodInfoOnMount, false), or(d.Spec.StorageCapacity, false), tokens,
		or(d.Spec.RequiresRepublish, false), strings.Join(modes, ","), c.since(d.CreationTimestamp)}
}
