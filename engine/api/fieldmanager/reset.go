package fieldmanager

import (
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"slices"

	"tabernetes/engine/api"
)

// resetFields is what a write through a path of the API cannot change, and so does not come to own: GetResetFields of
// upstream's strategies.
func resetFields(r *api.Resource, subresource string) fieldpath.Filter {
	switch subresource {
	case "status":
		return exclude(statusReset(r)...)
	case "approval":
		return exclude(path("spec"), path("status", "certificate"))
	case "resize":
		return fieldpath.NewIncludeMatcherFilter(
			fieldpath.MakePrefixMatcherOrDie("spec", "containers", fieldpath.MatchAnyPathElement(), "resources"),
			fieldpath.MakePrefixMatcherOrDie("spec", "containers", fieldpath.MatchAnyPathElement(), "resizePolicy"),
			fieldpath.MakePrefixMatcherOrDie("spec", "initContainers", fieldpath.MatchAnyPathElement(), "resources"),
			fieldpath.MakePrefixMatcherOrDie("spec", "initContainers", fieldpath.MatchAnyPathElement(), "resizePolicy"))
	case "ephemeralcontainers":
		return fieldpath.NewIncludeMatcherFilter(fieldpath.MakePrefixMatcherOrDie("spec", "ephemeralContainers"))
	}
	switch {
	case r == api.CertificateSigningRequests:
		return exclude(path("spec"), path("status"))
	case hasStatus(r):
		return exclude(path("status"))
	}
	return nil
}

func statusReset(r *api.Resource) []fieldpath.Path {
	spec := path("spec")
	switch {
	case r == api.Deployments:
		return []fieldpath.Path{spec, path("metadata", "labels")}
	case r == api.Pods:
		return []fieldpath.Path{spec, path("metadata", "deletionTimestamp"), path("metadata", "ownerReferences")}
	case r == api.CertificateSigningRequests:
		return []fieldpath.Path{spec, path("status", "conditions")}
	case r == api.ValidatingAdmissionPolicies, r == api.ServiceCIDRs, r == api.CSINodes, r == api.VolumeAttachments, r.Custom != nil:
		return []fieldpath.Path{spec, path("metadata")}
	}
	return []fieldpath.Path{spec}
}

func hasStatus(r *api.Resource) bool { return slices.Contains(r.Subresources, "status") }

func path(names ...string) fieldpath.Path {
	p := make(fieldpath.Path, 0, len(names))
	for _, n := range names {
		p = append(p, fieldpath.FieldNameElement(n))
	}
	return p
}

func exclude(paths ...fieldpath.Path) fieldpath.Filter {
	return fieldpath.NewExcludeSetFilter(fieldpath.NewSet(paths...))
}

// strip removes what every object has and nobody manages (managedfields/internal/stripmeta.go).
func strip(s *fieldpath.Set) *fieldpath.Set { return s.Difference(stripSet) }

var stripSet = fieldpath.NewSet(
	path("apiVersion"), path("kind"), path("metadata"), path("metadata", "name"), path("metadata", "namespace"),
	path("metadata", "creationTimestamp"), path("metadata", "selfLink"), path("metadata", "uid"), path("metadata", "clusterName"),
	path("metadata", "generation"), path("metadata", "managedFields"), path("metadata", "resourceVersion"))
