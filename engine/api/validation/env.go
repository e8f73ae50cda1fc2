package validation

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (e *errs) env(p *field.Path, vars []corev1.EnvVar) {
	for i := range vars {
		v, at := &vars[i], p.Index(i)
		if e.nonEmpty(at.Child("name"), v.Name) {
			e.each(at.Child("name"), v.Name, validation.IsRelaxedEnvVarName(v.Name))
		}
		if v.ValueFrom != nil {
			e.envValueFrom(at.Child("valueFrom"), v)
		}
	}
}

func (e *errs) envValueFrom(p *field.Path, v *corev1.EnvVar) {
	sources := 0
	if ref := v.ValueFrom.FieldRef; ref != nil {
		sources++
		e.fieldRef(p.Child("fieldRef"), ref, envFields)
	}
	if ref := v.ValueFrom.ResourceFieldRef; ref != nil {
		sources++
		e.resourceFieldRef(p.Child("resourceFieldRef"), ref, false)
	}
	if ref := v.ValueFrom.ConfigMapKeyRef; ref != nil {
		sources++
		e.keyRef(p.Child("configMapKeyRef"), ref.Name, ref.Key)
	}
	if ref := v.ValueFrom.SecretKeyRef; ref != nil {
		sources++
		e.keyRef(p.Child("secretKeyRef"), ref.Name, ref.Key)
	}
	if ref := v.ValueFrom.FileKeyRef; ref != nil {
		sources++
		e.fileKeyRef(p.Child("fileKeyRef"), ref)
	}
	switch {
	case sources == 0:
		e.invalid(p, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`")
	case v.Value != "":
		e.invalid(p, "", "may not be specified when `value` is not empty")
	case sources > 1:
		e.invalid(p, "", "may not have more than one field specified at a time")
	}
}

func (e *errs) envFrom(p *field.Path, from []corev1.EnvFromSource) {
	for i := range from {
		f, at := &from[i], p.Index(i)
		if f.Prefix != "" {
			e.each(at.Child("prefix"), f.Prefix, validation.IsRelaxedEnvVarName(f.Prefix))
		}
		sources := 0
		check := func(name string, object string) {
			sources++
			if where := at.Child(name, "name"); e.nonEmpty(where, object) {
				e.each(where, object, subdomainName(object, true))
			}
		}
		if f.ConfigMapRef != nil {
			check("configMapRef", f.ConfigMapRef.Name)
		}
		if f.SecretRef != nil {
			check("secretRef", f.SecretRef.Name)
		}
		if sources == 0 {
			e.invalid(p, "", "must specify one of: `configMapRef` or `secretRef`")
		} else if sources > 1 {
			e.invalid(p, "", "may not have more than one field specified at a time")
		}
	}
}

func (e *errs) keyRef(p *field.Path, name, key string) {
	e.subdomain(p.Child("name"), name)
	if e.nonEmpty(p.Child("key"), key) {
		e.each(p.Child("key"), key, validation.IsConfigMapKey(key))
	}
}

func (e *errs) fileKeyRef(p *field.Path, ref *corev1.FileKeySelector) {
	if e.nonEmpty(p.Child("key"), ref.Key) {
		e.each(p.Child("key"), ref.Key, validation.IsRelaxedEnvVarName(ref.Key))
	}
	if e.nonEmpty(p.Child("volumeName"), ref.VolumeName) {
		e.label(p.Child("volumeName"), ref.VolumeName)
	}
	if e.nonEmpty(p.Child("path"), ref.Path) {
		e.noBacksteps(p.Child("path"), ref.Path)
	}
}

// The fields a variable or a file may show, in the order upstream lists them: sorted.
var (
	envFields = []string{
		"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
		"status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
	}
	volumeFields   = []string{"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"}
	resourceFields = []string{
		"limits.cpu", "limits.ephemeral-storage", "limits.memory",
		"requests.cpu", "requests.ephemeral-storage", "requests.memory",
	}
)

// fieldRef checks a reference to a field of the pod itself. Only v1 names fields; some exist but are not for this use.
func (e *errs) fieldRef(p *field.Path, ref *corev1.ObjectFieldSelector, allowed []string) {
	if !e.nonEmpty(p.Child("apiVersion"), ref.APIVersion) || !e.nonEmpty(p.Child("fieldPath"), ref.FieldPath) {
		return
	}
	unknown := func(format, what string) {
		e.invalid(p.Child("fieldPath"), ref.FieldPath, "error converting fieldPath: "+fmt.Sprintf(format, what))
	}
	if ref.APIVersion != "v1" {
		unknown("unsupported pod version: %s", ref.APIVersion)
		return
	}
	if path, subscript, ok := cutSubscript(ref.FieldPath); ok {
		switch path {
		case "metadata.annotations":
			e.qualified(p, strings.ToLower(subscript))
		case "metadata.labels":
			e.qualified(p, subscript)
		default:
			unknown("field label does not support subscript: %s", ref.FieldPath)
		}
		return
	}
	path := ref.FieldPath
	switch path {
	case "spec.host": // what clients called it before v1
		path = "spec.nodeName"
	case "spec.restartPolicy", "spec.schedulerName", "status.phase":
	default:
		if !slices.Contains(envFields, path) && !slices.Contains(volumeFields, path) {
			unknown("field label not supported: %s", path)
			return
		}
	}
	oneOf(e, p.Child("fieldPath"), path, allowed...)
}

// cutSubscript splits metadata.labels['app'] into its path and key.
func cutSubscript(s string) (path, key string, ok bool) {
	inner, ok := strings.CutSuffix(s, "']")
	if !ok {
		return "", "", false
	}
	path, key, ok = strings.Cut(inner, "['")
	return path, key, ok && path != ""
}

const (
	requestsHugePages = "requests.hugepages-"
	limitsHugePages   = "limits.hugepages-"
)

func isHugePagesField(name string) bool {
	return strings.HasPrefix(name, requestsHugePages) || strings.HasPrefix(name, limitsHugePages)
}

func (e *errs) resourceFieldRef(p *field.Path, ref *corev1.ResourceFieldSelector, volume bool) {
	switch {
	case volume && ref.ContainerName == "":
		e.required(p.Child("containerName"), "")
	case ref.Resource == "":
		e.required(p.Child("resource"), "")
	case !isHugePagesField(ref.Resource):
		oneOf(e, p.Child("resource"), ref.Resource, resourceFields...)
	}
	e.divisor(p.Child("divisor"), ref.Resource, &ref.Divisor)
}

// divisors lists the units a memory or storage quantity can be divided by.
const divisors = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"

func (e *errs) divisor(p *field.Path, name string, divisor *resource.Quantity) {
	if divisor.IsZero() {
		return
	}
	allowed, what := divisors, ""
	switch {
	case name == "limits.cpu" || name == "requests.cpu":
		if d := divisor.String(); d != "1m" && d != "1" {
			e.invalid(p, name, "only divisor's values 1m and 1 are supported with the cpu resource")
		}
		return
	case name == "limits.memory" || name == "requests.memory":
		what = "memory"
	case name == "limits.ephemeral-storage" || name == "requests.ephemeral-storage":
		what = "local ephemeral storage"
	case isHugePagesField(name):
		what = "hugepages"
	default:
		return
	}
	if !slices.Contains(strings.Split(allowed, ", "), divisor.String()) {
		e.invalid(p, name, fmt.Sprintf("only divisor's values %s are supported with the %s resource", allowed, what))
	}
}
