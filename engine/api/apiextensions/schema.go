package apiextensions

import (
	"bytes"
	"encoding/json"
	"errors"
)

// JSONSchemaProps is an OpenAPI v3 schema with Kubernetes' extensions.
type JSONSchemaProps struct {
	ID                     string                                  `json:"id,omitempty"`
	Schema                 string                                  `json:"$schema,omitempty"`
	Ref                    *string                                 `json:"$ref,omitempty"`
	Description            string                                  `json:"description,omitempty"`
	Type                   string                                  `json:"type,omitempty"`
	Format                 string                                  `json:"format,omitempty"`
	Title                  string                                  `json:"title,omitempty"`
	Default                *JSON                                   `json:"default,omitempty"`
	Maximum                *float64                                `json:"maximum,omitempty"`
	ExclusiveMaximum       bool                                    `json:"exclusiveMaximum,omitempty"`
	Minimum                *float64                                `json:"minimum,omitempty"`
	ExclusiveMinimum       bool                                    `json:"exclusiveMinimum,omitempty"`
	MaxLength              *int64                                  `json:"maxLength,omitempty"`
	MinLength              *int64                                  `json:"minLength,omitempty"`
	Pattern                string                                  `json:"pattern,omitempty"`
	MaxItems               *int64                                  `json:"maxItems,omitempty"`
	MinItems               *int64                                  `json:"minItems,omitempty"`
	UniqueItems            bool                                    `json:"uniqueItems,omitempty"`
	MultipleOf             *float64                                `json:"multipleOf,omitempty"`
	Enum                   []JSON                                  `json:"enum,omitempty"`
	MaxProperties          *int64                                  `json:"maxProperties,omitempty"`
	MinProperties          *int64                                  `json:"minProperties,omitempty"`
	Required               []string                                `json:"required,omitempty"`
	Items                  *JSONSchemaPropsOrArray                 `json:"items,omitempty"`
	AllOf                  []JSONSchemaProps                       `json:"allOf,omitempty"`
	OneOf                  []JSONSchemaProps                       `json:"oneOf,omitempty"`
	AnyOf                  []JSONSchemaProps                       `json:"anyOf,omitempty"`
	Not                    *JSONSchemaProps                        `json:"not,omitempty"`
	Properties             map[string]JSONSchemaProps              `json:"properties,omitempty"`
	AdditionalProperties   *JSONSchemaPropsOrBool                  `json:"additionalProperties,omitempty"`
	PatternProperties      map[string]JSONSchemaProps              `json:"patternProperties,omitempty"`
	Dependencies           map[string]JSONSchemaPropsOrStringArray `json:"dependencies,omitempty"`
	AdditionalItems        *JSONSchemaPropsOrBool                  `json:"additionalItems,omitempty"`
	Definitions            map[string]JSONSchemaProps              `json:"definitions,omitempty"`
	ExternalDocs           *ExternalDocumentation                  `json:"externalDocs,omitempty"`
	Example                *JSON                                   `json:"example,omitempty"`
	Nullable               bool                                    `json:"nullable,omitempty"`
	XPreserveUnknownFields *bool                                   `json:"x-kubernetes-preserve-unknown-fields,omitempty"`
	XEmbeddedResource      bool                                    `json:"x-kubernetes-embedded-resource,omitempty"`
	XIntOrString           bool                                    `json:"x-kubernetes-int-or-string,omitempty"`
	XListMapKeys           []string                                `json:"x-kubernetes-list-map-keys,omitempty"`
	XListType              *string                                 `json:"x-kubernetes-list-type,omitempty"`
	XMapType               *string                                 `json:"x-kubernetes-map-type,omitempty"`
	XValidations           []ValidationRule                        `json:"x-kubernetes-validations,omitempty" patchStrategy:"merge" patchMergeKey:"rule"`
}

// ValidationRule is a CEL expression.
type ValidationRule struct {
	Rule              string  `json:"rule"`
	Message           string  `json:"message,omitempty"`
	MessageExpression string  `json:"messageExpression,omitempty"`
	Reason            *string `json:"reason,omitempty"`
	FieldPath         string  `json:"fieldPath,omitempty"`
	OptionalOldSelf   *bool   `json:"optionalOldSelf,omitempty"`
}

// JSON is any JSON value, as text.
type JSON struct {
	Raw []byte `json:"-"`
}

// JSONSchemaPropsOrArray is a schema, or several (which validation forbids).
type JSONSchemaPropsOrArray struct {
	Schema      *JSONSchemaProps
	JSONSchemas []JSONSchemaProps
}

// JSONSchemaPropsOrBool is a schema or a truth value.
type JSONSchemaPropsOrBool struct {
	Allows bool
	Schema *JSONSchemaProps
}

// JSONSchemaPropsOrStringArray is a schema or names (validation forbids both).
type JSONSchemaPropsOrStringArray struct {
	Schema   *JSONSchemaProps
	Property []string
}

// ExternalDocumentation points somewhere.
type ExternalDocumentation struct {
	Description string `json:"description,omitempty"`
	URL         string `json:"url,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (s JSON) MarshalJSON() ([]byte, error) {
	if len(s.Raw) > 0 {
		return s.Raw, nil
	}
	return []byte("null"), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *JSON) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && string(data) != "null" {
		s.Raw = bytes.Clone(data)
	}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (s JSONSchemaPropsOrBool) MarshalJSON() ([]byte, error) {
	switch {
	case s.Schema != nil:
		return json.Marshal(s.Schema)
	case s.Allows:
		return []byte("true"), nil
	}
	return []byte("false"), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *JSONSchemaPropsOrBool) UnmarshalJSON(data []byte) error {
	*s = JSONSchemaPropsOrBool{}
	switch {
	case len(data) == 0 || string(data) == "false":
		return nil
	case string(data) == "true":
		s.Allows = true
		return nil
	case data[0] == '{':
		s.Allows, s.Schema = true, &JSONSchemaProps{}
		return json.Unmarshal(data, s.Schema)
	}
	return errors.New("boolean or JSON schema expected")
}

// MarshalJSON implements json.Marshaler.
func (s JSONSchemaPropsOrArray) MarshalJSON() ([]byte, error) {
	if len(s.JSONSchemas) > 0 {
		return json.Marshal(s.JSONSchemas)
	}
	return json.Marshal(s.Schema)
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *JSONSchemaPropsOrArray) UnmarshalJSON(data []byte) error {
	*s = JSONSchemaPropsOrArray{}
	if len(data) < 2 {
		return nil
	}
	switch data[0] {
	case '{':
		s.Schema = &JSONSchemaProps{}
		return json.Unmarshal(data, s.Schema)
	case '[':
		return json.Unmarshal(data, &s.JSONSchemas)
	}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (s JSONSchemaPropsOrStringArray) MarshalJSON() ([]byte, error) {
	switch {
	case len(s.Property) > 0:
		return json.Marshal(s.Property)
	case s.Schema != nil:
		return json.Marshal(s.Schema)
	}
	return []byte("null"), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *JSONSchemaPropsOrStringArray) UnmarshalJSON(data []byte) error {
	*s = JSONSchemaPropsOrStringArray{}
	if len(data) < 2 {
		return nil
	}
	switch data[0] {
	case '{':
		s.Schema = &JSONSchemaProps{}
		return json.Unmarshal(data, s.Schema)
	case '[':
		return json.Unmarshal(data, &s.Property)
	}
	return nil
}

// These have forms of their own in JSON, which OpenAPI says by leaving their type open.

// OpenAPISchemaType is asked by the OpenAPI documents.
func (JSON) OpenAPISchemaType() []string { return nil }

// OpenAPISchemaFormat is asked by the OpenAPI documents.
func (JSON) OpenAPISchemaFormat() string { return "" }

// OpenAPISchemaType is asked by the OpenAPI documents.
func (JSONSchemaPropsOrArray) OpenAPISchemaType() []string { return nil }

// OpenAPISchemaFormat is asked by the OpenAPI documents.
func (JSONSchemaPropsOrArray) OpenAPISchemaFormat() string { return "" }

// OpenAPISchemaType is asked by the OpenAPI documents.
func (JSONSchemaPropsOrBool) OpenAPISchemaType() []string { return nil }

// OpenAPISchemaFormat is asked by the OpenAPI documents.
func (JSONSchemaPropsOrBool) OpenAPISchemaFormat() string { return "" }

// OpenAPISchemaType is asked by the OpenAPI documents.
func (JSONSchemaPropsOrStringArray) OpenAPISchemaType() []string { return nil }

// OpenAPISchemaFormat is asked by the OpenAPI documents.
func (JSONSchemaPropsOrStringArray) OpenAPISchemaFormat() string { return "" }
