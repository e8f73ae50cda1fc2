package structural

import (
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// CheckDefaults says which defaults of a schema do not fit it (pkg/apiserver/schema/defaulting, validation.go). s is the
// schema of a whole object, of which metadata is checked as metadata.
func CheckDefaults(p *field.Path, s *Schema) field.ErrorList {
	return checkDefaults(p, s, true, false)
}

func checkDefaults(p *field.Path, s *Schema, root, inMeta bool) field.ErrorList {
	if s == nil {
		return nil
	}
	if s.Embedded || root {
		inMeta = false
	}
	var errs field.ErrorList
	if s.Default != nil && !inMeta {
		at := p.Child("default")
		pruned := runtime.DeepCopyJSONValue(s.Default)
		Prune(pruned, s, s.Embedded)
		if !reflect.DeepEqual(pruned, s.Default) {
			errs = append(errs, field.Invalid(at, s.Default, "must not have unknown fields"))
		}
		x := runtime.DeepCopyJSONValue(s.Default)
		if _, err := Coerce(x, s); err != nil {
			err.Field = at.String() + "." + err.Field
			errs = append(errs, err)
		} else if bad := ValidateEmbedded(at, x, s); len(bad) > 0 {
			errs = append(errs, bad...)
		} else {
			errs = append(errs, Validate(at, s.Default, s)...)
		}
	}
	if s.Default != nil && inMeta {
		if bad := Validate(nil, s.Default, s); len(bad) > 0 {
			errs = append(errs, field.Invalid(p.Child("default"), s.Default, fmt.Sprintf("must result in valid metadata: %v", bad.ToAggregate())))
		}
	}
	errs = append(errs, checkDefaults(p.Child("items"), s.Items, false, inMeta)...)
	for _, name := range s.names {
		errs = append(errs, checkDefaults(p.Child("properties").Key(name), s.Properties[name], false, inMeta || (s.Embedded || root) && meta(name))...)
	}
	return errs
}
