package defaults

import (
	"reflect"
	"slices"
	"strings"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/apiregistration"
)

// setExtensions upstream: apiextensions-apiserver/pkg/apis/apiextensions/v1/defaults.go, kube-aggregator's
// pkg/apis/apiregistration/v1/defaults.go. Custom objects get their defaults when they are decoded.
func setExtensions(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *apiextensions.CustomResourceDefinition:
		n := &o.Spec.Names
		orValue(&n.Singular, strings.ToLower(n.Kind))
		if n.ListKind == "" && n.Kind != "" {
			n.ListKind = n.Kind + "List"
		}
		if o.Spec.Conversion == nil {
			o.Spec.Conversion = &apiextensions.CustomResourceConversion{Strategy: apiextensions.NoneConverter}
		}
		if w := o.Spec.Conversion.Webhook; w != nil && w.ClientConfig != nil && w.ClientConfig.Service != nil {
			orElse(&w.ClientConfig.Service.Port, 443)
		}
		if len(o.Status.StoredVersions) == 0 {
			storeVersion(o)
		}
	case *apiregistration.APIService:
		if o.Spec.Service != nil {
			orElse(&o.Spec.Service.Port, 443)
		}
	case *api.Custom:
	default:
		return false
	}
	return true
}

// storeVersion notes that objects are kept in the storage version from now on.
func storeVersion(o *apiextensions.CustomResourceDefinition) {
	if v := o.StorageVersion(); v != "" && !slices.Contains(o.Status.StoredVersions, v) {
		o.Status.StoredVersions = append(slices.Clone(o.Status.StoredVersions), v)
	}
}

func createExtensions(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *apiextensions.CustomResourceDefinition:
		o.Status = apiextensions.CustomResourceDefinitionStatus{}
		o.Generation = 1
		storeVersion(o)
	case *apiregistration.APIService:
		o.Status = apiregistration.APIServiceStatus{}
		if o.Spec.Service == nil {
			o.Status.Conditions = []apiregistration.APIServiceCondition{{
				Type: apiregistration.Available, Status: apiregistration.ConditionTrue, LastTransitionTime: o.CreationTimestamp,
				Reason: "Local", Message: "Local APIServices are always available",
			}}
		}
	case *api.Custom:
		if o.Resource.Custom.Status {
			o.Content = without(o.Content, "status")
		}
		o.Generation = 1
	default:
		return false
	}
	return true
}

func updateExtensions(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *apiextensions.CustomResourceDefinition:
		was := old.(*apiextensions.CustomResourceDefinition)
		o.Status = was.Status
		if !apiequality.Semantic.DeepEqual(&o.Spec, &was.Spec) {
			o.Generation++
		}
		storeVersion(o)
	case *apiregistration.APIService:
		o.Status = old.(*apiregistration.APIService).Status
	case *api.Custom:
		was := old.(*api.Custom)
		if o.Resource.Custom.Status {
			keepField(o, was, "status")
		}
		if !reflect.DeepEqual(o.Content, was.Content) && len(o.Content)+len(was.Content) > 0 {
			o.Generation++
		}
	default:
		return false
	}
	return true
}

func statusExtensions(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *apiextensions.CustomResourceDefinition:
		o.Spec = old.(*apiextensions.CustomResourceDefinition).Spec
	case *apiregistration.APIService:
		was := old.(*apiregistration.APIService)
		o.Spec, o.Labels, o.Annotations, o.Finalizers, o.OwnerReferences = was.Spec, was.Labels, was.Annotations, was.Finalizers, was.OwnerReferences
	case *api.Custom:
		was := old.(*api.Custom)
		status, ok := o.Content["status"]
		managed, rev := o.ManagedFields, o.ResourceVersion
		o.ObjectMeta, o.Content = was.ObjectMeta, without(was.Content, "status")
		o.ManagedFields, o.ResourceVersion = managed, rev
		if ok {
			o.Content["status"] = status
		}
	default:
		return false
	}
	return true
}

// without is a map without a key; always a new one.
func without(m map[string]any, name string) map[string]any {
	out := make(map[string]any, len(m)+1)
	for k, v := range m {
		if k != name {
			out[k] = v
		}
	}
	return out
}

func keepField(o, was *api.Custom, name string) {
	v, ok := was.Content[name]
	if _, has := o.Content[name]; !ok && !has {
		return
	}
	o.Content = without(o.Content, name)
	if ok {
		o.Content[name] = v
	}
}
