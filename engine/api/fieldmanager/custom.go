package fieldmanager

import (
	"maps"
	"slices"

	"tabernetes/engine/api/schema"
	"tabernetes/engine/api/structural"
)

// nodeOf is a structural schema as package schema reads it. A kind without one, or one that keeps whatever it is given,
// is deduced from its objects.
func nodeOf(s *structural.Schema, preserve bool) *schema.Node {
	if s == nil {
		return nil
	}
	n := node(s)
	n.XPreserveUnknown = n.XPreserveUnknown || preserve
	return n
}

func node(s *structural.Schema) *schema.Node {
	if s == nil {
		return nil
	}
	n := &schema.Node{
		Type: s.Type, Nullable: s.Nullable, Default: s.Default, Items: node(s.Items), AdditionalProperties: node(s.Additional),
		XListType: s.ListType, XListMapKeys: s.ListMapKeys, XMapType: s.MapType, XPreserveUnknown: s.Preserve,
		XIntOrString: s.IntOrString, XEmbeddedResource: s.Embedded,
	}
	if p := s.Props; p != nil {
		n.Format = p.Format
		n.AnyAdditional = p.AdditionalProperties != nil && p.AdditionalProperties.Schema == nil && p.AdditionalProperties.Allows
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		n.Properties = append(n.Properties, schema.Property{Name: name, Node: node(s.Properties[name])})
	}
	return n
}
