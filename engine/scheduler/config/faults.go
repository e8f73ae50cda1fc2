package config

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// faults collects what is wrong. Its methods take the place of a field by its parent and name, "" is the parent itself:
// there are many calls, and each is bytes of the module.
type faults struct{ list field.ErrorList }

func at(parent *field.Path, name string) *field.Path {
	if name == "" {
		return parent
	}
	return parent.Child(name)
}

func (f *faults) add(e ...*field.Error) { f.list = append(f.list, e...) }

func (f *faults) invalid(parent *field.Path, name string, value any, text string) {
	f.add(field.Invalid(at(parent, name), value, text))
}

func (f *faults) required(parent *field.Path, name, text string) {
	f.add(field.Required(at(parent, name), text))
}

func (f *faults) forbidden(parent *field.Path, name, text string) {
	f.add(field.Forbidden(at(parent, name), text))
}

func (f *faults) duplicate(parent *field.Path, name string, value any) {
	f.add(field.Duplicate(at(parent, name), value))
}

// oneOf reports whether a value is among those supported.
func (f *faults) oneOf(parent *field.Path, name, value string, supported ...string) bool {
	if has(supported, value) {
		return true
	}
	f.add(field.NotSupported(at(parent, name), value, supported))
	return false
}

// within reports a number outside a range that is written in the way of Kubernetes, [low, high].
func (f *faults) within(parent *field.Path, name string, value, low, high int64, text string) {
	if value < low || value > high {
		f.invalid(parent, name, value, text)
	}
}

func has(list []string, s string) bool { return slices.Contains(list, s) }
