package fieldmanager_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/fieldmanager"
)

func document(t testing.TB, text string) map[string]any {
	t.Helper()
	b, err := yaml.YAMLToJSON([]byte(text))
	require.NoError(t, err)
	doc, err := fieldmanager.Document(b)
	require.NoError(t, err)
	return doc
}

// book is one object's story.
type book struct {
	t   testing.TB
	m   *fieldmanager.Manager
	r   *api.Resource
	obj api.Object
	sec int64
}

func (b *book) writer(manager string) fieldmanager.Writer {
	b.sec++
	return fieldmanager.Writer{Manager: manager, Now: at(b.sec)}
}

func (b *book) apply(manager, text string, force bool) error {
	b.t.Helper()
	obj, err := b.m.Apply(b.r, b.obj, document(b.t, text), b.writer(manager), force)
	if err != nil {
		return err
	}
	defaults.Set(obj)
	obj.SetUID("uid")
	b.obj = obj
	return nil
}

// update writes as a document does: with what change makes of a copy.
func (b *book) update(w fieldmanager.Writer, change func(api.Object)) {
	obj := b.obj.DeepCopyObject().(api.Object)
	change(obj)
	obj.SetManagedFields(b.m.Update(b.r, b.obj, obj, w))
	b.obj = obj
}

// note writes as a component does.
func (b *book) note(w fieldmanager.Writer, change func(api.Object)) {
	obj := api.Copy(b.obj)
	change(obj)
	obj.SetManagedFields(b.m.Note(b.r, b.obj, obj, w))
	b.obj = obj
}

// owners prints the entries as "manager operation [subresource] fields".
func (b *book) owners() string {
	var out []string
	for _, e := range b.m.Shown(b.r, b.obj).GetManagedFields() {
		line := e.Manager + " " + string(e.Operation)
		if e.Subresource != "" {
			line += " " + e.Subresource
		}
		out = append(out, line+" "+e.FieldsV1.GetRawString())
	}
	return strings.Join(out, "\n")
}

func fresh(t testing.TB, r *api.Resource) *book { return &book{t: t, m: fieldmanager.New(), r: r} }

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: c
        image: nginx:1
        ports: [{containerPort: 80}]
`

func TestApplyConflicts(t *testing.T) {
	b := fresh(t, api.Deployments)
	require.NoError(t, b.apply("one", web, false))
	require.Equal(t, `one Apply {"f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:name":{},"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}}}}}}`, b.owners())

	err := b.apply("two", strings.Replace(web, "replicas: 3", "replicas: 5", 1), false)
	require.EqualError(t, err, `Apply failed with 1 conflict: conflict with "one": .spec.replicas`)
	st := err.(apierrors.APIStatus).Status()
	require.EqualValues(t, 409, st.Code)
	require.Equal(t, []metav1.StatusCause{{Type: metav1.CauseTypeFieldManagerConflict, Message: `conflict with "one"`, Field: ".spec.replicas"}}, st.Details.Causes)

	err = b.apply("two", strings.NewReplacer("replicas: 3", "replicas: 5", "nginx:1", "nginx:2").Replace(web), false)
	require.EqualError(t, err, "Apply failed with 2 conflicts: conflicts with \"one\":\n- .spec.replicas\n- .spec.template.spec.containers[name=\"c\"].image")

	require.NoError(t, b.apply("two", strings.Replace(web, "replicas: 3", "replicas: 5", 1), true))
	require.EqualValues(t, 5, *b.obj.(*appsv1.Deployment).Spec.Replicas)
	require.NotContains(t, strings.Split(b.owners(), "\n")[0], "f:replicas", "one has lost it")
	require.Contains(t, strings.Split(b.owners(), "\n")[1], "f:replicas")

	// The one that lost it may leave it out and nothing changes; the one that has it leaves it out and it goes.
	require.NoError(t, b.apply("one", strings.Replace(web, "  replicas: 3\n", "", 1), false))
	require.EqualValues(t, 5, *b.obj.(*appsv1.Deployment).Spec.Replicas)
	require.NoError(t, b.apply("two", strings.Replace(web, "  replicas: 3\n", "", 1), false))
	require.EqualValues(t, 1, *b.obj.(*appsv1.Deployment).Spec.Replicas, "removed, then defaulted")
}

func TestApplyConflictWithUpdates(t *testing.T) {
	b := fresh(t, api.Deployments)
	require.NoError(t, b.apply("kubectl", web, false))
	b.update(b.writer("kubectl-edit"), func(o api.Object) { *o.(*appsv1.Deployment).Spec.Replicas = 4 })
	err := b.apply("kubectl", web, false)
	require.EqualError(t, err, `Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas`)
	w := b.writer("kube-controller-manager")
	w.Subresource = "scale"
	b.update(w, func(o api.Object) { *o.(*appsv1.Deployment).Spec.Replicas = 9 })
	err = b.apply("kubectl", web, false)
	require.EqualError(t, err, `Apply failed with 1 conflict: conflict with "kube-controller-manager" with subresource "scale" using apps/v1: .spec.replicas`)
}

func TestApplyMergesListsByKey(t *testing.T) {
	b := fresh(t, api.Services)
	const base = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default}\nspec:\n  selector: {app: web}\n  ports:\n"
	require.NoError(t, b.apply("a", base+"  - {port: 80, name: http}\n", false))
	require.NoError(t, b.apply("b", strings.Replace(base, "  selector: {app: web}\n", "", 1)+"  - {port: 443, name: https}\n", false))
	svc := b.obj.(*corev1.Service)
	require.Len(t, svc.Spec.Ports, 2)
	require.Equal(t, "http", svc.Spec.Ports[0].Name)
	require.NoError(t, b.apply("a", base+"  - {port: 8080, name: http}\n", false))
	svc = b.obj.(*corev1.Service)
	require.Len(t, svc.Spec.Ports, 2, "the key is another, so the old port goes")
	require.EqualValues(t, []int32{443, 8080}, []int32{svc.Spec.Ports[0].Port, svc.Spec.Ports[1].Port})
	err := b.apply("a", base+"  - {port: 80}\n  - {port: 80}\n", false)
	require.EqualError(t, err, `failed to create typed patch object (default/web; /v1, Kind=Service): .spec.ports: duplicate entries for key [port=80,protocol="TCP"]`)
	err = b.apply("a", base+"  - {prot: 80}\n", false)
	require.ErrorContains(t, err, `.spec.ports[port=0,protocol="TCP"].prot: field not declared in schema`)
}

func TestApplyRefuses(t *testing.T) {
	b := fresh(t, api.ConfigMaps)
	for _, c := range [][2]string{
		{"apiVersion: v1\nkind: Secret\nmetadata: {name: a}", "invalid object type: /v1, Kind=Secret"},
		{"apiVersion: v2\nkind: ConfigMap\nmetadata: {name: a}", "invalid object type: /v2, Kind=ConfigMap"},
		{"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, managedFields: []}", "metadata.managedFields must be nil"},
		{"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: d}\ndata: {a: 1}", "failed to create typed patch object (d/a; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:1}"},
	} {
		require.EqualError(t, b.apply("m", c[0], false), c[1])
	}
}

func TestApplyWithoutChange(t *testing.T) {
	b := fresh(t, api.ConfigMaps)
	const cm = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: d, labels: {x: z}}\ndata: {a: b}"
	require.NoError(t, b.apply("m", cm, false))
	before := b.obj
	require.NoError(t, b.apply("m", cm, false))
	require.Equal(t, before.GetManagedFields(), b.obj.GetManagedFields(), "the time stays as well")
}

func TestBeforeFirstApply(t *testing.T) {
	b := fresh(t, api.ConfigMaps)
	_, b.obj = object(t, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: d, uid: u}\ndata: {a: b, c: d}")
	b.update(b.writer("someone"), func(o api.Object) { o.(*corev1.ConfigMap).Data["e"] = "f" })
	require.Empty(t, b.obj.GetManagedFields(), "what is not tracked is not tracked by an update")
	require.NoError(t, b.apply("m", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: d}\ndata: {a: b}", false))
	require.Equal(t, `m Apply {"f:data":{"f:a":{}}}
before-first-apply Update {"f:data":{".":{},"f:a":{},"f:c":{},"f:e":{}}}`, b.owners())
	require.EqualError(t, b.apply("m", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: d}\ndata: {a: x}", false),
		`Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a`)
}

// TestFromClientSide: kubectl may take over what it applied itself on the client's side, and keeps its annotation.
func TestFromClientSide(t *testing.T) {
	b := fresh(t, api.Deployments)
	doc, err := json.Marshal(document(t, web))
	require.NoError(t, err)
	_, obj := object(t, web)
	obj.SetAnnotations(map[string]string{corev1.LastAppliedConfigAnnotation: string(doc) + "\n"})
	defaults.Set(obj)
	obj.SetManagedFields(b.m.Update(b.r, nil, obj, b.writer("kubectl-client-side-apply")))
	obj.SetUID("u")
	b.obj = obj
	other := strings.Replace(web, "nginx:1", "nginx:2", 1)
	require.EqualError(t, b.apply("other", other, false),
		`Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.template.spec.containers[name="c"].image`)
	require.NoError(t, b.apply("kubectl", other, false))
	require.Equal(t, "nginx:2", b.obj.(*appsv1.Deployment).Spec.Template.Spec.Containers[0].Image)
	require.Contains(t, b.obj.GetAnnotations()[corev1.LastAppliedConfigAnnotation], "nginx:2")
	// A field that is no longer as it was last applied is somebody else's.
	b.update(b.writer("kubectl-scale"), func(o api.Object) { *o.(*appsv1.Deployment).Spec.Replicas = 7 })
	require.EqualError(t, b.apply("kubectl", other, false), `Apply failed with 1 conflict: conflict with "kubectl-scale" using apps/v1: .spec.replicas`)
}

func TestUpdates(t *testing.T) {
	b := fresh(t, api.ConfigMaps)
	_, obj := object(t, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: d}\ndata: {a: b}")
	obj.SetManagedFields(b.m.Update(b.r, nil, obj, b.writer("creator")))
	obj.SetUID("u")
	b.obj = obj
	first := b.obj.GetManagedFields()
	b.update(b.writer("other"), func(api.Object) {})
	require.Equal(t, first, b.obj.GetManagedFields())
	b.update(b.writer("other"), func(o api.Object) { o.(*corev1.ConfigMap).Data["a"] = "c" })
	require.Equal(t, "creator Update {\"f:data\":{}}\nother Update {\"f:data\":{\"f:a\":{}}}", b.owners())
	b.update(b.writer("third"), func(o api.Object) { o.(*corev1.ConfigMap).Data = nil })
	require.Empty(t, b.obj.GetManagedFields())

	for i := range 14 {
		if i == 0 {
			obj.SetManagedFields(first)
			b.obj = obj
		}
		b.update(b.writer("m"+string(rune('a'+i))), func(o api.Object) { o.(*corev1.ConfigMap).Data["k"+string(rune('a'+i))] = "v" })
	}
	entries := b.obj.GetManagedFields()
	require.Len(t, entries, 10)
	require.Equal(t, "ancient-changes", entries[0].Manager)
	require.Equal(t, `{"f:data":{".":{},"f:a":{},"f:ka":{},"f:kb":{},"f:kc":{},"f:kd":{},"f:ke":{}}}`, entries[0].FieldsV1.GetRawString())

	b.update(b.writer("x"), func(o api.Object) { o.SetManagedFields([]metav1.ManagedFieldsEntry{}) })
	require.Empty(t, b.obj.GetManagedFields(), "clients may end the tracking")
}

func TestStatusIsAnotherPath(t *testing.T) {
	b := fresh(t, api.Deployments)
	require.NoError(t, b.apply("kubectl", web, false))
	w := b.writer("ctl")
	w.Subresource = "status"
	b.update(w, func(o api.Object) {
		d := o.(*appsv1.Deployment)
		d.Status.ReadyReplicas, *d.Spec.Replicas = 2, 8 // the path resets the spec
	})
	require.Contains(t, b.owners(), `ctl Update status {"f:status":{"f:readyReplicas":{}}}`)
}

func TestAlienManagedFields(t *testing.T) {
	for _, bad := range []string{`{"f:`, `{"x":{}}`, `[]`, `{"k:{":{}}`, `{"f:a":{}}x`, strings.Repeat(`{"f:a":`, 300)} {
		err := fieldmanager.Validate([]metav1.ManagedFieldsEntry{{Manager: "m", Operation: "Update", APIVersion: "v1", FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(bad)}})
		require.Error(t, err, bad)
	}
	require.EqualError(t, fieldmanager.Validate([]metav1.ManagedFieldsEntry{{Operation: "Update", APIVersion: "v1"}}), "missing fieldsType in managed fields entry 0")
	require.EqualError(t, fieldmanager.Validate([]metav1.ManagedFieldsEntry{{Operation: "Delete"}}), "operation must be `Apply` or `Update`")
}
