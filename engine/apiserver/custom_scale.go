package apiserver

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/validation"
	"tabernetes/engine/sim"
)

// unsetReplicas stands for a number of replicas that is not there.
const unsetReplicas = math.MinInt32

// customScaleOf reads the scale of a custom object where its definition says it is
// (registry/customresource/etcd.go, scaleFromCustomResource). set says that the wanted number is there.
func customScaleOf(c *api.Custom) (sc *autoscalingv1.Scale, set bool, err error) {
	paths := c.Resource.Custom.Scale
	number := func(path string) (int32, bool, error) {
		v, ok := c.At(path)
		if !ok {
			return 0, false, nil
		}
		n, isInt := v.(int64)
		if !isInt {
			return 0, false, fmt.Errorf("%s accessor error: %v is of the type %s, expected int64", path, v, reflect.TypeOf(v))
		}
		return int32(n), true, nil
	}
	sc = &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{
		Name: c.Name, Namespace: c.Namespace, UID: c.UID, ResourceVersion: c.ResourceVersion, CreationTimestamp: c.CreationTimestamp,
	}}
	if sc.Spec.Replicas, set, err = number(paths.SpecReplicasPath); err != nil {
		return nil, false, err
	}
	if sc.Status.Replicas, _, err = number(paths.StatusReplicasPath); err != nil {
		return nil, false, err
	}
	if l := paths.LabelSelectorPath; l != nil && *l != "" {
		if v, ok := c.At(*l); ok {
			text, isText := v.(string)
			if !isText {
				return nil, false, fmt.Errorf("%s accessor error: %v is of the type %s, expected string", *l, v, reflect.TypeOf(v))
			}
			sc.Status.Selector = text
		}
	}
	return sc, set, nil
}

// customScale serves the scale of a custom object in the version r; k holds the objects in the stored version.
func (s *Server) customScale(k *cacher, r *api.Resource, req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	view := func(o api.Object) *api.Custom {
		if r != k.r {
			o = r.FromHub(o)
		}
		return o.(*api.Custom)
	}
	show := func(resp *api.Response) {
		if resp.Err == nil {
			sc, _, err := customScaleOf(view(resp.Object))
			if err != nil {
				resp = &api.Response{Err: apierrors.NewBadRequest(err.Error())}
			} else {
				resp.Object = sc
			}
		}
		reply(resp)
	}
	switch {
	case r.Custom.Scale == nil:
		reply(&api.Response{Err: notServed(req)})
		return
	case req.Verb == api.Get:
		k.get(req, show)
		return
	case req.Verb != api.Update && req.Verb != api.Patch:
		reply(&api.Response{Err: methodNotAllowed(req)})
		return
	}
	inner := *req
	inner.Subresource = ""
	e := edit{unconditional: true, managed: true, make: func(cur api.Object) (api.Object, error) {
		c := view(cur)
		old, set, err := customScaleOf(c)
		if err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		if !set {
			old.Spec.Replicas = unsetReplicas
		}
		path := strings.Split(strings.TrimPrefix(r.Custom.Scale.SpecReplicasPath, "."), ".")
		sc, entries, err := s.sentScale(r, req, c, old, path)
		if err != nil {
			return nil, err
		}
		switch {
		case sc.Spec.Replicas == unsetReplicas:
			return nil, apierrors.NewBadRequest(fmt.Sprintf("the spec replicas field %q cannot be empty", r.Custom.Scale.SpecReplicasPath))
		case sc.ResourceVersion != "" && sc.ResourceVersion != cur.GetResourceVersion():
			return nil, conflict(k.r, req.Name)
		}
		if errs := validation.Create(sc); len(errs) > 0 {
			return nil, apierrors.NewInvalid(autoscalingv1.SchemeGroupVersion.WithKind("Scale").GroupKind(), sc.Name, errs)
		}
		next := api.Copy(c)
		next.Content = c.With(r.Custom.Scale.SpecReplicasPath, int64(sc.Spec.Replicas))
		if req.PatchType != applyPatch {
			entries = s.fields.ScaleUpdate(r, c, old, sc, s.writer(req), path)
		}
		next.SetManagedFields(entries)
		if r != k.r {
			return r.ToHub(next), nil
		}
		return next, nil
	}}
	s.change(k, &inner, by, e, 0, nil, show)
}
