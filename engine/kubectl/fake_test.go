package kubectl

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
	"tabernetes/engine/api/patch"
	"tabernetes/engine/sim"
)

// fake is an API server with a store and no admission.
type fake struct {
	a       *sim.Actor
	rev     int64
	objects map[*api.Resource]map[string]api.Object
	watches []*fakeWatch
	// linger keeps pods with a grace period for that long after their deletion.
	linger bool
	// evictions refuse this many times with 429 first.
	refuse int
	logs   map[string]string
}

type fakeWatch struct {
	req  *api.Request
	send func([]api.WatchEvent)
	dead bool
}

func (f *fake) match(req *api.Request, o api.Object) bool {
	return (req.Namespace == "" || req.Namespace == o.GetNamespace()) &&
		(req.LabelSelector == nil || req.LabelSelector.Matches(labels.Set(o.GetLabels()))) &&
		(req.FieldSelector == nil || req.Resource.MatchesFields(o, req.FieldSelector))
}

func (f *fake) Watch(req *api.Request, send func([]api.WatchEvent)) func() {
	w := &fakeWatch{req, send, false}
	f.watches = append(f.watches, w)
	return func() { w.dead = true }
}

// put stores an object and tells the watchers.
func (f *fake) put(r *api.Resource, o api.Object) api.Object {
	f.rev++
	o.SetResourceVersion(strconv.FormatInt(f.rev, 10))
	m := f.objects[r]
	if m == nil {
		m = map[string]api.Object{}
		f.objects[r] = m
	}
	old, existed := m[api.KeyOf(o)]
	m[api.KeyOf(o)] = o
	typ := watch.Added
	if existed {
		typ = watch.Modified
	}
	f.tell(r, typ, old, o)
	return o
}

func (f *fake) tell(r *api.Resource, typ watch.EventType, old, o api.Object) {
	for _, w := range f.watches {
		if w.dead || w.req.Resource != r || !f.match(w.req, o) {
			continue
		}
		w.send([]api.WatchEvent{{Type: typ, Object: o}})
	}
}

func (f *fake) remove(r *api.Resource, key string) {
	if o, ok := f.objects[r][key]; ok {
		delete(f.objects[r], key)
		f.rev++
		f.tell(r, watch.Deleted, nil, o)
	}
}

func (f *fake) list(req *api.Request) []api.Object {
	var out []api.Object
	for _, o := range f.objects[req.Resource] {
		if f.match(req, o) {
			out = append(out, o)
		}
	}
	sort.Slice(out, func(i, j int) bool { return api.KeyOf(out[i]) < api.KeyOf(out[j]) })
	return out
}

func (f *fake) create(req *api.Request, o api.Object) (api.Object, error) {
	if o.GetName() == "" {
		return nil, apierrors.NewBadRequest("name or generateName is required")
	}
	if req.Resource.Namespaced {
		if f.objects[api.Namespaces][req.Namespace] == nil {
			return nil, apierrors.NewNotFound(api.Namespaces.GR(), req.Namespace)
		}
		o.SetNamespace(req.Namespace)
	}
	if f.objects[req.Resource][api.KeyOf(o)] != nil {
		return nil, apierrors.NewAlreadyExists(req.Resource.GR(), o.GetName())
	}
	if req.DryRun {
		return o, nil
	}
	o.SetUID(types.UID(fmt.Sprintf("uid-%d", f.rev+1)))
	o.SetCreationTimestamp(metav1.NewTime(f.a.Wall().Truncate(1e9)))
	o.SetGeneration(1)
	return f.put(req.Resource, o), nil
}

func (f *fake) Serve(req *api.Request, reply func(*api.Response)) {
	if req.Verb == api.Discover {
		reply(&api.Response{Table: api.BuiltinTable()})
		return
	}
	key := api.Key(req.Namespace, req.Name)
	if !req.Resource.Namespaced {
		key = req.Name
	}
	have := f.objects[req.Resource][key]
	if have == nil && req.Verb != api.List && req.Verb != api.Create {
		reply(&api.Response{Err: apierrors.NewNotFound(req.Resource.GR(), req.Name)})
		return
	}
	switch {
	case req.Subresource == "eviction":
		if f.refuse > 0 {
			f.refuse--
			reply(&api.Response{Err: apierrors.NewTooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0)})
			return
		}
		f.a.After(2e9, "gone", func() { f.remove(req.Resource, key) })
		reply(&api.Response{})
	case req.Subresource == "log":
		reply(&api.Response{Text: f.logs[req.Name]})
	case req.Subresource == "scale":
		n := req.Object.(*autoscalingv1.Scale).Spec.Replicas
		o := api.Copy(have)
		switch d := o.(type) {
		case *appsv1.Deployment:
			d.Spec.Replicas = &n
		case *appsv1.StatefulSet:
			d.Spec.Replicas = &n
		case *corev1.ReplicationController:
			d.Spec.Replicas = &n
		}
		o.SetGeneration(o.GetGeneration() + 1)
		f.put(req.Resource, o)
		reply(&api.Response{Object: req.Object})
	case req.Verb == api.Get:
		reply(&api.Response{Object: have})
	case req.Verb == api.List:
		reply(&api.Response{Items: f.list(req), ResourceVersion: strconv.FormatInt(f.rev, 10)})
	case req.Verb == api.Create:
		o, err := f.create(req, req.Object)
		reply(&api.Response{Object: o, Err: err})
	case req.Verb == api.Update:
		if rv := req.Object.GetResourceVersion(); rv != "" && rv != have.GetResourceVersion() {
			reply(&api.Response{Err: apierrors.NewConflict(req.Resource.GR(), req.Name, fmt.Errorf("the object has been modified; please apply your changes to the latest version and try again"))})
			return
		}
		reply(&api.Response{Object: f.put(req.Resource, req.Object)})
	case req.Verb == api.Patch:
		in := api.Copy(have)
		in.GetObjectKind().SetGroupVersionKind(req.Resource.GVK())
		if req.PatchType == types.ApplyPatchType {
			reply(&api.Response{Err: apierrors.NewGenericServerResponse(415, "patch", req.Resource.GR(), req.Name, "", 0, true)})
			return
		}
		out, warnings, err := patch.Apply(req.PatchType, in, req.Patch, req.FieldValidation)
		if err != nil {
			reply(&api.Response{Err: err})
			return
		}
		o := out.(api.Object)
		if !req.DryRun {
			f.put(req.Resource, o)
		}
		reply(&api.Response{Object: o, Warnings: warnings})
	case req.Verb == api.Delete:
		if req.DryRun {
			reply(&api.Response{Object: have})
			return
		}
		if _, ok := have.(*corev1.Pod); ok && f.linger && (req.GracePeriodSeconds == nil || *req.GracePeriodSeconds > 0) {
			f.a.After(30e9, "gone", func() { f.remove(req.Resource, key) })
			reply(&api.Response{Object: have})
			return
		}
		f.remove(req.Resource, key)
		reply(&api.Response{Object: have})
	default:
		reply(&api.Response{Err: apierrors.NewMethodNotSupported(req.Resource.GR(), string(req.Verb)+strings.TrimPrefix(req.Subresource, ""))})
	}
}
