package validation

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/structural"
)

func (e *errs) printerColumns(p *field.Path, columns []apiextensions.CustomResourceColumnDefinition) {
	const types, formats = "boolean,date,integer,number,string", "byte,date,date-time,double,float,int32,int64,password"
	for i := range columns {
		c, at := &columns[i], p.Index(i)
		if c.Name == "" {
			e.required(at.Child("name"), "")
		}
		if c.Type == "" {
			e.required(at.Child("type"), "must be one of "+types)
		} else if !slices.Contains(strings.Split(types, ","), c.Type) {
			e.invalid(at.Child("type"), c.Type, "must be one of "+types)
		}
		if c.Format != "" && !slices.Contains(strings.Split(formats, ","), c.Format) {
			e.invalid(at.Child("format"), c.Format, "must be one of "+formats)
		}
		if c.JSONPath == "" {
			e.required(at.Child("JSONPath"), "")
		} else {
			e.simplePath(at.Child("JSONPath"), c.JSONPath)
		}
	}
}

func (e *errs) simplePath(p *field.Path, path string) bool {
	if path[0] != '.' {
		e.invalid(p, path, "must be a simple json path starting with .")
		return false
	}
	return true
}

func (e *errs) subresources(p *field.Path, s *apiextensions.CustomResourceSubresources) {
	if s == nil || s.Scale == nil {
		return
	}
	below := func(name, path string, allowed ...string) {
		at := p.Child(name)
		if path == "" {
			e.required(at, "")
		} else if e.simplePath(at, path) && !slices.ContainsFunc(allowed, func(a string) bool { return strings.HasPrefix(path, a) }) {
			why := "should be a json path under either .spec or .status"
			if len(allowed) == 1 {
				why = "should be a json path under " + strings.TrimSuffix(allowed[0], ".")
			}
			e.invalid(at, path, why)
		}
	}
	below("scale.specReplicasPath", s.Scale.SpecReplicasPath, ".spec.")
	below("scale.statusReplicasPath", s.Scale.StatusReplicasPath, ".status.")
	if l := s.Scale.LabelSelectorPath; l != nil && *l != "" {
		below("scale.labelSelectorPath", *l, ".spec.", ".status.")
	}
}

// maxSelectableFields of a version.
const maxSelectableFields = 8

func (e *errs) selectableFields(p *field.Path, v *apiextensions.CustomResourceDefinitionVersion) {
	if len(v.SelectableFields) == 0 || v.Schema == nil {
		return
	}
	schema, err := structural.Compile(v.Schema.OpenAPIV3Schema)
	if err != nil {
		return // reported with the schema
	}
	seen := map[string]bool{}
	for i, f := range v.SelectableFields {
		at := p.Index(i).Child("jsonPath")
		if f.JSONPath == "" {
			e.required(at, "")
			continue
		}
		whole, _, array := strings.Cut(f.JSONPath, "[")
		found := schema.At(whole)
		if found == nil {
			e.invalid(at, f.JSONPath, "is an invalid path: does not refer to a valid field")
			continue
		}
		if array {
			e.invalid(at, f.JSONPath, "is an invalid path: array notation is not allowed")
			continue
		}
		if root, _, _ := strings.Cut(strings.TrimPrefix(whole, "."), "."); root == "metadata" {
			e.invalid(at, f.JSONPath, "must not point to fields in metadata")
		}
		if found.Type != "string" && found.Type != "boolean" && found.Type != "integer" {
			e.invalid(at, f.JSONPath, "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.")
		}
		if seen[f.JSONPath] {
			e.duplicate(at, f.JSONPath)
		}
		seen[f.JSONPath] = true
	}
	if len(seen) > maxSelectableFields {
		e.tooMany(p, len(seen), maxSelectableFields)
	}
}
