package schema

import (
	"reflect"
	"strings"
)

// Required reports that a field must be there, as upstream's OpenAPI generator decides (kube-openapi's isOptional): by the
// markers +required and +optional in its comment, or else by its tag. options are the tag's, after the name.
func Required(t reflect.Type, field, options string) bool {
	switch mark(t, field) {
	case "+":
		return true
	case "-":
		return false
	}
	return !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero")
}

// ownMarks are those of our own types.
const ownMarks = `
tabernetes/engine/api/apiextensions
CustomResourceDefinitionStatus acceptedNames=- conditions=- storedVersions=-`

// mark finds a field in marks, which is short and seldom looked at.
func mark(t reflect.Type, field string) string { return Mark(marks+ownMarks, t, field) }

// Mark finds what a list says of a field of a Go type; "" if nothing. A list is lines: a package, then a line for each of its
// types, "Type field=mark ...".
func Mark(list string, t reflect.Type, field string) string {
	_, rest, ok := strings.Cut("\n"+list+"\n", "\n"+t.PkgPath()+"\n")
	for ok {
		var line string
		line, rest, ok = strings.Cut(rest, "\n")
		name, fields, is := strings.Cut(line, " ")
		if !is {
			break // the next package
		}
		if name == t.Name() {
			for word := range strings.SplitSeq(fields, " ") {
				if f, m, _ := strings.Cut(word, "="); f == field {
					return m
				}
			}
		}
	}
	return ""
}
