package warnings

import (
	"slices"
	"strconv"
	"strings"

	utilvalidation "k8s.io/apimachinery/pkg/util/validation"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/structural"
)

// extensions are the warnings about definitions and custom objects; old is nil for a new one.
// (apiextensions-apiserver, registry/customresourcedefinition/strategy.go and registry/customresource/strategy.go.)
func (w *list) extensions(obj, old api.Object) {
	switch o := obj.(type) {
	case *apiextensions.CustomResourceDefinition:
		formats, sets := schemaWarnings(o)
		var oldFormats, oldSets []string
		if was, ok := old.(*apiextensions.CustomResourceDefinition); ok {
			oldFormats, oldSets = schemaWarnings(was)
		}
		for _, text := range formats {
			if !slices.Contains(oldFormats, text) {
				w.add(text)
			}
		}
		for _, text := range sets {
			if !slices.Contains(oldSets, text) {
				w.add(text)
			}
		}
	case *api.Custom:
		var had []string
		if old != nil {
			had = old.GetFinalizers()
		}
		names := slices.Clone(o.Finalizers)
		slices.Sort(names)
		for _, f := range slices.Compact(names) {
			if !slices.Contains(had, f) {
				w.finalizer(f)
			}
		}
	}
}

func (w *list) finalizer(name string) {
	head := "metadata.finalizers: " + strconv.Quote(name) + ": "
	for _, msg := range utilvalidation.IsQualifiedName(name) {
		w.add(head + msg)
	}
	switch {
	case strings.Contains(name, "/") || name == "orphan" || name == "foregroundDeletion" || name == "kubernetes":
	case strings.Contains(name, "."):
		w.add(head + "prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers")
	default:
		w.add(head + "prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers")
	}
}

// schemaWarnings: formats that are not checked, and sets of what sets cannot have.
func schemaWarnings(crd *apiextensions.CustomResourceDefinition) (formats, sets []string) {
	for _, v := range crd.Spec.Versions {
		if v.Schema == nil {
			continue
		}
		eachSchema(v.Schema.OpenAPIV3Schema, func(s *apiextensions.JSONSchemaProps) {
			if s.Format != "" && !structural.Known(s.Type, s.Format) {
				formats = append(formats, "unrecognized format "+strconv.Quote(s.Format))
			}
			if s.XListType != nil && *s.XListType == "set" && s.Items != nil && s.Items.Schema != nil {
				if t := s.Items.Schema.Type; t == "object" || t == "array" {
					sets = append(sets, "x-kubernetes-list-type: set for items of type "+strconv.Quote(t)+" is not supported by server-side apply or CEL validation rules")
				}
			}
		})
	}
	slices.Sort(sets)
	return formats, slices.Compact(sets)
}

func eachSchema(s *apiextensions.JSONSchemaProps, fn func(*apiextensions.JSONSchemaProps)) {
	if s == nil {
		return
	}
	fn(s)
	if s.Items != nil {
		eachSchema(s.Items.Schema, fn)
	}
	for _, list := range [][]apiextensions.JSONSchemaProps{s.AllOf, s.AnyOf, s.OneOf} {
		for i := range list {
			eachSchema(&list[i], fn)
		}
	}
	eachSchema(s.Not, fn)
	for _, name := range apiextensions.SortedKeys(s.Properties) {
		x := s.Properties[name]
		eachSchema(&x, fn)
	}
	if s.AdditionalProperties != nil {
		eachSchema(s.AdditionalProperties.Schema, fn)
	}
}
