package validation

import (
	"fmt"
	"math"
	"reflect"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/structural"
)

// Custom objects: registry/customresource, validator.go and strategy.go of apiextensions-apiserver.

func (e *errs) customCreate(o *api.Custom) {
	k := o.Resource.Custom
	e.objectMetaBase(&o.ObjectMeta, o.Resource.Namespaced, subdomainName)
	full := o.Full()
	e.addAll(structural.Validate(nil, full, k.Schema))
	e.scaleSpec(o, k.Scale)
	e.scaleStatus(o, k.Scale)
	e.addAll(structural.ValidateEmbedded(nil, full, k.Schema))
	e.addAll(structural.ValidateLists(nil, full, k.Schema))
}

func (e *errs) customUpdate(o, old *api.Custom) {
	k := o.Resource.Custom
	e.objectMetaUpdateBase(&o.ObjectMeta, &old.ObjectMeta)
	full, was := o.Full(), old.Full()
	e.addAll(structural.ValidateUpdate(nil, full, was, k.Schema))
	e.scaleSpec(o, k.Scale)
	e.scaleStatus(o, k.Scale)
	e.addAll(structural.ValidateEmbedded(nil, full, k.Schema))
	if bad := structural.ValidateLists(nil, full, k.Schema); len(bad) > 0 && len(structural.ValidateLists(nil, was, k.Schema)) == 0 {
		e.addAll(bad)
	}
}

func (e *errs) customStatusUpdate(o, old *api.Custom) {
	k := o.Resource.Custom
	e.objectMetaUpdateBase(&o.ObjectMeta, &old.ObjectMeta)
	if status, ok := o.Content["status"]; ok && k.Schema != nil {
		e.addAll(structural.ValidateUpdate(statusPath, status, old.Content["status"], k.Schema.Properties["status"]))
	}
	e.scaleStatus(o, k.Scale)
	if bad := structural.ValidateLists(nil, o.Content, k.Schema); len(bad) > 0 && len(structural.ValidateLists(nil, old.Content, k.Schema)) == 0 {
		e.addAll(bad)
	}
}

func (e *errs) scaleSpec(o *api.Custom, s *apiextensions.CustomResourceSubresourceScale) {
	if s != nil {
		e.replicas(o, s.SpecReplicasPath)
	}
}

func (e *errs) scaleStatus(o *api.Custom, s *apiextensions.CustomResourceSubresourceScale) {
	if s == nil {
		return
	}
	e.replicas(o, s.StatusReplicasPath)
	if s.LabelSelectorPath != nil && *s.LabelSelectorPath != "" {
		if v, ok := o.At(*s.LabelSelectorPath); ok {
			if _, text := v.(string); !text {
				e.invalid(field.NewPath(*s.LabelSelectorPath), "", notOfType(*s.LabelSelectorPath, v, "string"))
			}
		}
	}
}

func (e *errs) replicas(o *api.Custom, path string) {
	v, ok := o.At(path)
	if !ok {
		return
	}
	p := field.NewPath(path)
	n, isInt := v.(int64)
	switch {
	case !isInt:
		e.invalid(p, int64(0), notOfType(path, v, "int64"))
	case n < 0:
		e.invalid(p, n, "should be a non-negative integer")
	case n > math.MaxInt32:
		e.invalid(p, n, fmt.Sprintf("should be less than or equal to %d", math.MaxInt32))
	}
}

// notOfType is how k8s.io/apimachinery's unstructured package words it.
func notOfType(path string, v any, want string) string {
	return fmt.Sprintf("%s accessor error: %v is of the type %s, expected %s", path, v, reflect.TypeOf(v), want)
}
