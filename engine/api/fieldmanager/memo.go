package fieldmanager

import (
	"slices"
	"unsafe"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

// memo is what the creator of a pod was found to own. Pods of one template share their parts, so one answer serves them
// all, and all versions of a pod.
type memo struct {
	pod    *corev1.Pod
	fields *metav1.FieldsV1 // nil: nothing
}

// maxMemos bounds the memos, one a controller.
const maxMemos = 1024

func memoKey(p *corev1.Pod) types.UID {
	if ref := api.ControllerOf(p); ref != nil {
		return ref.UID
	}
	return p.UID
}

// createdFields are the fields of a note of creation when nobody else owns anything.
func (m *Manager) createdFields(r *api.Resource, obj api.Object, e *metav1.ManagedFieldsEntry) (*metav1.FieldsV1, error) {
	p, isPod := obj.(*corev1.Pod)
	if isPod {
		if x := m.memos[memoKey(p)]; x != nil && sameTemplate(x.pod, p) {
			return x.fields, nil
		}
	}
	set, err := m.noted(r, obj, e)
	if err != nil {
		return nil, err
	}
	var fields *metav1.FieldsV1
	if !set.Empty() {
		fields = encodeSet(set)
	}
	if isPod {
		if m.memos == nil || len(m.memos) >= maxMemos {
			m.memos = map[types.UID]*memo{}
		}
		m.memos[memoKey(p)] = &memo{p, fields}
	}
	return fields, nil
}

// sameTemplate reports that two pods have the same metadata and spec for the creator's purposes: all but names and what
// binding and the token's mounts add has the same words in memory.
func sameTemplate(a, b *corev1.Pod) bool {
	if a.GenerateName != b.GenerateName || a.DeletionTimestamp != nil || b.DeletionTimestamp != nil ||
		!sameMap(a.Labels, b.Labels) || !sameMap(a.Annotations, b.Annotations) || !slices.Equal(a.Finalizers, b.Finalizers) ||
		!slices.EqualFunc(a.OwnerReferences, b.OwnerReferences, sameOwner) {
		return false
	}
	x, y := a.Spec, b.Spec
	for _, s := range []*corev1.PodSpec{&x, &y} {
		s.NodeName, s.Containers, s.InitContainers, s.Volumes = "", nil, nil, nil
	}
	return words(&x) == words(&y) && sameContainers(a.Spec.Containers, b.Spec.Containers) &&
		sameContainers(a.Spec.InitContainers, b.Spec.InitContainers) && slices.EqualFunc(a.Spec.Volumes, b.Spec.Volumes, sameVolume)
}

func sameContainers(a, b []corev1.Container) bool {
	return slices.EqualFunc(a, b, func(x, y corev1.Container) bool {
		if !slices.EqualFunc(x.VolumeMounts, y.VolumeMounts, sameMount) {
			return false
		}
		x.VolumeMounts, y.VolumeMounts = nil, nil
		return words(&x) == words(&y)
	})
}

func sameMount(a, b corev1.VolumeMount) bool {
	return a.MountPath == tokenMountPath && b.MountPath == tokenMountPath || words(&a) == words(&b)
}

func sameVolume(a, b corev1.Volume) bool {
	return len(a.Name) > len(tokenVolume) && len(b.Name) > len(tokenVolume) &&
		a.Name[:len(tokenVolume)] == tokenVolume && b.Name[:len(tokenVolume)] == tokenVolume || words(&a) == words(&b)
}

// words is a value's memory; it is not to be kept.
func words[T any](p *T) string {
	return unsafe.String((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p))
}

// unowned are an object's entries when there are nothing but notes.
func (m *Manager) unowned(r *api.Resource, obj api.Object, lazy []metav1.ManagedFieldsEntry) []metav1.ManagedFieldsEntry {
	out := make([]metav1.ManagedFieldsEntry, 0, len(lazy))
	for i := range lazy {
		e := lazy[i]
		var err error
		if e.FieldsType == lazyCreated {
			e.FieldsV1, err = m.createdFields(r, obj, &e)
		} else if set, bad := m.noted(r, obj, &e); bad != nil {
			err = bad
		} else {
			if rest, bad := decodeSet(e.FieldsV1); bad == nil {
				set = set.Union(rest)
			}
			if e.FieldsV1 = nil; !set.Empty() {
				e.FieldsV1 = encodeSet(set)
			}
		}
		if err != nil || e.FieldsV1 == nil {
			continue
		}
		e.FieldsType = fieldsV1
		out = append(out, e)
	}
	return out
}
