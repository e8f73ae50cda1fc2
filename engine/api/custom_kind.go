package api

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/version"

	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/structural"
)

// CustomKind is what a definition says of one version of a kind, besides what every row says.
type CustomKind struct {
	// ID tells kinds apart: the definition's uid, its generation, and the version.
	ID       string
	Schema   *structural.Schema // nil: anything goes
	Preserve bool               // unknown fields stay
	ListKind string
	Columns  []apiextensions.CustomResourceColumnDefinition
	Status   bool // there is a status subresource
	Scale    *apiextensions.CustomResourceSubresourceScale
	// Warning is what whoever uses a deprecated version is told.
	Warning string
	// Terminating: the definition is being deleted, nothing new may be made.
	Terminating bool
	// Webhook converts the kind's objects; nil: conversion is by name only.
	Webhook *apiextensions.WebhookConversion
	// Rows are those of all versions of the definition, served or not.
	Rows map[string]*Resource
}

// ageColumn is what kinds print that do not say what to print.
func ageColumn() []apiextensions.CustomResourceColumnDefinition {
	return []apiextensions.CustomResourceColumnDefinition{{
		Name: "Age", Type: "date", JSONPath: ".metadata.creationTimestamp",
		Description: "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
	}}
}

// CustomRows are the rows of a definition whose names were accepted: hub is the version its objects are stored in, which
// need not be served; served are the rows that are, the preferred version first. A schema that does not compile, which
// validation does not let through, is an error.
func CustomRows(crd *apiextensions.CustomResourceDefinition) (hub *Resource, served []*Resource, err error) {
	names := &crd.Status.AcceptedNames
	if names.Plural == "" || names.Singular == "" || names.Kind == "" || names.ListKind == "" {
		return nil, nil, fmt.Errorf("the names of CustomResourceDefinition %s are not accepted", crd.Name)
	}
	rows := map[string]*Resource{}
	var webhook *apiextensions.WebhookConversion
	if c := crd.Spec.Conversion; c != nil && c.Strategy == apiextensions.WebhookConverter {
		webhook = c.Webhook
	}
	terminating := crd.DeletionTimestamp != nil || crd.Is(apiextensions.Terminating)
	for i := range crd.Spec.Versions {
		v := &crd.Spec.Versions[i]
		k := &CustomKind{
			ID:       string(crd.UID) + "/" + strconv.FormatInt(crd.Generation, 10) + "/" + v.Name,
			Preserve: crd.Spec.PreserveUnknownFields, ListKind: names.ListKind, Columns: v.AdditionalPrinterColumns, Terminating: terminating,
			Webhook: webhook, Rows: rows,
		}
		if len(k.Columns) == 0 {
			k.Columns = ageColumn()
		}
		if v.Schema != nil {
			if k.Schema, err = structural.Compile(v.Schema.OpenAPIV3Schema); err != nil {
				return nil, nil, err
			}
		}
		r := &Resource{
			Group: crd.Spec.Group, Version: v.Name, Kind: names.Kind, Name: names.Plural, Singular: names.Singular,
			ShortNames: names.ShortNames, Categories: names.Categories, Namespaced: crd.Spec.Scope == apiextensions.NamespaceScoped,
			NewList: customList(names.ListKind), Custom: k, Describe: describeCustom,
		}
		r.New = func() Object { return &Custom{Resource: r} }
		rows[v.Name] = r
		if s := v.Subresources; s != nil {
			if k.Status = s.Status != nil; k.Status {
				r.Subresources = append(r.Subresources, "status")
			}
			if k.Scale = s.Scale; k.Scale != nil {
				r.Subresources = append(r.Subresources, "scale")
			}
		}
		for _, f := range v.SelectableFields {
			r.FieldNames = append(r.FieldNames, strings.TrimPrefix(f.JSONPath, "."))
		}
		r.Field = customField
		if v.Deprecated {
			k.Warning = r.APIVersion() + " " + r.Kind + " is deprecated"
			if v.DeprecationWarning != nil {
				k.Warning = *v.DeprecationWarning
			}
		}
		if v.Storage {
			hub = r
		}
		if v.Served {
			served = append(served, r)
		}
	}
	if hub == nil {
		return nil, nil, fmt.Errorf("CustomResourceDefinition %s has no storage version", crd.Name)
	}
	for _, r := range served {
		if r != hub {
			r.Hub = hub
			r.ToHub = func(o Object) Object { return o.(*Custom).In(hub) }
			r.FromHub = func(o Object) Object { return o.(*Custom).In(r) }
		}
	}
	slices.SortStableFunc(served, func(a, b *Resource) int { return version.CompareKubeAwareVersionStrings(b.Version, a.Version) })
	return hub, served, nil
}

// customField reads a selectable field of a custom object.
func customField(o Object, name string) string {
	v, _ := o.(*Custom).At(name)
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// At is the value at a path like ".spec.replicas" below the object's own fields (not metadata).
func (c *Custom) At(path string) (any, bool) {
	var v any = c.Content
	for _, name := range strings.Split(strings.TrimPrefix(path, "."), ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = m[name]; !ok {
			return nil, false
		}
	}
	return v, true
}

// With is Content with a value at a path; what lies on the way is copied, or made where it is missing.
func (c *Custom) With(path string, value any) map[string]any {
	return with(c.Content, strings.Split(strings.TrimPrefix(path, "."), "."), value)
}

func with(m map[string]any, path []string, value any) map[string]any {
	out := make(map[string]any, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	if len(path) == 1 {
		out[path[0]] = value
		return out
	}
	below, _ := m[path[0]].(map[string]any)
	out[path[0]] = with(below, path[1:], value)
	return out
}

// describeCustom tells the journal which part of an object changed.
func describeCustom(old, new Object) string {
	c := new.(*Custom)
	if old == nil {
		return ""
	}
	was := old.(*Custom)
	for _, name := range apiextensions.SortedKeys(c.Content) {
		if !reflect.DeepEqual(c.Content[name], was.Content[name]) {
			return name + " changed"
		}
	}
	return ""
}

var _ runtime.Unstructured = (*Custom)(nil)
