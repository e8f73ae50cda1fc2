package quota

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// Charge is a write that costs something: a create (Old is nil) or an update.
type Charge struct {
	Resource    *api.Resource
	Subresource string
	Obj, Old    api.Object
	Now         time.Time // wall clock
}

// Handled reports that a write can cost anything.
func (c *Charge) Handled() bool {
	switch {
	case c.Resource == api.Events:
		return false
	case c.Old == nil:
		return c.Subresource == ""
	case c.Subresource == "resize":
		return true
	case c.Resource == api.PersistentVolumeClaims && c.Subresource == "status":
		return Ended(c.Old, c.Obj, c.Now)
	case c.Subresource != "":
		return false
	}
	switch o := c.Obj.(type) {
	case *corev1.Pod:
		return Terminating(o) != Terminating(c.Old.(*corev1.Pod))
	case *corev1.Service, *corev1.PersistentVolumeClaim:
		return true
	}
	return false
}

// Apply charges the quotas of a namespace and returns them with their new usage, those untouched as they were. why is
// empty, or says why the write is forbidden (apiserver/pkg/admission/plugin/resourcequota/controller.go, CheckRequest).
func (c *Charge) Apply(quotas []*corev1.ResourceQuota) (charged []*corev1.ResourceQuota, why string) {
	var hit []int
	for i, q := range quotas {
		names := tracked(c.Resource, q.Status.Hard)
		if len(names) == 0 || !InScope(q, c.Obj) {
			continue
		}
		if p, ok := c.Obj.(*corev1.Pod); ok {
			if s := podConstraints(names, p); s != "" {
				return nil, "failed quota: " + q.Name + ": " + s
			}
		}
		for _, k := range names {
			if _, ok := q.Status.Used[k]; !ok {
				return nil, "status unknown for quota: " + q.Name + ", resources: " + joinNames(names)
			}
		}
		hit = append(hit, i)
	}
	if len(hit) == 0 {
		return quotas, ""
	}
	usage := Usage(c.Resource, c.Obj, c.Now)
	var negative []corev1.ResourceName
	for _, k := range Names(usage) {
		if v := usage[k]; v.Sign() < 0 {
			negative = append(negative, k)
		}
	}
	if len(negative) > 0 {
		return nil, "quota usage is negative for resource(s): " + joinNames(negative)
	}
	charged = quotas
	for _, i := range hit {
		q, delta := quotas[i], usage
		if c.Old != nil && InScope(q, c.Old) {
			delta = growth(usage, Usage(c.Resource, c.Old, c.Now))
		}
		if delta = withoutZeros(delta); len(delta) == 0 {
			continue
		}
		requested := Mask(delta, Names(q.Status.Hard))
		used := Add(q.Status.Used, requested)
		if c.Subresource != "status" {
			var over []corev1.ResourceName
			for _, k := range Names(requested) {
				if v := used[k]; v.Cmp(q.Status.Hard[k]) > 0 {
					over = append(over, k)
				}
			}
			if len(over) > 0 {
				return nil, "exceeded quota: " + q.Name + ", requested: " + Text(Mask(requested, over)) +
					", used: " + Text(Mask(q.Status.Used, over)) + ", limited: " + Text(Mask(q.Status.Hard, over))
			}
		}
		if &charged[0] == &quotas[0] {
			charged = append([]*corev1.ResourceQuota(nil), quotas...)
		}
		next := api.Copy(q)
		next.Status.Used = used
		charged[i] = next
	}
	return charged, ""
}
