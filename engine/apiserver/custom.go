package apiserver

import (
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/sim"
)

// customKinds are the kinds of this server that definitions define (apiextensions-apiserver, customresource_handler.go).
type customKinds struct {
	table *api.Table
	defs  map[string]*definition // by the definition's name
	// finishing are the definitions whose objects are being deleted.
	finishing map[string]bool
	syncing   map[string]bool // definitions with a look at them ahead
}

// definition is an established definition and the rows it gives.
type definition struct {
	state  string         // what of the definition the rows depend on
	target *webhookTarget // of the conversion webhook; nil if there is none
	hub    *api.Resource
	served []*api.Resource
	since  time.Time // when it was established
}

// extend makes the server follow the definitions.
func (s *Server) extend() {
	s.custom = customKinds{table: api.BuiltinTable(), defs: map[string]*definition{}, finishing: map[string]bool{}, syncing: map[string]bool{}}
	s.kinds[api.CustomResourceDefinitions].changed(s.definitionChanged)
	s.followRemotes()
	s.followServices()
}

// Table is what the server serves now.
func (s *Server) Table() *api.Table { return s.custom.table }

// discover answers with the table, once the definitions are known.
func (s *Server) discover(reply func(*api.Response)) {
	s.kinds[api.CustomResourceDefinitions].atLeast(0, func() { reply(&api.Response{Table: s.custom.table}) })
}

// definitionChanged takes a change of a definition into the table and looks what is to be done about it.
func (s *Server) definitionChanged(c *change) {
	crd, _ := c.new.(*apiextensions.CustomResourceDefinition)
	name := ""
	if crd != nil {
		name = crd.Name
	} else {
		name = c.last.GetName()
	}
	old := s.custom.defs[name]
	var def *definition
	if crd != nil && crd.Is(apiextensions.Established) {
		def = old
		if state := stateOf(crd); old == nil || old.state != state {
			if hub, served, err := api.CustomRows(crd); err == nil {
				def = &definition{state: state, hub: hub, served: served, since: crd.Condition(apiextensions.Established).LastTransitionTime.Time}
				if w := hub.Custom.Webhook; w != nil && w.ClientConfig != nil {
					def.target = newWebhookTarget(w.ClientConfig.URL, w.ClientConfig.Service, w.ClientConfig.CABundle)
				}
			}
		}
	}
	if def != old {
		s.redefine(name, old, def)
	}
	s.syncSoon(name, crd)
}

func stateOf(crd *apiextensions.CustomResourceDefinition) string {
	n := &crd.Status.AcceptedNames
	state := string(crd.UID) + "/" + api.Key("", n.Plural+"/"+n.Singular+"/"+n.Kind+"/"+n.ListKind+"/"+strings.Join(n.ShortNames, ",")+"/"+strings.Join(n.Categories, ","))
	hubID := crd.StorageVersion()
	if crd.DeletionTimestamp != nil || crd.Is(apiextensions.Terminating) {
		hubID += "/terminating"
	}
	return state + "/" + hubID + "/" + itoa(crd.Generation)
}

// redefine replaces the rows of a definition. The watch cache goes on if the stored form is the same; else its watches
// end, as they do upstream, and clients list again.
func (s *Server) redefine(name string, old, def *definition) {
	var k *cacher
	if old != nil {
		k = s.kinds[old.hub]
		delete(s.kinds, old.hub)
		delete(s.custom.defs, name)
	}
	switch {
	case def == nil:
		s.drop(k)
	case k != nil && old.hub.Custom.ID == def.hub.Custom.ID:
		k.r = def.hub
		s.kinds[def.hub] = k
	default:
		s.drop(k)
		s.kinds[def.hub] = newCacher(s, def.hub)
	}
	if def != nil {
		s.custom.defs[name] = def
	}
	s.retable()
	s.syncServices()
}

// retable makes the table of what is served anew.
func (s *Server) retable() {
	var rows []*api.Resource
	for _, n := range apiextensions.SortedKeys(s.custom.defs) {
		rows = append(rows, s.custom.defs[n].served...)
	}
	slices.SortStableFunc(rows, func(a, b *api.Resource) int { return strings.Compare(a.Group, b.Group) })
	s.custom.table = api.BuiltinTable().With(rows...).With(s.remotes.rows()...)
}

// drop ends a watch cache.
func (s *Server) drop(k *cacher) {
	if k == nil {
		return
	}
	k.dropped = true
	for _, x := range slices.Clone(k.followers) {
		if !x.stopped {
			x.stop()
			x.send([]api.WatchEvent{errorEvent(s.a.Sim(), apierrors.NewResourceExpired("the definition of "+k.r.Qualified()+" changed"))})
		}
	}
	k.followers = nil
}

// own is an object of the store as the cache's row has it: one that was written before the definition changed is
// converted to what the definition says now, but for its version where a webhook converts.
func (k *cacher) own(o api.Object) api.Object {
	if k.r.Custom == nil {
		return o
	}
	c, r := o.(*api.Custom), k.r
	if r.Custom.Webhook != nil && r.Custom.Rows[c.Resource.Version] != nil {
		r = r.Custom.Rows[c.Resource.Version] // it stays as it was written; who reads it has it converted
	}
	if c.Resource.Custom.ID != r.Custom.ID {
		return c.In(r)
	}
	return o
}

// current is the server's row for the one that a client knows: the client may have asked another server, or before the
// definition changed.
func (s *Server) current(r *api.Resource) *api.Resource {
	if r.Custom == nil {
		return r
	}
	if d := s.custom.defs[r.Qualified()]; d != nil {
		for _, x := range d.served {
			if x.Version == r.Version {
				return x
			}
		}
		if r.GVR() == d.hub.GVR() {
			return d.hub // the server's own requests
		}
	}
	return nil
}

// establishedWait is how long the first objects wait after a definition is established, so that all API servers know
// the kind (customresource_handler.go, serveResource).
const establishedWait = 2 * time.Second

// serveCustom is serve for custom resources; it reports that it took care of the request.
func (s *Server) serveCustom(req *api.Request, by *sim.Actor, reply func(*api.Response)) bool {
	r := s.current(req.Resource)
	if r == nil {
		reply(&api.Response{Err: notServed(req)})
		return true
	}
	if w := r.Custom.Warning; w != "" && by != s.a {
		answered := reply
		reply = func(resp *api.Response) {
			resp.Warnings = append([]string{w}, resp.Warnings...)
			answered(resp)
		}
	}
	if r.Custom.Terminating && req.Verb == api.Create {
		reply(&api.Response{Err: forbiddenBecause(r, req.Name, "create not allowed while custom resource definition is terminating")})
		return true
	}
	if req.Verb == api.Patch && req.PatchType == types.StrategicMergePatchType {
		st := unsupportedPatch(req.PatchType)
		st.Message = "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
		reply(&api.Response{Err: &apierrors.StatusError{ErrStatus: st}})
		return true
	}
	inner := *req
	inner.Resource = r
	if c, ok := req.Object.(*api.Custom); ok && c.Resource != r {
		if c.Resource.Custom.ID == r.Custom.ID {
			c.Resource = r
		} else {
			inner.Object = c.In(r)
		}
	}
	if req.Verb == api.Create {
		if wait := establishedWait - s.a.Wall().Sub(s.custom.defs[r.Qualified()].since); wait > 0 && by != s.a {
			s.a.After(establishedWait, "wait for a new kind", func() {
				inner := inner
				if inner.Resource = s.current(r); inner.Resource == nil {
					reply(&api.Response{Err: notServed(req)})
					return
				}
				s.dispatch(&inner, by, reply)
			})
			return true
		}
	}
	s.dispatch(&inner, by, reply)
	return true
}

// terminate marks a definition for deletion (registry/customresourcedefinition/etcd.go).
func (s *Server) terminate(crd *apiextensions.CustomResourceDefinition) {
	now := metav1.Time{Time: s.now().Time}
	crd.DeletionTimestamp = &now
	if !slices.Contains(crd.Finalizers, apiextensions.CleanupFinalizer) {
		crd.Finalizers = append(slices.Clone(crd.Finalizers), apiextensions.CleanupFinalizer)
	}
	crd.SetCondition(apiextensions.CustomResourceDefinitionCondition{
		Type: apiextensions.Terminating, Status: apiextensions.ConditionTrue, Reason: "InstanceDeletionPending",
		Message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
	}, now)
}

// follow notes a watch that ends with the kind.
func (k *cacher) follow(x *watcher) {
	k.followers = slices.DeleteFunc(k.followers, func(x *watcher) bool { return x.stopped })
	k.followers = append(k.followers, x)
}
