package stage_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
	"tabernetes/engine/stage"
)

// wall is a stage that is told of writes one by one.
type wall struct {
	t    *testing.T
	w    *sim.Sim
	st   *stage.Stage
	have map[string]api.Object
	page *page
	n    int
}

func newWall(t *testing.T) *wall {
	w := sim.New(sim.Config{Seed: 1})
	x := &wall{t: t, w: w, st: stage.New(w), have: map[string]api.Object{}, page: newPage(t)}
	return x
}

func (x *wall) put(r *api.Resource, o api.Object) {
	x.n++
	o.SetResourceVersion(strconv.Itoa(x.n))
	ref := api.Ref(r, o.GetNamespace(), o.GetName())
	old := x.have[ref]
	if old == nil {
		o.SetUID(types.UID(fmt.Sprint("uid-", x.n)))
		o.SetNamespace(o.GetNamespace())
	} else {
		o.SetUID(old.GetUID())
	}
	x.have[ref] = o
	x.w.RunUntil(x.w.Now().Add(time.Millisecond), 0)
	x.st.Committed(r, old, o)
}

func (x *wall) remove(r *api.Resource, namespace, name string) {
	ref := api.Ref(r, namespace, name)
	if old := x.have[ref]; old != nil {
		delete(x.have, ref)
		x.w.RunUntil(x.w.Now().Add(time.Millisecond), 0)
		x.st.Committed(r, old, nil)
	}
}

// frame adds a frame to the page and compares it with a full one.
func (x *wall) frame() {
	x.page.apply(x.st.Take(0))
	x.st.Everything()
	full := newPage(x.t)
	full.apply(x.st.Take(0))
	require.Equal(x.t, full, x.page)
}

func (x *wall) tile(name string) tile {
	slot, ok := x.page.slotOf["default/"+name]
	require.True(x.t, ok, name)
	return x.page.Pods[slot]
}

func meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: "default", Name: name}
}

func node(name string) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}}}
}

func pod(name, node string, ready bool) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: meta(name)}
	p.Spec.NodeName = node
	p.Spec.Containers = []corev1.Container{{Name: "c", Image: "nginx:1", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m")}}}}
	p.Status.Phase = corev1.PodPending
	if ready {
		p.Status.Phase = corev1.PodRunning
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	}
	return p
}

func endpoints(name, service string, pods ...string) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{ObjectMeta: meta(name)}
	s.Labels = map[string]string{discoveryv1.LabelServiceName: service}
	yes := true
	for _, p := range pods {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: "default", Name: p}, Conditions: discoveryv1.EndpointConditions{Ready: &yes}})
	}
	return s
}

func service(name string) *corev1.Service {
	return &corev1.Service{ObjectMeta: meta(name), Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}, {Port: 81, NodePort: 30000}}}}
}

func TestEndpointsOfPodsThatAreGone(t *testing.T) {
	x := newWall(t)
	x.put(api.Services, service("web"))
	x.put(api.Pods, pod("a", "", true))
	x.put(api.Pods, pod("b", "", true))
	x.put(api.EndpointSlices, endpoints("s", "web", "a", "b"))
	x.frame()
	require.Contains(t, x.page.Services[0], `"endpoints":[0,1]`)
	require.Contains(t, x.page.Services[0], `"ports":"80,81:30000"`)
	x.remove(api.Pods, "default", "a") // by force: the slice hears of it later
	x.put(api.Pods, pod("c", "", true))
	x.frame()
	require.Contains(t, x.page.Services[0], `"endpoints":[1]`, "the slot is another pod's now")
	require.Contains(t, x.page.Services[0], `"ready":2`, "as the slice has it")
	x.put(api.EndpointSlices, endpoints("s", "web", "b"))
	x.frame()
	require.Contains(t, x.page.Services[0], `"ready":1`)
}

func TestServiceMadeAgainFindsItsSlices(t *testing.T) {
	x := newWall(t)
	x.put(api.Pods, pod("a", "", true))
	x.put(api.EndpointSlices, endpoints("s", "web", "a"))
	x.put(api.Services, service("web"))
	x.frame()
	require.Contains(t, x.page.Services[0], `"endpoints":[0]`)
	x.remove(api.Services, "default", "web")
	x.put(api.Services, service("web"))
	x.frame()
	require.Len(t, x.page.Services, 1)
	require.Contains(t, x.page.Services[1], `"endpoints":[0]`)
	x.remove(api.EndpointSlices, "default", "s")
	x.frame()
	require.Contains(t, x.page.Services[1], `"endpoints":[]`)
}

func TestSinceWhenAPodIsInItsState(t *testing.T) {
	x := newWall(t)
	x.put(api.Pods, pod("a", "", true))
	at := float64(x.w.Now()) / 1e6
	for range 5 {
		p := pod("a", "", true)
		p.Labels = map[string]string{"x": strconv.Itoa(x.n)}
		x.put(api.Pods, p)
	}
	x.frame()
	require.Equal(t, at, x.tile("a").At, "writes that change nothing here do not count, before the first frame either")
}

func TestPodStates(t *testing.T) {
	x := newWall(t)
	x.put(api.Nodes, node("n"))
	state := func(why string, want stage.PodState, reason string, change func(p *corev1.Pod)) {
		p := pod("a", "n", false)
		change(p)
		x.put(api.Pods, p)
		x.frame()
		require.Equal(t, want, x.tile("a").State, why)
		require.Equal(t, reason, x.tile("a").Reason, why)
	}
	waiting := func(p *corev1.Pod, reason string) {
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}, RestartCount: 3}}
	}
	state("no node yet", stage.Pending, "", func(p *corev1.Pod) { p.Spec.NodeName = "" })
	state("no node will do", stage.Pending, "Unschedulable", func(p *corev1.Pod) {
		p.Spec.NodeName = ""
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable"}}
	})
	state("bound", stage.Creating, "ContainerCreating", func(p *corev1.Pod) {})
	state("pull fails", stage.Waiting, "ErrImagePull", func(p *corev1.Pod) { waiting(p, "ErrImagePull") })
	require.EqualValues(t, 3, x.tile("a").Restarts)
	state("pull waits", stage.Waiting, "ImagePullBackOff", func(p *corev1.Pod) { waiting(p, "ImagePullBackOff") })
	state("config", stage.Waiting, "CreateContainerConfigError", func(p *corev1.Pod) { waiting(p, "CreateContainerConfigError") })
	state("running", stage.Running, "", func(p *corev1.Pod) { p.Status.Phase = corev1.PodRunning })
	state("ready", stage.Ready, "", func(p *corev1.Pod) { p.Status = pod("a", "n", true).Status })
	state("failed", stage.Failed, "Error", func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })
	state("evicted", stage.Failed, "Evicted", func(p *corev1.Pod) { p.Status.Phase, p.Status.Reason = corev1.PodFailed, "Evicted" })
	state("done", stage.Succeeded, "Completed", func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded })
	state("deleted", stage.Terminating, "", func(p *corev1.Pod) { p.Status = pod("a", "n", true).Status; p.DeletionTimestamp = &metav1.Time{} })
}

func TestVersions(t *testing.T) {
	x := newWall(t)
	yes := true
	d := &appsv1.Deployment{ObjectMeta: meta("web")}
	d.Spec.Replicas = new(int32)
	d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "c", Image: "nginx:1"}}
	x.put(api.Deployments, d)
	for _, image := range []string{"reg:5000/nginx", "nginx:1.26", "nginx@sha256:0123456789abcdef"} {
		rs := &appsv1.ReplicaSet{ObjectMeta: meta("web-" + strconv.Itoa(len(image)))}
		rs.Spec.Replicas = new(int32)
		rs.OwnerReferences = []metav1.OwnerReference{{Kind: "Deployment", Name: "web", UID: d.UID, Controller: &yes, APIVersion: "apps/v1"}}
		x.put(api.ReplicaSets, rs)
		for i := range 2 {
			p := pod(fmt.Sprint(rs.Name, "-", i), "", true)
			p.Labels = map[string]string{"pod-template-hash": rs.Name}
			p.Spec.Containers[0].Image = image
			p.OwnerReferences = []metav1.OwnerReference{{Kind: "ReplicaSet", Name: rs.Name, UID: rs.UID, Controller: &yes, APIVersion: "apps/v1"}}
			x.put(api.Pods, p)
		}
		x.frame()
	}
	require.Len(t, x.page.Versions, 3, "one for each template")
	labels := map[string]bool{}
	for _, v := range x.page.Versions {
		labels[v.Label] = true
		require.Equal(t, "deployments/default/web", v.Workload)
	}
	require.Equal(t, map[string]bool{"latest": true, "1.26": true, "0123456": true}, labels)
	for _, p := range x.page.Pods {
		require.EqualValues(t, 1, p.Workload)
	}
	require.Len(t, x.page.Workloads, 1, "its ReplicaSets are part of it")
}

// Any writes in any order, looked at now and then.
func TestAnyDeltasAddUp(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 1))
		x := newWall(t)
		for range 400 {
			n := rng.IntN(3)
			name := func(kind string, k int) string { return fmt.Sprint(kind, rng.IntN(k)) }
			switch rng.IntN(10) {
			case 0:
				if n == 0 {
					x.remove(api.Nodes, "", name("n", 4))
				} else {
					x.put(api.Nodes, node(name("n", 4)))
				}
			case 1:
				if n == 0 {
					x.remove(api.Services, "default", name("s", 3))
				} else {
					x.put(api.Services, service(name("s", 3)))
				}
			case 2, 3:
				s := name("s", 3)
				if n == 0 {
					x.remove(api.EndpointSlices, "default", s+"-x")
				} else {
					x.put(api.EndpointSlices, endpoints(s+"-x", s, name("p", 12), name("p", 12)))
				}
			case 4:
				if n == 0 {
					x.remove(api.Deployments, "default", name("d", 3))
				} else {
					d := &appsv1.Deployment{ObjectMeta: meta(name("d", 3))}
					d.Spec.Replicas = new(int32)
					x.put(api.Deployments, d)
				}
			case 5, 6:
				x.remove(api.Pods, "default", name("p", 12))
			default:
				p := name("p", 12)
				at := ""
				if old, ok := x.have["pods/default/"+p].(*corev1.Pod); ok {
					at = old.Spec.NodeName
				}
				if at == "" && n > 0 {
					at = name("n", 4)
				}
				x.put(api.Pods, pod(p, at, n == 2))
			}
			if rng.IntN(4) == 0 {
				x.frame()
			} else if rng.IntN(3) == 0 {
				x.page.apply(x.st.Take(0))
			}
		}
		x.frame()
	}
}
