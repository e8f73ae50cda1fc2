package apiserver

import (
	"errors"
	"strconv"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/fieldmanager"
	"tabernetes/engine/api/patch"
)

// mutation is a write's way through the mutating webhooks (mutating/dispatcher.go, reinvocationcontext.go): one after
// another, and if one changed the object, the whole chain of mutating plugins runs a second time. Then only those webhooks
// are called again that ask for it and that the object was changed after.
type mutation struct {
	s       *Server
	a       *attributes
	second  bool
	changed bool
	called  []*hook // may be called again, and the object has not changed since they were
	due     []*hook // to be called in the second round
	then    func(error)
}

// callMutating calls the mutating webhooks that a write concerns and goes on with the first refusal, or with nil. again runs
// the other mutating plugins once more; nil if there are none. The webhooks may put another object into the attributes.
func (s *Server) callMutating(a *attributes, again func() error, then func(error)) {
	if len(s.adm.mutating) == 0 {
		then(nil)
		return
	}
	m := &mutation{s: s, a: a, then: then}
	m.round(s.adm.mutating, func() {
		if !m.changed {
			then(nil)
			return
		}
		m.second = true
		if again != nil {
			before := a.obj.DeepCopyObject().(api.Object)
			if err := again(); err != nil {
				then(err)
				return
			}
			if !same(a.obj, before) {
				m.due = append(m.due, m.called...)
			}
		}
		m.round(s.adm.mutating, func() { then(nil) })
	})
}

// callBoth calls the webhooks of both kinds, for writes between which nothing happens.
func (s *Server) callBoth(a *attributes, then func(error)) {
	s.callMutating(a, nil, func(err error) {
		if err != nil {
			then(err)
			return
		}
		s.callValidating(a, then)
	})
}

func (m *mutation) round(hooks []*hook, done func()) {
	for i, h := range hooks {
		inv, err := m.s.concerns(m.a, h)
		if err != nil {
			m.then(err)
			return
		}
		if inv == nil || m.second && !containsHook(m.due, h) {
			continue
		}
		m.s.callHook(m.a, inv, func(changed bool, err error) {
			if changed {
				m.changed = true
				m.due, m.called = append(m.due, m.called...), nil
			}
			if h.again {
				m.called = append(m.called, h)
			}
			if err = m.s.failed(m.a, h, err); err != nil {
				m.then(err)
				return
			}
			m.round(hooks[i+1:], done)
		})
		return
	}
	done()
}

// containsHook compares by name: the configurations may have been read anew between the rounds.
func containsHook(list []*hook, h *hook) bool {
	for _, x := range list {
		if x.name == h.name && x.configuration == h.configuration {
			return true
		}
	}
	return false
}

// patched changes the object as a webhook's JSON patch says, in the version that the webhook saw.
func (s *Server) patched(a *attributes, inv *invocation, doc []byte, done func(changed bool, err error)) {
	if a.obj == nil {
		done(false, apierrors.NewInternalError(errors.New("admission webhook "+strconv.Quote(inv.name)+" attempted to modify the object, which is not supported for this operation")))
		return
	}
	if a.beforePatch != nil {
		a.beforePatch()
		a.beforePatch = nil
	}
	seen := inv.obj
	if seen == nil {
		seen = a.obj
	}
	seen, err := s.seen(a, inv, seen)
	if err != nil {
		done(false, apierrors.NewInternalError(err))
		return
	}
	out, err := patch.Operations(seen, doc)
	var bad patch.ErrUndecodable
	switch {
	case errors.As(err, &bad):
		done(false, &callError{"received undecodable patch in webhook response: " + bad.Error()})
		return
	case err != nil:
		done(false, apierrors.NewInternalError(err))
		return
	case out == seen:
		done(false, nil)
		return
	}
	obj := out.(api.Object)
	changed := !same(obj, seen)
	obj.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	a.patched = true
	if inv.obj != nil {
		s.convertOne(obj.(*api.Custom), a.obj.(*api.Custom).Resource, func(back api.Object, err error) {
			if err != nil {
				done(false, apierrors.NewInternalError(err))
				return
			}
			a.accept(inv, back)
			done(changed, nil)
		})
		return
	}
	a.accept(inv, obj)
	done(changed, nil)
}

// accept makes what a webhook made the write's object.
func (a *attributes) accept(inv *invocation, obj api.Object) {
	if sc, ok := obj.(*autoscalingv1.Scale); ok && a.sub == "scale" {
		c := api.Copy(a.obj)
		if x, ok := c.(*api.Custom); ok {
			x.Content = x.With(x.Resource.Custom.Scale.SpecReplicasPath, int64(sc.Spec.Replicas))
		}
		setReplicas(c, sc.Spec.Replicas)
		a.obj = c
		return
	}
	custom, ok := a.obj.(*api.Custom)
	if inv.obj == nil && inv.r.Hub != nil && a.whole() && !(ok && custom.Resource.Version == inv.r.Version) {
		obj = inv.r.ToHub(obj)
	}
	if a.fresh(inv) {
		obj.SetUID(a.obj.GetUID())
		obj.SetCreationTimestamp(a.obj.GetCreationTimestamp())
		if obj.GetName() == "" {
			obj.SetName(a.obj.GetName())
		}
	}
	if err := fieldmanager.Validate(obj.GetManagedFields()); err != nil && a.sub == "" {
		obj.SetManagedFields(a.obj.GetManagedFields())
		a.warn(".metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: " + err.Error())
	}
	defaults.Set(obj)
	a.obj = obj
}
