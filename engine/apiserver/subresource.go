package apiserver

import (
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/patch"
	"tabernetes/engine/api/validation"
	"tabernetes/engine/sim"
)

// subresource serves what is below an object: status, scale, binding, eviction, finalize, log.
func (s *Server) subresource(k *cacher, req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	served := false
	for _, sub := range k.r.Subresources {
		served = served || sub == req.Subresource
	}
	if !served {
		reply(&api.Response{Err: notServed(req)})
		return
	}
	if req.Verb == api.Create {
		s.admitConnected(k, req, by, reply)
		return
	}
	s.serveSubresource(k, req, by, reply)
}

func (s *Server) serveSubresource(k *cacher, req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	writes := req.Verb == api.Update || req.Verb == api.Patch
	switch {
	case req.Subresource == "status" && req.Verb == api.Get:
		k.get(req, reply)
	case req.Subresource == "status" && writes:
		s.update(k, req, by, reply)
	case req.Subresource == "approval" && req.Verb == api.Get:
		k.get(req, reply)
	case req.Subresource == "approval" && writes:
		s.update(k, req, by, reply)
	case req.Subresource == "ephemeralcontainers" && req.Verb == api.Get:
		k.get(req, reply)
	case req.Subresource == "ephemeralcontainers" && writes:
		s.update(k, req, by, reply)
	case req.Subresource == "scale" && k.r.Custom != nil:
		s.customScale(k, k.r, req, by, reply)
	case req.Subresource == "scale" && req.Verb == api.Get:
		k.get(req, func(resp *api.Response) {
			if resp.Err == nil {
				resp.Object = scaleOf(resp.Object)
			}
			reply(resp)
		})
	case req.Subresource == "scale" && writes:
		s.scale(k, req, by, reply)
	case req.Subresource == "binding" && req.Verb == api.Create:
		s.bind(k, req, by, reply)
	case req.Subresource == "eviction" && req.Verb == api.Create:
		s.evict(k, req, by, reply)
	case req.Subresource == "token" && req.Verb == api.Create:
		s.createToken(k, req, reply)
	case req.Subresource == "finalize" && req.Verb == api.Update:
		s.finalize(k, req, by, reply)
	case req.Subresource == "log" && req.Verb == api.Get:
		s.log(k, req, reply)
	default:
		reply(&api.Response{Err: methodNotAllowed(req)})
	}
}

// scaleOf shows an object's scale.
func scaleOf(o api.Object) api.Object {
	sc := &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{
		Name: o.GetName(), Namespace: o.GetNamespace(), UID: o.GetUID(), ResourceVersion: o.GetResourceVersion(), CreationTimestamp: o.GetCreationTimestamp(),
	}}
	var sel *metav1.LabelSelector
	switch x := o.(type) {
	case *appsv1.Deployment:
		sc.Spec.Replicas, sc.Status.Replicas, sel = *x.Spec.Replicas, x.Status.Replicas, x.Spec.Selector
	case *appsv1.ReplicaSet:
		sc.Spec.Replicas, sc.Status.Replicas, sel = *x.Spec.Replicas, x.Status.Replicas, x.Spec.Selector
	case *appsv1.StatefulSet:
		sc.Spec.Replicas, sc.Status.Replicas, sel = *x.Spec.Replicas, x.Status.Replicas, x.Spec.Selector
	case *corev1.ReplicationController:
		sc.Spec.Replicas, sc.Status.Replicas = *x.Spec.Replicas, x.Status.Replicas
		sc.Status.Selector = labels.SelectorFromSet(x.Spec.Selector).String()
		return sc
	}
	if s, err := metav1.LabelSelectorAsSelector(sel); err == nil {
		sc.Status.Selector = s.String()
	}
	return sc
}

func setReplicas(o api.Object, n int32) {
	switch x := o.(type) {
	case *appsv1.Deployment:
		x.Spec.Replicas = &n
	case *appsv1.ReplicaSet:
		x.Spec.Replicas = &n
	case *appsv1.StatefulSet:
		x.Spec.Replicas = &n
	case *corev1.ReplicationController:
		x.Spec.Replicas = &n
	}
}

// sentScale is the Scale that a write of the scale subresource asks for: old, of cur, with what is sent. replicas is where a
// custom object has them. An apply comes with its entries.
func (s *Server) sentScale(r *api.Resource, req *api.Request, cur api.Object, old *autoscalingv1.Scale, replicas []string) (*autoscalingv1.Scale, []metav1.ManagedFieldsEntry, error) {
	switch {
	case req.Verb == api.Update:
		if sc, ok := req.Object.(*autoscalingv1.Scale); ok && sc != nil {
			return sc, nil, nil
		}
		return nil, nil, apierrors.NewBadRequest(fmt.Sprintf("wrong object passed to Scale update: %T", req.Object))
	case req.PatchType == api.TypedPatch:
		sc := old.DeepCopy()
		if !req.Mutate(sc) {
			return nil, nil, errNoChange
		}
		return sc, nil, nil
	case req.PatchType == applyPatch:
		return s.applyScale(r, req, cur, old, replicas)
	}
	old.SetGroupVersionKind(autoscalingv1.SchemeGroupVersion.WithKind("Scale"))
	doc, _, err := patch.Apply(req.PatchType, old, req.Patch, req.FieldValidation)
	o, err := asObject(doc, err)
	if err != nil {
		return nil, nil, err
	}
	return o.(*autoscalingv1.Scale), nil, nil
}

func (s *Server) scale(k *cacher, req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	inner := *req
	inner.Subresource = ""
	e := edit{unconditional: true, sub: "scale", managed: true, make: func(cur api.Object) (api.Object, error) {
		old := scaleOf(cur).(*autoscalingv1.Scale)
		sc, entries, err := s.sentScale(k.r, req, cur, old, nil)
		if err != nil {
			return nil, err
		}
		if sc.UID != "" && sc.UID != cur.GetUID() {
			return nil, apierrors.NewConflict(k.r.GR(), req.Name, fmt.Errorf("Precondition failed: UID in precondition: %v, UID in object meta: %v", sc.UID, cur.GetUID()))
		}
		if sc.ResourceVersion != "" && sc.ResourceVersion != cur.GetResourceVersion() {
			return nil, conflict(k.r, req.Name)
		}
		if req.PatchType != applyPatch {
			entries = s.fields.ScaleUpdate(k.r, cur, scaleOf(cur).(*autoscalingv1.Scale), sc, s.writer(req), nil)
		}
		return s.scaled(k.r, req, cur, sc, entries)
	}}
	s.change(k, &inner, by, e, 0, nil, func(resp *api.Response) {
		if resp.Err == nil {
			resp.Object = scaleOf(resp.Object)
		}
		reply(resp)
	})
}

// bind assigns a pod to a node (registry/core/pod/storage, assignPod).
func (s *Server) bind(k *cacher, req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	b, ok := req.Object.(*corev1.Binding)
	if !ok {
		reply(&api.Response{Err: apierrors.NewBadRequest(fmt.Sprintf("not a Binding object: %T", req.Object))})
		return
	}
	if b.Target.Name == "" {
		reply(&api.Response{Err: apierrors.NewBadRequest("target.name: Required value")})
		return
	}
	name := req.Name
	if name == "" {
		name = b.Name
	}
	inner := *req
	inner.Verb, inner.Name, inner.PatchType, inner.Subresource = api.Patch, name, api.TypedPatch, ""
	fail := func(why string) error {
		return apierrors.NewConflict(k.r.GR(), name, errors.New(why))
	}
	now := s.now()
	e := edit{unconditional: true, make: func(cur api.Object) (api.Object, error) {
		p := cur.(*corev1.Pod)
		if b.UID != "" && b.UID != p.UID {
			return nil, fail(fmt.Sprintf("Precondition failed: UID in precondition: %v, UID in object meta: %v", b.UID, p.UID))
		}
		if p.DeletionTimestamp != nil {
			return nil, fail(fmt.Sprintf("pod %s is being deleted, cannot be assigned to a host", name))
		}
		if p.Spec.NodeName != "" {
			return nil, fail(fmt.Sprintf("pod %v is already assigned to node %q", name, p.Spec.NodeName))
		}
		if len(p.Spec.SchedulingGates) != 0 {
			return nil, fail(fmt.Sprintf("pod %v has non-empty .spec.schedulingGates", name))
		}
		c := api.Copy(p)
		c.Spec.NodeName = b.Target.Name
		c.Status.NominatedNodeName = "" // it has served (ClearingNominatedNodeNameAfterBinding)
		if b.Target.Kind == "Node" {
			s.labelTopology(c)
		}
		c.Status.Conditions = append(withoutCondition(p.Status.Conditions, corev1.PodScheduled),
			corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: now})
		return c, nil
	}}
	s.changeRaw(k, &inner, by, e, reply)
}

func withoutCondition(list []corev1.PodCondition, t corev1.PodConditionType) []corev1.PodCondition {
	out := make([]corev1.PodCondition, 0, len(list)+1)
	for _, c := range list {
		if c.Type != t {
			out = append(out, c)
		}
	}
	return out
}

// changeRaw is change without strategy and validation, for writes the server makes itself.
func (s *Server) changeRaw(k *cacher, req *api.Request, by *sim.Actor, e edit, reply func(*api.Response)) {
	s.changeRawFrom(k, req, by, e, 0, k.objects[api.Key(req.Namespace, req.Name)], reply)
}

func (s *Server) changeRawFrom(k *cacher, req *api.Request, by *sim.Actor, e edit, attempt int, cur api.Object, reply func(*api.Response)) {
	if cur == nil {
		reply(&api.Response{Err: notFound(k.r, req.Name)})
		return
	}
	obj, err := e.make(cur)
	if err != nil {
		reply(&api.Response{Err: err})
		return
	}
	gone := len(obj.GetFinalizers()) == 0 && obj.GetDeletionTimestamp() != nil && deletable(obj)
	s.commit(k, req, by, obj, cur, gone, func(resp *api.Response, now api.Object) {
		if now != nil {
			if attempt >= maxConflicts {
				reply(&api.Response{Err: conflict(k.r, req.Name)})
				return
			}
			s.changeRawFrom(k, req, by, e, attempt+1, now, reply)
			return
		}
		reply(resp)
	})
}

// finalize removes finalizers from a namespace's spec; the last one lets it go.
func (s *Server) finalize(k *cacher, req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	body, err := s.bodyOf(k.r, req)
	if err != nil {
		reply(&api.Response{Err: err})
		return
	}
	inner := *req
	inner.Verb, inner.Subresource = api.Patch, ""
	e := edit{unconditional: true, make: func(cur api.Object) (api.Object, error) {
		if rv := body.GetResourceVersion(); rv != "" && rv != cur.GetResourceVersion() {
			return nil, conflict(k.r, req.Name)
		}
		c := api.Copy(cur.(*corev1.Namespace))
		defaults.PrepareForFinalize(c, cur.(*corev1.Namespace))
		c.Spec.Finalizers = body.(*corev1.Namespace).Spec.Finalizers
		if errs := validation.FinalizeUpdate(c, cur.(*corev1.Namespace)); len(errs) > 0 {
			return nil, invalid(k.r, req.Name, errs)
		}
		return c, nil
	}}
	s.changeRaw(k, &inner, by, e, reply)
}
