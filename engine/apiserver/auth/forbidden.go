package auth

import (
	"errors"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api/rbac"
)

// sanitizer keeps errors from looking like HTML.
var sanitizer = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Forbidden is the error of a request that nobody allowed (endpoints/handlers/responsewriters, ForbiddenStatusError).
func Forbidden(user string, a *rbac.Access, reason string) error {
	msg := "User " + strconv.Quote(user) + " cannot " + a.Verb
	if a.IsPath() {
		msg += " path " + strconv.Quote(a.Path)
	} else {
		resource := a.Resource
		if a.Subresource != "" {
			resource += "/" + a.Subresource
		}
		msg += " resource " + strconv.Quote(resource) + " in API group " + strconv.Quote(a.Group)
		if a.Namespace != "" {
			msg += " in the namespace " + strconv.Quote(a.Namespace)
		} else {
			msg += " at the cluster scope"
		}
	}
	msg = sanitizer.Replace(msg)
	if reason != "" {
		msg += ": " + reason
	}
	return apierrors.NewForbidden(schema.GroupResource{Group: a.Group, Resource: a.Resource}, a.Name, errors.New(msg))
}
