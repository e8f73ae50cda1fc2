package structural

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api/apiextensions"
)

// Validate says what the schema has against a value. p is where the value stands; nil for a whole object.
func Validate(p *field.Path, v any, s *Schema) field.ErrorList {
	return fieldErrors(p, (&node{s: s}).judge(v))
}

// ValidateUpdate is Validate for a value that takes the place of old: what did not change is not judged again.
func ValidateUpdate(p *field.Path, v, old any, s *Schema) field.ErrorList {
	return fieldErrors(p, (&node{s: s, old: old, ratchet: true}).judge(v))
}

// failure is one thing that is wrong, as kube-openapi words it.
type failure struct {
	kind   string // "", "required", "enum", "long", "many", "type"
	plain  bool   // belongs to no path
	path   string
	value  any
	max    int64
	values []any
	text   string
}

// verdict is what a schema has against a value. matches counts what did apply: of several alternatives that all fail,
// the errors of the one that fits best are shown.
type verdict struct {
	errs    []failure
	matches int
}

func (r *verdict) add(f failure) {
	for i := range r.errs {
		if r.errs[i].text == f.text {
			return
		}
	}
	r.errs = append(r.errs, f)
}

func (r *verdict) merge(o *verdict) {
	for _, f := range o.errs {
		r.add(f)
	}
	r.matches += o.matches
}

// node is a place in an object and the schema for it.
type node struct {
	s       *Schema
	path    string
	old     any
	ratchet bool
}

func (n *node) say(format string, a ...any) string {
	return n.path + " in body " + fmt.Sprintf(format, a...)
}

func typeOf(v any) (typ, format string) {
	switch v.(type) {
	case bool:
		return "boolean", ""
	case string:
		return "string", ""
	case int64:
		return "integer", "int64"
	case float64:
		return "number", "float64"
	case []any:
		return "array", ""
	case map[string]any:
		return "object", ""
	}
	return "", ""
}

func (n *node) judge(v any) *verdict {
	r := &verdict{}
	if n.s == nil || n.ratchet && reflect.DeepEqual(v, n.old) {
		return r
	}
	types, format := n.types()
	if v == nil {
		if len(types) > 0 && !n.s.Nullable {
			n.wrongType(r, strings.Join(types, ","), "null")
		}
		n.enum(r, v)
		return r
	}
	if len(types) > 0 || format != "" {
		n.typed(r, v, types, format)
		r.matches++
	}
	n.junctors(r, v)
	r.matches++
	switch x := v.(type) {
	case string:
		n.text(r, x)
		r.matches++
		if n.s.format != "" && isText(n.s.Type) {
			if !valid(n.s.format, x) {
				r.add(failure{kind: "type", path: n.path, value: x, text: n.say("must be of type %s: %q", n.s.format, x)})
			}
			r.matches++
		}
	case int64, float64:
		n.number(r, v, types)
		r.matches += 2
	case []any:
		n.list(r, x)
		r.matches += 2
	}
	n.enum(r, v)
	r.matches++
	if m, ok := v.(map[string]any); ok {
		n.object(r, m)
		r.matches++
	}
	r.matches++
	return r
}

func isText(typ string) bool { return typ == "" || typ == "string" }

func (n *node) types() (types []string, format string) {
	if n.s.IntOrString {
		return []string{"integer", "string"}, n.s.format
	}
	if n.s.Type != "" {
		types = []string{n.s.Type}
	}
	return types, n.s.format
}

func (n *node) wrongType(r *verdict, want, got string) {
	r.add(failure{kind: "type", path: n.path, value: got, text: n.say("must be of type %s: %q", want, got)})
}

func (n *node) typed(r *verdict, v any, types []string, format string) {
	has := func(t string) bool {
		for _, x := range types {
			if x == t {
				return true
			}
		}
		return false
	}
	typ, own := typeOf(v)
	f, isFloat := v.(float64)
	floatInt := isFloat && f == math.Trunc(f) && !math.IsInf(f, 0) && has("integer")
	intFloat := typ == "integer" && has("number")
	textual := typ == "string" || typ == "array"
	fits := has(typ) || floatInt || intFloat
	switch {
	case !textual && format != "" && !fits && own != format:
		n.wrongType(r, format, own)
	case !has("number") && !has("integer") && format != "" && textual:
		r.matches++
	case !fits:
		n.wrongType(r, strings.Join(types, ","), typ)
	default:
		r.matches++
	}
}

// same compares a value with one of an enumeration, across the kinds of numbers.
func same(v, want any) bool {
	switch w := want.(type) {
	case int64:
		if f, ok := v.(float64); ok {
			return int64(f) == w
		}
	case float64:
		if i, ok := v.(int64); ok {
			return float64(i) == w
		}
	}
	return want != nil && reflect.DeepEqual(v, want)
}

func (n *node) enum(r *verdict, v any) {
	if len(n.s.enum) == 0 {
		return
	}
	for _, want := range n.s.enum {
		if same(v, want) {
			return
		}
	}
	r.add(failure{kind: "enum", path: n.path, value: v, values: n.s.enum, text: n.say("should be one of %v", n.s.enum)})
}

func (n *node) text(r *verdict, v string) {
	p := n.s.Props
	size := int64(utf8.RuneCountInString(v))
	switch {
	case p.MaxLength != nil && size > *p.MaxLength:
		r.add(failure{kind: "long", path: n.path, value: v, max: *p.MaxLength, text: n.say("should be at most %d chars long", *p.MaxLength)})
	case p.MinLength != nil && size < *p.MinLength:
		r.add(failure{path: n.path, value: v, text: n.say("should be at least %d chars long", *p.MinLength)})
	case n.s.pattern != nil && !n.s.pattern.MatchString(v):
		r.add(failure{path: n.path, value: v, text: n.say("should match '%s'", p.Pattern)})
	}
}

func (n *node) list(r *verdict, v []any) {
	p := n.s.Props
	if n.s.Items != nil {
		for i, x := range v {
			below := node{s: n.s.Items, path: n.path + "[" + strconv.Itoa(i) + "]"}
			if n.ratchet {
				below.old, below.ratchet = n.match(x)
			}
			r.merge(below.judge(x))
		}
	}
	size := int64(len(v))
	if p.MinItems != nil && size < *p.MinItems {
		r.add(failure{path: n.path, value: size, text: n.say("should have at least %d items", *p.MinItems)})
	}
	if p.MaxItems != nil && size > *p.MaxItems {
		r.add(failure{kind: "many", path: n.path, value: size, max: *p.MaxItems, text: n.say("should have at most %d items", *p.MaxItems)})
	}
}

// match finds an item's predecessor: by the keys of a list that is a map. Items of other lists have none.
func (n *node) match(x any) (any, bool) {
	was, ok := n.old.([]any)
	m, isMap := x.(map[string]any)
	if n.s.ListType != "map" || !ok || !isMap {
		return nil, false
	}
next:
	for _, o := range was {
		om, ok := o.(map[string]any)
		if !ok {
			continue
		}
		for _, k := range n.s.ListMapKeys {
			if !reflect.DeepEqual(om[k], m[k]) {
				continue next
			}
		}
		return o, true
	}
	return nil, false
}

func (n *node) below(name string, s *Schema, always bool) *node {
	b := &node{s: s, path: name}
	if n.path != "" || always {
		b.path = n.path + "." + name
	}
	if n.ratchet {
		if was, ok := n.old.(map[string]any); ok {
			b.old, b.ratchet = was[name]
		}
	}
	return b
}

func (n *node) object(r *verdict, v map[string]any) {
	p := n.s.Props
	size := int64(len(v))
	if p.MinProperties != nil && size < *p.MinProperties {
		r.add(failure{path: n.path, value: size, text: n.say("should have at least %d properties", *p.MinProperties)})
	}
	if p.MaxProperties != nil && size > *p.MaxProperties {
		r.add(failure{kind: "many", path: n.path, value: size, max: *p.MaxProperties, text: n.say("should have at most %d properties", *p.MaxProperties)})
	}
	if n.s.additional && (n.s.Additional != nil || !n.s.allows) {
		for _, name := range apiextensions.SortedKeys(v) {
			if _, ok := n.s.Properties[name]; ok {
				continue
			}
			if n.s.Additional == nil {
				r.add(failure{path: n.path, value: name, text: n.path + "." + name + " in body is a forbidden property"})
				continue
			}
			r.merge(n.below(name, n.s.Additional, true).judge(v[name]))
		}
	}
	for _, name := range n.s.names {
		if x, ok := v[name]; ok {
			r.merge(n.below(name, n.s.Properties[name], false).judge(x))
		}
	}
	for _, name := range p.Required {
		if _, ok := v[name]; !ok {
			path := n.path + "." + name
			r.add(failure{kind: "required", path: path, text: path + " in body is required"})
		}
	}
}
