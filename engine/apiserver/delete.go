package apiserver

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/sim"
)

// delete serves DELETE as registry/generic/registry/store.go does: gracefully where the kind has a grace period,
// waiting for finalizers where there are any, else at once.
func (s *Server) delete(k *cacher, req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	s.admitDelete(req, func(err error, warnings []string) {
		if len(warnings) > 0 {
			answered := reply
			reply = func(resp *api.Response) {
				resp.Warnings = append(warnings, resp.Warnings...)
				answered(resp)
			}
		}
		if err != nil {
			reply(&api.Response{Err: err})
			return
		}
		s.deleteFrom(k, req, by, nil, 0, reply)
	})
}

func (s *Server) deleteFrom(k *cacher, req *api.Request, by *sim.Actor, cur api.Object, attempt int, reply func(*api.Response)) {
	r := k.r
	if cur == nil {
		cur = k.objects[api.Key(req.Namespace, req.Name)]
	}
	if cur == nil {
		if attempt == 0 {
			k.fresh(func() { s.deleteFrom(k, req, by, nil, 1, reply) }, func(err error) { reply(&api.Response{Err: storageError(err)}) })
			return
		}
		reply(&api.Response{Err: notFound(r, req.Name)})
		return
	}
	if err := checkPreconditions(r, req, cur); err != nil {
		if attempt == 0 {
			k.fresh(func() { s.deleteFrom(k, req, by, nil, 1, reply) }, func(err error) { reply(&api.Response{Err: storageError(err)}) })
			return
		}
		reply(&api.Response{Err: err})
		return
	}
	obj := api.Copy(cur)
	gone, changed := s.markDeleted(r, req, obj)
	if req.DryRun || !gone && !changed {
		reply(&api.Response{Object: obj})
		return
	}
	s.commit(k, req, by, obj, cur, gone, func(resp *api.Response, now api.Object) {
		if now != nil {
			if attempt >= maxConflicts {
				reply(&api.Response{Err: conflict(r, req.Name)})
				return
			}
			s.deleteFrom(k, req, by, now, attempt+1, reply)
			return
		}
		reply(resp)
	})
}

func checkPreconditions(r *api.Resource, req *api.Request, cur api.Object) error {
	p := req.Preconditions
	if p == nil {
		return nil
	}
	if p.UID != nil && *p.UID != cur.GetUID() {
		return apierrors.NewConflict(r.GR(), req.Name, fmt.Errorf("Precondition failed: UID in precondition: %v, UID in object meta: %v", *p.UID, cur.GetUID()))
	}
	if p.ResourceVersion != nil && *p.ResourceVersion != cur.GetResourceVersion() {
		return apierrors.NewConflict(r.GR(), req.Name, fmt.Errorf("Precondition failed: ResourceVersion in precondition: %v, ResourceVersion in object meta: %v", *p.ResourceVersion, cur.GetResourceVersion()))
	}
	return nil
}

// markDeleted prepares an object for its deletion: gone says that it can be removed at once, changed that it must be
// kept for a while with what was written into it.
func (s *Server) markDeleted(r *api.Resource, req *api.Request, obj api.Object) (gone, changed bool) {
	if crd, ok := obj.(*apiextensions.CustomResourceDefinition); ok && crd.DeletionTimestamp == nil {
		s.terminate(crd)
		return false, true
	}
	grace := graceOf(r, req, obj)
	fin := finalizersFor(r, req, obj)
	if !slices.Equal(fin, obj.GetFinalizers()) {
		obj.SetFinalizers(fin)
		changed = true
	}
	ns, isNamespace := obj.(*corev1.Namespace)
	waits := len(fin) > 0 || isNamespace && len(ns.Spec.Finalizers) > 0
	if grace == 0 && !waits {
		return true, false
	}
	if t := obj.GetDeletionTimestamp(); t != nil {
		// Already on its way: only a shorter grace period changes anything.
		old := obj.GetDeletionGracePeriodSeconds()
		if old == nil || grace >= *old {
			return false, changed
		}
		when := metav1.Time{Time: t.Add(time.Duration(grace-*old) * time.Second)}
		obj.SetDeletionTimestamp(&when)
		obj.SetDeletionGracePeriodSeconds(&grace)
		return grace == 0 && !waits, true
	}
	when := metav1.Time{Time: s.now().Add(time.Duration(grace) * time.Second)}
	obj.SetDeletionTimestamp(&when)
	obj.SetDeletionGracePeriodSeconds(&grace)
	if g := obj.GetGeneration(); g > 0 {
		obj.SetGeneration(g + 1)
	}
	if isNamespace {
		ns.Status.Phase = corev1.NamespaceTerminating
	}
	return false, true
}

// graceOf is the grace period in seconds: pods have one (registry/core/pod/strategy.go, CheckGracefulDelete), all
// else goes at once.
func graceOf(r *api.Resource, req *api.Request, obj api.Object) int64 {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return 0
	}
	var grace int64 = corev1.DefaultTerminationGracePeriodSeconds
	if req.GracePeriodSeconds != nil {
		grace = *req.GracePeriodSeconds
	} else if pod.Spec.TerminationGracePeriodSeconds != nil {
		grace = *pod.Spec.TerminationGracePeriodSeconds
	}
	if pod.Spec.NodeName == "" || pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded {
		return 0
	}
	if grace < 0 {
		grace = 1
	}
	return grace
}

// finalizersFor adds and removes the garbage collector's finalizers as the propagation policy asks.
func finalizersFor(r *api.Resource, req *api.Request, obj api.Object) []string {
	old := obj.GetFinalizers()
	if req.Propagation == nil {
		decided := slices.Contains(old, metav1.FinalizerOrphanDependents) || slices.Contains(old, metav1.FinalizerDeleteDependents)
		if decided || r != api.Jobs && r != api.ReplicationControllers {
			return old
		}
		// The two oldest controllers leave their pods behind unless they are asked not to (DefaultGarbageCollectionPolicy).
		return append(slices.Clip(old), metav1.FinalizerOrphanDependents)
	}
	want := map[metav1.DeletionPropagation]string{
		metav1.DeletePropagationOrphan: metav1.FinalizerOrphanDependents, metav1.DeletePropagationForeground: metav1.FinalizerDeleteDependents,
	}[*req.Propagation]
	var out []string
	for _, f := range old {
		if f != metav1.FinalizerOrphanDependents && f != metav1.FinalizerDeleteDependents {
			out = append(out, f)
		}
	}
	if want != "" {
		out = append(out, want)
	}
	return out
}

// deletable reports that nothing but finalizers kept a deleted object.
func deletable(obj api.Object) bool {
	if ns, ok := obj.(*corev1.Namespace); ok && len(ns.Spec.Finalizers) > 0 {
		return false
	}
	g := obj.GetDeletionGracePeriodSeconds()
	return g == nil || *g == 0
}

// deleteCollection deletes what a selection matches, one after another, and answers when all are under way.
func (s *Server) deleteCollection(k *cacher, req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	k.fresh(func() {
		items := k.matching(req)
		left := len(items)
		if left == 0 {
			reply(&api.Response{})
			return
		}
		var failed error
		for _, o := range items {
			one := *req
			one.Verb, one.Namespace, one.Name = api.Delete, o.GetNamespace(), o.GetName()
			s.delete(k, &one, by, func(resp *api.Response) {
				if resp.Err != nil && !apierrors.IsNotFound(resp.Err) && failed == nil {
					failed = resp.Err
				}
				if left--; left == 0 {
					reply(&api.Response{Items: items, Err: failed})
				}
			})
		}
	}, func(err error) { reply(&api.Response{Err: storageError(err)}) })
}
