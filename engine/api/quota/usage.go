package quota

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tabernetes/engine/api"
)

// CountName is the name by which a quota counts the objects of a resource: "count/deployments.apps".
func CountName(r *api.Resource) corev1.ResourceName {
	return corev1.ResourceName("count/" + r.Qualified())
}

// alias are the names by which objects were counted before count/ came.
func alias(r *api.Resource) corev1.ResourceName {
	switch r {
	case api.ConfigMaps, api.ResourceQuotas, api.ReplicationControllers, api.Secrets:
		return corev1.ResourceName(r.Name)
	}
	return ""
}

// byClass comes between a class and what is counted of its claims: "gold.storageclass.storage.k8s.io/requests.storage".
const byClass = ".storageclass.storage.k8s.io/"

// Tracks reports that a name of a quota is about objects of a resource.
func Tracks(r *api.Resource, name corev1.ResourceName) bool {
	if name == CountName(r) {
		return true
	}
	switch r {
	case api.Pods:
		return tracksPods(name)
	case api.Services:
		return name == corev1.ResourceServices || name == corev1.ResourceServicesNodePorts || name == corev1.ResourceServicesLoadBalancers
	case api.PersistentVolumeClaims:
		return name == corev1.ResourcePersistentVolumeClaims || name == corev1.ResourceRequestsStorage ||
			strings.HasSuffix(string(name), byClass+string(corev1.ResourcePersistentVolumeClaims)) || strings.HasSuffix(string(name), byClass+string(corev1.ResourceRequestsStorage))
	}
	return name == alias(r)
}

func tracked(r *api.Resource, hard List) []corev1.ResourceName {
	var out []corev1.ResourceName
	for _, k := range Names(hard) {
		if Tracks(r, k) {
			out = append(out, k)
		}
	}
	return out
}

// Usage is what an object costs.
func Usage(r *api.Resource, obj api.Object, now time.Time) List {
	switch o := obj.(type) {
	case *corev1.Pod:
		return podUsage(o, now)
	case *corev1.Service:
		return serviceUsage(o)
	case *corev1.PersistentVolumeClaim:
		return claimUsage(o)
	}
	out := List{CountName(r): one()}
	if a := alias(r); a != "" {
		out[a] = one()
	}
	return out
}

func serviceUsage(svc *corev1.Service) List {
	out := List{
		"count/services": one(), corev1.ResourceServices: one(),
		corev1.ResourceServicesLoadBalancers: {Format: resource.DecimalSI}, corev1.ResourceServicesNodePorts: {Format: resource.DecimalSI},
	}
	ports := len(svc.Spec.Ports)
	switch svc.Spec.Type {
	case corev1.ServiceTypeLoadBalancer:
		out[corev1.ResourceServicesLoadBalancers] = one()
		if a := svc.Spec.AllocateLoadBalancerNodePorts; a != nil && !*a {
			ports = 0
			for i := range svc.Spec.Ports {
				if svc.Spec.Ports[i].NodePort != 0 {
					ports++
				}
			}
		}
	case corev1.ServiceTypeNodePort:
	default:
		return out
	}
	out[corev1.ResourceServicesNodePorts] = *resource.NewQuantity(int64(ports), resource.DecimalSI)
	return out
}

func classOf(c *corev1.PersistentVolumeClaim) string {
	if v, ok := c.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		return v
	}
	if c.Spec.StorageClassName != nil {
		return *c.Spec.StorageClassName
	}
	return ""
}

func claimUsage(c *corev1.PersistentVolumeClaim) List {
	out := List{corev1.ResourcePersistentVolumeClaims: one(), "count/persistentvolumeclaims": one()}
	class := classOf(c)
	if class != "" {
		out[corev1.ResourceName(class+byClass)+corev1.ResourcePersistentVolumeClaims] = one()
	}
	size, ok := c.Spec.Resources.Requests[corev1.ResourceStorage]
	if !ok {
		return out
	}
	if a, ok := c.Status.AllocatedResources[corev1.ResourceStorage]; ok && a.Cmp(size) > 0 {
		size = a
	}
	size = size.DeepCopy()
	size.RoundUp(0)
	out[corev1.ResourceRequestsStorage] = size
	if class != "" {
		out[corev1.ResourceName(class+byClass)+corev1.ResourceRequestsStorage] = size
	}
	return out
}

// attributesClasses are the VolumeAttributesClasses that a claim refers to.
func attributesClasses(c *corev1.PersistentVolumeClaim) []string {
	var out []string
	add := func(name string) {
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if c.Spec.VolumeAttributesClassName != nil {
		add(*c.Spec.VolumeAttributesClassName)
	}
	if c.Status.CurrentVolumeAttributesClassName != nil {
		add(*c.Status.CurrentVolumeAttributesClassName)
	}
	if m := c.Status.ModifyVolumeStatus; m != nil {
		add(m.TargetVolumeAttributesClassName)
	}
	return out
}

// InScope reports that a quota's scopes select an object.
func InScope(q *corev1.ResourceQuota, obj api.Object) bool {
	in := func(x corev1.ScopedResourceSelectorRequirement) bool {
		switch o := obj.(type) {
		case *corev1.Pod:
			return podInScope(x, o)
		case *corev1.PersistentVolumeClaim:
			return x.ScopeName == corev1.ResourceQuotaScopeVolumeAttributesClass && selects(x, attributesClasses(o))
		}
		return false
	}
	for _, name := range q.Spec.Scopes {
		if !in(corev1.ScopedResourceSelectorRequirement{ScopeName: name, Operator: corev1.ScopeSelectorOpExists}) {
			return false
		}
	}
	if q.Spec.ScopeSelector != nil {
		for _, x := range q.Spec.ScopeSelector.MatchExpressions {
			if !in(x) {
				return false
			}
		}
	}
	return true
}

// Ended reports that an update of an object set free what a quota had charged, or moved it to other quotas' scopes
// (pkg/quota/v1/install/update_filter.go).
func Ended(old, new api.Object, now time.Time) bool {
	switch n := new.(type) {
	case *corev1.Pod:
		o := old.(*corev1.Pod)
		return Alive(o, now) && !Alive(n, now) || Terminating(o) != Terminating(n) || resized(o, n)
	case *corev1.Service:
		counted := func(s *corev1.Service) corev1.ServiceType {
			if s.Spec.Type == corev1.ServiceTypeNodePort || s.Spec.Type == corev1.ServiceTypeLoadBalancer {
				return s.Spec.Type
			}
			return ""
		}
		return counted(old.(*corev1.Service)) != counted(n)
	case *corev1.PersistentVolumeClaim:
		o := old.(*corev1.PersistentVolumeClaim)
		return !Equal(o.Status.AllocatedResources, n.Status.AllocatedResources) || !slices.Equal(attributesClasses(o), attributesClasses(n))
	}
	return false
}

func resized(o, n *corev1.Pod) bool {
	for i := range min(len(o.Status.ContainerStatuses), len(n.Status.ContainerStatuses)) {
		a, b := o.Status.ContainerStatuses[i].Resources, n.Status.ContainerStatuses[i].Resources
		if a != b && a != nil && b != nil && (!Equal(a.Requests, b.Requests) || !Equal(a.Limits, b.Limits)) {
			return true
		}
	}
	return false
}
