package structural

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api/apiextensions"
)

type level byte

const (
	atRoot level = iota
	atItem
	atField
)

type props = apiextensions.JSONSchemaProps

// Rules says why a schema is not structural, sorted by text; nothing if it is (pkg/apiserver/schema, validation.go and
// complete.go). The schema must compile.
func Rules(p *field.Path, s *props) field.ErrorList {
	c := &checker{}
	c.invariants(p, s, atRoot)
	c.complete(p, p, s, s)
	slices.SortStableFunc(c.errs, func(a, b *field.Error) int { return strings.Compare(a.Error(), b.Error()) })
	return c.errs
}

type checker struct{ errs field.ErrorList }

func (c *checker) required(p *field.Path, why string) {
	c.errs = append(c.errs, field.Required(p, why))
}
func (c *checker) forbidden(p *field.Path, why string) {
	c.errs = append(c.errs, field.Forbidden(p, why))
}
func (c *checker) invalid(p *field.Path, v any, why string) {
	c.errs = append(c.errs, field.Invalid(p, v, why))
}

// intOrString is the anyOf that says what x-kubernetes-int-or-string does, which is allowed beside it.
func intOrString(anyOf []props) bool {
	return len(anyOf) == 2 && reflect.DeepEqual(anyOf, []props{{Type: "integer"}, {Type: "string"}})
}

func items(s *props) *props {
	if s.Items == nil {
		return nil
	}
	return s.Items.Schema
}

func additional(s *props) *props {
	if s.AdditionalProperties == nil {
		return nil
	}
	return s.AdditionalProperties.Schema
}

func preserves(s *props) bool { return s.XPreserveUnknownFields != nil && *s.XPreserveUnknownFields }

func (c *checker) invariants(p *field.Path, s *props, lvl level) {
	if s.Type == "array" && items(s) == nil {
		c.required(p.Child("items"), "must be specified")
	}
	if i := items(s); i != nil {
		c.invariants(p.Child("items"), i, atItem)
	}
	for _, name := range apiextensions.SortedKeys(s.Properties) {
		x := s.Properties[name]
		c.invariants(p.Child("properties").Key(name), &x, atField)
	}
	if s.AdditionalProperties != nil {
		if lvl == atRoot {
			c.forbidden(p.Child("additionalProperties"), "must not be used at the root")
		}
		if a := additional(s); a != nil {
			c.invariants(p.Child("additionalProperties"), a, atField)
		}
	}
	if s.XIntOrString && preserves(s) {
		c.invalid(p.Child("x-kubernetes-preserve-unknown-fields"), true, "must be false if x-kubernetes-int-or-string is true")
	}
	if s.XIntOrString && s.XEmbeddedResource {
		c.invalid(p.Child("x-kubernetes-embedded-resource"), true, "must be false if x-kubernetes-int-or-string is true")
	}
	c.values(p, s, intOrString(s.AnyOf), len(s.AllOf) > 0 && intOrString(s.AllOf[0].AnyOf))

	switch {
	case s.XEmbeddedResource && s.Type == "":
		c.required(p.Child("type"), "must be object if x-kubernetes-embedded-resource is true")
	case s.XEmbeddedResource && s.Type != "object":
		c.invalid(p.Child("type"), s.Type, "must be object if x-kubernetes-embedded-resource is true")
	case s.Type == "" && !s.XIntOrString && !preserves(s):
		c.required(p.Child("type"), [...]string{"must not be empty at the root", "must not be empty for specified array items", "must not be empty for specified object fields"}[lvl])
	}
	if s.XEmbeddedResource && s.AdditionalProperties != nil {
		c.forbidden(p.Child("additionalProperties"), "must not be used if x-kubernetes-embedded-resource is set")
	}
	if lvl == atRoot && s.Type != "" && s.Type != "object" {
		c.invalid(p.Child("type"), s.Type, "must be object at the root")
	}
	checkMeta := lvl == atRoot || s.XEmbeddedResource
	for _, name := range []string{"kind", "apiVersion"} {
		if x, ok := s.Properties[name]; ok && checkMeta && x.Type != "string" {
			c.invalid(p.Child("properties").Key(name).Child("type"), x.Type, "must be string")
		}
	}
	if x, ok := s.Properties["metadata"]; ok {
		c.metadata(p.Child("properties").Key("metadata"), x, checkMeta, lvl)
	}
	if s.XEmbeddedResource && !preserves(s) && len(s.Properties) == 0 {
		c.required(p.Child("properties"), "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields")
	}
}

// metadata may only say something of name and generateName.
func (c *checker) metadata(p *field.Path, s props, check bool, lvl level) {
	if check && s.Type != "object" {
		c.invalid(p.Child("type"), s.Type, "must be object")
	}
	if lvl != atRoot {
		return
	}
	left := len(s.Properties)
	for _, name := range []string{"name", "generateName"} {
		if _, ok := s.Properties[name]; ok {
			left--
		}
	}
	if left == 0 {
		s.Properties = nil
	}
	s.Type, s.Default = "", nil
	if !reflect.DeepEqual(s, props{}) {
		c.forbidden(p, "must not specify anything other than name and generateName, but metadata is implicitly specified")
	}
}

// values checks what stands under allOf, anyOf, oneOf and not.
func (c *checker) values(p *field.Path, s *props, skipAnyOf, skipAllOf bool) {
	if !skipAnyOf {
		for i := range s.AnyOf {
			c.nested(p.Child("anyOf").Index(i), &s.AnyOf[i], false)
		}
	}
	for i := range s.AllOf {
		c.nested(p.Child("allOf").Index(i), &s.AllOf[i], skipAllOf && i == 0)
	}
	for i := range s.OneOf {
		c.nested(p.Child("oneOf").Index(i), &s.OneOf[i], false)
	}
	if s.Not != nil {
		c.nested(p.Child("not"), s.Not, false)
	}
	if s.Pattern != "" {
		if _, err := regexp.Compile(s.Pattern); err != nil {
			c.invalid(p.Child("pattern"), s.Pattern, "must be a valid regular expression, but isn't: "+err.Error())
		}
	}
}

func (c *checker) nested(p *field.Path, s *props, skipAnyOf bool) {
	c.values(p, s, skipAnyOf, false)
	if i := items(s); i != nil {
		c.nested(p.Child("items"), i, false)
	}
	for _, name := range apiextensions.SortedKeys(s.Properties) {
		x := s.Properties[name]
		c.nested(p.Child("properties").Key(name), &x, false)
	}
	if a := s.AdditionalProperties; a != nil && (a.Schema != nil || a.Allows) {
		c.forbidden(p.Child("additionalProperties"), "must be undefined to be structural")
	}
	for _, x := range []struct {
		is         bool
		name, must string
	}{
		{s.Type != "", "type", "empty"},
		{s.Default != nil && len(s.Default.Raw) > 0, "default", "undefined"},
		{s.Title != "", "title", "empty"},
		{s.Description != "", "description", "empty"},
		{s.Nullable, "nullable", "false"},
		{preserves(s), "x-kubernetes-preserve-unknown-fields", "false"},
		{s.XEmbeddedResource, "x-kubernetes-embedded-resource", "false"},
		{s.XIntOrString, "x-kubernetes-int-or-string", "false"},
		{len(s.XListMapKeys) > 0, "x-kubernetes-list-map-keys", "empty"},
		{s.XListType != nil, "x-kubernetes-list-type", "undefined"},
		{s.XMapType != nil, "x-kubernetes-map-type", "undefined"},
		{len(s.XValidations) > 0, "x-kubernetes-validations", "empty"},
	} {
		if x.is {
			c.forbidden(p.Child(x.name), "must be "+x.must+" to be structural")
		}
	}
	if _, ok := s.Properties["metadata"]; ok {
		c.forbidden(p.Child("properties").Key("metadata"), "must not be specified in a nested context")
	}
}

// complete checks that what the junctors of v at vp speak of is in the structure s at sp.
func (c *checker) complete(sp, vp *field.Path, s, v *props) {
	if v.Not != nil {
		c.covered(sp, vp.Child("not"), s, v.Not)
	}
	for i := range v.AllOf {
		c.covered(sp, vp.Child("allOf").Index(i), s, &v.AllOf[i])
	}
	for i := range v.AnyOf {
		c.covered(sp, vp.Child("anyOf").Index(i), s, &v.AnyOf[i])
	}
	for i := range v.OneOf {
		c.covered(sp, vp.Child("oneOf").Index(i), s, &v.OneOf[i])
	}
}

func (c *checker) covered(sp, vp *field.Path, s, v *props) {
	c.complete(sp, vp, s, v)
	if vi := items(v); vi != nil {
		if si := items(s); si != nil {
			c.covered(sp.Child("items"), vp.Child("items"), si, vi)
		} else {
			c.required(sp.Child("items"), "because it is defined in "+vp.Child("items").String())
		}
	}
	for _, name := range apiextensions.SortedKeys(v.Properties) {
		vx := v.Properties[name]
		at, from := sp.Child("properties").Key(name), vp.Child("properties").Key(name)
		if sx, ok := s.Properties[name]; ok {
			c.covered(at, from, &sx, &vx)
		} else {
			c.required(at, "because it is defined in "+from.String())
		}
	}
}
