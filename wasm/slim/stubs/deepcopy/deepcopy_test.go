package deepcopy

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"tabernetes/engine/api"
)

// fill sets everything in a value to something.
func fill(v reflect.Value, depth int) {
	switch x := v.Addr().Interface().(type) {
	case *resource.Quantity:
		*x = resource.MustParse("1500m")
		return
	case *metav1.Time:
		*x = metav1.Unix(1e9, 0)
		return
	case *time.Time:
		*x = time.Unix(1e9, 0)
		return
	case *runtime.RawExtension:
		x.Raw = []byte("{}")
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if depth < 12 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), depth+1)
		}
	case reflect.Slice:
		if depth < 12 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			fill(v.Index(0), depth+1)
			fill(v.Index(1), depth+1)
		}
	case reflect.Map:
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(k, depth+1)
		fill(e, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(k, e)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), depth+1)
			}
		}
	case reflect.String:
		v.SetString("s")
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(1)
	}
}

// shared finds memory that two values have in common.
func shared(path string, a, b reflect.Value) string {
	switch a.Kind() {
	case reflect.Pointer, reflect.Map:
		if !a.IsNil() && a.Pointer() == b.Pointer() && (a.Kind() == reflect.Map || a.Elem().Type().Size() > 0) {
			return path
		}
		if a.Kind() == reflect.Pointer && !a.IsNil() {
			return shared(path, a.Elem(), b.Elem())
		}
	case reflect.Slice:
		if a.Len() > 0 && a.Pointer() == b.Pointer() {
			return path
		}
		for i := range a.Len() {
			if s := shared(path+"[]", a.Index(i), b.Index(i)); s != "" {
				return s
			}
		}
	case reflect.Struct:
		for i := range a.NumField() {
			if f := a.Type().Field(i); f.IsExported() {
				if s := shared(path+"."+f.Name, a.Field(i), b.Field(i)); s != "" {
					return s
				}
			}
		}
	}
	return ""
}

// TestCopies copies every kind of k8s.io/api that is served and compares with the generated method.
func TestCopies(t *testing.T) {
	for _, r := range api.Builtin() {
		in := r.New()
		if !strings.HasPrefix(reflect.TypeOf(in).Elem().PkgPath(), "k8s.io/api/") {
			continue // written by hand, and stays
		}
		fill(reflect.ValueOf(in).Elem(), 0)
		out := r.New()
		Into(in, out)
		require.Equal(t, in.DeepCopyObject(), out, r.Kind)
		require.Empty(t, shared(r.Kind, reflect.ValueOf(in), reflect.ValueOf(out)))
	}
}
