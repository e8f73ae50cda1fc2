package apiserver

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
)

// createsOnUpdate reports kinds of which a PUT makes the object that is not there (their strategies' AllowCreateOnUpdate).
func createsOnUpdate(r *api.Resource) bool {
	switch r {
	case api.Services, api.Endpoints, api.Events, api.LimitRanges, api.Leases, api.RuntimeClasses,
		api.Roles, api.RoleBindings, api.ClusterRoles, api.ClusterRoleBindings:
		return true
	}
	return false
}

// creation of the object of a PUT, nil for kinds that must be there. A body with a uid means an object that is gone.
func (s *Server) createInstead(r *api.Resource, req *api.Request, obj api.Object) func() (api.Object, error) {
	if req.Subresource != "" || !createsOnUpdate(r) {
		return nil
	}
	return func() (api.Object, error) {
		if uid := obj.GetUID(); uid != "" {
			return nil, apierrors.NewConflict(r.GR(), req.Name, errors.New("StorageError: invalid object, Code: 4, Key: "+s.key(r, obj.GetNamespace(), req.Name)+
				", ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: "+string(uid)+", UID in object meta: "))
		}
		c := api.Copy(obj)
		c.SetResourceVersion("")
		return c, nil
	}
}
