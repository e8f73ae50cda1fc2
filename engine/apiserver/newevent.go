package apiserver

import (
	"tabernetes/engine/api"
	"tabernetes/engine/api/validation"
)

// checkNewEvent holds what comes in as an Event of the events.k8s.io group to the stricter rules of that group; the core
// group's are checked when it is stored. old is nil on create. Upstream: the event strategy, which asks for the
// request's version.
func checkNewEvent(r *api.Resource, obj, old api.Object) error {
	if r != api.EventsV1 {
		return nil
	}
	c := api.Copy(obj)
	if old != nil {
		keepIdentity(c, old)
		if errs := validation.Update(c, old); len(errs) > 0 {
			return invalid(r.Hub, c.GetName(), errs)
		}
		return nil
	}
	if c.GetName() == "" {
		c.SetName(c.GetGenerateName() + "x") // one will be made
	}
	if errs := validation.Create(c); len(errs) > 0 {
		return invalid(r.Hub, obj.GetName(), errs)
	}
	return nil
}
