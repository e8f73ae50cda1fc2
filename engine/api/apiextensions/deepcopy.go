package apiextensions

import (
	"bytes"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
)

func ptr[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func each[T any](list []T, copy func(*T) T) []T {
	if list == nil {
		return nil
	}
	out := make([]T, len(list))
	for i := range list {
		out[i] = copy(&list[i])
	}
	return out
}

func eachKey[T any](m map[string]T, copy func(*T) T) map[string]T {
	if m == nil {
		return nil
	}
	out := make(map[string]T, len(m))
	for k, v := range m {
		out[k] = copy(&v)
	}
	return out
}

func through[T any](p *T, copy func(*T) T) *T {
	if p == nil {
		return nil
	}
	v := copy(p)
	return &v
}

// DeepCopy copies everything.
func (in *CustomResourceDefinition) DeepCopy() *CustomResourceDefinition {
	if in == nil {
		return nil
	}
	out := *in
	in.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	out.Spec = in.Spec.copy()
	out.Status = in.Status.copy()
	return &out
}

// DeepCopyObject implements runtime.Object.
func (in *CustomResourceDefinition) DeepCopyObject() runtime.Object {
	if in == nil {
		return nil
	}
	return in.DeepCopy()
}

// DeepCopyObject implements runtime.Object.
func (in *CustomResourceDefinitionList) DeepCopyObject() runtime.Object {
	if in == nil {
		return nil
	}
	out := *in
	in.ListMeta.DeepCopyInto(&out.ListMeta)
	out.Items = each(in.Items, func(c *CustomResourceDefinition) CustomResourceDefinition { return *c.DeepCopy() })
	return &out
}

func (in *CustomResourceDefinitionSpec) copy() CustomResourceDefinitionSpec {
	out := *in
	out.Names = in.Names.copy()
	out.Versions = each(in.Versions, (*CustomResourceDefinitionVersion).copy)
	out.Conversion = through(in.Conversion, (*CustomResourceConversion).copy)
	return out
}

func (in *CustomResourceConversion) copy() CustomResourceConversion {
	out := *in
	out.Webhook = through(in.Webhook, func(w *WebhookConversion) WebhookConversion {
		return WebhookConversion{
			ConversionReviewVersions: slices.Clone(w.ConversionReviewVersions),
			ClientConfig: through(w.ClientConfig, func(c *WebhookClientConfig) WebhookClientConfig {
				return WebhookClientConfig{URL: ptr(c.URL), CABundle: bytes.Clone(c.CABundle), Service: through(c.Service, func(s *ServiceReference) ServiceReference {
					o := *s
					o.Path, o.Port = ptr(s.Path), ptr(s.Port)
					return o
				})}
			}),
		}
	})
	return out
}

func (in *CustomResourceDefinitionVersion) copy() CustomResourceDefinitionVersion {
	out := *in
	out.DeprecationWarning = ptr(in.DeprecationWarning)
	out.Schema = through(in.Schema, func(s *CustomResourceValidation) CustomResourceValidation {
		return CustomResourceValidation{OpenAPIV3Schema: s.OpenAPIV3Schema.DeepCopy()}
	})
	out.Subresources = through(in.Subresources, func(s *CustomResourceSubresources) CustomResourceSubresources {
		return CustomResourceSubresources{Status: ptr(s.Status), Scale: through(s.Scale, func(s *CustomResourceSubresourceScale) CustomResourceSubresourceScale {
			o := *s
			o.LabelSelectorPath = ptr(s.LabelSelectorPath)
			return o
		})}
	})
	out.AdditionalPrinterColumns = slices.Clone(in.AdditionalPrinterColumns)
	out.SelectableFields = slices.Clone(in.SelectableFields)
	return out
}

func (in *CustomResourceDefinitionNames) copy() CustomResourceDefinitionNames {
	out := *in
	out.ShortNames, out.Categories = slices.Clone(in.ShortNames), slices.Clone(in.Categories)
	return out
}

func (in *CustomResourceDefinitionStatus) copy() CustomResourceDefinitionStatus {
	out := *in
	out.Conditions = slices.Clone(in.Conditions)
	out.AcceptedNames = in.AcceptedNames.copy()
	out.StoredVersions = slices.Clone(in.StoredVersions)
	return out
}

func (s *JSON) copy() JSON { return JSON{bytes.Clone(s.Raw)} }

func (s *JSONSchemaPropsOrBool) copy() JSONSchemaPropsOrBool {
	return JSONSchemaPropsOrBool{s.Allows, s.Schema.DeepCopy()}
}

// DeepCopy copies everything.
func (s *JSONSchemaProps) DeepCopy() *JSONSchemaProps { return through(s, (*JSONSchemaProps).copy) }

func (s *JSONSchemaProps) copy() JSONSchemaProps {
	o := *s
	o.Ref, o.Maximum, o.Minimum, o.MultipleOf = ptr(s.Ref), ptr(s.Maximum), ptr(s.Minimum), ptr(s.MultipleOf)
	o.MaxLength, o.MinLength, o.MaxItems, o.MinItems = ptr(s.MaxLength), ptr(s.MinLength), ptr(s.MaxItems), ptr(s.MinItems)
	o.MaxProperties, o.MinProperties = ptr(s.MaxProperties), ptr(s.MinProperties)
	o.Default, o.Example, o.Enum = through(s.Default, (*JSON).copy), through(s.Example, (*JSON).copy), each(s.Enum, (*JSON).copy)
	o.Required = slices.Clone(s.Required)
	o.Items = through(s.Items, func(i *JSONSchemaPropsOrArray) JSONSchemaPropsOrArray {
		return JSONSchemaPropsOrArray{i.Schema.DeepCopy(), each(i.JSONSchemas, (*JSONSchemaProps).copy)}
	})
	o.AllOf, o.OneOf, o.AnyOf = each(s.AllOf, (*JSONSchemaProps).copy), each(s.OneOf, (*JSONSchemaProps).copy), each(s.AnyOf, (*JSONSchemaProps).copy)
	o.Not = s.Not.DeepCopy()
	o.Properties = eachKey(s.Properties, (*JSONSchemaProps).copy)
	o.AdditionalProperties = through(s.AdditionalProperties, (*JSONSchemaPropsOrBool).copy)
	o.PatternProperties = eachKey(s.PatternProperties, (*JSONSchemaProps).copy)
	o.Dependencies = eachKey(s.Dependencies, func(d *JSONSchemaPropsOrStringArray) JSONSchemaPropsOrStringArray {
		return JSONSchemaPropsOrStringArray{d.Schema.DeepCopy(), slices.Clone(d.Property)}
	})
	o.AdditionalItems = through(s.AdditionalItems, (*JSONSchemaPropsOrBool).copy)
	o.Definitions = eachKey(s.Definitions, (*JSONSchemaProps).copy)
	o.ExternalDocs = ptr(s.ExternalDocs)
	o.XPreserveUnknownFields, o.XListType, o.XMapType = ptr(s.XPreserveUnknownFields), ptr(s.XListType), ptr(s.XMapType)
	o.XListMapKeys = slices.Clone(s.XListMapKeys)
	o.XValidations = each(s.XValidations, func(r *ValidationRule) ValidationRule {
		c := *r
		c.Reason, c.OptionalOldSelf = ptr(r.Reason), ptr(r.OptionalOldSelf)
		return c
	})
	return o
}

// SortedKeys are the keys of a map in order: schemas are walked so that nothing depends on Go's order of maps.
func SortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
