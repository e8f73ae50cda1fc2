package apiserver

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
)

const retryEtcd = time.Second

func notFound(r *api.Resource, name string) error { return apierrors.NewNotFound(r.GR(), name) }

func notServed(req *api.Request) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: 404, Reason: metav1.StatusReasonNotFound,
		Message: "the server could not find the requested resource",
	}}
}

func methodNotAllowed(req *api.Request) error {
	return apierrors.NewMethodNotSupported(req.Resource.GR(), string(req.Verb))
}

func invalid(r *api.Resource, name string, errs field.ErrorList) error {
	return apierrors.NewInvalid(r.GVK().GroupKind(), name, errs)
}

func tooOld(rev, oldest int64) error {
	return apierrors.NewResourceExpired(fmt.Sprintf("too old resource version: %d (%d)", rev, oldest))
}

// tooLarge is what a read gets that asks for a revision which is still to come (storage.NewTooLargeResourceVersionError).
func tooLarge(rev, current int64, retrySeconds int) error {
	err := apierrors.NewTimeoutError(fmt.Sprintf("Too large resource version: %d, current: %d", rev, current), retrySeconds)
	err.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: metav1.CauseTypeResourceVersionTooLarge, Message: "Too large resource version"}}
	return err
}

// conflictText is registry.OptimisticLockErrorMsg of k8s.io/apiserver.
const conflictText = "the object has been modified; please apply your changes to the latest version and try again"

func conflict(r *api.Resource, name string) error {
	return apierrors.NewConflict(r.GR(), name, errors.New(conflictText))
}

// storageError is what a client sees of an error of etcd: a server error with etcd's words.
func storageError(err error) error {
	var st apierrors.APIStatus
	if errors.As(err, &st) {
		return err
	}
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: 500, Message: err.Error(),
	}}
}

func parseRevision(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, apierrors.NewBadRequest("Invalid value: \"" + s + "\": strconv.ParseUint: parsing \"" + s + "\": invalid syntax")
	}
	return n, nil
}

// checkRequest refuses what no resource could serve.
func checkRequest(req *api.Request) error {
	if req.Resource.Namespaced && req.Namespace == "" && req.Verb != api.List && req.Verb != api.DeleteCollection {
		return apierrors.NewBadRequest("an empty namespace may not be set during " + string(req.Verb))
	}
	return checkSelectors(req)
}

// unsupportedField is what a kind says of a field it cannot be selected by: kinds that offer some have words of their
// own (each kind's AddFieldLabelConversionFunc).
func unsupportedField(r *api.Resource, label string) string {
	switch {
	case r == api.Jobs:
		return fmt.Sprintf("field label %q not supported for Job", label)
	case len(r.FieldNames) > 0 || r.Custom != nil:
		return "field label not supported: " + label
	}
	return fmt.Sprintf(`%q is not a known field selector: only "metadata.name", "metadata.namespace"`, label)
}

func checkSelectors(req *api.Request) error {
	if req.FieldSelector == nil {
		return nil
	}
	for _, q := range req.FieldSelector.Requirements() {
		if _, ok := req.Resource.FieldValue(req.Resource.New(), q.Field); !ok {
			return apierrors.NewBadRequest(unsupportedField(req.Resource, q.Field))
		}
	}
	return nil
}
