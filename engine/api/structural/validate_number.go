package structural

import (
	"fmt"
	"math"
)

func (n *node) number(r *verdict, v any, types []string) {
	p := n.s.Props
	format := ""
	typ := ""
	if len(types) == 1 {
		typ = types[0]
		if typ == "integer" || typ == "number" {
			format = n.s.format
		}
	}
	// inRange: is a number one of the schema's type at all?
	inRange := func(x any, what string) bool {
		f := float64(0)
		switch x := x.(type) {
		case int64:
			f = float64(x)
		case float64:
			f = x
		}
		ok := true
		switch {
		case typ == "integer" && format == "int32":
			ok = f == math.Trunc(f) && f >= math.MinInt32 && f <= math.MaxInt32
		case typ == "integer":
			if _, isInt := x.(int64); !isInt {
				ok = f == math.Trunc(f) && f >= math.MinInt64 && f < math.MaxInt64
			}
		case format == "float":
			ok = math.Abs(f) <= math.MaxFloat32
		}
		if !ok {
			with := "(default format)"
			if format != "" {
				with = "with format " + format
			}
			r.add(failure{plain: true, text: fmt.Sprintf("%s value must be of type %s %s in %s", what, typ, with, n.path)})
		}
		return ok
	}
	inRange(v, "Checked")
	i, isInt := v.(int64)
	f, _ := v.(float64)
	if isInt {
		f = float64(i)
	}
	fail := func(bound any, format string) {
		r.add(failure{path: n.path, value: v, text: n.say(format, bound)})
	}
	if m := p.MultipleOf; m != nil {
		whole := inRange(*m, "MultipleOf") && isInt
		switch {
		case whole && int64(*m) <= 0, !whole && *m <= 0:
			r.add(failure{path: n.path, value: *m, text: fmt.Sprintf("factor MultipleOf declared for %s must be positive: %v", n.path, *m)})
		case whole && i%int64(*m) != 0:
			fail(int64(*m), "should be a multiple of %v")
		case !whole:
			q := f / *m
			if *m < 1 {
				q = 1 / *m * f
			}
			if q != math.Trunc(q) && math.Abs(q-math.Round(q)) > 1e-9 {
				fail(*m, "should be a multiple of %v")
			}
		}
	}
	if m := p.Minimum; m != nil {
		if inRange(*m, "Minimum boundary") && isInt {
			if b := int64(*m); i < b || p.ExclusiveMinimum && i == b {
				fail(b, bound("should be greater than", p.ExclusiveMinimum))
			}
		} else if f < *m || p.ExclusiveMinimum && f == *m {
			fail(*m, bound("should be greater than", p.ExclusiveMinimum))
		}
	}
	if m := p.Maximum; m != nil {
		if inRange(*m, "Maximum boundary") && isInt {
			if b := int64(*m); i > b || p.ExclusiveMaximum && i == b {
				fail(b, bound("should be less than", p.ExclusiveMaximum))
			}
		} else if f > *m || p.ExclusiveMaximum && f == *m {
			fail(*m, bound("should be less than", p.ExclusiveMaximum))
		}
	}
}

func bound(text string, exclusive bool) string {
	if exclusive {
		return text + " %v"
	}
	return text + " or equal to %v"
}
