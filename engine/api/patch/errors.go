package patch

import (
	"errors"
	"fmt"
	"reflect"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The texts of k8s.io/apimachinery/pkg/util/mergepatch, which a client sees
// inside Status messages.
var (
	errBadJSONDoc            = errors.New("invalid JSON document")
	errListOfLists           = errors.New("lists of lists are not supported")
	errBadPrimitiveList      = errors.New("invalid patch format of primitive list")
	errBadRetainKeys         = errors.New("invalid patch format of retainKeys")
	errBadElementOrder       = errors.New("invalid patch format of setElementOrder list")
	errStrategicNotSupported = errors.New("strategic merge patch format is not supported")

	// ErrPreconditionFailed is returned by ThreeWayMerge when the manifest
	// names another apiVersion, kind or name than the live object.
	ErrPreconditionFailed = errors.New("At least one of apiVersion, kind and name was changed")
)

// ConflictError says that the manifest's changes and its deletions contradict
// each other (ThreeWayMerge only).
type ConflictError struct{ message string }

func (e *ConflictError) Error() string { return e.message }

func errNoMergeKey(m map[string]any, key string) error {
	return fmt.Errorf("map: %v does not contain declared merge key: %s", m, key)
}

// errWrongType is for a JSON value that is not of the shape its place needs.
func errWrongType(want, got any) error {
	return fmt.Errorf("expected a %s, but received a %s", reflect.TypeOf(want), reflect.TypeOf(got))
}

func errUnknownDirective(directive any, m map[string]any) error {
	return fmt.Errorf("unknown patch type: %s in map: %v", directive, m)
}

// asStatus gives an error of a strategic merge the HTTP code that the API
// server answers with: 400 for a patch that is malformed, 422 for one that
// asks for the impossible. Others become an internal error there.
func asStatus(err error) error {
	switch err {
	case errBadJSONDoc, errBadPrimitiveList, errBadRetainKeys, errBadElementOrder, errStrategicNotSupported:
		return apierrors.NewBadRequest(err.Error())
	case errListOfLists:
		return unprocessable(err.Error())
	}
	return err
}

func unprocessable(message string) error {
	return apierrors.NewGenericServerResponse(statusUnprocessableEntity, "", schema.GroupResource{}, "", message, 0, false)
}

// net/http is not imported for one number.
const statusUnprocessableEntity = 422
