package templatehash

import (
	"encoding/binary"
	"hash/fnv"
	"reflect"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/rand"
)

// Compute is the pod-template-hash of a template; collisionCount, when not nil, is Deployment.status.collisionCount.
func Compute(template *corev1.PodTemplateSpec, collisionCount *int32) string {
	p := printer{buf: make([]byte, 0, 16384)}
	p.value(reflect.ValueOf(template).Elem(), false)
	h := fnv.New32a()
	h.Write(p.buf)
	if collisionCount != nil {
		// Upstream reserves eight bytes for the four of the counter, and hashes all eight.
		var b [8]byte
		binary.LittleEndian.PutUint32(b[:], uint32(*collisionCount))
		h.Write(b[:])
	}
	return rand.SafeEncodeString(strconv.FormatUint(uint64(h.Sum32()), 10))
}
