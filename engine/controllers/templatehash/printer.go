package templatehash

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// printer writes values as go-spew's Sprintf("%#v") does with SortKeys, DisableMethods and DisablePointerAddresses.
type printer struct{ buf []byte }

var quantityType = reflect.TypeFor[resource.Quantity]()

func (p *printer) write(s string) { p.buf = append(p.buf, s...) }

// value prints v. untyped leaves the type out: elements of lists and maps, and what a pointer points at.
func (p *printer) value(v reflect.Value, untyped bool) {
	if v.Kind() == reflect.Pointer {
		p.pointer(v, untyped)
		return
	}
	if !untyped {
		p.write("(" + v.Type().String() + ")")
	}
	switch v.Kind() {
	case reflect.Bool:
		p.buf = strconv.AppendBool(p.buf, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.buf = strconv.AppendInt(p.buf, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		p.buf = strconv.AppendUint(p.buf, v.Uint(), 10)
	case reflect.Float64:
		p.buf = strconv.AppendFloat(p.buf, v.Float(), 'g', -1, 64)
	case reflect.String:
		p.write(v.String())
	case reflect.Slice, reflect.Array:
		p.list(v)
	case reflect.Map:
		p.mapping(v)
	case reflect.Struct:
		if v.Type() == quantityType && v.CanInterface() {
			v = canonical(v.Interface().(resource.Quantity))
		}
		p.fields(v)
	default:
		panic("templatehash: no pod template has a " + v.Type().String())
	}
}

// canonical is the quantity as it comes out of etcd.
func canonical(q resource.Quantity) reflect.Value {
	if parsed, err := resource.ParseQuantity(q.String()); err == nil {
		q = parsed
	}
	return reflect.ValueOf(q)
}

func (p *printer) pointer(v reflect.Value, untyped bool) {
	if v.IsNil() {
		if !untyped {
			p.write("(" + v.Type().String() + ")")
		}
		p.write("<nil>")
		return
	}
	depth := 0
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		depth++
		v = v.Elem()
	}
	stars := strings.Repeat("*", depth)
	if untyped {
		p.write("<" + stars + ">")
	} else {
		p.write("(" + stars + v.Type().String() + ")")
	}
	p.value(v, true)
}

func (p *printer) list(v reflect.Value) {
	if v.Kind() == reflect.Slice && v.Len() == 0 {
		p.write("<nil>")
		return
	}
	p.write("[")
	for i := range v.Len() {
		if i > 0 {
			p.write(" ")
		}
		p.value(v.Index(i), true)
	}
	p.write("]")
}

func (p *printer) mapping(v reflect.Value) {
	if v.Len() == 0 {
		p.write("<nil>")
		return
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	p.write("map[")
	for i, k := range keys {
		if i > 0 {
			p.write(" ")
		}
		p.value(k, true)
		p.write(":")
		p.value(v.MapIndex(k), true)
	}
	p.write("]")
}

func (p *printer) fields(v reflect.Value) {
	p.write("{")
	t := v.Type()
	for i := range t.NumField() {
		if i > 0 {
			p.write(" ")
		}
		p.write(t.Field(i).Name + ":")
		p.value(v.Field(i), false)
	}
	p.write("}")
}
