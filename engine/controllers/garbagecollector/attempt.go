package garbagecollector

import (
	"fmt"
	"reflect"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/ownership"
	"tabernetes/engine/sim"
)

// attemptToDelete looks whether an object has to go.
func (k *Controller) attemptToDelete(uid string, done func(error)) {
	n := k.graph[types.UID(uid)]
	// Of a kind that the cluster does not serve nothing can be known; upstream tries again for ever.
	if n == nil || n.res == nil || n.beingDeleted && !n.deletingDependents {
		done(nil)
		return
	}
	client.Get(k.c, n.res, n.namespace, n.name, func(latest api.Object, err error) {
		switch {
		case apierrors.IsNotFound(err) || err == nil && latest.GetUID() != n.uid:
			if k.graph[n.uid] == n {
				k.remove(n)
			}
			done(nil)
		case err != nil:
			done(err)
		case n.virtual:
			done(fmt.Errorf("%s has not been observed yet", n.ref()))
		case n.deletingDependents:
			k.foreground(n, done)
		case len(latest.GetOwnerReferences()) == 0:
			done(nil)
		default:
			k.classify(n, latest, done)
		}
	})
}

// foreground ends a foreground deletion when no dependent blocks it any more, or sees that they go.
func (k *Controller) foreground(n *node, done func(error)) {
	blocking := n.blocking()
	if len(blocking) == 0 {
		k.removeFinalizer(n, metav1.FinalizerDeleteDependents, done)
		return
	}
	for _, d := range blocking {
		if !d.deletingDependents {
			k.delete.Add(string(d.uid))
		}
	}
	done(nil)
}

func (k *Controller) removeFinalizer(n *node, finalizer string, done func(error)) {
	uid := n.uid
	client.Mutate(k.c, n.res, "", n.namespace, n.name, func(o api.Object) bool {
		if o.GetUID() != uid || !slices.Contains(o.GetFinalizers(), finalizer) {
			return false
		}
		fin := slices.DeleteFunc(slices.Clone(o.GetFinalizers()), func(f string) bool { return f == finalizer })
		if len(fin) == 0 {
			fin = nil
		}
		o.SetFinalizers(fin)
		return true
	}, func(_ api.Object, err error) {
		if apierrors.IsNotFound(err) {
			err = nil
		}
		done(err)
	})
}

// owners are the references of an object by what became of the owners.
type owners struct{ solid, dangling, waiting []metav1.OwnerReference }

func (k *Controller) classify(n *node, latest api.Object, done func(error)) {
	refs := latest.GetOwnerReferences()
	var o owners
	var step func(i int)
	step = func(i int) {
		if i == len(refs) {
			k.decide(n, latest, &o, done)
			return
		}
		r := &refs[i]
		k.lookUp(n, r, func(owner api.Object, known bool, err error) {
			switch {
			case err != nil:
				done(err)
				return
			case !known:
				// Of an unknown kind, or namespaced and named by a cluster-scoped object: it counts as neither.
				done(nil)
				return
			case owner == nil:
				o.dangling = append(o.dangling, *r)
			case owner.GetDeletionTimestamp() != nil && slices.Contains(owner.GetFinalizers(), metav1.FinalizerDeleteDependents):
				o.waiting = append(o.waiting, *r)
			default:
				o.solid = append(o.solid, *r)
			}
			step(i + 1)
		})
	}
	step(0)
}

// lookUp asks the server for an owner, unless it is known to be gone. then gets nil if it does not exist; known is false
// if that cannot be told.
func (k *Controller) lookUp(n *node, r *metav1.OwnerReference, then func(owner api.Object, known bool, err error)) {
	if k.absent.m[absentKey(r, "")] || k.absent.m[absentKey(r, n.namespace)] {
		then(nil, true, nil)
		return
	}
	res := k.table.ByOwner(r)
	if res == nil || res.Namespaced && n.namespace == "" {
		then(nil, false, nil)
		return
	}
	ns := ""
	if res.Namespaced {
		ns = n.namespace
	}
	client.Get(k.c, res, ns, r.Name, func(owner api.Object, err error) {
		switch {
		case apierrors.IsNotFound(err) || err == nil && owner.GetUID() != r.UID:
			k.absent.add(absentKey(r, ns))
			then(nil, true, nil)
		case err != nil:
			then(nil, true, err)
		default:
			then(owner, true, nil)
		}
	})
}

func (k *Controller) decide(n *node, latest api.Object, o *owners, done func(error)) {
	switch {
	case len(o.solid) > 0:
		if len(o.dangling) == 0 && len(o.waiting) == 0 {
			done(nil)
			return
		}
		var uids []types.UID
		for _, r := range append(o.dangling, o.waiting...) {
			uids = append(uids, r.UID)
		}
		k.record(n, "garbage collector: "+o.solid[0].Kind+" "+o.solid[0].Name+" still owns it: drop the references to owners that are gone")
		k.release(n, uids, done)
	case len(o.waiting) > 0 && len(n.dependents) > 0:
		k.record(n, "garbage collector: its owner "+o.waiting[0].Kind+" "+o.waiting[0].Name+" is deleted in the foreground: delete it so too")
		policy := metav1.DeletePropagationForeground
		del := func() { k.deleteObject(n, latest, &policy, done) }
		// A dependent that is deleted in the foreground itself may be an owner of this one: nothing may block then.
		if slices.ContainsFunc(n.dependents, func(d *node) bool { return d.deletingDependents }) {
			k.unblock(n, func(err error) {
				if err != nil {
					done(err)
					return
				}
				del()
			})
			return
		}
		del()
	default:
		policy := metav1.DeletePropagationBackground
		switch fin := latest.GetFinalizers(); {
		case slices.Contains(fin, metav1.FinalizerOrphanDependents):
			policy = metav1.DeletePropagationOrphan
		case slices.Contains(fin, metav1.FinalizerDeleteDependents):
			policy = metav1.DeletePropagationForeground
		}
		why := "is gone"
		r := append(o.dangling, o.waiting...)[0]
		if len(o.dangling) == 0 {
			why = "is deleted in the foreground"
		}
		k.record(n, "garbage collector: its owner "+r.Kind+" "+r.Name+" "+why)
		k.deleteObject(n, latest, &policy, done)
	}
}

func (k *Controller) record(n *node, text string) { k.a.Record(sim.KindDecision, n.ref(), text) }

// deleteObject deletes the very object that was looked at; if only something else about it changed since, it is deleted
// after all.
func (k *Controller) deleteObject(n *node, latest api.Object, policy *metav1.DeletionPropagation, done func(error)) {
	rev, uid := latest.GetResourceVersion(), n.uid
	finish := func(err error) {
		if apierrors.IsNotFound(err) {
			if k.graph[n.uid] == n {
				k.remove(n)
			}
			err = nil
		}
		done(err)
	}
	del := func(p metav1.Preconditions, then func(error)) {
		k.c.Delete(n.res, n.namespace, n.name, client.DeleteOptions{Propagation: policy, Preconditions: &p}, then)
	}
	del(metav1.Preconditions{UID: &uid, ResourceVersion: &rev}, func(err error) {
		if !apierrors.IsConflict(err) {
			finish(err)
			return
		}
		client.Get(k.c, n.res, n.namespace, n.name, func(live api.Object, getErr error) {
			switch {
			case apierrors.IsNotFound(getErr):
				finish(getErr)
			case getErr == nil && live.GetUID() == uid && live.GetResourceVersion() != rev &&
				reflect.DeepEqual(live.GetOwnerReferences(), latest.GetOwnerReferences()):
				del(metav1.Preconditions{UID: &uid}, finish)
			default:
				finish(err)
			}
		})
	})
}

// release takes references to owners out of an object.
func (k *Controller) release(n *node, uids []types.UID, done func(error)) {
	uid := n.uid
	client.Mutate(k.c, n.res, "", n.namespace, n.name, func(o api.Object) bool {
		return o.GetUID() == uid && ownership.RemoveOwners(o, uids...)
	}, func(_ api.Object, err error) { done(err) })
}

// unblock makes the owner references of an object not block their owners.
func (k *Controller) unblock(n *node, done func(error)) {
	uid, no := n.uid, false
	client.Mutate(k.c, n.res, "", n.namespace, n.name, func(o api.Object) bool {
		refs := slices.Clone(o.GetOwnerReferences())
		changed := false
		for i := range refs {
			if blocks(&refs[i]) {
				refs[i].BlockOwnerDeletion = &no
				changed = true
			}
		}
		o.SetOwnerReferences(refs)
		return changed && o.GetUID() == uid
	}, func(_ api.Object, err error) { done(err) })
}

// attemptToOrphan releases all dependents of an owner, and then the owner from its finalizer.
func (k *Controller) attemptToOrphan(uid string, done func(error)) {
	n := k.graph[types.UID(uid)]
	if n == nil {
		done(nil)
		return
	}
	dependents := slices.Clone(n.dependents)
	left := len(dependents) + 1
	var failure error
	one := func(err error) {
		if err != nil && !apierrors.IsNotFound(err) && failure == nil {
			failure = fmt.Errorf("failed to orphan dependents of owner %s: %w", n.ref(), err)
		}
		if left--; left > 0 {
			return
		}
		if failure != nil {
			done(failure)
			return
		}
		k.removeFinalizer(n, metav1.FinalizerOrphanDependents, done)
	}
	for _, d := range dependents {
		s := k.a.Sim()
		s.In(s.Context(), func() {
			k.record(d, "garbage collector: its owner "+n.res.Kind+" "+n.name+" is deleted without its dependents: orphan it")
			k.release(d, []types.UID{n.uid}, one)
		})
	}
	one(nil)
}
