package hostile

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/api"
	"tabernetes/engine/api/manifest"
)

//go:embed valid.yaml
var valid []byte

// Valid are objects that are accepted, one of every kind that can be made.
func Valid() []manifest.Document {
	docs, err := manifest.Split(valid)
	if err != nil {
		panic(err) // embedded
	}
	return docs
}

// Field is a place in a JSON document where a text may stand: names of fields, "0" for the item of a list, "*" for the key
// of a map and "*v" for the value of one. Quoted texts are base64: bytes.
type Field struct {
	Path  []string
	Bytes bool
}

func (f Field) String() string { return strings.Join(f.Path, ".") }

// maxSame is how often a type may stand below itself: schemas nest without an end.
const maxSame = 2

var leafTypes = map[reflect.Type]bool{
	reflect.TypeFor[resource.Quantity](): true, reflect.TypeFor[metav1.Time](): true, reflect.TypeFor[metav1.MicroTime](): true,
	reflect.TypeFor[metav1.Duration](): true, reflect.TypeFor[intstr.IntOrString](): true, reflect.TypeFor[metav1.FieldsV1](): true,
}

// Fields finds every text of a type: strings, quantities, times, keys of maps.
func Fields(t reflect.Type) []Field {
	var out []Field
	var walk func(t reflect.Type, path []string, above []reflect.Type)
	walk = func(t reflect.Type, path []string, above []reflect.Type) {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		at := func(name string) []string { return append(path[:len(path):len(path)], name) }
		switch {
		case leafTypes[t] || t.Kind() == reflect.String:
			out = append(out, Field{Path: path})
			return
		case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
			out = append(out, Field{Path: path, Bytes: true})
			return
		}
		switch t.Kind() {
		case reflect.Struct:
			n := 0
			for _, a := range above {
				if a == t {
					n++
				}
			}
			if n >= maxSame {
				return
			}
			above = append(above[:len(above):len(above)], t)
			for i := range t.NumField() {
				f := t.Field(i)
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				switch {
				case name == "-" || !f.IsExported():
				case name == "" && f.Anonymous:
					walk(f.Type, path, above)
				case name != "":
					walk(f.Type, at(name), above)
				}
			}
		case reflect.Slice:
			walk(t.Elem(), at("0"), above)
		case reflect.Map:
			out = append(out, Field{Path: at("*")})
			walk(t.Elem(), at("*v"), above)
		}
	}
	walk(t, nil, nil)
	return out
}

// Set is a document with a text at a field; what is on the way and missing is made.
func Set(doc map[string]any, f Field, text string) map[string]any {
	var v any = text
	if f.Bytes {
		v = []byte(text) // base64, in JSON
	}
	return set(doc, f.Path, v).(map[string]any)
}

func set(in any, path []string, text any) any {
	if len(path) == 0 {
		return text
	}
	name := path[0]
	if name == "0" {
		list, _ := in.([]any)
		list = slices.Clone(list)
		if len(list) == 0 {
			list = []any{nil}
		}
		list[0] = set(list[0], path[1:], text)
		return list
	}
	m, _ := in.(map[string]any)
	out := make(map[string]any, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	switch name {
	case "*":
		var some any = ""
		for _, k := range slices.Sorted(mapKeys(m)) {
			some = m[k]
			break
		}
		out[fmt.Sprint(text)] = some
	case "*v":
		key := "k"
		for _, k := range slices.Sorted(mapKeys(m)) {
			key = k
			break
		}
		out[key] = set(m[key], path[1:], text)
	default:
		out[name] = set(m[name], path[1:], text)
	}
	return out
}

func mapKeys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// Mutant is an object with a payload in one field.
type Mutant struct {
	Field Field
	Doc   map[string]any
}

// Mutants are objects made of a valid one, each with payloads in one field: the worst of all, and one that changes from
// field to field, so that over all kinds everything stands everywhere. Each has a name of its own where its name is not the
// field.
func Mutants(doc manifest.Document, turn int) []Mutant {
	r := api.ByGVK(doc.GVK)
	var base map[string]any
	if err := json.Unmarshal(doc.Raw, &base); err != nil {
		panic(err) // embedded
	}
	var out []Mutant
	for i, f := range Fields(reflect.TypeOf(r.New()).Elem()) {
		for k, text := range []string{Everything, Payloads[(i+turn)%len(Payloads)]} {
			d := base
			if meta, _ := base["metadata"].(map[string]any); meta["name"] == "x" {
				d = Set(base, Field{Path: []string{"metadata", "name"}}, "x"+strconv.Itoa(2*i+k))
			}
			out = append(out, Mutant{f, Set(d, f, text)})
		}
	}
	return out
}
