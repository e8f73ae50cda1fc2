package apitest

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Server is a world with an API server and a host for the controllers.
type Server struct {
	Sim     *sim.Sim
	Host    *sim.Host // of the API server
	Manager *sim.Host // where Start puts programs
	// Before sees each request first; an error refuses it.
	Before func(*api.Request) error
	// Requests are the writes so far, "verb resource[/sub] key".
	Requests []string

	actor   *sim.Actor
	rev     int64
	names   int
	store   map[*api.Resource]*table
	watches []*watcher
}

type table struct {
	order   []string
	objects map[string]api.Object
}

type watcher struct {
	req  *api.Request
	send func([]api.WatchEvent)
}

// New makes a world with an empty API server.
func New() *Server {
	s := &Server{Sim: sim.New(sim.Config{Seed: 1}), store: map[*api.Resource]*table{}}
	s.Host = s.Sim.AddHost("control-plane-1")
	s.Manager = s.Sim.AddHost("manager")
	s.Host.Install(api.Service, func(a *sim.Actor) {
		s.actor = a
		a.Listen(api.Service, func(c *sim.Conn) { c.Handler = s })
	})
	s.Sim.RunUntil(0, 0)
	return s
}

// Start runs boot as a program with a client of its own.
func (s *Server) Start(name string, boot func(*client.Informers)) {
	s.Manager.Install(name, func(a *sim.Actor) {
		boot(client.NewInformers(client.New(a, client.Config{Servers: []*sim.Host{s.Host}, User: name, UserAgent: name})))
	})
}

// Run lets d of virtual time pass.
func (s *Server) Run(d time.Duration) { s.Sim.RunUntil(s.Sim.Now().Add(d), 0) }

// Now is the wall clock, as objects carry it.
func (s *Server) Now() metav1.Time {
	return metav1.NewTime(s.Sim.Wall(s.Sim.Now()).Truncate(time.Second))
}

func (s *Server) table(r *api.Resource) *table {
	t := s.store[r]
	if t == nil {
		t = &table{objects: map[string]api.Object{}}
		s.store[r] = t
	}
	return t
}

// Get is an object of the store, or its zero value.
func Get[T api.Object](s *Server, namespace, name string) T {
	var none T
	o, ok := s.table(api.ResourceOf(none)).objects[api.Key(namespace, name)].(T)
	if !ok {
		return none
	}
	return o
}

// List are the objects of a kind in the order of their creation.
func List[T api.Object](s *Server) []T {
	var none T
	t := s.table(api.ResourceOf(none))
	out := make([]T, len(t.order))
	for i, k := range t.order {
		out[i] = t.objects[k].(T)
	}
	return out
}

// Put creates an object, or replaces it without any rule, as a test's own hand.
func Put[T api.Object](s *Server, obj T) T {
	r := api.ResourceOf(obj)
	if old := s.table(r).objects[api.KeyOf(obj)]; old != nil {
		if obj.GetUID() == "" {
			obj.SetUID(old.GetUID())
		}
		s.put(r, obj, watch.Modified)
		return obj
	}
	s.complete(r, obj)
	s.put(r, obj, watch.Added)
	return obj
}

// Edit changes a copy of an object and stores it.
func Edit[T api.Object](s *Server, namespace, name string, fn func(T)) T {
	o := Get[T](s, namespace, name).DeepCopyObject().(T)
	fn(o)
	return Put(s, o)
}

// Remove deletes an object at once.
func Remove[T api.Object](s *Server, namespace, name string) {
	s.drop(api.ResourceOf(*new(T)), api.Key(namespace, name))
}

// Events are "reason: message" of all events, in order.
func (s *Server) Events() []string {
	var out []string
	for _, e := range List[*corev1.Event](s) {
		out = append(out, e.Reason+": "+e.Message)
	}
	return out
}

func (s *Server) complete(r *api.Resource, obj api.Object) {
	s.names++
	if obj.GetName() == "" && obj.GetGenerateName() != "" {
		obj.SetName(fmt.Sprintf("%s%05d", obj.GetGenerateName(), s.names))
	}
	if obj.GetUID() == "" {
		obj.SetUID(types.UID(fmt.Sprintf("uid-%s-%05d", r.Name, s.names)))
	}
	if obj.GetCreationTimestamp().Time.IsZero() {
		obj.SetCreationTimestamp(s.Now())
	}
	obj.SetGeneration(1)
	if p, ok := obj.(*corev1.Pod); ok && p.Status.Phase == "" {
		p.Status.Phase = corev1.PodPending
	}
}

func (s *Server) put(r *api.Resource, obj api.Object, typ watch.EventType) {
	s.rev++
	obj.SetResourceVersion(strconv.FormatInt(s.rev, 10))
	t, key := s.table(r), api.KeyOf(obj)
	if _, ok := t.objects[key]; !ok {
		t.order = append(t.order, key)
	}
	t.objects[key] = obj
	s.tell(r, api.WatchEvent{Type: typ, Object: obj})
}

func (s *Server) drop(r *api.Resource, key string) {
	t := s.table(r)
	o := t.objects[key]
	if o == nil {
		return
	}
	delete(t.objects, key)
	t.order = slices.DeleteFunc(t.order, func(k string) bool { return k == key })
	s.rev++
	last := api.Copy(o)
	last.SetResourceVersion(strconv.FormatInt(s.rev, 10))
	s.tell(r, api.WatchEvent{Type: watch.Deleted, Object: last})
}

func (s *Server) tell(r *api.Resource, e api.WatchEvent) {
	for _, w := range s.watches {
		if w.req.Resource == r && (w.req.Namespace == "" || w.req.Namespace == e.Object.GetNamespace()) {
			w.send([]api.WatchEvent{e})
		}
	}
}

// Watch implements api.Endpoint.
func (s *Server) Watch(req *api.Request, send func([]api.WatchEvent)) func() {
	w := &watcher{req, send}
	var events []api.WatchEvent
	if req.SendInitialEvents {
		t := s.table(req.Resource)
		for _, k := range t.order {
			events = append(events, api.WatchEvent{Type: watch.Added, Object: t.objects[k]})
		}
		b := req.Resource.New()
		b.SetResourceVersion(strconv.FormatInt(s.rev, 10))
		b.SetAnnotations(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
		send(append(events, api.WatchEvent{Type: watch.Bookmark, Object: b}))
	}
	s.watches = append(s.watches, w)
	return func() { s.watches = slices.DeleteFunc(s.watches, func(x *watcher) bool { return x == w }) }
}

// Serve implements api.Endpoint.
func (s *Server) Serve(req *api.Request, reply func(*api.Response)) {
	if req.Verb == api.Discover {
		reply(&api.Response{Table: api.BuiltinTable()})
		return
	}
	if req.Verb != api.Get && req.Verb != api.List && req.Resource != api.Events {
		sub := ""
		if req.Subresource != "" {
			sub = "/" + req.Subresource
		}
		s.Requests = append(s.Requests, string(req.Verb)+" "+req.Resource.Name+sub+" "+api.Key(req.Namespace, req.Name))
	}
	if s.Before != nil {
		if err := s.Before(req); err != nil {
			reply(&api.Response{Err: err})
			return
		}
	}
	obj, err := s.serve(req)
	resp := &api.Response{Object: obj, Err: err}
	if req.Verb == api.List {
		resp = s.list(req)
	}
	reply(resp)
}

func (s *Server) list(req *api.Request) *api.Response {
	resp := &api.Response{ResourceVersion: strconv.FormatInt(s.rev, 10)}
	t := s.table(req.Resource)
	for _, k := range t.order {
		o := t.objects[k]
		if (req.Namespace == "" || o.GetNamespace() == req.Namespace) &&
			(req.LabelSelector == nil || req.LabelSelector.Matches(labels.Set(o.GetLabels()))) {
			resp.Items = append(resp.Items, o)
		}
	}
	return resp
}

func (s *Server) serve(req *api.Request) (api.Object, error) {
	r := req.Resource
	t, key := s.table(r), api.Key(req.Namespace, req.Name)
	old := t.objects[key]
	switch req.Verb {
	case api.List:
		return nil, nil
	case api.Create:
		if req.Name != "" && old != nil {
			return nil, apierrors.NewAlreadyExists(r.GR(), req.Name)
		}
		obj := api.Copy(req.Object)
		s.complete(r, obj)
		s.put(r, obj, watch.Added)
		return obj, nil
	case api.DeleteCollection:
		for _, k := range slices.Clone(t.order) {
			if t.objects[k].GetNamespace() == req.Namespace {
				s.delete(r, k, req)
			}
		}
		return nil, nil
	}
	if old == nil {
		return nil, apierrors.NewNotFound(r.GR(), req.Name)
	}
	switch req.Verb {
	case api.Get:
		if req.Subresource == "scale" {
			return scaleOf(r, old)
		}
		return old, nil
	case api.Delete:
		if p := req.Preconditions; p != nil && (p.UID != nil && *p.UID != old.GetUID() ||
			p.ResourceVersion != nil && *p.ResourceVersion != old.GetResourceVersion()) {
			return nil, apierrors.NewConflict(r.GR(), req.Name, fmt.Errorf("precondition failed"))
		}
		s.delete(r, key, req)
		return old, nil
	case api.Patch:
		obj := api.Copy(old)
		if !req.Mutate(obj) {
			return old, nil
		}
		return s.update(r, req.Subresource, old, obj), nil
	}
	obj := api.Copy(req.Object)
	if sc, ok := obj.(*autoscalingv1.Scale); ok {
		return s.setScale(r, old, sc)
	}
	if v := obj.GetResourceVersion(); v != "" && v != old.GetResourceVersion() {
		return nil, apierrors.NewConflict(r.GR(), req.Name, fmt.Errorf("the object has been modified"))
	}
	return s.update(r, req.Subresource, old, obj), nil
}

// update stores obj, taking from old what the subresource may not touch. An object without finalizers that waits for
// its deletion goes.
func (s *Server) update(r *api.Resource, sub string, old, obj api.Object) api.Object {
	o, n := reflect.ValueOf(old).Elem(), reflect.ValueOf(obj).Elem()
	spec, status := n.FieldByName("Spec"), n.FieldByName("Status")
	switch {
	case sub == "status" && spec.IsValid():
		spec.Set(o.FieldByName("Spec"))
	case sub == "" && status.IsValid() && slices.Contains(r.Subresources, "status"):
		status.Set(o.FieldByName("Status"))
	}
	obj.SetUID(old.GetUID())
	obj.SetGeneration(old.GetGeneration())
	if spec.IsValid() && !reflect.DeepEqual(spec.Interface(), o.FieldByName("Spec").Interface()) {
		obj.SetGeneration(old.GetGeneration() + 1)
	}
	if es, ok := obj.(*discoveryv1.EndpointSlice); ok {
		was := old.(*discoveryv1.EndpointSlice)
		if !reflect.DeepEqual(es.Endpoints, was.Endpoints) || !reflect.DeepEqual(es.Ports, was.Ports) {
			obj.SetGeneration(old.GetGeneration() + 1)
		}
	}
	waits := len(obj.GetFinalizers()) > 0
	if ns, ok := obj.(*corev1.Namespace); ok {
		waits = waits || len(ns.Spec.Finalizers) > 0
	}
	if p, ok := obj.(*corev1.Pod); ok && p.DeletionGracePeriodSeconds != nil && *p.DeletionGracePeriodSeconds > 0 {
		waits = true
	}
	if obj.GetDeletionTimestamp() != nil && !waits {
		s.drop(r, api.KeyOf(obj))
		return obj
	}
	s.put(r, obj, watch.Modified)
	return obj
}

func (s *Server) delete(r *api.Resource, key string, req *api.Request) {
	old := s.table(r).objects[key]
	obj := api.Copy(old)
	fin := slices.Clone(old.GetFinalizers())
	add := func(f string) {
		if !slices.Contains(fin, f) {
			fin = append(fin, f)
		}
	}
	if req.Propagation != nil {
		switch *req.Propagation {
		case metav1.DeletePropagationForeground:
			add(metav1.FinalizerDeleteDependents)
		case metav1.DeletePropagationOrphan:
			add(metav1.FinalizerOrphanDependents)
		}
	}
	waits := len(fin) > 0
	zero := int64(0)
	grace := &zero
	switch o := obj.(type) {
	case *corev1.Pod:
		if req.GracePeriodSeconds != nil {
			grace = req.GracePeriodSeconds
		} else if o.Spec.NodeName != "" {
			g := int64(30)
			grace = &g
		}
		waits = waits || *grace > 0
	case *corev1.Namespace:
		waits = waits || len(o.Spec.Finalizers) > 0
		o.Status.Phase = corev1.NamespaceTerminating
	}
	if !waits {
		s.drop(r, key)
		return
	}
	if old.GetDeletionTimestamp() != nil && slices.Equal(fin, old.GetFinalizers()) {
		return
	}
	obj.SetFinalizers(fin)
	if old.GetDeletionTimestamp() == nil {
		at := metav1.NewTime(s.Now().Add(time.Duration(*grace) * time.Second))
		obj.SetDeletionTimestamp(&at)
		obj.SetDeletionGracePeriodSeconds(grace)
	}
	s.put(r, obj, watch.Modified)
}
