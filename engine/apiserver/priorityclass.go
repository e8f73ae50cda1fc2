package apiserver

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
)

// keepsSystemClass refuses to delete one of the system's priority classes by name; together with all others they can go,
// as upstream has it (pkg/registry/scheduling/priorityclass/storage).
func keepsSystemClass(req *api.Request) error {
	if req.Resource != api.PriorityClasses {
		return nil
	}
	for _, c := range api.SystemPriorityClasses() {
		if c.Name == req.Name {
			return apierrors.NewForbidden(api.PriorityClasses.GR(), req.Name, errors.New("this is a system priority class and cannot be deleted"))
		}
	}
	return nil
}
