package structural

import (
	"encoding/json"
	"strings"

	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"tabernetes/engine/api/apiextensions"
)

// ReadMeta reads the metadata of an object; unknown are the paths of fields that metadata does not have.
func ReadMeta(raw any, prefix string) (m metav1.ObjectMeta, unknown []string, err error) {
	text, err := json.Marshal(raw)
	if err != nil {
		return m, nil, err
	}
	strict, err := kjson.UnmarshalStrict(text, &m)
	for _, e := range strict {
		if f, ok := e.(kjson.FieldError); ok {
			unknown = append(unknown, prefix+"."+f.FieldPath())
		}
	}
	return m, unknown, err
}

// MetaValue is metadata as JSON values.
func MetaValue(m *metav1.ObjectMeta) (map[string]any, error) {
	v, err := runtime.DefaultUnstructuredConverter.ToUnstructured(m)
	if err == nil && m.CreationTimestamp.IsZero() {
		delete(v, "creationTimestamp")
	}
	return v, err
}

// Coerce checks the types of the apiVersion, kind and metadata of embedded objects, and removes unknown fields from
// their metadata, whose paths it returns. obj is changed.
func Coerce(obj any, s *Schema) ([]string, *field.Error) {
	if s == nil || !s.hasEmbs {
		return nil, nil
	}
	var unknown []string
	err := coerce(nil, obj, s, &unknown)
	return unknown, err
}

func coerce(p *field.Path, obj any, s *Schema, unknown *[]string) *field.Error {
	if s == nil || !s.hasEmbs {
		return nil
	}
	switch v := obj.(type) {
	case map[string]any:
		for _, name := range apiextensions.SortedKeys(v) {
			x := v[name]
			if s.Embedded {
				switch name {
				case "apiVersion", "kind":
					if _, ok := x.(string); !ok {
						return field.Invalid(p.Child(name), x, "must be a string")
					}
				case "metadata":
					m, more, err := ReadMeta(x, p.Child("metadata").String())
					if err != nil {
						return field.Invalid(p.Child("metadata"), x, err.Error())
					}
					*unknown = append(*unknown, more...)
					clean, err := MetaValue(&m)
					if err != nil {
						return field.Invalid(p.Child("metadata"), x, err.Error())
					}
					v[name] = clean
				}
			}
			below := p.Child(name)
			if _, ok := s.Properties[name]; !ok {
				below = p.Key(name)
			}
			if err := coerce(below, x, s.field(name), unknown); err != nil {
				return err
			}
		}
	case []any:
		for i, x := range v {
			if err := coerce(p.Index(i), x, s.Items, unknown); err != nil {
				return err
			}
		}
	}
	return nil
}

// ValidateEmbedded checks the apiVersion, kind and metadata of embedded objects.
func ValidateEmbedded(p *field.Path, obj any, s *Schema) field.ErrorList {
	if s == nil || !s.hasEmbs {
		return nil
	}
	var errs field.ErrorList
	switch v := obj.(type) {
	case map[string]any:
		if s.Embedded {
			errs = append(errs, embedded(p, v)...)
		}
		for _, name := range apiextensions.SortedKeys(v) {
			below := p.Child(name)
			if _, ok := s.Properties[name]; !ok {
				below = p.Key(name)
			}
			errs = append(errs, ValidateEmbedded(below, v[name], s.field(name))...)
		}
	case []any:
		for i, x := range v {
			errs = append(errs, ValidateEmbedded(p.Index(i), x, s.Items)...)
		}
	}
	return errs
}

func embedded(p *field.Path, v map[string]any) field.ErrorList {
	var errs field.ErrorList
	for _, name := range []string{"apiVersion", "kind"} {
		if _, ok := v[name]; !ok {
			errs = append(errs, field.Required(p.Child(name), ""))
		}
	}
	if x, ok := v["apiVersion"]; ok {
		text, isText := x.(string)
		if !isText {
			errs = append(errs, field.Invalid(p.Child("apiVersion"), x, "must be a string"))
		} else if text == "" {
			errs = append(errs, field.Invalid(p.Child("apiVersion"), text, "must not be empty"))
		} else if _, err := schema.ParseGroupVersion(text); err != nil {
			errs = append(errs, field.Invalid(p.Child("apiVersion"), text, err.Error()))
		}
	}
	if x, ok := v["kind"]; ok {
		text, isText := x.(string)
		if !isText {
			errs = append(errs, field.Invalid(p.Child("kind"), x, "must be a string"))
		} else if text == "" {
			errs = append(errs, field.Invalid(p.Child("kind"), text, "must not be empty"))
		} else if bad := utilvalidation.IsDNS1035Label(strings.ToLower(text)); len(bad) > 0 {
			errs = append(errs, field.Invalid(p.Child("kind"), text, "may have mixed case, but should otherwise match: "+strings.Join(bad, ",")))
		}
	}
	if x, ok := v["metadata"]; ok {
		m, _, err := ReadMeta(x, "")
		if err != nil {
			return append(errs, field.Invalid(p.Child("metadata"), x, err.Error()))
		}
		if m.Name == "" {
			m.Name = "fakename"
		}
		errs = append(errs, validation.ValidateObjectMeta(&m, m.Namespace != "", path.ValidatePathSegmentName, p.Child("metadata"))...)
	}
	return errs
}
