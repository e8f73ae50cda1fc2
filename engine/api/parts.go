package api

import (
	"bytes"
	"unsafe"

	corev1 "k8s.io/api/core/v1"
)

// SameParts reports that two pod specs are the same bits: the same scalars, and the same slices, maps and pointers.
// Objects are immutable and share their parts, so this proves equality in a moment; false proves nothing.
func SameParts(a, b *corev1.PodSpec) bool {
	const n = unsafe.Sizeof(corev1.PodSpec{})
	return bytes.Equal(unsafe.Slice((*byte)(unsafe.Pointer(a)), n), unsafe.Slice((*byte)(unsafe.Pointer(b)), n))
}
