package structural

import (
	"errors"
	"regexp"
	"strings"

	kjson "sigs.k8s.io/json"

	"tabernetes/engine/api/apiextensions"
)

// Schema is a compiled schema. It does not change.
type Schema struct {
	// Props is the text it was made from.
	Props *apiextensions.JSONSchemaProps

	Type        string
	Nullable    bool
	Default     any // nil: none
	Items       *Schema
	Properties  map[string]*Schema
	Additional  *Schema // the schema of additionalProperties
	additional  bool    // additionalProperties is there,
	allows      bool    // and not false
	Preserve    bool
	Embedded    bool
	IntOrString bool
	ListType    string
	MapType     string
	ListMapKeys []string

	names             []string // of Properties, sorted
	enum              []any
	pattern           *regexp.Regexp
	format            string // one that is checked
	allOf, oneOf      []*Schema
	anyOf             []*Schema
	not               *Schema
	hasLists, hasEmbs bool // somewhere below
}

// Compile makes a Schema. nil stays nil. The errors are those for what no structural schema may have.
func Compile(p *apiextensions.JSONSchemaProps) (*Schema, error) {
	if p == nil {
		return nil, nil
	}
	if err := unsupported(p); err != nil {
		return nil, err
	}
	s := &Schema{
		Props: p, Type: p.Type, Nullable: p.Nullable, Preserve: p.XPreserveUnknownFields != nil && *p.XPreserveUnknownFields,
		Embedded: p.XEmbeddedResource, IntOrString: p.XIntOrString, ListMapKeys: p.XListMapKeys, hasEmbs: p.XEmbeddedResource,
	}
	if p.XListType != nil {
		s.ListType = *p.XListType
		s.hasLists = true
	}
	if p.XMapType != nil {
		s.MapType = *p.XMapType
	}
	if p.XPreserveUnknownFields != nil && !*p.XPreserveUnknownFields {
		return nil, errors.New("internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined")
	}
	var err error
	if p.Default != nil {
		if s.Default, err = value(p.Default); err != nil {
			return nil, err
		}
	}
	for i := range p.Enum {
		v, err := value(&p.Enum[i])
		if err != nil {
			return nil, err
		}
		s.enum = append(s.enum, v)
	}
	if p.Pattern != "" {
		s.pattern, _ = regexp.Compile(p.Pattern) // Rules reports what does not compile
	}
	if Known(p.Type, p.Format) {
		s.format = p.Format
	}
	if p.Items != nil {
		if len(p.Items.JSONSchemas) > 0 {
			return nil, errors.New("OpenAPIV3Schema 'items' must be a schema, but is an array")
		}
		if s.Items, err = s.below(p.Items.Schema); err != nil {
			return nil, err
		}
	}
	s.names = apiextensions.SortedKeys(p.Properties)
	if len(s.names) > 0 {
		s.Properties = make(map[string]*Schema, len(s.names))
	}
	for _, name := range s.names {
		prop := p.Properties[name]
		if s.Properties[name], err = s.below(&prop); err != nil {
			return nil, err
		}
	}
	if a := p.AdditionalProperties; a != nil {
		s.additional, s.allows = true, a.Allows || a.Schema != nil
		if s.Additional, err = s.below(a.Schema); err != nil {
			return nil, err
		}
	}
	for _, junctor := range []struct {
		in  []apiextensions.JSONSchemaProps
		out *[]*Schema
	}{{p.AllOf, &s.allOf}, {p.OneOf, &s.oneOf}, {p.AnyOf, &s.anyOf}} {
		for i := range junctor.in {
			x, err := Compile(&junctor.in[i])
			if err != nil {
				return nil, err
			}
			*junctor.out = append(*junctor.out, x)
		}
	}
	if s.not, err = Compile(p.Not); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Schema) below(p *apiextensions.JSONSchemaProps) (*Schema, error) {
	x, err := Compile(p)
	if x != nil {
		s.hasLists = s.hasLists || x.hasLists
		s.hasEmbs = s.hasEmbs || x.hasEmbs
	}
	return x, err
}

// value reads a JSON text as the values that objects have: whole numbers are int64.
func value(j *apiextensions.JSON) (any, error) {
	if len(j.Raw) == 0 {
		return nil, nil
	}
	var v any
	err := kjson.UnmarshalCaseSensitivePreserveInts(j.Raw, &v)
	return v, err
}

func unsupported(p *apiextensions.JSONSchemaProps) error {
	name := ""
	switch {
	case p.ID != "":
		name = "id"
	case p.Schema != "":
		name = "schema"
	case p.Ref != nil && *p.Ref != "":
		name = "$ref"
	case len(p.PatternProperties) > 0:
		name = "patternProperties"
	case len(p.Dependencies) > 0:
		name = "dependencies"
	case p.AdditionalItems != nil:
		name = "additionalItems"
	case len(p.Definitions) > 0:
		name = "definitions"
	default:
		return nil
	}
	return errors.New("OpenAPIV3Schema '" + name + "' is not supported")
}

// At is the schema below a path like ".spec.size", through properties alone; nil if there is none.
func (s *Schema) At(path string) *Schema {
	for _, name := range strings.Split(strings.TrimPrefix(path, "."), ".") {
		if s == nil {
			return nil
		}
		s = s.Properties[name]
	}
	return s
}
