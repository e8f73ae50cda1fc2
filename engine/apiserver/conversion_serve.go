package apiserver

import (
	"slices"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// serveConverted serves a kind that a webhook converts, in any of its versions, the stored one included: what was stored
// before the definition changed may have another. Admission and validation see the client's version, as upstream; what is
// converted is converted when it is read and when it is stored.
func (s *Server) serveConverted(req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	r := req.Resource
	k := s.kinds[r.Stored()]
	if k == nil {
		reply(&api.Response{Err: notServed(req)})
		return
	}
	if err := checkRequest(req); err != nil {
		reply(&api.Response{Err: err})
		return
	}
	inner := *req
	inner.Resource, inner.Version = k.r, r
	selects := fieldsOf(req, &inner)
	back := func(resp *api.Response) { s.answerConverted(k, req, selects, resp, reply) }
	switch {
	case req.Subresource != "" && !slices.Contains(r.Subresources, req.Subresource):
		reply(&api.Response{Err: notServed(req)})
	case req.Subresource == "scale":
		s.customScale(k, k.r, &inner, by, reply) // by the path of the stored version
	case req.Verb == api.Update || req.Verb == api.Patch:
		s.updateConverted(k, req, &inner, by, back)
	case req.Subresource == "status" && req.Verb == api.Get:
		k.get(&inner, back)
	case req.Subresource == "status":
		reply(&api.Response{Err: methodNotAllowed(req)})
	case req.Verb == api.Delete || req.Verb == api.DeleteCollection:
		// What cannot be read in the client's version cannot be deleted in it.
		s.convert(k.matching(named(&inner)), r, func(_ []api.Object, err error) {
			if err != nil {
				reply(&api.Response{Err: err})
				return
			}
			s.carryOut(k, &inner, by, back)
		})
	default:
		s.carryOut(k, &inner, by, back)
	}
}

// named is a request whose selection is what a delete names.
func named(req *api.Request) *api.Request {
	if req.Verb != api.Delete {
		return req
	}
	n := *req
	n.FieldSelector = fields.OneTermEqualSelector("metadata.name", req.Name)
	return &n
}

// answerConverted converts what an answer holds. Lists use what was converted before, as upstream's watch caches do.
func (s *Server) answerConverted(k *cacher, req *api.Request, selects bool, resp *api.Response, reply func(*api.Response)) {
	r := req.Resource
	list := resp.Items
	if c, ok := resp.Object.(*api.Custom); ok && resp.Err == nil {
		list = []api.Object{c}
	}
	if resp.Err != nil || len(list) == 0 {
		reply(resp)
		return
	}
	done := func(out []api.Object, err error) {
		switch {
		case err != nil:
			reply(&api.Response{Err: err, Warnings: resp.Warnings})
			return
		case resp.Items == nil:
			resp.Object = out[0]
		default:
			resp.Items = out
			if selects {
				resp.Items = nil
				for _, o := range out {
					if r.MatchesFields(o, req.FieldSelector) {
						resp.Items = append(resp.Items, o)
					}
				}
			}
		}
		reply(resp)
	}
	if resp.Items == nil {
		s.convert(list, r, done)
		return
	}
	k.convertKept(list, r, done)
}

// keptConversion is an object and what a webhook made of it.
type keptConversion struct{ from, to api.Object }

// convertKept is convert that asks the webhook only for objects that have changed since.
func (k *cacher) convertKept(list []api.Object, r *api.Resource, then func([]api.Object, error)) {
	kept := k.conversions[r.Version]
	if kept == nil {
		kept = map[string]keptConversion{}
		if k.conversions == nil {
			k.conversions = map[string]map[string]keptConversion{}
		}
		k.conversions[r.Version] = kept
	}
	out := make([]api.Object, len(list))
	var missing []api.Object
	var at []int
	for i, o := range list {
		if e := kept[api.KeyOf(o)]; e.from == o {
			out[i] = e.to
			continue
		}
		missing, at = append(missing, o), append(at, i)
	}
	k.s.convert(missing, r, func(more []api.Object, err error) {
		if err != nil {
			then(nil, err)
			return
		}
		for n, i := range at {
			out[i] = more[n]
			if key := api.KeyOf(list[i]); k.objects[key] == list[i] {
				kept[key] = keptConversion{list[i], more[n]}
			}
		}
		then(out, nil)
	})
}

// forgetConversions drops what was made of an object that is gone.
func (k *cacher) forgetConversions(key string) {
	for _, kept := range k.conversions {
		delete(kept, key)
	}
}

// updateConverted is updateVersion with a webhook that converts.
func (s *Server) updateConverted(k *cacher, req, inner *api.Request, by *sim.Actor, reply func(*api.Response)) {
	r := req.Resource
	var warnings []string
	e, err := s.editOf(r, req, &warnings)
	if err != nil {
		reply(&api.Response{Err: err})
		return
	}
	makes, managed, exact := e.make, e.managed, !s.noted(req, by)
	e.managed = managed || exact
	e.make = func(shown api.Object) (api.Object, error) {
		obj, err := makes(shown)
		if err == nil && !managed && exact {
			s.manageUpdate(req, by, r, obj, shown)
		}
		return obj, err
	}
	e.convert = func(cur api.Object, then func(api.Object, error)) { s.convertOne(cur.(*api.Custom), r, then) }
	e.store = func(obj api.Object, then func(api.Object, error)) { s.convertOne(obj.(*api.Custom), k.r, then) }
	s.change(k, inner, by, e, 0, nil, func(resp *api.Response) {
		resp.Warnings = append(warnings, resp.Warnings...)
		reply(resp)
	})
}

// watchConverted is watchVersion with a webhook that converts: events wait for those before them.
func (s *Server) watchConverted(req *api.Request, send func([]api.WatchEvent)) *watcher {
	r := req.Resource
	k := s.kinds[r.Stored()]
	refuse := func(err error) *watcher {
		send([]api.WatchEvent{errorEvent(s.a.Sim(), err)})
		return nil
	}
	if k == nil {
		return refuse(notServed(req))
	}
	if err := checkSelectors(req); err != nil {
		return refuse(err)
	}
	inner := *req
	inner.Resource = k.r
	selects := fieldsOf(req, &inner)
	var x *watcher
	var queue [][]api.WatchEvent
	busy, over := false, false
	var next func()
	next = func() {
		if busy || over || len(queue) == 0 {
			return
		}
		events := queue[0]
		queue = queue[1:]
		var objs []api.Object
		for _, e := range events {
			if e.Object != nil && e.Type != watch.Bookmark {
				objs = append(objs, e.Object)
			}
		}
		busy = true
		k.convertKept(objs, r, func(out []api.Object, err error) {
			busy = false
			switch {
			case over:
				return
			case x != nil && x.stopped && (err != nil || events[len(events)-1].Err == nil):
				next() // to the error that ended it, if the client did not
				return
			case err != nil:
				over = true
				if x != nil {
					x.stop()
				}
				send([]api.WatchEvent{errorEvent(s.a.Sim(), err)})
				return
			}
			list := make([]api.WatchEvent, 0, len(events))
			for _, e := range events {
				switch {
				case e.Object == nil:
				case e.Type == watch.Bookmark:
					o := r.New()
					o.SetResourceVersion(e.Object.GetResourceVersion())
					o.SetAnnotations(e.Object.GetAnnotations())
					e.Object = o
				default:
					e.Object, out = out[0], out[1:]
					if selects && !r.MatchesFields(e.Object, req.FieldSelector) {
						continue
					}
				}
				list = append(list, e)
			}
			if len(list) > 0 {
				s.a.Sim().In(list[len(list)-1].Ctx, func() { send(list) })
			}
			next()
		})
	}
	x = s.watchStored(k, &inner, func(events []api.WatchEvent) {
		queue = append(queue, events)
		next()
	})
	return x
}
