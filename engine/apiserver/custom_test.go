package apiserver_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/apiregistration"
	"tabernetes/engine/api/manifest"
)

const widgets = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget, shortNames: [wd], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas, labelSelectorPath: .status.selector}}
    selectableFields: [{jsonPath: .spec.color}]
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema: &schema
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, maximum: 10}
              color: {type: string, enum: [red, blue], default: red}
              replicas: {type: integer}
              port: {x-kubernetes-int-or-string: true}
              parts: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, required: [name], properties: {name: {type: string}, count: {type: integer}}}}
          status:
            type: object
            properties: {replicas: {type: integer}, selector: {type: string}}
  - name: v1beta1
    served: true
    storage: false
    deprecated: true
    schema: *schema
`

func decode(t testing.TB, r *api.Resource, text string) api.Object {
	t.Helper()
	docs, err := manifest.Split([]byte(text))
	require.NoError(t, err)
	o := r.New()
	_, err = manifest.Decode(docs[0], o, false)
	require.NoError(t, err)
	return o
}

// define makes a kind and returns the row of its version.
func (w *world) define(text, version string) *api.Resource {
	w.t.Helper()
	crd := decode(w.t, api.CustomResourceDefinitions, text).(*apiextensions.CustomResourceDefinition)
	require.NoError(w.t, w.do(&api.Request{Verb: api.Create, Resource: api.CustomResourceDefinitions, Object: crd}).Err)
	w.run(time.Second)
	r := w.table().ByGVK(crdGVK(crd, version))
	require.NotNil(w.t, r)
	return r
}

func crdGVK(crd *apiextensions.CustomResourceDefinition, version string) (k struct{ Group, Version, Kind string }) {
	k.Group, k.Version, k.Kind = crd.Spec.Group, version, crd.Spec.Names.Kind
	return k
}

func (w *world) table() *api.Table {
	return w.do(&api.Request{Verb: api.Discover, Resource: api.Discovery}).Table
}

func widget(t testing.TB, r *api.Resource, spec string) api.Object {
	return decode(t, r, "apiVersion: "+r.APIVersion()+"\nkind: Widget\nmetadata: {name: w}\nspec: "+spec)
}

func TestCustomResource(t *testing.T) {
	w := newWorld(t)
	v1 := w.define(widgets, "v1")
	got := w.do(&api.Request{Verb: api.Get, Resource: api.CustomResourceDefinitions, Name: "widgets.example.com"}).Object.(*apiextensions.CustomResourceDefinition)
	var conditions []string
	for _, c := range got.Status.Conditions {
		conditions = append(conditions, string(c.Type)+"="+string(c.Status)+" "+c.Reason+": "+c.Message)
	}
	require.Equal(t, []string{"NamesAccepted=True NoConflicts: no conflicts found", "Established=True InitialNamesAccepted: the initial names have been accepted"}, conditions)
	require.Equal(t, []string{"v1"}, got.Status.StoredVersions)
	require.Equal(t, "WidgetList", got.Spec.Names.ListKind)
	require.Equal(t, v1, w.table().ByName("wd"))

	create := func(r *api.Resource, spec string) *api.Response {
		return w.do(&api.Request{Verb: api.Create, Resource: r, Namespace: "default", Object: widget(t, r, spec)})
	}
	bad := create(v1, "{size: 99, color: green}")
	require.EqualError(t, bad.Err, `Widget.example.com "w" is invalid: [spec.color: Unsupported value: "green": supported values: "red", "blue", spec.size: Invalid value: 99: spec.size in body should be less than or equal to 10]`)
	require.EqualError(t, create(v1, "{color: red}").Err, `Widget.example.com "w" is invalid: spec.size: Required value`)
	require.EqualError(t, create(v1, "{size: x}").Err, `Widget.example.com "w" is invalid: spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"`)
	require.EqualError(t, create(v1, "{size: 1, parts: [{name: a}, {name: a}]}").Err, `Widget.example.com "w" is invalid: spec.parts[1]: Duplicate value: {"name":"a"}`)

	ok := create(v1, "{size: 3, port: http, extra: 1}")
	require.NoError(t, ok.Err)
	o := ok.Object.(*api.Custom)
	require.Equal(t, map[string]any{"size": int64(3), "color": "red", "port": "http"}, o.Content["spec"])
	require.EqualValues(t, 1, o.Generation)

	v1beta1 := w.table().ByGVK(crdGVK(got, "v1beta1"))
	old := w.do(&api.Request{Verb: api.Get, Resource: v1beta1, Namespace: "default", Name: "w"})
	require.NoError(t, old.Err)
	require.Equal(t, "example.com/v1beta1", old.Object.(*api.Custom).Full()["apiVersion"])
	require.Equal(t, []string{"example.com/v1beta1 Widget is deprecated"}, old.Warnings)

	patch := func(r *api.Resource, sub string, typ types.PatchType, doc string) *api.Response {
		return w.do(&api.Request{Verb: api.Patch, Resource: r, Subresource: sub, Namespace: "default", Name: "w", PatchType: typ, Patch: []byte(doc), FieldValidation: "Strict"})
	}
	p := patch(v1beta1, "", types.MergePatchType, `{"spec":{"size":4}}`)
	require.NoError(t, p.Err)
	require.EqualValues(t, 2, p.Object.GetGeneration())
	require.ErrorContains(t, patch(v1, "", types.MergePatchType, `{"spec":{"sise":4}}`).Err, `strict decoding error: unknown field "spec.sise"`)
	require.EqualValues(t, 415, apierrors.APIStatus.Status(patch(v1, "", types.StrategicMergePatchType, `{}`).Err.(apierrors.APIStatus)).Code)
	require.ErrorContains(t, patch(v1, "", types.JSONPatchType, `[{"op":"replace","path":"/spec/size","value":11}]`).Err, "should be less than or equal to 10")

	st := patch(v1, "status", types.MergePatchType, `{"spec":{"size":9},"status":{"replicas":2,"selector":"a=b"}}`)
	require.NoError(t, st.Err)
	require.EqualValues(t, 2, st.Object.GetGeneration())
	require.Equal(t, int64(4), st.Object.(*api.Custom).Content["spec"].(map[string]any)["size"])
	require.ErrorContains(t, patch(v1, "scale", types.MergePatchType, `{"metadata":{"labels":{"a":"b"}}}`).Err, `the spec replicas field ".spec.replicas" cannot be empty`)
	sc := patch(v1, "scale", types.MergePatchType, `{"spec":{"replicas":5}}`)
	require.NoError(t, sc.Err)
	require.Equal(t, autoscalingv1.ScaleStatus{Replicas: 2, Selector: "a=b"}, sc.Object.(*autoscalingv1.Scale).Status)
	require.EqualValues(t, 5, sc.Object.(*autoscalingv1.Scale).Spec.Replicas)

	list := func(r *api.Resource, sel string) int {
		resp := w.do(&api.Request{Verb: api.List, Resource: r, FieldSelector: fields.ParseSelectorOrDie(sel)})
		require.NoError(t, resp.Err)
		return len(resp.Items)
	}
	require.Equal(t, 1, list(v1, "spec.color=red"))
	require.Equal(t, 0, list(v1, "spec.color=blue"))

	services := w.do(&api.Request{Verb: api.Get, Resource: api.APIServices, Name: "v1.example.com"})
	require.NoError(t, services.Err)
	s := services.Object.(*apiregistration.APIService)
	require.EqualValues(t, 1000, s.Spec.GroupPriorityMinimum)
	require.Equal(t, "Local APIServices are always available", s.Status.Conditions[0].Message)

	// The definition changes: what is stored is shown as the new one says, and watches end.
	ended := ""
	var events []string
	w.s.Do(func() {
		w.c.Watch(&api.Request{Resource: v1beta1, ResourceVersion: "0"}, func(ev []api.WatchEvent) {
			for _, e := range ev {
				events = append(events, string(e.Type)+" "+e.Object.(*api.Custom).Resource.Version)
			}
		}, func(err error) { ended = err.Error() })
	})
	w.run(time.Second)
	require.Equal(t, []string{string(watch.Added) + " v1beta1"}, events)
	crd := w.do(&api.Request{Verb: api.Patch, Resource: api.CustomResourceDefinitions, Name: "widgets.example.com", PatchType: types.JSONPatchType,
		Patch: []byte(`[{"op":"remove","path":"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/port"}]`)})
	require.NoError(t, crd.Err)
	w.run(time.Second)
	require.NotEmpty(t, ended)
	now := w.do(&api.Request{Verb: api.Get, Resource: v1, Namespace: "default", Name: "w"})
	require.NoError(t, now.Err)
	require.NotContains(t, now.Object.(*api.Custom).Content["spec"], "port")

	// Gone with its objects.
	keep := now.Object.(*api.Custom)
	del := w.do(&api.Request{Verb: api.Delete, Resource: api.CustomResourceDefinitions, Name: "widgets.example.com"})
	require.NoError(t, del.Err)
	require.Equal(t, []string{apiextensions.CleanupFinalizer}, del.Object.GetFinalizers())
	require.NotNil(t, keep)
	w.run(10 * time.Second)
	require.True(t, apierrors.IsNotFound(w.do(&api.Request{Verb: api.Get, Resource: api.CustomResourceDefinitions, Name: "widgets.example.com"}).Err))
	require.EqualError(t, w.do(&api.Request{Verb: api.List, Resource: v1}).Err, "the server could not find the requested resource")
	require.Nil(t, w.table().ByName("widgets"))
	require.True(t, apierrors.IsNotFound(w.do(&api.Request{Verb: api.Get, Resource: api.APIServices, Name: "v1.example.com"}).Err))
}

func TestNamesConflict(t *testing.T) {
	w := newWorld(t)
	w.define(widgets, "v1")
	other := decode(t, api.CustomResourceDefinitions, widgets).(*apiextensions.CustomResourceDefinition)
	other.Name, other.Spec.Names.Plural, other.Spec.Names.Singular = "wodgets.example.com", "wodgets", "wodget"
	require.NoError(t, w.do(&api.Request{Verb: api.Create, Resource: api.CustomResourceDefinitions, Object: other}).Err)
	w.run(time.Second)
	get := func() *apiextensions.CustomResourceDefinition {
		return w.do(&api.Request{Verb: api.Get, Resource: api.CustomResourceDefinitions, Name: "wodgets.example.com"}).Object.(*apiextensions.CustomResourceDefinition)
	}
	c := get().Condition(apiextensions.NamesAccepted)
	require.Equal(t, `ListKindConflict "WidgetList" is already in use`, c.Reason+" "+c.Message)
	require.False(t, get().Is(apiextensions.Established))
	require.NoError(t, w.do(&api.Request{Verb: api.Delete, Resource: api.CustomResourceDefinitions, Name: "widgets.example.com"}).Err)
	w.run(10 * time.Second)
	require.True(t, get().Is(apiextensions.Established))
}

func TestVersionsOfAutoscalers(t *testing.T) {
	w := newWorld(t)
	n := int32(1)
	hpa := &autoscalingv1.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: autoscalingv1.HorizontalPodAutoscalerSpec{
		ScaleTargetRef: autoscalingv1.CrossVersionObjectReference{Kind: "Deployment", Name: "web", APIVersion: "apps/v1"}, MinReplicas: &n, MaxReplicas: 3, TargetCPUUtilizationPercentage: &n}}
	r := w.do(&api.Request{Verb: api.Create, Resource: api.HorizontalPodAutoscalersV1, Namespace: "default", Object: hpa})
	require.NoError(t, r.Err)
	require.IsType(t, hpa, r.Object)
	p := w.do(&api.Request{Verb: api.Patch, Resource: api.HorizontalPodAutoscalersV1, Namespace: "default", Name: "a", PatchType: types.MergePatchType, Patch: []byte(`{"spec":{"targetCPUUtilizationPercentage":70}}`)})
	require.NoError(t, p.Err)
	require.EqualValues(t, 70, *p.Object.(*autoscalingv1.HorizontalPodAutoscaler).Spec.TargetCPUUtilizationPercentage)
	l := w.do(&api.Request{Verb: api.List, Resource: api.HorizontalPodAutoscalers})
	require.Len(t, l.Items, 1)
	require.Equal(t, api.HorizontalPodAutoscalers, api.ResourceOf(l.Items[0]))
}

// TestRemoteAPIService: what somebody else would serve is stored and shown as not available.
func TestRemoteAPIService(t *testing.T) {
	w := newWorld(t)
	remote := func(name string, priority int32) *apiregistration.APIService {
		return &apiregistration.APIService{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: apiregistration.APIServiceSpec{
			Group: "metrics.example.com", Version: "v1", GroupPriorityMinimum: priority, VersionPriority: 15,
			Service: &apiregistration.ServiceReference{Namespace: "kube-system", Name: "metrics"},
		}}
	}
	create := func(o *apiregistration.APIService) *api.Response {
		return w.do(&api.Request{Verb: api.Create, Resource: api.APIServices, Object: o})
	}
	require.EqualError(t, create(remote("v1.other.example.com", 100)).Err, "APIService.apiregistration.k8s.io \"v1.other.example.com\" is invalid: metadata.name: Invalid value: \"v1.other.example.com\": must be `spec.version+\".\"+spec.group`: \"v1.metrics.example.com\"")
	require.EqualError(t, create(remote("v1.metrics.example.com", 0)).Err, `APIService.apiregistration.k8s.io "v1.metrics.example.com" is invalid: spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000`)
	r := create(remote("v1.metrics.example.com", 100))
	require.NoError(t, r.Err)
	s := r.Object.(*apiregistration.APIService)
	require.EqualValues(t, 443, *s.Spec.Service.Port)
	require.Empty(t, s.Status.Conditions)
	w.run(5 * time.Second)
	r = w.do(&api.Request{Verb: api.Get, Resource: api.APIServices, Name: "v1.metrics.example.com"})
	require.NoError(t, r.Err, "it is not the server's to remove")
	cond := r.Object.(*apiregistration.APIService).Status.Conditions[0]
	require.Equal(t, apiregistration.ConditionFalse, cond.Status)
	require.Equal(t, "ServiceNotFound", cond.Reason)
	require.Equal(t, `service/metrics in "kube-system" is not present`, cond.Message)

	list := w.do(&api.Request{Verb: api.List, Resource: api.APIServices})
	require.NoError(t, list.Err)
	var local []string
	for _, o := range list.Items {
		if o.GetLabels()[apiregistration.AutomanagedLabel] == "onstart" {
			local = append(local, o.GetName())
		}
	}
	require.Contains(t, local, "v1.")
	require.Contains(t, local, "v2.autoscaling")
	require.Contains(t, local, "v1.apiextensions.k8s.io")
	require.NotContains(t, local, "v1.apiregistration.k8s.io")
}

// TestCustomObjectsAreObjects: a delete of all objects, a generated name, finalizers and preconditions are as for any kind.
func TestCustomObjectsAreObjects(t *testing.T) {
	w := newWorld(t)
	v1 := w.define(widgets, "v1")
	o := widget(t, v1, "{size: 1}").(*api.Custom)
	o.Name, o.GenerateName, o.Finalizers = "", "w-", []string{"example.com/hold", "bare"}
	r := w.do(&api.Request{Verb: api.Create, Resource: v1, Namespace: "default", Object: o})
	require.NoError(t, r.Err)
	require.Equal(t, []string{`metadata.finalizers: "bare": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`}, r.Warnings)
	name := r.Object.GetName()
	require.Regexp(t, "^w-[a-z0-9]{5}$", name)
	rev := "1"
	del := w.do(&api.Request{Verb: api.Delete, Resource: v1, Namespace: "default", Name: name, Preconditions: &metav1.Preconditions{ResourceVersion: &rev}})
	require.True(t, apierrors.IsConflict(del.Err))
	require.NoError(t, w.do(&api.Request{Verb: api.DeleteCollection, Resource: v1, Namespace: "default"}).Err)
	got := w.do(&api.Request{Verb: api.Get, Resource: v1, Namespace: "default", Name: name})
	require.NotNil(t, got.Object.GetDeletionTimestamp())
	p := w.do(&api.Request{Verb: api.Patch, Resource: v1, Namespace: "default", Name: name, PatchType: types.MergePatchType, Patch: []byte(`{"metadata":{"finalizers":null}}`)})
	require.NoError(t, p.Err)
	require.True(t, apierrors.IsNotFound(w.do(&api.Request{Verb: api.Get, Resource: v1, Namespace: "default", Name: name}).Err))
	require.EqualError(t, w.do(&api.Request{Verb: api.Create, Resource: v1, Namespace: "nowhere", Object: widget(t, v1, "{size: 1}")}).Err, `namespaces "nowhere" not found`)
	dry := w.do(&api.Request{Verb: api.Create, Resource: v1, Namespace: "default", Object: widget(t, v1, "{size: 1}"), DryRun: true})
	require.NoError(t, dry.Err)
	require.Empty(t, w.do(&api.Request{Verb: api.List, Resource: v1}).Items)

	// An update with a resourceVersion that is old conflicts; one that changes nothing writes nothing.
	made := w.do(&api.Request{Verb: api.Create, Resource: v1, Namespace: "default", Object: widget(t, v1, "{size: 1}")})
	require.NoError(t, made.Err)
	before := made.Object.GetResourceVersion()
	same := w.do(&api.Request{Verb: api.Patch, Resource: v1, Namespace: "default", Name: "w", PatchType: types.MergePatchType, Patch: []byte(`{"spec":{"size":1}}`)})
	require.NoError(t, same.Err)
	require.Equal(t, before, same.Object.GetResourceVersion())
	next := widget(t, v1, "{size: 2}")
	next.SetResourceVersion("1")
	put := w.do(&api.Request{Verb: api.Update, Resource: v1, Namespace: "default", Name: "w", Object: next})
	require.True(t, apierrors.IsConflict(put.Err))
	require.EqualError(t, put.Err, `Operation cannot be fulfilled on widgets.example.com "w": the object has been modified; please apply your changes to the latest version and try again`)
	require.EqualError(t, w.do(&api.Request{Verb: api.Update, Resource: v1, Namespace: "default", Name: "w", Object: widget(t, v1, "{size: 2}")}).Err,
		`widgets.example.com "w" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`)
}

func TestApprovalOfDefinitions(t *testing.T) {
	w := newWorld(t)
	crd := decode(t, api.CustomResourceDefinitions, widgets).(*apiextensions.CustomResourceDefinition)
	crd.Name, crd.Spec.Group = "widgets.x.k8s.io", "x.k8s.io"
	crd.Annotations = map[string]string{apiextensions.APIApprovedAnnotation: "https://github.com/kubernetes/enhancements/pull/1"}
	require.NoError(t, w.do(&api.Request{Verb: api.Create, Resource: api.CustomResourceDefinitions, Object: crd}).Err)
	w.run(time.Second)
	got := w.do(&api.Request{Verb: api.Get, Resource: api.CustomResourceDefinitions, Name: crd.Name}).Object.(*apiextensions.CustomResourceDefinition)
	require.True(t, got.Is(apiextensions.Established))
	c := got.Condition(apiextensions.APIApprovalPolicyConformant)
	require.Equal(t, "True ApprovedAnnotation approved in https://github.com/kubernetes/enhancements/pull/1", string(c.Status)+" "+c.Reason+" "+c.Message)
}
