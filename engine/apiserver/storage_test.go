package apiserver_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

func health(cs *corev1.ComponentStatus) [3]string {
	c := cs.Conditions[0]
	return [3]string{cs.Name, string(c.Status), c.Message + c.Error}
}

func TestComponentStatus(t *testing.T) {
	w := newWorld(t)
	w.h.Install("kube-scheduler", func(*sim.Actor) {})
	w.run(time.Second)
	r := w.do(&api.Request{Verb: api.List, Resource: api.ComponentStatuses})
	require.NoError(t, r.Err)
	assert.Equal(t, []string{"v1 ComponentStatus is deprecated in v1.19+"}, r.Warnings)
	var got [][3]string
	for _, o := range r.Items {
		got = append(got, health(o.(*corev1.ComponentStatus)))
	}
	assert.Equal(t, [][3]string{
		{"scheduler", "True", "ok"},
		{"controller-manager", "False", `Get "https://127.0.0.1:10257/healthz": dial tcp 127.0.0.1:10257: connect: connection refused`},
		{"etcd-0", "True", "ok"},
	}, got)
	r = w.do(&api.Request{Verb: api.Get, Resource: api.ComponentStatuses, Name: "nobody"})
	assert.EqualError(t, r.Err, `componentstatus "nobody" not found`)

	w.h.PauseProgram("kube-scheduler")
	r = w.do(&api.Request{Verb: api.Get, Resource: api.ComponentStatuses, Name: "scheduler"})
	require.NoError(t, r.Err)
	assert.Equal(t, [3]string{"scheduler", "False", `Get "https://127.0.0.1:10259/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`}, health(r.Object.(*corev1.ComponentStatus)))
	w.h.KillProgram("etcd")
	r = w.do(&api.Request{Verb: api.Get, Resource: api.ComponentStatuses, Name: "etcd-0"})
	require.NoError(t, r.Err)
	assert.Equal(t, corev1.ConditionFalse, r.Object.(*corev1.ComponentStatus).Conditions[0].Status)
	assert.Contains(t, r.Object.(*corev1.ComponentStatus).Conditions[0].Error, "error getting data from etcd: ")
}

func TestSystemPriorityClasses(t *testing.T) {
	w := newWorld(t)
	r := w.do(&api.Request{Verb: api.List, Resource: api.PriorityClasses})
	require.NoError(t, r.Err)
	require.Len(t, r.Items, 2)
	for i, want := range []struct {
		name  string
		value int32
	}{{"system-cluster-critical", 2000000000}, {"system-node-critical", 2000001000}} {
		c := r.Items[i].(*schedulingv1.PriorityClass)
		assert.Equal(t, want.name, c.Name)
		assert.Equal(t, want.value, c.Value)
		assert.Equal(t, corev1.PreemptLowerPriority, *c.PreemptionPolicy)
		assert.Equal(t, int64(1), c.Generation)
		r := w.do(&api.Request{Verb: api.Delete, Resource: api.PriorityClasses, Name: want.name})
		assert.EqualError(t, r.Err, `priorityclasses.scheduling.k8s.io "`+want.name+`" is forbidden: this is a system priority class and cannot be deleted`)
	}
}

// TestVolumePhaseTime: the server notes when a volume's phase changed (KEP-3762).
func TestVolumePhaseTime(t *testing.T) {
	w := newWorld(t)
	pv := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pv"}, Spec: corev1.PersistentVolumeSpec{
		Capacity: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/data"}},
	}}
	r := w.do(&api.Request{Verb: api.Create, Resource: api.PersistentVolumes, Object: pv})
	require.NoError(t, r.Err)
	made := r.Object.(*corev1.PersistentVolume)
	assert.Equal(t, corev1.VolumePending, made.Status.Phase)
	assert.Equal(t, made.CreationTimestamp.UTC(), made.Status.LastPhaseTransitionTime.UTC())
	w.run(5 * time.Second)
	phase := func(p corev1.PersistentVolumePhase) *corev1.PersistentVolume {
		r := w.do(&api.Request{Verb: api.Patch, Resource: api.PersistentVolumes, Subresource: "status", Name: "pv", PatchType: api.TypedPatch,
			Mutate: func(o api.Object) bool { o.(*corev1.PersistentVolume).Status.Phase = p; return true }})
		require.NoError(t, r.Err)
		return r.Object.(*corev1.PersistentVolume)
	}
	free := phase(corev1.VolumeAvailable)
	assert.Greater(t, free.Status.LastPhaseTransitionTime.Unix(), made.Status.LastPhaseTransitionTime.Unix())
	w.run(5 * time.Second)
	assert.Equal(t, free.Status.LastPhaseTransitionTime.Unix(), phase(corev1.VolumeAvailable).Status.LastPhaseTransitionTime.Unix())
}

// TestEventOfBothGroups: an Event written through one group is the same object in the other.
func TestEventOfBothGroups(t *testing.T) {
	w := newWorld(t)
	at := metav1.NewMicroTime(time.Date(2026, 1, 1, 0, 0, 0, 1000, time.UTC))
	r := w.do(&api.Request{Verb: api.Create, Resource: api.EventsV1, Namespace: "default", Object: &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: "web.1"}, EventTime: at, ReportingController: "example.com/ctl", ReportingInstance: "ctl-1",
		Action: "Binding", Reason: "Scheduled", Regarding: corev1.ObjectReference{Kind: "Pod", Namespace: "default", Name: "web"}, Note: "done", Type: "Normal",
	}})
	require.NoError(t, r.Err)
	r = w.do(&api.Request{Verb: api.Get, Resource: api.Events, Namespace: "default", Name: "web.1"})
	require.NoError(t, r.Err)
	e := r.Object.(*corev1.Event)
	assert.Equal(t, []string{"done", "web", "example.com/ctl"}, []string{e.Message, e.InvolvedObject.Name, e.ReportingController})
	r = w.do(&api.Request{Verb: api.Patch, Resource: api.EventsV1, Namespace: "default", Name: "web.1", PatchType: types.MergePatchType, Patch: []byte(`{"note":"other"}`)})
	assert.EqualError(t, r.Err, `Event "web.1" is invalid: message: Invalid value: "other": field is immutable`)
	r = w.do(&api.Request{Verb: api.Patch, Resource: api.EventsV1, Namespace: "default", Name: "web.1", PatchType: types.MergePatchType, Patch: []byte(`{"series":{"count":2,"lastObservedTime":"2026-01-01T00:00:01.000000Z"}}`)})
	require.NoError(t, r.Err)
	assert.Equal(t, int32(2), r.Object.(*eventsv1.Event).Series.Count)
	r = w.do(&api.Request{Verb: api.Create, Resource: api.EventsV1, Namespace: "default", Object: &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: "web.2"}, Regarding: corev1.ObjectReference{Namespace: "default"}, Type: "Odd",
	}})
	assert.EqualError(t, r.Err, `Event "web.2" is invalid: [eventTime: Required value, type: Invalid value: "": has invalid value: Odd]`)
}

// TestCreateOnUpdate: of some kinds a PUT makes the object that is not there, unless it means one that was.
func TestCreateOnUpdate(t *testing.T) {
	w := newWorld(t)
	put := func(r *api.Resource, o api.Object) *api.Response {
		return w.do(&api.Request{Verb: api.Update, Resource: r, Namespace: "default", Name: "x", Object: o})
	}
	r := put(api.LimitRanges, &corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Name: "x"}})
	require.NoError(t, r.Err)
	assert.True(t, r.Created)
	assert.NotEmpty(t, r.Object.GetUID())
	r = put(api.LimitRanges, &corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Name: "x", Labels: map[string]string{"a": "b"}}})
	require.NoError(t, r.Err)
	assert.False(t, r.Created)
	r = put(api.Endpoints, &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: "x", UID: "gone"}})
	assert.EqualError(t, r.Err, `Operation cannot be fulfilled on endpoints "x": StorageError: invalid object, Code: 4, Key: /registry/services/endpoints/default/x, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: gone, UID in object meta: `)
	r = put(api.ConfigMaps, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "x"}})
	assert.EqualError(t, r.Err, `configmaps "x" not found`)
}

// TestNamelessLimitRange: a LimitRange may come without a name and gets a unique one.
func TestNamelessLimitRange(t *testing.T) {
	w := newWorld(t)
	r := w.do(&api.Request{Verb: api.Create, Resource: api.LimitRanges, Namespace: "default", Object: &corev1.LimitRange{}})
	require.NoError(t, r.Err)
	assert.Equal(t, string(r.Object.GetUID()), r.Object.GetName())
}
