package validation

import (
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/structural"
)

// rulesSupported says whether CEL rules are evaluated. They are not: an API server that took them would let through what
// they forbid.
func rulesSupported() bool { return false }

const (
	noRules = "this API server is built without CEL and cannot evaluate validation rules; " +
		"leave x-kubernetes-validations out, or say it with enum, pattern, minimum, maximum, required and the like"
	atRootOfSchema = "Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems " +
		"UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations"
)

type schemaProps = apiextensions.JSONSchemaProps

// definitionSchema is validateCustomResourceDefinitionValidation of apiextensions-apiserver.
func (e *errs) definitionSchema(p *field.Path, v *apiextensions.CustomResourceValidation, status bool) {
	if v == nil || v.OpenAPIV3Schema == nil {
		return
	}
	s := v.OpenAPIV3Schema
	root := p.Child("openAPIV3Schema")
	before := len(e.list)
	if status {
		e.rootOfSchema(p, s)
	}
	if s.Nullable {
		e.forbidden(p.Child("openAPIV3Schema.nullable"), "nullable cannot be true at the root")
	}
	compiled, err := structural.Compile(s)
	if err == nil {
		if bad := structural.Rules(root, s); len(bad) > 0 {
			e.addAll(bad)
		} else {
			e.addAll(structural.CheckDefaults(root, compiled))
		}
	}
	(&schemaCheck{errs: e}).walk(root, s, true)
	if err != nil && len(e.list) == before {
		e.invalid(root, "", err.Error())
	}
}

// rootOfSchema: with a status subresource the status is validated by itself, which only works for some schemas.
func (e *errs) rootOfSchema(p *field.Path, s *schemaProps) {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			continue
		}
		name := v.Type().Field(i).Name
		if name == "Type" {
			if s.Type != "object" {
				e.invalid(p.Child("openAPIV3Schema.type"), s.Type, `only "object" is allowed as the type at the root of the schema if the status subresource is enabled`)
				return
			}
			continue
		}
		if !slices.Contains(strings.Fields(atRootOfSchema), name) {
			e.invalid(p.Child("openAPIV3Schema"), internalForm{v: s}, "only ["+atRootOfSchema+"] fields are allowed at the root of the schema if the status subresource is enabled")
			return
		}
	}
}

// schemaCheck walks a schema with what holds at a place.
type schemaCheck struct {
	*errs
	noDefaults string // why there may be none; "": there may
	inMeta     bool
}

func (c schemaCheck) walk(p *field.Path, s *schemaProps, root bool) {
	if s == nil {
		return
	}
	c.node(p, s)
	if s.UniqueItems {
		c.forbidden(p.Child("uniqueItems"), "uniqueItems cannot be set to true since the runtime complexity becomes quadratic")
	}
	if a := s.AdditionalProperties; a != nil {
		if len(s.Properties) > 0 && (!a.Allows || a.Schema != nil) {
			c.forbidden(p.Child("additionalProperties"), "additionalProperties and properties are mutual exclusive")
		}
		sub := c
		if c.inMeta {
			sub.noDefaults = "inside additionalProperties applying to object metadata"
		}
		sub.walk(p.Child("additionalProperties"), a.Schema, false)
	}
	for _, name := range apiextensions.SortedKeys(s.Properties) {
		x := s.Properties[name]
		sub := c
		if (root || s.XEmbeddedResource) && (name == "metadata" || name == "kind" || name == "apiVersion") {
			sub.inMeta = true
			if root {
				sub.noDefaults = "in top-level " + name
			}
		}
		sub.walk(p.Child("properties").Key(name), &x, false)
	}
	c.walk(p.Child("not"), s.Not, false)
	for _, j := range [...]struct {
		name string
		list []schemaProps
	}{{"allOf", s.AllOf}, {"oneOf", s.OneOf}, {"anyOf", s.AnyOf}} {
		for i := range j.list {
			c.walk(p.Child(j.name).Index(i), &j.list[i], false)
		}
	}
	for _, name := range apiextensions.SortedKeys(s.Definitions) {
		x := s.Definitions[name]
		c.walk(p.Child("definitions").Key(name), &x, false)
	}
	if s.Items != nil {
		c.walk(p.Child("items"), s.Items.Schema, false)
		for i := range s.Items.JSONSchemas {
			c.walk(p.Child("items").Index(i), &s.Items.JSONSchemas[i], false)
		}
	}
	for _, name := range apiextensions.SortedKeys(s.Dependencies) {
		c.walk(p.Child("dependencies").Key(name), s.Dependencies[name].Schema, false)
	}
	c.extensions(p, s)
}

func (c schemaCheck) node(p *field.Path, s *schemaProps) {
	types := []string{"array", "boolean", "integer", "number", "object", "string"}
	if s.Type != "" && !slices.Contains(types, s.Type) {
		c.add(field.NotSupported(p.Child("type"), s.Type, types))
	}
	if s.Default != nil && c.noDefaults != "" {
		c.forbidden(p.Child("default"), "must not be set "+c.noDefaults)
	}
	for _, x := range [...]struct {
		is   bool
		name string
	}{
		{s.ID != "", "id"}, {s.AdditionalItems != nil, "additionalItems"}, {len(s.PatternProperties) > 0, "patternProperties"},
		{len(s.Definitions) > 0, "definitions"}, {s.Dependencies != nil, "dependencies"}, {s.Ref != nil, "$ref"},
	} {
		if x.is {
			c.forbidden(p.Child(x.name), x.name+" is not supported")
		}
	}
	if s.Type == "null" {
		c.forbidden(p.Child("type"), "type cannot be set to null, use nullable as an alternative")
	}
	if s.Items != nil && len(s.Items.JSONSchemas) > 0 {
		c.forbidden(p.Child("items"), "items must be a schema object and not an array")
	}
	if c.inMeta && s.XEmbeddedResource {
		c.forbidden(p.Child("x-kubernetes-embedded-resource"), "must not be used inside of resource meta")
	}
}

func (c schemaCheck) extensions(p *field.Path, s *schemaProps) {
	if x := s.XPreserveUnknownFields; x != nil && !*x {
		c.invalid(p.Child("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined")
	}
	typed := func(ext, want string) bool {
		if s.Type == want {
			return true
		}
		why := "must be " + want + " if " + ext + " is specified"
		if s.Type == "" {
			c.required(p.Child("type"), why)
		} else {
			c.invalid(p.Child("type"), s.Type, why)
		}
		return false
	}
	if m := s.XMapType; m != nil {
		typed("x-kubernetes-map-type", "object")
		oneOf(c.errs, p.Child("x-kubernetes-map-type"), *m, "atomic", "granular")
	}
	var item *schemaProps
	if s.Items != nil {
		item = s.Items.Schema
	}
	list := ""
	if s.XListType != nil {
		list = *s.XListType
		if typed("x-kubernetes-list-type", "array") && list == "set" && item != nil {
			at := p.Child("items")
			switch {
			case item.Type == "array" && item.XListType != nil && *item.XListType != "atomic":
				c.invalid(at.Child("x-kubernetes-list-type"), item.XListType, "must be atomic as item of a list with x-kubernetes-list-type=set")
			case item.Type == "object" && (item.XMapType == nil || *item.XMapType != "atomic"):
				c.invalid(at.Child("x-kubernetes-map-type"), item.XListType, "must be atomic as item of a list with x-kubernetes-list-type=set")
			}
		}
		oneOf(c.errs, p.Child("x-kubernetes-list-type"), list, "atomic", "set", "map")
	}
	if len(s.XListMapKeys) > 0 && list != "map" {
		const why = "must be map if x-kubernetes-list-map-keys is non-empty"
		if s.XListType == nil {
			c.required(p.Child("x-kubernetes-list-type"), why)
		} else {
			c.invalid(p.Child("x-kubernetes-list-type"), list, why)
		}
	}
	if list == "map" {
		c.listMap(p, s, item)
	}
	if item != nil && (list == "map" || list == "set") {
		c.mapItems(p.Child("items"), s, item, list)
	}
	if len(s.XValidations) > 0 && !rulesSupported() {
		c.forbidden(p.Child("x-kubernetes-validations"), noRules)
	}
}

func (c schemaCheck) listMap(p *field.Path, s, item *schemaProps) {
	keys := p.Child("x-kubernetes-list-map-keys")
	if len(s.XListMapKeys) == 0 {
		c.required(keys, "must not be empty if x-kubernetes-list-type is map")
	}
	switch {
	case s.Items == nil:
		c.required(p.Child("items"), "must have a schema if x-kubernetes-list-type is map")
		return
	case item == nil:
		c.invalid(p.Child("items"), s.Items, "must only have a single schema if x-kubernetes-list-type is map")
		return
	case item.Type != "object":
		c.invalid(p.Child("items").Child("type"), item.Type, "must be object if parent array's x-kubernetes-list-type is map")
		return
	}
	for i, k := range s.XListMapKeys {
		if x, ok := item.Properties[k]; !ok {
			c.invalid(keys, s.XListMapKeys, "entries must all be names of item properties")
		} else if x.Type == "array" || x.Type == "object" {
			c.invalid(p.Child("items").Child("properties").Key(k).Child("type"), item.Type, "must be a scalar type if parent array's x-kubernetes-list-type is map")
		}
		if slices.Contains(s.XListMapKeys[:i], k) {
			c.invalid(keys, s.XListMapKeys, "must not contain duplicate entries")
		}
	}
}

func (c schemaCheck) mapItems(p *field.Path, s, item *schemaProps, list string) {
	if item.Nullable {
		c.forbidden(p.Child("nullable"), "cannot be nullable when x-kubernetes-list-type is "+list)
	}
	if list != "map" {
		return
	}
	for _, k := range s.XListMapKeys {
		x, ok := item.Properties[k]
		if !ok {
			continue
		}
		at := p.Child("properties").Key(k)
		if !slices.Contains(item.Required, k) && x.Default == nil {
			c.required(at.Child("default"), "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property")
		}
		if x.Nullable {
			c.forbidden(at.Child("nullable"), "this property is in x-kubernetes-list-map-keys, so it cannot be nullable")
		}
	}
}
