package validation

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// FieldManager returns what is wrong with the fieldManager parameter of a request.
func FieldManager(manager string) field.ErrorList {
	e := &errs{}
	e.fieldManager(field.NewPath("fieldManager"), manager)
	return e.list
}

// PatchOptions returns what is wrong with the options of a patch of the given type.
func PatchOptions(options *metav1.PatchOptions, patchType types.PatchType) field.ErrorList {
	e := &errs{}
	if patchType == types.ApplyYAMLPatchType || patchType == types.ApplyCBORPatchType {
		if options.FieldManager == "" {
			e.required(field.NewPath("fieldManager"), "is required for apply patch")
		}
	} else if options.Force != nil {
		e.forbidden(field.NewPath("force"), "may not be specified for non-apply patch")
	}
	e.fieldManager(field.NewPath("fieldManager"), options.FieldManager)
	e.dryRun(options.DryRun)
	e.fieldValidation(options.FieldValidation)
	return e.list
}

// DeleteOptions returns what is wrong with the options of a delete.
func DeleteOptions(options *metav1.DeleteOptions) field.ErrorList {
	e := &errs{}
	policy := options.PropagationPolicy
	p := field.NewPath("propagationPolicy")
	if options.OrphanDependents != nil && policy != nil { //nolint:staticcheck // deprecated, but still read
		e.invalid(p, policy, "orphanDependents and deletionPropagation cannot be both set")
	}
	if policy != nil {
		switch *policy {
		case metav1.DeletePropagationForeground, metav1.DeletePropagationBackground, metav1.DeletePropagationOrphan:
		default:
			e.add(field.NotSupported(p, policy, []string{"Foreground", "Background", "Orphan", "nil"}))
		}
	}
	e.dryRun(options.DryRun)
	return e.list
}

func (e *errs) dryRun(values []string) {
	for _, v := range values {
		if v != metav1.DryRunAll {
			e.add(field.NotSupported(field.NewPath("dryRun"), values, []string{metav1.DryRunAll}))
			return
		}
	}
}

func (e *errs) fieldValidation(v string) {
	oneOf(e, field.NewPath("fieldValidation"), v, "", metav1.FieldValidationIgnore, metav1.FieldValidationStrict, metav1.FieldValidationWarn)
}
