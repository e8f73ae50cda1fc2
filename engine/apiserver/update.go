package apiserver

import (
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/patch"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

// edit makes the new object of an update from the current one; unconditional edits are made again after a conflict.
type edit struct {
	make          func(cur api.Object) (api.Object, error)
	create        func() (api.Object, error) // what to make if there is none; nil: that is an error
	unconditional bool
	managed       bool   // make sets managedFields as well
	booked        bool   // managedFields are set in this attempt
	sub           string // the subresource, where the request's was taken off
	// convert and store take the place of make, and come before the write, where a webhook converts between the client's
	// version and the stored one: make's argument and result are the former's.
	convert func(cur api.Object, then func(shown api.Object, err error))
	store   func(obj api.Object, then func(api.Object, error))
}

// maxConflicts bounds how often an unconditional edit is made again, as a patch is upstream (handlers/patch.go).
const maxConflicts = 5

// update serves PUT and PATCH of an object and of its status.
func (s *Server) update(k *cacher, req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	var warnings []string
	e, err := s.editOf(k.r, req, &warnings)
	if err != nil {
		reply(&api.Response{Err: err})
		return
	}
	s.change(k, req, by, e, 0, nil, func(resp *api.Response) {
		resp.Warnings = append(warnings, resp.Warnings...)
		reply(resp)
	})
}

func (s *Server) editOf(r *api.Resource, req *api.Request, warnings *[]string) (edit, error) {
	if req.Verb == api.Update {
		obj, err := s.bodyOf(r, req)
		if err != nil {
			return edit{}, err
		}
		rv := obj.GetResourceVersion()
		if _, err := parseRevision(rv); err != nil {
			return edit{}, err
		}
		return edit{unconditional: rv == "" || rv == "0", create: s.createInstead(r, req, obj), make: func(cur api.Object) (api.Object, error) {
			if (rv == "" || rv == "0") && mustNameRevision(r) {
				return nil, revisionMissing(r, req.Name)
			}
			if rv != "" && rv != "0" && rv != cur.GetResourceVersion() {
				return nil, conflict(r, req.Name)
			}
			return api.Copy(obj), nil
		}}, nil
	}
	var apply func(cur api.Object) (api.Object, error)
	switch req.PatchType {
	case api.TypedPatch:
		return edit{unconditional: true, make: func(cur api.Object) (api.Object, error) {
			c := api.Copy(cur)
			if !req.Mutate(c) {
				return nil, errNoChange
			}
			return c, nil
		}}, nil
	case types.JSONPatchType, types.MergePatchType, types.StrategicMergePatchType:
		apply = func(cur api.Object) (api.Object, error) {
			cur = cur.DeepCopyObject().(api.Object)
			cur.GetObjectKind().SetGroupVersionKind(r.GVK())
			o, w, err := patch.Apply(req.PatchType, cur, req.Patch, req.FieldValidation)
			*warnings = w
			return asObject(o, err)
		}
	case applyPatch:
		return s.applyEdit(r, req)
	default:
		return edit{}, &apierrors.StatusError{ErrStatus: unsupportedPatch(req.PatchType)}
	}
	return edit{unconditional: true, make: func(cur api.Object) (api.Object, error) {
		obj, err := apply(cur)
		if err != nil {
			return nil, err
		}
		if obj.GetName() != cur.GetName() {
			return nil, apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", obj.GetName(), cur.GetName()))
		}
		if rv := obj.GetResourceVersion(); rv != cur.GetResourceVersion() && rv != "" && rv != "0" {
			return nil, conflict(r, req.Name) // the patch itself names a revision
		}
		return obj, nil
	}}, nil
}

// change carries an edit out: make, prepare, admit, validate, transact.
func (s *Server) change(k *cacher, req *api.Request, by *sim.Actor, e edit, attempt int, newer api.Object, reply func(*api.Response)) {
	r := k.r
	cur := newer
	if cur == nil {
		cur = k.objects[api.Key(req.Namespace, req.Name)]
	}
	if cur == nil {
		if attempt == 0 {
			// The cache may be behind: ask for the newest state before saying no.
			k.fresh(func() {
				if k.objects[api.Key(req.Namespace, req.Name)] == nil && e.create == nil {
					reply(&api.Response{Err: notFound(r, req.Name)})
					return
				}
				s.change(k, req, by, e, 1, nil, reply)
			}, func(err error) { reply(&api.Response{Err: storageError(err)}) })
			return
		}
		if e.create != nil {
			s.createApplied(k, req, by, e, attempt, reply)
			return
		}
		reply(&api.Response{Err: notFound(r, req.Name)})
		return
	}
	if e.convert != nil {
		e.convert(cur, func(shown api.Object, err error) {
			if err != nil {
				reply(&api.Response{Err: err})
				return
			}
			s.changeFrom(k, req, by, e, attempt, shown, reply)
		})
		return
	}
	s.changeFrom(k, req, by, e, attempt, cur, reply)
}

// changeFrom carries an edit of cur out.
func (s *Server) changeFrom(k *cacher, req *api.Request, by *sim.Actor, e edit, attempt int, cur api.Object, reply func(*api.Response)) {
	r := k.r
	e.booked = false
	obj, err := e.make(cur)
	if err == errNoChange {
		reply(&api.Response{Object: cur})
		return
	}
	if err != nil {
		if apierrors.IsConflict(err) && attempt == 0 {
			// Only the newest state may say so.
			k.fresh(func() { s.change(k, req, by, e, 1, nil, reply) }, func(err error) { reply(&api.Response{Err: storageError(err)}) })
			return
		}
		reply(&api.Response{Err: err})
		return
	}
	keepIdentity(obj, cur)
	if !e.managed {
		s.manageUpdate(req, by, r, obj, cur)
	}
	a := attributes{req: req, r: r, op: opUpdate, sub: req.Subresource, obj: obj, old: cur}
	if e.sub != "" {
		a.sub = e.sub
	}
	if req.DryRun || s.admission().hooked || !renewal(obj, cur) {
		if err := s.escalation(req, obj, cur); err != nil {
			reply(&api.Response{Err: err})
			return
		}
		if s.admission().hooked {
			s.changeHooked(k, by, e, attempt, a, reply)
			return
		}
		if err := s.prepareUpdate(k, &a); err != nil {
			reply(&api.Response{Err: err, Warnings: a.warnings})
			return
		}
		keepTimes(obj, cur)
		// A function that says it changed something is believed.
		unchanged := req.PatchType != api.TypedPatch && same(obj, cur)
		if !unchanged && s.charged(&a) {
			s.changeCharged(k, by, e, attempt, a, reply)
			return
		}
		if req.DryRun || unchanged {
			reply(&api.Response{Object: obj, Warnings: a.warnings})
			return
		}
	}
	s.write(k, req, by, e, attempt, obj, cur, a.warnings, reply)
}

// write stores what change made, or begins anew if somebody else was faster.
func (s *Server) write(k *cacher, req *api.Request, by *sim.Actor, e edit, attempt int, obj, cur api.Object, warnings []string, reply func(*api.Response)) {
	r := k.r
	if !e.managed && !e.booked {
		s.noteUpdate(req, by, r, obj, cur)
	}
	if e.store != nil {
		e.store(obj, func(stored api.Object, err error) {
			if err != nil {
				reply(&api.Response{Err: err, Warnings: warnings})
				return
			}
			s.writeStored(k, req, by, e, attempt, stored, cur, warnings, reply)
		})
		return
	}
	s.writeStored(k, req, by, e, attempt, obj, cur, warnings, reply)
}

func (s *Server) writeStored(k *cacher, req *api.Request, by *sim.Actor, e edit, attempt int, obj, cur api.Object, warnings []string, reply func(*api.Response)) {
	r := k.r
	gone := len(obj.GetFinalizers()) == 0 && obj.GetDeletionTimestamp() != nil && deletable(obj)
	s.commit(k, req, by, obj, cur, gone, func(resp *api.Response, now api.Object) {
		if now != nil {
			if !e.unconditional {
				reply(&api.Response{Err: conflict(r, req.Name)})
				return
			}
			if attempt >= maxConflicts {
				reply(&api.Response{Err: conflict(r, req.Name)})
				return
			}
			s.change(k, req, by, e, attempt+1, now, reply)
			return
		}
		resp.Warnings = warnings
		reply(resp)
	})
}

// commit writes obj over cur, or removes it when gone. On a lost race now is the object that won (nil, nil: deleted).
func (s *Server) commit(k *cacher, req *api.Request, by *sim.Actor, obj, cur api.Object, gone bool, done func(resp *api.Response, now api.Object)) {
	r := k.r
	key := s.key(r, cur.GetNamespace(), cur.GetName())
	st := &stored{obj: obj, resource: r, ctx: s.a.Sim().Context(), by: by, kind: sim.KindUpdate}
	op := etcd.Op{Type: etcd.Put, Key: key, Value: st}
	if gone {
		op.Type = etcd.Delete
		st.kind = sim.KindDelete
	} else {
		st.beat = r.Heartbeat != nil && r.Heartbeat(cur, obj)
		if r.Describe != nil && !st.beat {
			st.text = r.Describe(cur, obj)
		}
		if r == api.Events {
			op.TTL = eventTTL
		}
	}
	txn := etcd.Txn{Compare: []etcd.Compare{{Key: key, ModRevision: api.Revision(cur)}}, Then: []etcd.Op{op}}
	s.alloc.reserve(&txn, st, cur, gone)
	s.db.Txn(txn, func(res etcd.TxnResult, err error) {
		if err != nil {
			done(&api.Response{Err: storageError(err)}, nil)
			return
		}
		if !res.Succeeded {
			switch again, err := s.alloc.lost(obj, cur, res); {
			case err != nil:
				done(&api.Response{Err: err}, nil)
				return
			case again:
				s.commit(k, req, by, obj, cur, gone, done)
				return
			}
			if len(res.Current) == 0 || res.Current[0] == nil {
				done(&api.Response{Err: notFound(r, cur.GetName())}, nil)
				return
			}
			done(nil, k.own(res.Current[0].Value.(*stored).obj))
			return
		}
		s.alloc.settled(r, cur, obj, gone)
		s.answer(st, res.Revision, func() { done(&api.Response{Object: obj}, nil) })
	})
}

// keepIdentity restores what an update cannot change by leaving it out.
func keepIdentity(obj, cur api.Object) {
	obj.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{}) // the store keeps kinds by key
	if obj.GetUID() == "" {
		obj.SetUID(cur.GetUID())
	}
	if t := obj.GetCreationTimestamp(); t.IsZero() {
		obj.SetCreationTimestamp(cur.GetCreationTimestamp())
	}
	obj.SetDeletionTimestamp(cur.GetDeletionTimestamp())
	obj.SetDeletionGracePeriodSeconds(cur.GetDeletionGracePeriodSeconds())
	obj.SetResourceVersion(cur.GetResourceVersion())
	if obj.GetGeneration() == 0 {
		obj.SetGeneration(cur.GetGeneration())
	}
}

func asObject(o any, err error) (api.Object, error) {
	if err != nil {
		var st apierrors.APIStatus
		if errors.As(err, &st) {
			return nil, err
		}
		return nil, apierrors.NewInternalError(err)
	}
	return o.(api.Object), nil
}
