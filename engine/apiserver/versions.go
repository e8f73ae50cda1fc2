package apiserver

import (
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// serveVersion serves a kind in another version than the stored one: what comes in is converted to the stored version,
// what goes out back. A patch is applied to the object as the client's version shows it.
func (s *Server) serveVersion(req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	r := req.Resource
	k := s.kinds[r.Hub]
	if k == nil {
		reply(&api.Response{Err: notServed(req)})
		return
	}
	if err := checkRequest(req); err != nil {
		reply(&api.Response{Err: err})
		return
	}
	inner := *req
	inner.Resource, inner.Version = r.Hub, r
	selects := fieldsOf(req, &inner)
	back := func(resp *api.Response) {
		if resp.Object != nil && api.ResourceOf(resp.Object) == r.Hub {
			resp.Object = r.FromHub(resp.Object)
		}
		if resp.Items != nil {
			items := make([]api.Object, 0, len(resp.Items))
			for _, o := range resp.Items {
				if v := r.FromHub(o); !selects || r.MatchesFields(v, req.FieldSelector) {
					items = append(items, v)
				}
			}
			resp.Items = items
		}
		reply(resp)
	}
	whole := req.Subresource == "" || req.Subresource == "status"
	switch {
	case !whole && r.Custom != nil && req.Subresource == "scale":
		s.customScale(k, r, &inner, by, reply)
	case !whole:
		s.subresource(k, &inner, by, back)
	case req.Verb == api.Update || req.Verb == api.Patch:
		s.updateVersion(k, req, &inner, by, back)
	case req.Verb == api.Create && req.Subresource == "":
		obj, err := s.bodyOf(r, req)
		if err != nil {
			reply(&api.Response{Err: err})
			return
		}
		if err := checkNewEvent(r, obj, nil); err != nil {
			reply(&api.Response{Err: err})
			return
		}
		s.manageCreate(req, by, r, obj) // in the client's version
		inner.Object, inner.PatchType = r.ToHub(obj), managedAlready
		s.create(k, &inner, by, back)
	default:
		s.serve(&inner, by, back)
	}
}

func (s *Server) updateVersion(k *cacher, req, inner *api.Request, by *sim.Actor, reply func(*api.Response)) {
	r := req.Resource
	var warnings []string
	e, err := s.editOf(r, req, &warnings)
	if err != nil {
		reply(&api.Response{Err: err})
		return
	}
	inVersion, managed, exact := e.make, e.managed, !s.noted(req, by)
	e.managed = managed || exact
	e.make = func(cur api.Object) (api.Object, error) {
		shown := r.FromHub(cur)
		obj, err := inVersion(shown)
		if err != nil {
			return nil, err
		}
		if err := checkNewEvent(r, obj, shown); err != nil {
			return nil, err
		}
		if !managed && exact {
			s.manageUpdate(req, by, r, obj, shown)
		}
		return r.ToHub(obj), nil
	}
	if makes := e.create; makes != nil {
		e.create = func() (api.Object, error) {
			obj, err := makes()
			if err != nil {
				return nil, err
			}
			return r.ToHub(obj), nil
		}
	}
	s.change(k, inner, by, e, 0, nil, func(resp *api.Response) {
		resp.Warnings = append(warnings, resp.Warnings...)
		reply(resp)
	})
}

// fieldsOf leaves in a request for the stored version only the selectors that every version understands, and reports
// that the answer must be selected from again. A list of which parts are left out afterwards cannot be cut before.
func fieldsOf(req, inner *api.Request) bool {
	if req.FieldSelector == nil || req.FieldSelector.Empty() {
		return false
	}
	var terms []fields.Selector
	more := false
	for _, q := range req.FieldSelector.Requirements() {
		if q.Field == "metadata.name" || q.Field == "metadata.namespace" {
			if q.Operator == "!=" {
				terms = append(terms, fields.OneTermNotEqualSelector(q.Field, q.Value))
			} else {
				terms = append(terms, fields.OneTermEqualSelector(q.Field, q.Value))
			}
			continue
		}
		more = true
	}
	if more {
		inner.FieldSelector, inner.Limit = fields.AndSelectors(terms...), 0
	}
	return more
}

// watchVersion is Watch for a kind in another version than the stored one.
func (s *Server) watchVersion(req *api.Request, send func([]api.WatchEvent)) *watcher {
	r := req.Resource
	if err := checkSelectors(req); err != nil {
		send([]api.WatchEvent{errorEvent(s.a.Sim(), err)})
		return nil
	}
	inner := *req
	inner.Resource = r.Hub
	selects := fieldsOf(req, &inner)
	return s.Watch(&inner, func(events []api.WatchEvent) {
		out := make([]api.WatchEvent, 0, len(events))
		for _, e := range events {
			switch {
			case e.Object == nil:
			case e.Type == watch.Bookmark:
				o := r.New()
				o.SetResourceVersion(e.Object.GetResourceVersion())
				o.SetAnnotations(e.Object.GetAnnotations())
				e.Object = o
			default:
				e.Object = r.FromHub(e.Object)
				if selects && !r.MatchesFields(e.Object, req.FieldSelector) {
					continue
				}
			}
			out = append(out, e)
		}
		if len(out) > 0 {
			send(out)
		}
	})
}
