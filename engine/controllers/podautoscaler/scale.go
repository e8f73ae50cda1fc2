package podautoscaler

import (
	"errors"
	"fmt"
	"slices"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

// scale is the target's scale subresource, and the resource it was read from.
type scale struct {
	*autoscalingv1.Scale
	of *api.Resource
}

// mappings are the resources of a kind, in any version: every one that is served, the preferred version first.
func (k *Controller) mappings(gk schema.GroupKind, then func([]*api.Resource, error)) {
	find := func(t *api.Table) (out []*api.Resource) {
		for _, r := range t.Preferred() {
			if r.Group == gk.Group && r.Kind == gk.Kind {
				out = append(out, r)
			}
		}
		return out
	}
	if out := find(api.BuiltinTable()); out != nil {
		then(out, nil)
		return
	}
	k.c.Do(&api.Request{Verb: api.Discover, Resource: api.Discovery}, func(resp *api.Response) {
		if resp.Err != nil {
			then(nil, resp.Err)
			return
		}
		out := find(resp.Table)
		if out == nil {
			then(nil, fmt.Errorf("no matches for kind %q in group %q", gk.Kind, gk.Group))
			return
		}
		then(out, nil)
	})
}

// getScale reads the scale of an object; of several resources the first that has it counts, and else the first error.
func (k *Controller) getScale(namespace, name string, of []*api.Resource, then func(*scale, error)) {
	if len(of) == 0 {
		then(nil, errors.New("unrecognized resource"))
		return
	}
	k.readScale(namespace, name, of[0], func(sc *scale, err error) {
		if err == nil || len(of) == 1 {
			then(sc, err)
			return
		}
		k.getScale(namespace, name, of[1:], func(sc *scale, later error) {
			if later != nil {
				later = err
			}
			then(sc, later)
		})
	})
}

func (k *Controller) readScale(namespace, name string, r *api.Resource, then func(*scale, error)) {
	if !slices.Contains(r.Subresources, "scale") {
		then(nil, errors.New("the server could not find the requested resource"))
		return
	}
	k.c.Do(&api.Request{Verb: api.Get, Resource: r, Subresource: "scale", Namespace: namespace, Name: name}, func(resp *api.Response) {
		if resp.Err != nil {
			then(nil, resp.Err)
			return
		}
		then(&scale{api.Copy(resp.Object.(*autoscalingv1.Scale)), r}, nil)
	})
}

// setScale writes the number of replicas; on a conflict it reads the scale again and retries.
func (s *pass) setScale(replicas int32, tries int, then func(error)) {
	k := s.k
	sc := api.Copy(s.scale.Scale)
	sc.Spec.Replicas = replicas
	r := s.scale.of
	k.c.Do(&api.Request{Verb: api.Update, Resource: r, Subresource: "scale", Namespace: sc.Namespace, Name: sc.Name, Object: sc}, func(resp *api.Response) {
		if resp.Err == nil {
			then(nil)
			return
		}
		// Upstream reads the newest scale after any error, whether it will retry or not.
		k.readScale(s.hpa.Namespace, s.hpa.Spec.ScaleTargetRef.Name, r, func(newest *scale, err error) {
			if err == nil {
				s.scale = newest
			}
			if !apierrors.IsConflict(resp.Err) || tries == 1 {
				then(resp.Err)
				return
			}
			k.a.After(conflictDelay, "retry scale", func() { s.setScale(replicas, tries-1, then) })
		})
	})
}
