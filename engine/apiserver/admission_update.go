package apiserver

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/validation"
	"tabernetes/engine/api/warnings"
	"tabernetes/engine/sim"
)

// prepareUpdate runs defaults, admission but for webhooks and quota, strategy and validation of an update.
func (s *Server) prepareUpdate(k *cacher, a *attributes) error {
	if err := s.mutateUpdate(a); err != nil {
		return err
	}
	return s.validateUpdate(k, a)
}

// mutateUpdate runs defaults and the mutating plugins. What a component writes as a function is typed all the way and
// complete; admission has nothing to say about it.
func (s *Server) mutateUpdate(a *attributes) error {
	if a.req.PatchType == api.TypedPatch {
		return nil
	}
	defaults.Set(a.obj)
	dropOwnersTwice(a)
	return s.admitUpdate(a)
}

// validateUpdate runs strategy, validation and the validating plugins.
func (s *Server) validateUpdate(k *cacher, a *attributes) error {
	typed := a.req.PatchType == api.TypedPatch && !a.patched
	if a.req.Subresource == "status" {
		defaults.PrepareForStatusUpdate(a.obj, a.old)
		s.stampPhase(a.obj)
		s.stampStatus(a.obj, a.old)
		if typed {
			return nil
		}
		if errs := validation.StatusUpdate(a.obj, a.old); len(errs) > 0 {
			return invalid(k.r, a.req.Name, errs)
		}
		a.warnings = append(a.warnings, warnings.StatusUpdate(a.obj)...)
		return s.validateAdmission(a)
	}
	if a.req.Subresource == "approval" {
		if err := s.prepareApproval(k.r, a.obj, a.old); err != nil {
			return err
		}
		return s.validateAdmission(a)
	}
	if a.req.Subresource == "ephemeralcontainers" {
		pod, old := a.obj.(*corev1.Pod), a.old.(*corev1.Pod)
		defaults.PrepareForEphemeralContainers(pod, old)
		if errs := validation.EphemeralContainersUpdate(pod, old); len(errs) > 0 {
			return invalid(k.r, a.req.Name, errs)
		}
		return s.validateAdmission(a)
	}
	defaults.PrepareForUpdate(a.obj, a.old)
	if typed {
		return nil
	}
	if err := s.alloc.update(a.obj, a.old, a.req.DryRun); err != nil {
		return err
	}
	if errs := validation.Update(a.obj, a.old); len(errs) > 0 {
		return invalid(k.r, a.req.Name, errs)
	}
	if a.sub == "" {
		a.warnings = append(a.warnings, warnings.Update(a.obj, a.old)...)
	}
	return s.validateAdmission(a)
}

// changeHooked carries an update out where webhooks may want to hear of it.
func (s *Server) changeHooked(k *cacher, by *sim.Actor, e edit, attempt int, at attributes, reply func(*api.Response)) {
	a := &at
	fail := func(err error) bool {
		if err != nil {
			reply(&api.Response{Err: err, Warnings: a.warnings})
		}
		return err != nil
	}
	if fail(s.mutateUpdate(a)) {
		return
	}
	a.beforePatch = func() {
		if !e.managed && !e.booked {
			s.noteUpdate(a.req, by, k.r, a.obj, a.old) // what a webhook adds is nobody's
			e.booked = true
		}
	}
	s.callMutating(a, func() error { return s.mutateUpdate(a) }, func(err error) {
		if fail(err) {
			return
		}
		keepIdentity(a.obj, a.old)
		if fail(s.validateUpdate(k, a)) {
			return
		}
		s.callValidating(a, func(err error) {
			if fail(err) {
				return
			}
			keepTimes(a.obj, a.old)
			unchanged := a.req.PatchType != api.TypedPatch && same(a.obj, a.old)
			switch {
			case !unchanged && s.charged(a):
				s.changeCharged(k, by, e, attempt, *a, reply)
			case a.req.DryRun || unchanged:
				reply(&api.Response{Object: a.obj, Warnings: a.warnings})
			default:
				s.write(k, a.req, by, e, attempt, a.obj, a.old, a.warnings, reply)
			}
		})
	})
}

// changeCharged carries an update out that the quotas of its namespace must pay for.
func (s *Server) changeCharged(k *cacher, by *sim.Actor, e edit, attempt int, at attributes, reply func(*api.Response)) {
	a := &at
	s.charge(a, func(err error) {
		switch {
		case err != nil:
			reply(&api.Response{Err: err, Warnings: a.warnings})
		case a.req.DryRun:
			reply(&api.Response{Object: a.obj, Warnings: a.warnings})
		default:
			s.write(k, a.req, by, e, attempt, a.obj, a.old, a.warnings, reply)
		}
	})
}
