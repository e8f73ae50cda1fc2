package structural

import (
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// junctors are anyOf, oneOf, allOf and not.
func (n *node) junctors(r *verdict, v any) {
	try := func(s *Schema) *verdict { return (&node{s: s, path: n.path, old: n.old, ratchet: n.ratchet}).judge(v) }
	if len(n.s.anyOf) > 0 {
		var best, good *verdict
		for _, s := range n.s.anyOf {
			x := try(s)
			if len(x.errs) == 0 {
				good = x
				break
			}
			if best == nil || x.matches > best.matches {
				best = x
			}
		}
		if good != nil {
			r.merge(good)
		} else {
			r.add(failure{plain: true, text: fmt.Sprintf("%q must validate at least one schema (anyOf)", n.path)})
			r.merge(best)
		}
	}
	if len(n.s.oneOf) > 0 {
		var best, good *verdict
		count := 0
		for _, s := range n.s.oneOf {
			x := try(s)
			if len(x.errs) == 0 {
				if count++; good == nil {
					good = x
				}
				best = nil
			} else if count == 0 && (best == nil || x.matches > best.matches) {
				best = x
			}
		}
		switch {
		case count == 1:
			r.merge(good)
		case count == 0:
			r.add(failure{plain: true, text: fmt.Sprintf("%q must validate one and only one schema (oneOf). Found none valid", n.path)})
			r.merge(best)
		default:
			r.add(failure{plain: true, text: fmt.Sprintf("%q must validate one and only one schema (oneOf). Found %d valid alternatives", n.path, count)})
		}
	}
	if len(n.s.allOf) > 0 {
		count := 0
		for _, s := range n.s.allOf {
			x := try(s)
			if len(x.errs) == 0 {
				count++
			}
			r.merge(x)
		}
		if count < len(n.s.allOf) {
			why := ""
			if count == 0 {
				why = ". None validated"
			}
			r.add(failure{plain: true, text: fmt.Sprintf("%q must validate all the schemas (allOf)%s", n.path, why)})
		}
	}
	if n.s.not != nil && len(try(n.s.not).errs) == 0 {
		r.add(failure{plain: true, text: fmt.Sprintf("%q must not validate the schema (not)", n.path)})
	}
	r.matches++
}

func fieldErrors(p *field.Path, r *verdict) field.ErrorList {
	var out field.ErrorList
	for i := range r.errs {
		f := &r.errs[i]
		at := p
		if f.path != "" && f.path != "." {
			at = p.Child(strings.TrimPrefix(f.path, "."))
		}
		var v any = ""
		if f.value != nil {
			v = f.value
		}
		size, _ := f.value.(int64)
		switch {
		case f.plain:
			out = append(out, field.Invalid(p, "", f.text))
		case f.kind == "required":
			out = append(out, field.Required(at, ""))
		case f.kind == "enum":
			values := make([]string, len(f.values))
			for i, x := range f.values {
				text, ok := x.(string)
				if !ok {
					b, _ := json.Marshal(x) // it was read from JSON
					text = string(b)
				}
				values[i] = text
			}
			out = append(out, field.NotSupported(at, f.value, values))
		case f.kind == "long":
			out = append(out, field.TooLong(at, "", int(f.max)))
		case f.kind == "many":
			out = append(out, field.TooMany(at, int(size), int(f.max)))
		case f.kind == "type":
			out = append(out, field.TypeInvalid(at, v, f.text))
		default:
			out = append(out, field.Invalid(at, v, f.text))
		}
	}
	return out
}
