package jsonpath

import (
	"fmt"
	"strings"
)

// evaluator walks an object along a path.
type evaluator struct {
	root         any
	allowMissing bool
}

func (e *evaluator) print(nodes []pathNode, cur any, b *strings.Builder) error {
	for _, n := range nodes {
		switch {
		case n.loop:
			items, err := e.walk(n.steps, []any{cur})
			if err != nil {
				return err
			}
			for _, item := range items {
				if err := e.print(n.body, item, b); err != nil {
					return err
				}
			}
		case n.isPat:
			values, err := e.walk(n.steps, []any{cur})
			if err != nil {
				return err
			}
			for i, v := range values {
				if i > 0 {
					b.WriteByte(' ')
				}
				b.WriteString(Plain(v))
			}
		default:
			b.WriteString(n.text)
		}
	}
	return nil
}

func (e *evaluator) collect(nodes []pathNode, cur any, out *[]any) error {
	for _, n := range nodes {
		if !n.loop && !n.isPat {
			continue
		}
		values, err := e.walk(n.steps, []any{cur})
		if err != nil {
			return err
		}
		if n.isPat {
			*out = append(*out, values...)
			continue
		}
		for _, v := range values {
			if err := e.collect(n.body, v, out); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *evaluator) walk(steps []pathStep, cur []any) ([]any, error) {
	for _, s := range steps {
		if s.kind == stepRoot {
			cur = []any{e.root}
			continue
		}
		if s.kind == stepUnion {
			// One member after the other, each for all values.
			var next []any
			for _, part := range s.union {
				found, err := e.walk(part, cur)
				if err != nil {
					return nil, err
				}
				next = append(next, found...)
			}
			cur = next
			continue
		}
		var next []any
		for _, v := range cur {
			out, err := e.step(s, v)
			if err != nil {
				return nil, err
			}
			next = append(next, out...)
		}
		cur = next
	}
	return cur, nil
}

func (e *evaluator) step(s pathStep, v any) ([]any, error) {
	switch s.kind {
	case stepField:
		m, ok := v.(map[string]any)
		if ok {
			if found, ok := m[s.name]; ok {
				return []any{found}, nil
			}
		}
		if e.allowMissing || v == nil {
			return nil, nil
		}
		return nil, fmt.Errorf("%s is not found", s.name)
	case stepWildcard:
		switch v := v.(type) {
		case []any:
			return v, nil
		case map[string]any:
			var out []any
			for _, k := range sortedKeys(v) {
				out = append(out, v[k])
			}
			return out, nil
		}
		return nil, nil
	case stepRecursive:
		return descend(v, nil), nil
	case stepSlice:
		return sliceOf(s, v)
	case stepFilter:
		return e.filter(s, v)
	}
	return nil, nil
}

// descend lists a value and everything below it.
func descend(v any, out []any) []any {
	out = append(out, v)
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			out = descendCompound(item, out)
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			out = descendCompound(v[k], out)
		}
	}
	return out
}

func descendCompound(v any, out []any) []any {
	switch v.(type) {
	case []any, map[string]any:
		return descend(v, out)
	}
	return out
}

func sliceOf(s pathStep, v any) ([]any, error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%v is not array or slice", Plain(v))
	}
	n := len(list)
	start, end, step := 0, n, 1
	if s.slice[0] != nil {
		start = *s.slice[0]
		if start < 0 {
			start += n
		}
	}
	if s.index {
		end = start + 1
	} else if s.slice[1] != nil {
		end = *s.slice[1]
		if end < 0 {
			end += n
		}
	}
	if s.slice[2] != nil {
		step = *s.slice[2]
	}
	if s.index && (start < 0 || start >= n) {
		return nil, fmt.Errorf("array index out of bounds: index %d, length %d", *s.slice[0], n)
	}
	if start > end {
		return nil, fmt.Errorf("starting index %d is greater than ending index %d", start, end)
	}
	if step <= 0 {
		return nil, fmt.Errorf("step must be > 0")
	}
	var out []any
	for i := max(0, start); i < min(end, n); i += step {
		out = append(out, list[i])
	}
	return out, nil
}

func (e *evaluator) filter(s pathStep, v any) ([]any, error) {
	var list []any
	switch v := v.(type) {
	case []any:
		list = v
	case map[string]any:
		for _, k := range sortedKeys(v) {
			list = append(list, v[k])
		}
	case nil:
		return nil, nil
	default:
		return nil, fmt.Errorf("%v is not array or slice and cannot be filtered", Plain(v))
	}
	var out []any
	for _, item := range list {
		ok, err := e.matches(s, item)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, item)
		}
	}
	return out, nil
}

func (e *evaluator) matches(s pathStep, item any) (bool, error) {
	lenient := evaluator{root: e.root, allowMissing: true}
	side := func(o operand) ([]any, error) {
		if o.isConst {
			return []any{o.constant}, nil
		}
		return lenient.walk(o.steps, []any{item})
	}
	left, err := side(s.left)
	if err != nil {
		return false, err
	}
	if s.op == "exists" {
		return len(left) > 0, nil
	}
	if len(left) == 0 {
		return false, nil
	}
	if len(left) > 1 {
		return false, fmt.Errorf("can only compare one element at a time")
	}
	right, err := side(s.right)
	if err != nil || len(right) == 0 {
		return false, err
	}
	if len(right) > 1 {
		return false, fmt.Errorf("can only compare one element at a time")
	}
	c, comparable := Compare(left[0], right[0])
	switch s.op {
	case "==":
		return comparable && c == 0, nil
	case "!=":
		return !comparable || c != 0, nil
	case "<":
		return comparable && c < 0, nil
	case "<=":
		return comparable && c <= 0, nil
	case ">":
		return comparable && c > 0, nil
	default:
		return comparable && c >= 0, nil
	}
}

// Compare orders two JSON scalars; false if they are of different types.
func Compare(a, b any) (int, bool) {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return strings.Compare(a, b), true
		}
		return 0, false
	case bool:
		if b, ok := b.(bool); ok {
			switch {
			case a == b:
				return 0, true
			case a:
				return 1, true
			}
			return -1, true
		}
		return 0, false
	}
	x, okX := Number(a)
	y, okY := Number(b)
	if !okX || !okY {
		return 0, false
	}
	switch {
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	}
	return 0, true
}

// Number is a JSON number as a float; false for anything else.
func Number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case int32:
		return float64(v), true
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
