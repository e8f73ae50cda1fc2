package apiextensions

import (
	"net/url"
	"strconv"
	"strings"
)

// Protected reports that a group is the Kubernetes community's: definitions in it need an approval.
func Protected(group string) bool {
	return group == "k8s.io" || strings.HasSuffix(group, ".k8s.io") || group == "kubernetes.io" || strings.HasSuffix(group, ".kubernetes.io")
}

// Approval is what the approval annotation of a definition says, as the reason of a condition, and why
// (pkg/apihelpers/helpers.go, GetAPIApprovalState).
func (in *CustomResourceDefinition) Approval() (state, why string) {
	const head = `protected groups must have approval annotation "` + APIApprovedAnnotation + `"`
	const see = ", see https://github.com/kubernetes/enhancements/pull/1111"
	a := in.Annotations[APIApprovedAnnotation]
	u, err := url.ParseRequestURI(a)
	switch {
	case a == "":
		return "MissingAnnotation", head + see
	case strings.HasPrefix(a, "unapproved"):
		return "UnapprovedAnnotation", "not approved: " + strconv.Quote(a)
	case err == nil && u.Host != "" && u.Scheme != "":
		return "ApprovedAnnotation", "approved in " + a
	}
	return "InvalidAnnotation", head + ` with either a URL or a reason starting with "unapproved"` + see
}
