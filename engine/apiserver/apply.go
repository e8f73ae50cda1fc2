package apiserver

import (
	"errors"
	"fmt"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/fieldmanager"
	"tabernetes/engine/api/validation"
	"tabernetes/engine/sim"
)

const applyPatch = types.ApplyYAMLPatchType

// applyEdit is server-side apply (endpoints/handlers/patch.go, applyPatcher). The patch is JSON; the HTTP surface makes it
// from YAML.
func (s *Server) applyEdit(r *api.Resource, req *api.Request) (edit, error) {
	doc, err := fieldmanager.Document(req.Patch)
	if err != nil {
		return edit{}, apierrors.NewBadRequest("error decoding patch: " + err.Error())
	}
	apply := func(cur api.Object) (api.Object, error) {
		obj, err := s.fields.Apply(r, cur, doc, s.writer(req), req.Force)
		if err != nil {
			return nil, statusError(err)
		}
		if cur == nil && obj.GetUID() != "" {
			return nil, apierrors.NewConflict(r.GR(), req.Name, fmt.Errorf("uid mismatch: the provided object specified uid %s, and no existing object was found", obj.GetUID()))
		}
		return obj, applyIdentity(r, req, obj)
	}
	e := edit{unconditional: true, managed: true, make: func(cur api.Object) (api.Object, error) {
		obj, err := apply(cur)
		if err == nil && obj.GetResourceVersion() != cur.GetResourceVersion() {
			if rv := obj.GetResourceVersion(); rv != "" && rv != "0" {
				return nil, conflict(r, req.Name) // the document itself names a revision
			}
		}
		return obj, err
	}}
	if req.Subresource == "" {
		e.create = func() (api.Object, error) { return apply(nil) }
	}
	return e, nil
}

// applyIdentity compares the object with its URL.
func applyIdentity(r *api.Resource, req *api.Request, obj api.Object) error {
	if r.Namespaced {
		switch obj.GetNamespace() {
		case "":
			obj.SetNamespace(req.Namespace)
		case req.Namespace:
		default:
			return apierrors.NewBadRequest("the namespace of the provided object does not match the namespace sent on the request")
		}
	} else if obj.GetNamespace() != "" {
		obj.SetNamespace("")
	}
	if obj.GetName() == "" {
		return apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s based on URL) was undeterminable: name must be provided", req.Name))
	}
	if obj.GetName() != req.Name {
		return apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", obj.GetName(), req.Name))
	}
	return nil
}

// scaled is an object with the number of a scale and the managedFields that go with it.
func (s *Server) scaled(r *api.Resource, req *api.Request, cur api.Object, sc *autoscalingv1.Scale, entries []metav1.ManagedFieldsEntry) (api.Object, error) {
	if errs := validation.Create(sc); len(errs) > 0 {
		return nil, apierrors.NewInvalid(autoscalingv1.SchemeGroupVersion.WithKind("Scale").GroupKind(), sc.Name, errs)
	}
	c := api.Copy(cur)
	setReplicas(c, sc.Spec.Replicas)
	c.SetManagedFields(entries)
	return c, nil
}

// applyScale is server-side apply of a Scale; replicas is where cur keeps the number (nil: spec.replicas). It returns the
// scale and cur's managedFields.
func (s *Server) applyScale(r *api.Resource, req *api.Request, cur api.Object, old *autoscalingv1.Scale, replicas []string) (*autoscalingv1.Scale, []metav1.ManagedFieldsEntry, error) {
	doc, err := fieldmanager.Document(req.Patch)
	if err != nil {
		return nil, nil, apierrors.NewBadRequest("error decoding patch: " + err.Error())
	}
	sc, entries, err := s.fields.ScaleApply(r, cur, old, doc, s.writer(req), req.Force, replicas)
	if err != nil {
		return nil, nil, statusError(err)
	}
	return sc, entries, applyIdentity(r, req, sc)
}

// statusError gives an error without a status that of upstream, 500.
func statusError(err error) error {
	var known apierrors.APIStatus
	if errors.As(err, &known) {
		return err
	}
	return storageError(err)
}

// createApplied makes the object that an apply found missing. Who applies must be allowed to create as well.
func (s *Server) createApplied(k *cacher, req *api.Request, by *sim.Actor, e edit, attempt int, reply func(*api.Response)) {
	obj, err := e.create()
	inner := *req
	inner.Verb, inner.Object = api.Create, obj
	if err == nil {
		err = s.authorize(&inner)
	}
	if err != nil {
		reply(&api.Response{Err: err})
		return
	}
	s.create(k, &inner, by, func(resp *api.Response) {
		if apierrors.IsAlreadyExists(resp.Err) && attempt < maxConflicts {
			s.change(k, req, by, e, attempt+1, nil, reply) // somebody was faster
			return
		}
		reply(resp)
	})
}
