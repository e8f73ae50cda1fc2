package apiserver

import (
	"unsafe"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/fieldmanager"
	"tabernetes/engine/sim"
)

// writer is who a request's fields are to belong to.
func (s *Server) writer(req *api.Request) fieldmanager.Writer {
	now := s.now()
	if s.stamp == nil || !s.stamp.Equal(&now) {
		s.stamp = &metav1.Time{Time: now.UTC()}
	}
	return fieldmanager.Writer{Manager: fieldmanager.Name(req.FieldManager, req.UserAgent), Subresource: req.Subresource, Now: s.stamp}
}

// noted reports that a write is one of the cluster's own components, whose fields are only noted: clients outside and
// kubectl name their manager, components are known by their agent.
func (s *Server) noted(req *api.Request, by *sim.Actor) bool {
	return req.FieldManager == "" || by == s.a
}

// managedAlready is the patch type of a create whose object has its managedFields: an apply made them, or they were made in
// the client's version.
const managedAlready = applyPatch

// manageCreate gives a new object its managedFields. It runs before admission, whose additions are nobody's.
func (s *Server) manageCreate(req *api.Request, by *sim.Actor, r *api.Resource, obj api.Object) {
	switch {
	case req.PatchType == managedAlready:
	case s.noted(req, by):
		obj.SetManagedFields(s.fields.Note(r, nil, obj, s.writer(req)))
	default:
		sent := obj.DeepCopyObject().(api.Object)
		defaults.Set(sent)
		obj.SetManagedFields(s.fields.Update(r, nil, sent, s.writer(req)))
	}
}

// manageUpdate gives an object that came as a document its managedFields, before admission.
func (s *Server) manageUpdate(req *api.Request, by *sim.Actor, r *api.Resource, obj, cur api.Object) {
	if s.noted(req, by) {
		obj.SetManagedFields(cur.GetManagedFields()) // what changes is noted when something did
		return
	}
	sent := obj.DeepCopyObject().(api.Object)
	defaults.Set(sent)
	obj.SetManagedFields(s.fields.Update(r, cur, sent, s.writer(req)))
}

// noteUpdate notes a component's write that is about to be made.
func (s *Server) noteUpdate(req *api.Request, by *sim.Actor, r *api.Resource, obj, cur api.Object) {
	if s.noted(req, by) {
		obj.SetManagedFields(s.fields.Note(r, cur, obj, s.writer(req)))
	}
}

// keepTimes takes back new times in managedFields if nothing else is new, so that the write is none
// (IgnoreManagedFieldsTimestampsTransformer).
func keepTimes(obj, cur api.Object) {
	mine, old := obj.GetManagedFields(), cur.GetManagedFields()
	if len(mine) == 0 || unsafe.SliceData(mine) == unsafe.SliceData(old) || !fieldmanager.SameButTimes(mine, old) {
		return
	}
	obj.SetManagedFields(old)
	if !same(obj, cur) {
		obj.SetManagedFields(mine)
	}
}

// version is the row of a kind in a version; nil if it is not served.
func (s *Server) version(gvk schema.GroupVersionKind) *api.Resource { return s.Table().ByGVK(gvk) }
