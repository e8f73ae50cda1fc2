package validation

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/apiregistration"
)

// The kinds by which an API is extended, and the kinds it is extended by. Each method reports whether the kind is one of
// them.

func (e *errs) createExtensions(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *apiextensions.CustomResourceDefinition:
		e.definitionCreate(o)
	case *apiregistration.APIService:
		e.apiService(o)
	case *api.Custom:
		e.customCreate(o)
	default:
		return false
	}
	return true
}

func (e *errs) updateExtensions(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *apiextensions.CustomResourceDefinition:
		e.definitionUpdate(o, old.(*apiextensions.CustomResourceDefinition))
	case *apiregistration.APIService:
		e.objectMetaUpdateBase(&o.ObjectMeta, &old.(*apiregistration.APIService).ObjectMeta)
		e.apiService(o)
	case *api.Custom:
		e.customUpdate(o, old.(*api.Custom))
	default:
		return false
	}
	return true
}

func (e *errs) statusExtensions(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *apiextensions.CustomResourceDefinition:
		e.objectMetaUpdateBase(&o.ObjectMeta, &old.(*apiextensions.CustomResourceDefinition).ObjectMeta)
		e.definitionNames(statusPath.Child("acceptedNames"), &o.Status.AcceptedNames)
	case *apiregistration.APIService:
		e.objectMetaUpdateBase(&o.ObjectMeta, &old.(*apiregistration.APIService).ObjectMeta)
		for i, c := range o.Status.Conditions {
			oneOf(e, statusPath.Child("conditions").Index(i).Child("status"), c.Status,
				apiregistration.ConditionTrue, apiregistration.ConditionFalse, apiregistration.ConditionUnknown)
		}
	case *api.Custom:
		e.customStatusUpdate(o, old.(*api.Custom))
	default:
		return false
	}
	return true
}

// apiService is ValidateAPIService of kube-aggregator.
func (e *errs) apiService(o *apiregistration.APIService) {
	want := o.Spec.Version + "." + o.Spec.Group
	e.objectMetaBase(&o.ObjectMeta, false, func(name string, prefix bool) []string {
		if bad := pathName(name, prefix); len(bad) > 0 {
			return bad
		}
		if name != want {
			return []string{"must be `spec.version+\".\"+spec.group`: \"" + want + "\""}
		}
		return nil
	})
	s := &o.Spec
	if s.Group == "" && s.Version != "v1" {
		e.required(specPath.Child("group"), "only v1 may have an empty group and it better be legacy kube")
	}
	if s.Group != "" {
		e.each(specPath.Child("group"), s.Group, validation.IsDNS1123Subdomain(s.Group))
	}
	e.each(specPath.Child("version"), s.Version, validation.IsDNS1035Label(s.Version))
	if s.GroupPriorityMinimum <= 0 || s.GroupPriorityMinimum > 20000 {
		e.invalid(specPath.Child("groupPriorityMinimum"), s.GroupPriorityMinimum, "must be positive and less than 20000")
	}
	if s.VersionPriority <= 0 || s.VersionPriority > 1000 {
		e.invalid(specPath.Child("versionPriority"), s.VersionPriority, "must be positive and less than 1000")
	}
	if s.Service == nil {
		if n := len(s.CABundle); n > 0 {
			e.invalid(specPath.Child("caBundle"), decimal(n)+" bytes", "local APIServices may not have a caBundle")
		}
		if s.InsecureSkipTLSVerify {
			e.invalid(specPath.Child("insecureSkipTLSVerify"), true, "local APIServices may not have insecureSkipTLSVerify")
		}
		return
	}
	svc := specPath.Child("service")
	if s.Service.Namespace == "" {
		e.required(svc.Child("namespace"), "")
	}
	if s.Service.Name == "" {
		e.required(svc.Child("name"), "")
	}
	port := int32(0)
	if s.Service.Port != nil {
		port = *s.Service.Port
	}
	e.portNumber(svc.Child("port"), port)
	if s.InsecureSkipTLSVerify && len(s.CABundle) > 0 {
		e.invalid(specPath.Child("insecureSkipTLSVerify"), true, "may not be true if caBundle is present")
	}
}

func (e *errs) portNumber(p *field.Path, port int32) {
	if bad := validation.IsValidPortNum(int(port)); len(bad) > 0 {
		text := "port is not valid: "
		for i, b := range bad {
			if i > 0 {
				text += ", "
			}
			text += b
		}
		e.invalid(p, port, text)
	}
}
