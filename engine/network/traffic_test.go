package network_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/kubelet"
	"tabernetes/engine/network"
	"tabernetes/engine/proxy"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

type world struct {
	*apitest.Server
	net   *network.Network
	hosts []*sim.Host
	src   *sim.Actor
}

// newWorld has three nodes, a Service "hello" and a little endpoints controller.
func newWorld(t *testing.T) *world { return newWorldWith(t, runtime.NewRegistry()) }

func newWorldWith(t *testing.T, reg *runtime.Registry) *world {
	t.Helper()
	s := apitest.New()
	w := &world{Server: s, net: network.New(s.Sim)}
	conf := client.Config{Servers: []*sim.Host{s.Host}}
	for i := 1; i <= 3; i++ {
		h := s.Sim.AddHost(fmt.Sprint("node-", i))
		nd := w.net.AddNode(h)
		rt := runtime.NewEngine(h, reg)
		h.Install("kubelet", func(a *sim.Actor) { kubelet.Run(a, conf, kubelet.Config{NodeName: h.Name, Runtime: rt, Network: nd}) })
		h.Install("kube-proxy", func(a *sim.Actor) { proxy.Run(a, conf, proxy.Config{NodeName: h.Name, Node: nd}) })
		w.hosts = append(w.hosts, h)
	}
	s.Sim.AddHost("internet").Install("client", func(a *sim.Actor) { w.src = a })
	apitest.Put(s, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "hello", Namespace: "default"},
		Spec: corev1.ServiceSpec{ClusterIP: "10.96.0.20", ClusterIPs: []string{"10.96.0.20"}, Selector: map[string]string{"app": "hello"}, Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080)}}}})
	s.Start("endpoints", func(f *client.Informers) {
		pods := client.Shared[*corev1.Pod](f, api.Pods)
		a := f.Client().Actor()
		var timer sim.Timer
		pods.Subscribe(func(_, _ *corev1.Pod) {
			if !timer.Pending() {
				timer = a.After(20*time.Millisecond, "sync endpoints", func() { w.writeSlice(pods.All()) })
			}
		})
	})
	s.Run(5 * time.Second)
	return w
}

func (w *world) writeSlice(pods []*corev1.Pod) {
	port, name := int32(8080), ""
	es := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Name: "hello-1", Namespace: "default", Labels: map[string]string{discoveryv1.LabelServiceName: "hello"}},
		Ports: []discoveryv1.EndpointPort{{Port: &port, Name: &name}}}
	for _, p := range pods {
		if p.Status.PodIP == "" || p.Status.Phase == corev1.PodFailed || p.Status.Phase == corev1.PodSucceeded {
			continue
		}
		serving, going := api.PodReady(p), p.DeletionTimestamp != nil
		ready := serving && !going
		es.Endpoints = append(es.Endpoints, discoveryv1.Endpoint{Addresses: []string{p.Status.PodIP}, NodeName: &p.Spec.NodeName,
			Conditions: discoveryv1.EndpointConditions{Ready: &ready, Serving: &serving, Terminating: &going},
			TargetRef:  &corev1.ObjectReference{Kind: "Pod", Namespace: p.Namespace, Name: p.Name}})
	}
	apitest.Put(w.Server, es)
}

func (w *world) run(name string, node int, version string, probe bool, preStop int64) {
	grace := int64(30)
	c := corev1.Container{Name: "hello", Image: "gcr.io/google-samples/hello-app:" + version, ImagePullPolicy: corev1.PullIfNotPresent}
	if probe {
		c.ReadinessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(8080)}},
			PeriodSeconds: 1, TimeoutSeconds: 1, SuccessThreshold: 1, FailureThreshold: 3}
	}
	if preStop > 0 {
		c.Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: preStop}}}
	}
	apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", Labels: map[string]string{"app": "hello"}},
		Spec: corev1.PodSpec{NodeName: w.hosts[node].Name, RestartPolicy: corev1.RestartPolicyAlways, TerminationGracePeriodSeconds: &grace, Containers: []corev1.Container{c}}})
}

func (w *world) remove(name string) {
	grace := int64(30)
	apitest.Edit(w.Server, "default", name, func(p *corev1.Pod) {
		now := w.Now()
		p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &now, &grace
	})
}

func (w *world) failures() []*sim.Record {
	var out []*sim.Record
	for i := 1; i <= w.Sim.Journal.Len(); i++ {
		if r := w.Sim.Journal.Get(sim.RecordID(i)); r.Kind == sim.KindRequest {
			out = append(out, r)
		}
	}
	return out
}

// rollout replaces nine pods one by one and returns the source.
func (w *world) rollout(probe bool, preStop int64) *network.Source {
	for i := range 9 {
		w.run(fmt.Sprint("old-", i), i%3, "1.0", probe, preStop)
	}
	w.Run(20 * time.Second)
	src := network.NewSource(w.src, w.net, network.SourceConfig{Service: "default/hello", RPS: 400})
	w.Run(2 * time.Second)
	for i := range 9 {
		w.run(fmt.Sprint("new-", i), i%3, "2.0", probe, preStop)
		for range 20 {
			w.Run(500 * time.Millisecond)
			if p := apitest.Get[*corev1.Pod](w.Server, "default", fmt.Sprint("new-", i)); api.PodReady(p) {
				break
			}
		}
		w.remove(fmt.Sprint("old-", i))
	}
	w.Run(20 * time.Second)
	src.SetRPS(0)
	w.Run(2 * time.Second)
	return src
}

func TestRolloutWithProbesAndPreStopDropsNothing(t *testing.T) {
	w := newWorld(t)
	s := w.rollout(true, 5).Stats()
	for _, r := range w.failures() {
		t.Log(r.Text)
	}
	require.Zero(t, s.Failed)
	require.Greater(t, s.OK, 4000)
	require.Greater(t, s.ByVersion["hello-app:1.0"].OK, 100)
	require.Greater(t, s.ByVersion["hello-app:2.0"].OK, 100)
	require.Equal(t, s.Sent, s.OK)
	require.InDelta(t, 2, s.ByVersion["hello-app:1.0"].P50, 1.5)
}

func TestRolloutWithoutPreStopMeetsTheRace(t *testing.T) {
	w := newWorld(t)
	s := w.rollout(true, 0).Stats()
	require.NotZero(t, s.Failed)
	require.Equal(t, s.Sent, s.OK+s.Failed)
	t.Logf("%+v", s.Reasons)
	for i, r := range w.failures() {
		f := r.Data.(*network.Failure)
		require.Contains(t, f.Pod, "default/old-", r.Text)
		cause := w.Sim.Journal.Get(r.Cause)
		require.NotNil(t, cause, r.Text)
		require.Equal(t, "pods/"+f.Pod, w.Sim.Journal.Ref(cause.Ref), r.Text+" <- "+cause.Text)
		if i < 3 {
			for _, c := range w.Sim.Journal.Chain(r.ID, 12) {
				t.Log(c.At, c.Kind, w.Sim.Journal.Ref(c.Ref), c.Text)
			}
		}
	}
}

func TestWithoutProbesNewPodsGetTrafficTooEarly(t *testing.T) {
	w := newWorld(t)
	s := w.rollout(false, 5).Stats()
	require.NotZero(t, s.Failed)
	require.Equal(t, s.Failed, s.Reasons[network.ReasonRefused])
	for i, r := range w.failures() {
		f := r.Data.(*network.Failure)
		require.Contains(t, f.Pod, "default/new-")
		require.Contains(t, r.Text, "without a readiness probe")
		require.Contains(t, w.Sim.Journal.Get(r.Cause).Text, "started container")
		if i == 0 {
			for _, c := range w.Sim.Journal.Chain(r.ID, 12) {
				t.Log(c.At, c.Kind, w.Sim.Journal.Ref(c.Ref), c.Text)
			}
		}
	}
}

// Programs that go on serving for a while after SIGTERM need no preStop hook; readiness probes they need all the same.
func TestShutdownDelay(t *testing.T) {
	reg := runtime.NewRegistry()
	reg.ShutdownDelay = 3 * time.Second
	w := newWorldWith(t, reg)
	require.Zero(t, w.rollout(true, 0).Stats().Failed)
	w = newWorldWith(t, reg)
	s := w.rollout(false, 0).Stats()
	require.NotZero(t, s.Failed)
	require.Equal(t, s.Failed, s.Reasons[network.ReasonRefused])
}

func TestPowerLossFailsUntilEndpointsLeave(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.run(fmt.Sprint("p-", i), i, "1.0", true, 0)
	}
	w.Run(10 * time.Second)
	src := network.NewSource(w.src, w.net, network.SourceConfig{Service: "default/hello", RPS: 100, Poisson: true})
	w.Run(5 * time.Second)
	require.Zero(t, src.Stats().Failed)
	w.hosts[2].Stop()
	fault := w.Sim.Record(sim.KindFault, "nodes/node-3", "node-3 lost power").ID
	w.Run(10 * time.Second)
	s := src.Stats()
	require.InDelta(t, 300, s.Failed, 90, "a third of the requests goes to the pod that is gone")
	require.Equal(t, s.Failed, s.Reasons[network.ReasonTimeout])
	inFlight := 0
	for _, r := range w.failures() {
		if r.Cause != fault {
			inFlight++
		}
	}
	require.LessOrEqual(t, inFlight, 1)
	require.True(t, strings.Contains(w.failures()[0].Text, "no power"))
}

func TestSameSeedSameJournal(t *testing.T) {
	run := func() uint64 {
		w := newWorld(t)
		w.rollout(true, 0)
		return w.Sim.Journal.Hash()
	}
	require.Equal(t, run(), run())
}

func TestNoEndpointsAndNames(t *testing.T) {
	w := newWorld(t)
	src := network.NewSource(w.src, w.net, network.SourceConfig{Service: "default/hello", RPS: 10})
	w.Run(2 * time.Second)
	require.Equal(t, src.Stats().Failed, src.Stats().Reasons[network.ReasonNoEndpoints])
	w.Sim.Host("internet").Install("dns", func(a *sim.Actor) {
		network.RunDNS(a, client.Config{Servers: []*sim.Host{w.Host}}, w.net)
	})
	w.Run(time.Second)
	require.Equal(t, []string{"10.96.0.20"}, w.net.Lookup("hello", "default"))
	require.Equal(t, []string{"10.96.0.20"}, w.net.Lookup("hello.default.svc.cluster.local", "kube-system"))
	require.Nil(t, w.net.Lookup("hello", "kube-system"))
	w.run("p", 0, "1.0", true, 0)
	grace := int64(1)
	apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "curl", Namespace: "default"},
		Spec: corev1.PodSpec{NodeName: "node-2", TerminationGracePeriodSeconds: &grace, RestartPolicy: corev1.RestartPolicyNever,
			Containers: []corev1.Container{{Name: "c", Image: "busybox", ImagePullPolicy: corev1.PullIfNotPresent,
				Command: []string{"sh", "-c", "until wget -qO- http://hello; do sleep 1; done; nslookup nothing || echo no"}}}}})
	w.Run(15 * time.Second)
	p := apitest.Get[*corev1.Pod](w.Server, "default", "curl")
	require.Equal(t, corev1.PodSucceeded, p.Status.Phase)
}
