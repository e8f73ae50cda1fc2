package apiserver_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver"
	"tabernetes/engine/client"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

// world is one master with etcd and API server, and an actor with a client.
type world struct {
	t  testing.TB
	s  *sim.Sim
	h  *sim.Host
	c  *client.Client
	a  *sim.Actor
	sv *apiserver.Server
}

func newWorld(t testing.TB, edit ...func(*apiserver.Config)) *world {
	w := &world{t: t, s: sim.New(sim.Config{Seed: 1})}
	w.h = w.s.AddHost("control-plane-1")
	members := etcd.NewCluster()
	w.h.Install("etcd", func(a *sim.Actor) { etcd.Boot(a, members, etcd.Config{}) })
	w.h.Install("kube-apiserver", func(a *sim.Actor) {
		conf := apiserver.Config{Etcd: []*sim.Host{w.h}, ServiceCIDR: "10.96.0.0/12", Advertise: "10.0.0.2"}
		for _, fn := range edit {
			fn(&conf)
		}
		w.sv = apiserver.Run(a, conf)
	})
	w.s.AddHost("user").Install("test", func(a *sim.Actor) {
		w.a = a
		w.c = client.New(a, client.Config{Servers: []*sim.Host{w.h}, User: "test"})
	})
	w.run(3 * time.Second)
	w.do(&api.Request{Verb: api.Create, Resource: api.ServiceAccounts, Namespace: "default", Object: &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}})
	return w
}

func (w *world) run(d time.Duration) { w.s.RunUntil(w.s.Now().Add(d), 0) }

// do sends a request and runs until it is answered.
func (w *world) do(req *api.Request) *api.Response {
	w.t.Helper()
	var resp *api.Response
	w.s.Do(func() { w.c.Do(req, func(r *api.Response) { resp = r }) })
	for i := 0; resp == nil && i < 100000; i++ {
		if _, ok := w.s.Step(); !ok {
			break
		}
	}
	require.NotNil(w.t, resp, "no answer")
	return resp
}

func pod(name string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": "web"}}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "nginx:1.26"}}}}
}

func TestBootstrap(t *testing.T) {
	w := newWorld(t)
	list := w.do(&api.Request{Verb: api.List, Resource: api.Namespaces})
	require.NoError(t, list.Err)
	var names []string
	for _, o := range list.Items {
		names = append(names, o.GetName())
	}
	require.Equal(t, []string{"default", "kube-node-lease", "kube-public", "kube-system"}, names)
	svc := w.do(&api.Request{Verb: api.Get, Resource: api.Services, Namespace: "default", Name: "kubernetes"})
	require.NoError(t, svc.Err)
	require.Equal(t, "10.96.0.1", svc.Object.(*corev1.Service).Spec.ClusterIP)
}

func TestPodLife(t *testing.T) {
	w := newWorld(t)
	r := w.do(&api.Request{Verb: api.Create, Resource: api.Pods, Namespace: "default", Object: pod("a")})
	require.NoError(t, r.Err)
	p := r.Object.(*corev1.Pod)
	require.NotEmpty(t, p.UID)
	require.NotEmpty(t, p.ResourceVersion)
	require.Equal(t, corev1.PodPending, p.Status.Phase)
	require.Equal(t, corev1.PodQOSBestEffort, p.Status.QOSClass)
	require.Len(t, p.Spec.Tolerations, 2)
	require.Len(t, p.Spec.Volumes, 1)

	r = w.do(&api.Request{Verb: api.Create, Resource: api.Pods, Namespace: "default", Object: pod("a")})
	require.EqualError(t, r.Err, `pods "a" already exists`)
	r = w.do(&api.Request{Verb: api.Create, Resource: api.Pods, Namespace: "nowhere", Object: pod("a")})
	require.EqualError(t, r.Err, `namespaces "nowhere" not found`)

	bind := &api.Request{Verb: api.Create, Resource: api.Pods, Subresource: "binding", Namespace: "default", Name: "a",
		Object: &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Target: corev1.ObjectReference{Kind: "Node", Name: "node-1"}}}
	require.NoError(t, w.do(bind).Err)
	require.True(t, apierrors.IsConflict(w.do(bind).Err))

	r = w.do(&api.Request{Verb: api.Delete, Resource: api.Pods, Namespace: "default", Name: "a"})
	require.NoError(t, r.Err)
	require.NotNil(t, r.Object.GetDeletionTimestamp())
	zero := int64(0)
	require.NoError(t, w.do(&api.Request{Verb: api.Delete, Resource: api.Pods, Namespace: "default", Name: "a", GracePeriodSeconds: &zero}).Err)
	r = w.do(&api.Request{Verb: api.Get, Resource: api.Pods, Namespace: "default", Name: "a"})
	require.EqualError(t, r.Err, `pods "a" not found`)
}

func TestWatchByNode(t *testing.T) {
	w := newWorld(t)
	var got []string
	w.s.Do(func() {
		w.c.Watch(&api.Request{Resource: api.Pods, FieldSelector: fields.OneTermEqualSelector("spec.nodeName", "node-1")}, func(ev []api.WatchEvent) {
			for _, e := range ev {
				got = append(got, string(e.Type)+" "+e.Object.GetName())
			}
		}, nil)
	})
	w.run(time.Second)
	for _, n := range []string{"a", "b"} {
		require.NoError(t, w.do(&api.Request{Verb: api.Create, Resource: api.Pods, Namespace: "default", Object: pod(n)}).Err)
	}
	w.do(&api.Request{Verb: api.Create, Resource: api.Pods, Subresource: "binding", Namespace: "default", Name: "b",
		Object: &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: "b"}, Target: corev1.ObjectReference{Kind: "Node", Name: "node-1"}}})
	w.do(&api.Request{Verb: api.Patch, PatchType: types.MergePatchType, Patch: []byte(`{"metadata":{"labels":{"x":"y"}}}`), Resource: api.Pods, Namespace: "default", Name: "b"})
	w.run(time.Second)
	require.Equal(t, []string{"ADDED b", "MODIFIED b"}, got)
}

func TestUpdateConflict(t *testing.T) {
	w := newWorld(t)
	cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "c"}, Data: map[string]string{"a": "1"}}
	r := w.do(&api.Request{Verb: api.Create, Resource: api.ConfigMaps, Namespace: "default", Object: cm})
	require.NoError(t, r.Err)
	old := r.Object.DeepCopyObject().(*corev1.ConfigMap)
	up := old.DeepCopy()
	up.Data = map[string]string{"a": "2"}
	require.NoError(t, w.do(&api.Request{Verb: api.Update, Resource: api.ConfigMaps, Namespace: "default", Name: "c", Object: up}).Err)
	again := old.DeepCopy()
	again.Data = map[string]string{"a": "3"}
	r = w.do(&api.Request{Verb: api.Update, Resource: api.ConfigMaps, Namespace: "default", Name: "c", Object: again})
	require.EqualError(t, r.Err, `Operation cannot be fulfilled on configmaps "c": the object has been modified; please apply your changes to the latest version and try again`)
}

func TestCauseReachesWatchers(t *testing.T) {
	w := newWorld(t)
	var cause sim.RecordID
	w.s.Do(func() {
		k := client.NewCache[*corev1.Pod](w.c, api.Pods, client.Selection{})
		k.Subscribe(func(_, p *corev1.Pod) { cause = w.s.Cause() })
	})
	w.run(time.Second)
	w.s.Do(func() {
		w.s.Record(sim.KindCommand, "", "make a pod")
		client.Create(w.c, api.Pods, func() *corev1.Pod { p := pod("x"); p.Namespace = "default"; return p }(), nil)
	})
	w.run(time.Second)
	chain := w.s.Journal.Chain(cause, 10)
	require.Len(t, chain, 2)
	require.Equal(t, "make a pod", chain[1].Text)
	require.Equal(t, "pods/default/x", w.s.Journal.Ref(chain[0].Ref))
}

func BenchmarkCreatePods(b *testing.B) {
	w := newWorld(b)
	tmpl := pod("")
	tr := true
	owner := []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "rs", UID: "u", Controller: &tr}}
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += 500 {
		left := 500
		w.s.Do(func() {
			for i := 0; i < 500; i++ {
				p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "p" + strconv.Itoa(n+i), Labels: tmpl.Labels, OwnerReferences: owner}, Spec: tmpl.Spec}
				client.Create(w.c, api.Pods, p, func(_ *corev1.Pod, err error) {
					require.NoError(b, err)
					left--
				})
			}
		})
		for left > 0 {
			w.s.Step()
		}
	}
}

func TestServiceUpdateKeepsItsAddress(t *testing.T) {
	w := newWorld(t)
	svc := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeNodePort, Selector: map[string]string{"app": "web"}, Ports: []corev1.ServicePort{{Port: 80}}}}
	r := w.do(&api.Request{Verb: api.Create, Resource: api.Services, Namespace: "default", Object: svc})
	require.NoError(t, r.Err)
	first := r.Object.(*corev1.Service)
	require.NotZero(t, first.Spec.Ports[0].NodePort)
	up := w.do(&api.Request{Verb: api.Patch, PatchType: types.StrategicMergePatchType, Patch: []byte(`{"spec":{"ports":[{"port":80,"name":"http"}]}}`), Resource: api.Services, Namespace: "default", Name: "web"})
	require.NoError(t, up.Err)
	require.Equal(t, first.Spec.ClusterIP, up.Object.(*corev1.Service).Spec.ClusterIP)
	require.Equal(t, first.Spec.Ports[0].NodePort, up.Object.(*corev1.Service).Spec.Ports[0].NodePort)

	taken := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "other"}, Spec: corev1.ServiceSpec{ClusterIP: first.Spec.ClusterIP, Ports: []corev1.ServicePort{{Port: 80}}}}
	r = w.do(&api.Request{Verb: api.Create, Resource: api.Services, Namespace: "default", Object: taken})
	require.ErrorContains(t, r.Err, "provided IP is already allocated")
}
