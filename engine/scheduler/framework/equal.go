package framework

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api/nodeaffinity"
)

// SameTemplate reports that two pods have the same Shape. Pods made from one template share its slices and maps, so
// almost every comparison ends at a pointer. With anonymous, identity labels do not count.
func SameTemplate(a, b *corev1.Pod, anonymous bool) bool {
	x, y := &a.Spec, &b.Spec
	return a.Namespace == b.Namespace && samePriority(x.Priority, y.Priority) && x.SchedulerName == y.SchedulerName &&
		sameOwner(a, b) &&
		SameLabels(a.Labels, b.Labels, anonymous) && sameStrings(x.NodeSelector, y.NodeSelector) &&
		sameContainers(x.Containers, y.Containers) && sameContainers(x.InitContainers, y.InitContainers) &&
		sameTolerations(x.Tolerations, y.Tolerations) && sameAffinity(x.Affinity, y.Affinity) &&
		sameSpread(x.TopologySpreadConstraints, y.TopologySpreadConstraints) && sameList(x.Overhead, y.Overhead) &&
		samePodResources(x.Resources, y.Resources) && sameImages(x.Volumes, y.Volumes)
}

func samePriority(a, b *int32) bool {
	if a == b {
		return true
	}
	var x, y int32
	if a != nil {
		x = *a
	}
	if b != nil {
		y = *b
	}
	return x == y
}

func controller(refs []metav1.OwnerReference) *metav1.OwnerReference {
	for i := range refs {
		if refs[i].Controller != nil && *refs[i].Controller {
			return &refs[i]
		}
	}
	return nil
}

func sameOwner(a, b *corev1.Pod) bool {
	x, y := controller(a.OwnerReferences), controller(b.OwnerReferences)
	if x == nil || y == nil {
		return x == y
	}
	return x.UID == y.UID && x.Name == y.Name
}

func sameStrings(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return true
}

func sameList(a, b corev1.ResourceList) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		w, ok := b[k]
		if !ok || v.Cmp(w) != 0 {
			return false
		}
	}
	return true
}

func samePodResources(a, b *corev1.ResourceRequirements) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil {
		return false
	}
	return sameList(a.Requests, b.Requests)
}

func sameContainers(a, b []corev1.Container) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) == 0 || &a[0] == &b[0] {
		return true
	}
	for i := range a {
		x, y := &a[i], &b[i]
		if x.Image != y.Image || (x.RestartPolicy == nil) != (y.RestartPolicy == nil) ||
			x.RestartPolicy != nil && *x.RestartPolicy != *y.RestartPolicy ||
			!sameList(x.Resources.Requests, y.Resources.Requests) || !samePorts(x.Ports, y.Ports) {
			return false
		}
	}
	return true
}

func samePorts(a, b []corev1.ContainerPort) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].HostPort != b[i].HostPort || a[i].HostIP != b[i].HostIP || a[i].Protocol != b[i].Protocol {
			return false
		}
	}
	return true
}

func sameTolerations(a, b []corev1.Toleration) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) == 0 || &a[0] == &b[0] {
		return true
	}
	for i := range a {
		// How long a taint is tolerated is the taint manager's business.
		if a[i].Key != b[i].Key || a[i].Operator != b[i].Operator || a[i].Value != b[i].Value || a[i].Effect != b[i].Effect {
			return false
		}
	}
	return true
}

func sameAffinity(a, b *corev1.Affinity) bool {
	return a == b || equality.Semantic.DeepEqual(a, b)
}

func sameSpread(a, b []corev1.TopologySpreadConstraint) bool {
	if len(a) != len(b) {
		return false
	}
	return len(a) == 0 || &a[0] == &b[0] || equality.Semantic.DeepEqual(a, b)
}

func sameImages(a, b []corev1.Volume) bool {
	if len(a) != 0 && len(a) == len(b) && &a[0] == &b[0] {
		return true
	}
	next := func(v []corev1.Volume, i int) (string, int) {
		for ; i < len(v); i++ {
			if v[i].Image != nil {
				return v[i].Image.Reference, i + 1
			}
		}
		return "", len(v) + 1
	}
	for i, j := 0, 0; i <= len(a) || j <= len(b); {
		var x, y string
		x, i = next(a, i)
		y, j = next(b, j)
		if x != y {
			return false
		}
	}
	return true
}

// TemplateHash is equal for pods of one template and cheap; it looks at labels, owner, images
// and named nodes only.
func TemplateHash(pod *corev1.Pod, anonymous bool) (labels, template uint64) {
	labels = hashString(fnvOffset, pod.Namespace)
	for k, v := range pod.Labels {
		if !anonymous || !Identity(k) {
			labels += hashString(hashString(fnvOffset, k), v) // a sum does not depend on the order
		}
	}
	template = labels
	if o := controller(pod.OwnerReferences); o != nil {
		template = hashString(template, string(o.UID))
	}
	for i := range pod.Spec.Containers {
		template = hashString(template, pod.Spec.Containers[i].Image)
	}
	// The pods of a DaemonSet differ in nothing but the node they name.
	if req := nodeaffinity.RequiredTerms(&pod.Spec); req != nil {
		for i := range req.NodeSelectorTerms {
			for _, f := range req.NodeSelectorTerms[i].MatchFields {
				for _, v := range f.Values {
					template = hashString(template, v)
				}
			}
		}
	}
	if pod.Spec.Priority != nil {
		template ^= uint64(uint32(*pod.Spec.Priority)) * fnvPrime
	}
	return labels, template
}

const (
	fnvOffset = 0xcbf29ce484222325
	fnvPrime  = 0x100000001b3
)

func hashString(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h ^= uint64(s[i])
		h *= fnvPrime
	}
	return h*fnvPrime ^ h>>29
}
