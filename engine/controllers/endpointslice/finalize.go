package endpointslice

import (
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// finalize writes a plan: new slices take the place of those to be deleted where they can; then creations, updates and
// deletions, one after the other; the first failure ends it.
func (p *pass) finalize(f *family, pl *plan, done func(error)) {
	var remove []*slice
	for _, s := range pl.remove {
		n := len(pl.create)
		if n == 0 || s.foreign {
			remove = append(remove, s)
			continue
		}
		obj := pl.create[n-1]
		pl.create = pl.create[:n-1]
		obj.Name = s.obj.Name
		pl.update = append(pl.update, &change{s, obj})
	}
	p.creates(f, pl.create, func(err error) {
		if err != nil {
			done(err)
			return
		}
		p.updates(f, pl.update, func(err error) {
			if err != nil {
				done(err)
				return
			}
			objs := make([]*discoveryv1.EndpointSlice, len(remove))
			for i, s := range remove {
				objs[i] = s.obj
				f.slices = slices.DeleteFunc(f.slices, func(o *slice) bool { return o == s })
			}
			p.deleteAll(objs, done)
		})
	})
}

// stamp notes when the oldest change that a write is about happened.
func (p *pass) stamp(obj *discoveryv1.EndpointSlice) {
	if p.trigger.IsZero() {
		if _, ok := obj.Annotations[corev1.EndpointsLastChangeTriggerTime]; ok {
			obj.Annotations = maps.Clone(obj.Annotations)
			delete(obj.Annotations, corev1.EndpointsLastChangeTriggerTime)
		}
		return
	}
	obj.Annotations = maps.Clone(obj.Annotations)
	if obj.Annotations == nil {
		obj.Annotations = map[string]string{}
	}
	obj.Annotations[corev1.EndpointsLastChangeTriggerTime] = p.trigger.UTC().Format(time.RFC3339Nano)
}

// wrote takes over a slice as the server stored it.
func (p *pass) wrote(s *discoveryv1.EndpointSlice) {
	cached := int64(-1)
	if c, ok := p.Controller.slices.Get(s.Namespace, s.Name); ok && c.UID == s.UID {
		cached = c.Generation
	}
	p.st.tracker.wrote(s, cached)
}

func (p *pass) creates(f *family, objs []*discoveryv1.EndpointSlice, done func(error)) {
	if len(objs) == 0 || p.svc.DeletionTimestamp != nil {
		done(nil)
		return
	}
	p.stamp(objs[0])
	client.Create(p.c, api.EndpointSlices, objs[0], func(s *discoveryv1.EndpointSlice, err error) {
		switch {
		case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
			done(nil)
			return
		case err != nil:
			done(fmt.Errorf("failed to create EndpointSlice for Service %s/%s: %w", p.svc.Namespace, p.svc.Name, err))
			return
		}
		p.wrote(s)
		n := newSlice(s, p.svc)
		f.slices = append(f.slices, n)
		f.place(n)
		p.creates(f, objs[1:], done)
	})
}

// place notes where the endpoints of a slice are.
func (f *family) place(s *slice) {
	for i := range s.obj.Endpoints {
		if r := s.obj.Endpoints[i].TargetRef; r != nil {
			f.placed[r.Name] = s
		}
	}
}

func (p *pass) updates(f *family, changes []*change, done func(error)) {
	if len(changes) == 0 {
		done(nil)
		return
	}
	c := changes[0]
	p.stamp(c.obj)
	client.Update(p.c, api.EndpointSlices, "", c.obj, func(s *discoveryv1.EndpointSlice, err error) {
		if err != nil {
			done(fmt.Errorf("failed to update %s EndpointSlice for Service %s/%s: %w", c.slice.obj.Name, p.svc.Namespace, p.svc.Name, err))
			return
		}
		p.wrote(s)
		*c.slice = *newSlice(s, p.svc)
		f.place(c.slice)
		p.updates(f, changes[1:], done)
	})
}

func (p *pass) deleteAll(objs []*discoveryv1.EndpointSlice, done func(error)) {
	if len(objs) == 0 {
		done(nil)
		return
	}
	s := objs[0]
	if _, ok := p.Controller.slices.Get(s.Namespace, s.Name); ok {
		p.st.tracker.deleting(s.UID)
	}
	p.c.Delete(api.EndpointSlices, s.Namespace, s.Name, client.DeleteOptions{}, func(err error) {
		if err != nil {
			// A connection that broke leaves open what happened: if the cache has it, it is still there; if not, it is gone,
			// and there is nothing to wait for.
			if _, ok := p.Controller.slices.Get(s.Namespace, s.Name); ok {
				p.wrote(s)
			}
			done(fmt.Errorf("failed to delete %s EndpointSlice for Service %s/%s: %w", s.Name, p.svc.Namespace, p.svc.Name, err))
			return
		}
		p.deleteAll(objs[1:], done)
	})
}
