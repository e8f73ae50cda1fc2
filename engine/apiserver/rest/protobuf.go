package rest

import (
	"encoding/binary"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// packable is what has a protobuf form: all of Kubernetes' own kinds, no custom ones and no tables.
type packable interface {
	runtime.Object
	Marshal() ([]byte, error)
}

func packs(v any) bool {
	_, ok := v.(packable)
	return ok
}

// pack puts an object into the envelope of runtime/serializer/protobuf: four bytes of magic, then a runtime.Unknown
// that says what is in it.
func pack(v any) ([]byte, error) {
	p, ok := v.(packable)
	if !ok {
		return nil, fmt.Errorf("object %T does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message", v)
	}
	raw, err := p.Marshal()
	if err != nil {
		return nil, err
	}
	gvk := p.GetObjectKind().GroupVersionKind()
	u := runtime.Unknown{TypeMeta: runtime.TypeMeta{APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind}, Raw: raw}
	b := make([]byte, len(envelope)+u.Size())
	copy(b, envelope[:])
	_, err = u.MarshalToSizedBuffer(b[len(envelope):])
	return b, err
}

// packEvent makes one frame of a stream: four bytes of length, big-endian, then a WatchEvent without an envelope whose
// object has one.
func packEvent(typ string, v any) []byte {
	raw, err := pack(v)
	if err != nil {
		typ = string(watch.Error)
		raw, _ = pack(statusOf(apierrors.NewInternalError(err)))
	}
	e := metav1.WatchEvent{Type: typ, Object: runtime.RawExtension{Raw: raw}}
	b := make([]byte, 4+e.Size())
	binary.BigEndian.PutUint32(b, uint32(e.Size()))
	if _, err := e.MarshalToSizedBuffer(b[4:]); err != nil {
		return nil
	}
	return b
}
