package fieldmanager

import (
	"bytes"
	"reflect"
	"unsafe"

	"tabernetes/engine/api"
)

// dropEqual empties in two shallow copies the parts that they share, so that only what may differ is walked. Writers
// copy shallowly and replace what they change, so what they left alone is equal word for word. Parts are what stands
// below metadata, spec and status, and the other fields of the object itself; each is owned on its own or not at all.
func dropEqual(a, b api.Object) {
	x, y := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	if x.Type() != y.Type() || x.Kind() != reflect.Struct {
		return
	}
	for i := range x.NumField() {
		f := x.Type().Field(i)
		switch f.Name {
		case "TypeMeta":
		case "ObjectMeta", "Spec", "Status":
			if f.Type.Kind() == reflect.Struct {
				for j := range f.Type.NumField() {
					dropField(x.Field(i).Field(j), y.Field(i).Field(j))
				}
				continue
			}
			fallthrough
		default:
			dropField(x.Field(i), y.Field(i))
		}
	}
}

func dropField(a, b reflect.Value) {
	if a.CanSet() && sameWords(a, b) {
		a.SetZero()
		b.SetZero()
	}
}

func sameWords(a, b reflect.Value) bool {
	n := a.Type().Size()
	return bytes.Equal(unsafe.Slice((*byte)(a.Addr().UnsafePointer()), n), unsafe.Slice((*byte)(b.Addr().UnsafePointer()), n))
}
