package fieldmanager

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"
)

// The codec of FieldsV1 (structured-merge-diff/fieldpath/serialize.go), without json-iterator.

// encodeSet writes a set as FieldsV1: keys in the set's order, "." for a member that has children as well.
func encodeSet(s *fieldpath.Set) *metav1.FieldsV1 {
	f := &metav1.FieldsV1{}
	f.SetRawBytes(appendSet(nil, s, false))
	return f
}

func appendSet(b []byte, s *fieldpath.Set, self bool) []byte {
	b = append(b, '{')
	first := true
	key := func(pe fieldpath.PathElement) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendQuoted(b, pathElement(pe))
		b = append(b, ':')
	}
	var members, children []fieldpath.PathElement
	s.Members.Iterate(func(pe fieldpath.PathElement) { members = append(members, pe) })
	s.Children.Iterate(func(pe fieldpath.PathElement) { children = append(children, pe) })
	if self && len(members)+len(children) > 0 {
		b = append(b, `".":{}`...)
		first = false
	}
	for len(members) > 0 || len(children) > 0 {
		order := 0
		switch {
		case len(children) == 0:
			order = -1
		case len(members) == 0:
			order = 1
		default:
			order = members[0].Compare(children[0])
		}
		if order < 0 {
			key(members[0])
			b = append(b, "{}"...)
			members = members[1:]
			continue
		}
		child, _ := s.Children.Get(children[0])
		key(children[0])
		b = appendSet(b, child, order == 0)
		children = children[1:]
		if order == 0 {
			members = members[1:]
		}
	}
	return append(b, '}')
}

// pathElement is f:name, k:{"key":value}, v:value or i:index.
func pathElement(pe fieldpath.PathElement) string {
	switch {
	case pe.FieldName != nil:
		return "f:" + *pe.FieldName
	case pe.Key != nil:
		b := []byte("k:{")
		for i, f := range *pe.Key {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendQuoted(b, f.Name), ':')
			b = appendValue(b, f.Value)
		}
		return string(append(b, '}'))
	case pe.Value != nil:
		return string(appendValue([]byte("v:"), *pe.Value))
	case pe.Index != nil:
		return "i:" + strconv.Itoa(*pe.Index)
	}
	return ""
}

func appendValue(b []byte, v value.Value) []byte {
	switch {
	case v.IsString():
		return appendQuoted(b, v.AsString())
	case v.IsInt():
		return strconv.AppendInt(b, v.AsInt(), 10)
	case v.IsBool():
		return strconv.AppendBool(b, v.AsBool())
	}
	text, _ := json.Marshal(v.Unstructured()) // came from JSON
	return append(b, text...)
}

func appendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// decodeSet reads FieldsV1; nil is the empty set.
func decodeSet(f *metav1.FieldsV1) (*fieldpath.Set, error) {
	set := fieldpath.NewSet()
	if f == nil {
		return set, nil
	}
	d := decoder{in: f.GetRawBytes()}
	if len(d.in) == 0 {
		return set, nil
	}
	_, _, err := d.object(set, 0)
	if err == nil {
		if d.skip(); d.at < len(d.in) {
			err = errors.New("unexpected trailing data after JSON object")
		}
	}
	return set, err
}

// maxDepth of what a client may send; the deepest kinds nest some forty levels.
const maxDepth = 200

type decoder struct {
	in []byte
	at int
}

func (d *decoder) skip() {
	for d.at < len(d.in) && (d.in[d.at] == ' ' || d.in[d.at] == '\n' || d.in[d.at] == '\t' || d.in[d.at] == '\r') {
		d.at++
	}
}

func (d *decoder) expect(c byte) error {
	if d.skip(); d.at >= len(d.in) || d.in[d.at] != c {
		return fmt.Errorf("expected %q at offset %d", c, d.at)
	}
	d.at++
	return nil
}

func (d *decoder) next() byte {
	if d.skip(); d.at < len(d.in) {
		return d.in[d.at]
	}
	return 0
}

// object reads one object's content into set; self says that it holds ".", empty that it holds nothing.
func (d *decoder) object(set *fieldpath.Set, depth int) (self, empty bool, err error) {
	if depth > maxDepth {
		return false, false, errors.New("exceeded max depth")
	}
	if err := d.expect('{'); err != nil {
		return false, false, err
	}
	if d.next() == '}' {
		d.at++
		return false, true, nil
	}
	empty = true
	for {
		key, err := d.text()
		if err == nil {
			err = d.expect(':')
		}
		if err != nil {
			return false, false, err
		}
		child := fieldpath.NewSet()
		childSelf, childEmpty, err := d.object(child, depth+1)
		if err != nil {
			return false, false, err
		}
		if key == "." {
			self = true
		} else {
			pe, known, err := parsePathElement(key)
			if err != nil {
				return false, false, fmt.Errorf("parsing key as path element: %w", err)
			}
			if known {
				empty = false
				if childSelf || childEmpty {
					set.Members.Insert(pe)
				}
				if !childEmpty {
					*set.Children.Descend(pe) = *child
				}
			}
		}
		if d.next() == ',' {
			d.at++
			continue
		}
		return self, empty, d.expect('}')
	}
}

func (d *decoder) text() (string, error) {
	if err := d.expect('"'); err != nil {
		return "", err
	}
	start, escaped := d.at, false
	for ; d.at < len(d.in); d.at++ {
		switch d.in[d.at] {
		case '\\':
			escaped = true
			d.at++
		case '"':
			raw := d.in[start:d.at]
			d.at++
			if !escaped {
				return string(raw), nil
			}
			var s string
			err := json.Unmarshal(d.in[start-1:d.at], &s)
			return s, err
		}
	}
	return "", errors.New("unexpected end of string")
}

// parsePathElement reads a key; known is false for a type of element that a later version may have.
func parsePathElement(s string) (pe fieldpath.PathElement, known bool, err error) {
	if len(s) < 2 || s[1] != ':' {
		return pe, false, fmt.Errorf("missing colon: %v", s)
	}
	rest := s[2:]
	switch s[0] {
	case 'f':
		return fieldpath.PathElement{FieldName: &rest}, true, nil
	case 'v':
		var v any
		if err := json.Unmarshal([]byte(rest), &v); err != nil {
			return pe, false, err
		}
		val := value.NewValueInterface(integral(v))
		return fieldpath.PathElement{Value: &val}, true, nil
	case 'k':
		var m map[string]any
		if err := json.Unmarshal([]byte(rest), &m); err != nil {
			return pe, false, err
		}
		fields := make(value.FieldList, 0, len(m))
		for name, v := range m {
			fields = append(fields, value.Field{Name: name, Value: value.NewValueInterface(integral(v))})
		}
		fields.Sort()
		return fieldpath.PathElement{Key: &fields}, true, nil
	case 'i':
		i, err := strconv.Atoi(rest)
		return fieldpath.PathElement{Index: &i}, err == nil, err
	}
	return pe, false, nil
}

func integral(v any) any {
	if f, ok := v.(float64); ok && f == float64(int64(f)) {
		return int64(f)
	}
	return v
}
