package apiserver_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/fieldmanager"
)

const applyText = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":3,"selector":{"matchLabels":{"app":"web"}},
"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"nginx:1"}]}}}}`

func applyRequest(manager, text string) *api.Request {
	return &api.Request{Verb: api.Patch, Resource: api.Deployments, Namespace: "default", Name: "web", PatchType: types.ApplyPatchType, Patch: []byte(text), FieldManager: manager}
}

// shown are an object's managers as a client sees them: "manager operation subresource".
func shown(r *api.Resource, o api.Object) []string {
	var out []string
	for _, e := range fieldmanager.New().Shown(r, o).GetManagedFields() {
		out = append(out, strings.TrimSpace(e.Manager+" "+string(e.Operation)+" "+e.Subresource))
	}
	return out
}

func TestServerSideApply(t *testing.T) {
	w := newWorld(t)
	r := applyRequest("kubectl", applyText)
	r.DryRun = true
	resp := w.do(r)
	require.NoError(t, resp.Err)
	require.True(t, resp.Created)
	require.True(t, apierrors.IsNotFound(w.do(&api.Request{Verb: api.Get, Resource: api.Deployments, Namespace: "default", Name: "web"}).Err))

	resp = w.do(applyRequest("kubectl", applyText))
	require.NoError(t, resp.Err)
	require.True(t, resp.Created, "an apply makes what is missing")
	d := resp.Object.(*appsv1.Deployment)
	require.NotEmpty(t, d.UID)
	require.EqualValues(t, 1, d.Generation)
	require.EqualValues(t, "RollingUpdate", d.Spec.Strategy.Type)
	require.Equal(t, []string{"kubectl Apply"}, shown(api.Deployments, d))
	rv := d.ResourceVersion

	w.run(2 * time.Second)
	resp = w.do(applyRequest("kubectl", applyText))
	require.NoError(t, resp.Err)
	require.False(t, resp.Created)
	require.Equal(t, rv, resp.Object.GetResourceVersion(), "the same again is no write")

	resp = w.do(applyRequest("other", strings.Replace(applyText, `"replicas":3`, `"replicas":5`, 1)))
	require.EqualError(t, resp.Err, `Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas`)
	require.True(t, apierrors.IsConflict(resp.Err))
	force := applyRequest("other", strings.Replace(applyText, `"replicas":3`, `"replicas":5`, 1))
	force.Force = true
	resp = w.do(force)
	require.NoError(t, resp.Err)
	require.EqualValues(t, 5, *resp.Object.(*appsv1.Deployment).Spec.Replicas)
	require.EqualValues(t, 2, resp.Object.GetGeneration())
	require.Equal(t, []string{"kubectl Apply", "other Apply"}, shown(api.Deployments, resp.Object))

	bad := applyRequest("kubectl", strings.Replace(applyText, `"image"`, `"imago"`, 1))
	resp = w.do(bad)
	require.EqualError(t, resp.Err, `failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="c"].imago: field not declared in schema`)
	require.EqualValues(t, 500, resp.Err.(apierrors.APIStatus).Status().Code)
	five := strings.Replace(applyText, `"replicas":3`, `"replicas":5`, 1)
	resp = w.do(applyRequest("kubectl", strings.Replace(five, `"name":"web"`, `"name":"wob"`, 1)))
	require.EqualError(t, resp.Err, "the name of the object (wob) does not match the name on the URL (web)")
	resp = w.do(applyRequest("kubectl", strings.Replace(five, `"name":"web"`, `"name":"web","uid":"x"`, 1)))
	require.Error(t, resp.Err)
	resp = w.do(applyRequest("kubectl", strings.Replace(five, `"name":"web"`, `"name":"web","resourceVersion":"1"`, 1)))
	require.ErrorContains(t, resp.Err, "the object has been modified")
	missing := applyRequest("kubectl", applyText)
	missing.Subresource, missing.Name = "status", "nobody"
	require.True(t, apierrors.IsNotFound(w.do(missing).Err), "only the object itself can be made")
}

func TestManagersOfEveryPath(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.do(applyRequest("kubectl", applyText)).Err)
	at := func(verb api.Verb, sub string) *api.Request {
		return &api.Request{Verb: verb, Resource: api.Deployments, Subresource: sub, Namespace: "default", Name: "web"}
	}
	w.run(time.Second)
	status := at(api.Patch, "status")
	status.PatchType, status.UserAgent = api.TypedPatch, "kube-controller-manager/v1.37.2 (linux/amd64)"
	status.Mutate = func(o api.Object) bool { o.(*appsv1.Deployment).Status.Replicas = 3; return true }
	require.NoError(t, w.do(status).Err)

	w.run(time.Second)
	scale := at(api.Patch, "scale")
	scale.PatchType, scale.Patch, scale.FieldManager = types.MergePatchType, []byte(`{"spec":{"replicas":4}}`), "kubectl-scale"
	resp := w.do(scale)
	require.NoError(t, resp.Err)
	require.EqualValues(t, 4, resp.Object.(*autoscalingv1.Scale).Spec.Replicas)

	w.run(time.Second)
	label := at(api.Patch, "")
	label.PatchType, label.Patch, label.FieldManager = types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`), "kubectl-label"
	require.NoError(t, w.do(label).Err)

	d := w.do(at(api.Get, "")).Object
	require.Equal(t, []string{"kubectl Apply", "kubectl-scale Update scale", "kube-controller-manager Update status", "kubectl-label Update"}, shown(api.Deployments, d))
	require.EqualError(t, w.do(applyRequest("kubectl", applyText)).Err, `Apply failed with 1 conflict: conflict with "kubectl-scale" with subresource "scale" using apps/v1: .spec.replicas`)

	scale = at(api.Patch, "scale")
	scale.PatchType, scale.FieldManager = types.ApplyPatchType, "autoscaler"
	scale.Patch = []byte(`{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web","namespace":"default"},"spec":{"replicas":6}}`)
	require.EqualError(t, w.do(scale).Err, `Apply failed with 1 conflict: conflict with "kubectl-scale" with subresource "scale" using autoscaling/v1: .spec.replicas`)
	scale.Force = true
	resp = w.do(scale)
	require.NoError(t, resp.Err)
	require.EqualValues(t, 6, resp.Object.(*autoscalingv1.Scale).Spec.Replicas)
	d = w.do(at(api.Get, "")).Object
	require.Equal(t, []string{"autoscaler Apply scale", "kubectl Apply", "kube-controller-manager Update status", "kubectl-label Update"}, shown(api.Deployments, d))

	end := at(api.Patch, "")
	end.PatchType, end.Patch, end.FieldManager = types.MergePatchType, []byte(`{"metadata":{"managedFields":[{}]}}`), "kubectl-patch"
	resp = w.do(end)
	require.NoError(t, resp.Err)
	require.Empty(t, resp.Object.GetManagedFields())
}

// TestBindingIsNobodys: what the API server writes itself leaves no entry.
func TestBindingIsNobodys(t *testing.T) {
	w := newWorld(t)
	p := pod("a")
	require.NoError(t, w.do(&api.Request{Verb: api.Create, Resource: api.Pods, Namespace: "default", Object: p, UserAgent: "kube-controller-manager"}).Err)
	require.NoError(t, w.do(&api.Request{Verb: api.Create, Resource: api.Pods, Subresource: "binding", Namespace: "default", Name: "a", UserAgent: "kube-scheduler",
		Object: &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Target: corev1.ObjectReference{Kind: "Node", Name: "node-1"}}}).Err)
	o := w.do(&api.Request{Verb: api.Get, Resource: api.Pods, Namespace: "default", Name: "a"}).Object
	require.Equal(t, []string{"kube-controller-manager Update"}, shown(api.Pods, o))
	raw := fieldmanager.New().Shown(api.Pods, o).GetManagedFields()[0].FieldsV1.GetRawString()
	for _, not := range []string{"f:nodeName", "f:tolerations", "f:volumes", "f:serviceAccountName", "f:status", "f:priority"} {
		require.NotContains(t, raw, not)
	}
}

// TestApplyOfCustomResources: lists merge as the definition says, in every version it serves.
func TestApplyOfCustomResources(t *testing.T) {
	w := newWorld(t)
	v1 := w.define(widgets, "v1")
	beta := w.table().ByName("widgets.v1beta1.example.com")
	apply := func(r *api.Resource, manager, spec string, sub string) *api.Response {
		return w.do(&api.Request{Verb: api.Patch, Resource: r, Subresource: sub, Namespace: "default", Name: "w", PatchType: types.ApplyPatchType, FieldManager: manager,
			Patch: []byte(`{"apiVersion":"` + r.APIVersion() + `","kind":"Widget","metadata":{"name":"w"},` + spec + `}`)})
	}
	resp := apply(v1, "a", `"spec":{"size":1,"replicas":1,"parts":[{"name":"x","count":1}]}`, "")
	require.NoError(t, resp.Err)
	require.True(t, resp.Created)
	resp = apply(beta, "b", `"spec":{"parts":[{"name":"y","count":2}]}`, "")
	require.NoError(t, resp.Err)
	require.Equal(t, beta, resp.Object.(*api.Custom).Resource)
	parts, _ := resp.Object.(*api.Custom).At(".spec.parts")
	require.Len(t, parts, 2)
	require.Equal(t, []string{"a Apply", "b Apply"}, shown(v1, resp.Object))
	require.EqualError(t, apply(beta, "b", `"spec":{"parts":[{"name":"x","count":2}]}`, "").Err, `Apply failed with 1 conflict: conflict with "a": .spec.parts[name="x"].count`)
	require.EqualError(t, apply(v1, "a", `"spec":{"size":1,"nope":1}`, "").Err, `failed to create typed patch object (/w; example.com/v1, Kind=Widget): .spec.nope: field not declared in schema`)
	require.EqualError(t, apply(v1, "a", `"spec":{"size":"1"}`, "").Err, `failed to create typed patch object (/w; example.com/v1, Kind=Widget): .spec.size: expected numeric (int or float), got string`)
	resp = apply(v1, "s", `"status":{"replicas":2}`, "status")
	require.NoError(t, resp.Err)
	resp = apply(beta, "b", `"spec":{}`, "")
	require.NoError(t, resp.Err)
	require.Len(t, resp.Object.(*api.Custom).Content["spec"].(map[string]any)["parts"], 1, "what b no longer names goes")
	scale := w.do(&api.Request{Verb: api.Patch, Resource: v1, Subresource: "scale", Namespace: "default", Name: "w", PatchType: types.MergePatchType,
		Patch: []byte(`{"spec":{"replicas":4}}`), FieldManager: "kubectl-scale"})
	require.NoError(t, scale.Err)
	resp = w.do(&api.Request{Verb: api.Get, Resource: v1, Namespace: "default", Name: "w"})
	require.Equal(t, []string{"a Apply", "b Apply", "s Apply status", "kubectl-scale Update scale"}, shown(v1, resp.Object))

	// A write in another version is tracked in that version.
	resp = w.do(&api.Request{Verb: api.Patch, Resource: beta, Namespace: "default", Name: "w", PatchType: types.MergePatchType, Patch: []byte(`{"spec":{"color":"blue"}}`), FieldManager: "c"})
	require.NoError(t, resp.Err)
	entries := resp.Object.GetManagedFields()
	require.Equal(t, "example.com/v1beta1", entries[len(entries)-1].APIVersion)
	require.EqualError(t, apply(v1, "a", `"spec":{"size":1,"color":"red"}`, "").Err, `Apply failed with 1 conflict: conflict with "c" using example.com/v1beta1: .spec.color`)
}
