// Package deepcopy copies API objects by reflection, in the wasm build in place of the methods that are generated for
// every type of k8s.io/api. Those are twenty times faster and a tenth of the module; here deep copies are made when
// somebody edits something, and what a busy cluster copies is copied shallowly.
package deepcopy

import (
	"reflect"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
)

// Into copies what in points at into what out points at, which must be of the same type.
func Into(in, out any) {
	to := reflect.ValueOf(out).Elem()
	to.Set(reflect.ValueOf(in).Elem())
	part(to)
}

// part makes a value that was copied shallowly share nothing with the original that can be changed.
func part(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			n := reflect.New(v.Type().Elem())
			n.Elem().Set(v.Elem())
			part(n.Elem())
			v.Set(n)
		}
	case reflect.Slice:
		if !v.IsNil() {
			n := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(n, v)
			if shares(v.Type().Elem()) {
				for i := range n.Len() {
					part(n.Index(i))
				}
			}
			v.Set(n)
		}
	case reflect.Map:
		if !v.IsNil() {
			n := reflect.MakeMapWithSize(v.Type(), v.Len())
			deep := shares(v.Type().Elem())
			for it := v.MapRange(); it.Next(); {
				e := it.Value()
				if deep {
					c := reflect.New(e.Type()).Elem()
					c.Set(e)
					part(c)
					e = c
				}
				n.SetMapIndex(it.Key(), e)
			}
			v.Set(n)
		}
	case reflect.Interface:
		if o, ok := v.Interface().(runtime.Object); ok && o != nil {
			v.Set(reflect.ValueOf(o.DeepCopyObject()))
		}
	case reflect.Struct:
		if q, ok := v.Addr().Interface().(*resource.Quantity); ok {
			*q = q.DeepCopy()
			return
		}
		for i := range v.NumField() {
			// What is not exported is time's: it never changes.
			if f := v.Field(i); f.CanSet() && shares(f.Type()) {
				part(f)
			}
		}
	}
}

// shares reports that values of a type may hold memory that others hold too.
func shares(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface, reflect.Struct:
		return true
	case reflect.Array:
		return shares(t.Elem())
	}
	return false
}
