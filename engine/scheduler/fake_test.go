package scheduler_test

import (
	"fmt"
	"sort"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/scheduler"
	"tabernetes/engine/sim"
)

// fakeAPI is an API server in memory: it stores, watches and binds, and has no opinions.
type fakeAPI struct {
	a        *sim.Actor
	rev      int64
	objects  map[*api.Resource]map[string]api.Object
	watchers []*watcher
	// refuse, if set, fails a request.
	refuse   func(*api.Request) error
	bindings []string
	grace    time.Duration // until a deleted pod is gone; 0: at once
}

type watcher struct {
	r    *api.Resource
	send func([]api.WatchEvent)
}

func (f *fakeAPI) put(r *api.Resource, o api.Object) {
	if f.objects[r] == nil {
		f.objects[r] = map[string]api.Object{}
	}
	key := api.KeyOf(o)
	old := f.objects[r][key]
	f.rev++
	o.SetResourceVersion(strconv.FormatInt(f.rev, 10))
	f.objects[r][key] = o
	typ := watch.Modified
	if old == nil {
		typ = watch.Added
		if o.GetUID() == "" {
			o.SetUID(types.UID(fmt.Sprintf("uid-%d", f.rev)))
		}
	}
	f.tell(r, api.WatchEvent{Type: typ, Object: o})
}

func (f *fakeAPI) remove(r *api.Resource, key string) {
	o := f.objects[r][key]
	delete(f.objects[r], key)
	f.rev++
	f.tell(r, api.WatchEvent{Type: watch.Deleted, Object: o})
}

func (f *fakeAPI) tell(r *api.Resource, e api.WatchEvent) {
	for _, w := range f.watchers {
		if w.r == r {
			w.send([]api.WatchEvent{e})
		}
	}
}

func (f *fakeAPI) Serve(req *api.Request, reply func(*api.Response)) {
	if f.refuse != nil {
		if err := f.refuse(req); err != nil {
			reply(&api.Response{Err: err})
			return
		}
	}
	key := api.Key(req.Namespace, req.Name)
	old := f.objects[req.Resource][key]
	if old == nil && (req.Verb != api.Create || req.Subresource != "") {
		reply(&api.Response{Err: apierrors.NewNotFound(req.Resource.GR(), req.Name)})
		return
	}
	switch {
	case req.Subresource == "binding":
		p := api.Copy(old.(*corev1.Pod))
		p.Spec.NodeName = req.Object.(*corev1.Binding).Target.Name
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}}
		f.bindings = append(f.bindings, p.Name+" "+p.Spec.NodeName)
		f.put(req.Resource, p)
	case req.Verb == api.Create, req.Verb == api.Update:
		f.put(req.Resource, req.Object)
	case req.Verb == api.Patch:
		o := api.Copy(old)
		if req.Mutate(o) {
			f.put(req.Resource, o)
		}
	case req.Verb == api.Delete:
		if f.grace == 0 {
			f.remove(req.Resource, key)
			break
		}
		p := api.Copy(old.(*corev1.Pod))
		p.DeletionTimestamp = &metav1.Time{Time: f.a.Wall()}
		f.put(req.Resource, p)
		f.a.After(f.grace, "gone", func() { f.remove(req.Resource, key) })
	}
	reply(&api.Response{Object: f.objects[req.Resource][key]})
}

func (f *fakeAPI) Watch(req *api.Request, send func([]api.WatchEvent)) func() {
	var events []api.WatchEvent
	keys := make([]string, 0)
	for k := range f.objects[req.Resource] {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		events = append(events, api.WatchEvent{Type: watch.Added, Object: f.objects[req.Resource][k]})
	}
	mark := req.Resource.New()
	mark.SetAnnotations(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
	send(append(events, api.WatchEvent{Type: watch.Bookmark, Object: mark}))
	w := &watcher{req.Resource, send}
	f.watchers = append(f.watchers, w)
	return func() { w.send = func([]api.WatchEvent) {} }
}

// rig is a scheduler with a fake API server on one machine.
type rig struct {
	t *testing.T
	s *sim.Sim
	f *fakeAPI
	k *scheduler.Scheduler
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, s: sim.New(sim.Config{Seed: 1}), f: &fakeAPI{objects: map[*api.Resource]map[string]api.Object{}}}
	h := r.s.AddHost("cp-1")
	h.Install("kube-apiserver", func(a *sim.Actor) {
		r.f.a = a
		a.Listen(api.Service, func(c *sim.Conn) { c.Handler = r.f })
	})
	h.Install("kube-scheduler", func(a *sim.Actor) {
		r.k = scheduler.Run(a, client.Config{Servers: []*sim.Host{h}, User: "system:kube-scheduler"}, scheduler.Options{})
	})
	r.run(10 * time.Millisecond)
	return r
}

func (r *rig) run(d time.Duration) { r.s.RunUntil(r.s.Now().Add(d), 0) }

func node(name, cpu, mem string, mod ...func(*corev1.Node)) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelHostname: name}}}
	n.Status.Allocatable = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu),
		corev1.ResourceMemory: resource.MustParse(mem), corev1.ResourcePods: resource.MustParse("110")}
	for _, fn := range mod {
		fn(n)
	}
	return n
}

func pod(name, cpu string, mod ...func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}}
	p.Spec.SchedulerName = corev1.DefaultSchedulerName
	c := corev1.Container{Name: "c", Image: "nginx"}
	if cpu != "" {
		c.Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu)}
	}
	p.Spec.Containers = []corev1.Container{c}
	for _, fn := range mod {
		fn(p)
	}
	return p
}

func priority(n int32) func(*corev1.Pod) { return func(p *corev1.Pod) { p.Spec.Priority = &n } }

func on(name string) func(*corev1.Pod) { return func(p *corev1.Pod) { p.Spec.NodeName = name } }

func taint(key string, effect corev1.TaintEffect) func(*corev1.Node) {
	return func(n *corev1.Node) { n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: key, Effect: effect}) }
}

func (r *rig) nodes(ns ...*corev1.Node) {
	for _, n := range ns {
		r.f.put(api.Nodes, n)
	}
	r.run(5 * time.Millisecond)
}

func (r *rig) add(ps ...*corev1.Pod) {
	for _, p := range ps {
		r.f.put(api.Pods, p)
	}
}

func (r *rig) pod(name string) *corev1.Pod {
	p, _ := r.f.objects[api.Pods]["default/"+name].(*corev1.Pod)
	return p
}

func (r *rig) nodeOf(name string) string {
	if p := r.pod(name); p != nil {
		return p.Spec.NodeName
	}
	return "(gone)"
}

func (r *rig) condition(name string) corev1.PodCondition {
	for _, c := range r.pod(name).Status.Conditions {
		if c.Type == corev1.PodScheduled {
			return c
		}
	}
	return corev1.PodCondition{}
}

// events lists "Reason: message" of the events about a pod.
func (r *rig) events(name string) []string {
	var out []string
	for _, o := range r.f.objects[api.Events] {
		if e := o.(*corev1.Event); e.InvolvedObject.Name == name {
			out = append(out, e.Reason+": "+e.Message)
		}
	}
	sort.Strings(out)
	return out
}

func (r *rig) decision(name string) *scheduler.Decision {
	for rec := r.s.Journal.Newest("pods/default/" + name); rec != nil; rec = r.s.Journal.Before(rec) {
		if d, ok := rec.Data.(*scheduler.Decision); ok {
			return d
		}
	}
	return nil
}
