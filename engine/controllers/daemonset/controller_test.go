package daemonset

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/controllers/templatehash"
)

func daemon(image string) *appsv1.DaemonSet {
	l := map[string]string{"app": "agent"}
	return &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: "agent", Namespace: "default", Annotations: map[string]string{appsv1.DeprecatedTemplateGeneration: "1"}},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: l}, RevisionHistoryLimit: ptr.To(int32(10)),
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: l}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: image}}}},
			UpdateStrategy: appsv1.DaemonSetUpdateStrategy{Type: appsv1.RollingUpdateDaemonSetStrategyType, RollingUpdate: &appsv1.RollingUpdateDaemonSet{
				MaxUnavailable: ptr.To(intstr.FromInt32(1)), MaxSurge: ptr.To(intstr.FromInt32(0))}},
		},
	}
}

// start makes a world of n nodes with a controller and no kubelets.
func start(n int) *apitest.Server {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	for i := range n {
		node(s, i+1)
	}
	return s
}

func node(s *apitest.Server, i int, taints ...corev1.Taint) {
	apitest.Put(s, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("node-%d", i), Labels: map[string]string{"n": fmt.Sprint(i)}},
		Spec: corev1.NodeSpec{Taints: taints}})
}

func pods(s *apitest.Server) []*corev1.Pod { return apitest.List[*corev1.Pod](s) }

// work binds each pod to the node it is meant for and makes it ready; what is being deleted goes.
func work(s *apitest.Server) {
	for _, p := range pods(s) {
		switch {
		case p.DeletionTimestamp != nil:
			apitest.Remove[*corev1.Pod](s, p.Namespace, p.Name)
		case p.Spec.NodeName == "":
			apitest.Edit(s, p.Namespace, p.Name, func(p *corev1.Pod) {
				p.Spec.NodeName, p.Status.Phase = targetOf(p), corev1.PodRunning
				p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: s.Now()}}
			})
		}
	}
	s.Run(time.Second)
}

// where are the nodes of the pods, with a mark for those that are being deleted.
func where(s *apitest.Server) string {
	var out []string
	for _, p := range pods(s) {
		n := strings.TrimPrefix(targetOf(p), "node-")
		if p.DeletionTimestamp != nil {
			n += "-"
		}
		out = append(out, n)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func images(s *apitest.Server) map[string]int {
	out := map[string]int{}
	for _, p := range pods(s) {
		if p.DeletionTimestamp == nil {
			out[p.Spec.Containers[0].Image]++
		}
	}
	return out
}

func get(s *apitest.Server) *appsv1.DaemonSet {
	return apitest.Get[*appsv1.DaemonSet](s, "default", "agent")
}

func edit(s *apitest.Server, fn func(*appsv1.DaemonSet)) {
	apitest.Edit(s, "default", "agent", func(ds *appsv1.DaemonSet) {
		was := ds.Spec.Template.DeepCopy()
		fn(ds)
		ds.Generation++
		if !cmp.Equal(was, &ds.Spec.Template) {
			ds.Annotations = map[string]string{appsv1.DeprecatedTemplateGeneration: fmt.Sprint(ds.Generation)}
		}
	})
	s.Run(time.Second)
}

func image(v string) func(*appsv1.DaemonSet) {
	return func(ds *appsv1.DaemonSet) {
		ds.Spec.Template.Spec.Containers = []corev1.Container{{Name: "c", Image: v}}
	}
}

func revisions(s *apitest.Server) []string {
	var out []string
	for _, r := range apitest.List[*appsv1.ControllerRevision](s) {
		out = append(out, fmt.Sprint(r.Name, "=", r.Revision))
	}
	slices.Sort(out)
	return out
}

func TestOnePodForEachNode(t *testing.T) {
	s := start(3)
	ds := apitest.Put(s, daemon("v1"))
	s.Run(time.Second)
	require.Equal(t, "1 2 3", where(s))
	p := pods(s)[0]
	assert.Empty(t, p.Spec.NodeName, "the scheduler binds it")
	assert.Empty(t, cmp.Diff([]corev1.NodeSelectorRequirement{{Key: "metadata.name", Operator: corev1.NodeSelectorOpIn, Values: []string{"node-1"}}},
		p.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0].MatchFields))
	hash := templatehash.Compute(&ds.Spec.Template, nil)
	assert.Equal(t, map[string]string{"app": "agent", "controller-revision-hash": hash, "pod-template-generation": "1"}, p.Labels)
	var ts []string
	for _, tol := range p.Spec.Tolerations {
		ts = append(ts, fmt.Sprintf("%s:%s %s", strings.TrimPrefix(tol.Key, "node.kubernetes.io/"), tol.Effect, tol.Operator))
	}
	assert.Equal(t, []string{"not-ready:NoExecute Exists", "unreachable:NoExecute Exists", "disk-pressure:NoSchedule Exists",
		"memory-pressure:NoSchedule Exists", "pid-pressure:NoSchedule Exists", "unschedulable:NoSchedule Exists"}, ts)
	assert.Equal(t, appsv1.DaemonSetStatus{DesiredNumberScheduled: 3, CurrentNumberScheduled: 3, UpdatedNumberScheduled: 3, NumberUnavailable: 3, ObservedGeneration: 1}, get(s).Status)
	work(s)
	assert.Equal(t, appsv1.DaemonSetStatus{DesiredNumberScheduled: 3, CurrentNumberScheduled: 3, UpdatedNumberScheduled: 3, NumberReady: 3, NumberAvailable: 3, ObservedGeneration: 1}, get(s).Status)
	assert.Contains(t, s.Events(), "SuccessfulCreate: Created pod: "+p.Name)
	n := len(s.Requests)
	s.Run(time.Hour)
	assert.Len(t, s.Requests, n, "settled")
}

func TestTheRevisionIsAPatch(t *testing.T) {
	s := start(1)
	apitest.Put(s, daemon("v1"))
	s.Run(time.Second)
	r := apitest.List[*appsv1.ControllerRevision](s)
	require.Len(t, r, 1)
	assert.Equal(t, `{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"agent"}},"spec":{"containers":[{"image":"v1","name":"c","resources":{}}]}}}}`, string(r[0].Data.Raw))
	assert.EqualValues(t, 1, r[0].Revision)
	assert.Equal(t, get(s).Annotations, r[0].Annotations)
	assert.Equal(t, "agent-"+r[0].Labels[hashLabel], r[0].Name)
}

func TestNodesComeAndChange(t *testing.T) {
	s := start(1)
	ds := daemon("v1")
	ds.Spec.Template.Spec.NodeSelector = map[string]string{"disk": "ssd"}
	apitest.Put(s, ds)
	s.Run(time.Second)
	assert.Empty(t, pods(s))
	label := func(l map[string]string) {
		apitest.Edit(s, "", "node-1", func(n *corev1.Node) { n.Labels = l })
		s.Run(time.Second)
	}
	label(map[string]string{"disk": "ssd"})
	require.Equal(t, "1", where(s))
	work(s)
	assert.EqualValues(t, 1, get(s).Status.NumberReady)
	label(map[string]string{"disk": "hdd"})
	assert.Equal(t, "1-", where(s))
	work(s)
	assert.Empty(t, pods(s))
	assert.EqualValues(t, 0, get(s).Status.DesiredNumberScheduled)
	apitest.Put(s, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-2", Labels: map[string]string{"disk": "ssd"}}})
	s.Run(time.Second)
	assert.Equal(t, "2", where(s))
}

func TestTaints(t *testing.T) {
	s := start(0)
	taint := func(key string, e corev1.TaintEffect) corev1.Taint { return corev1.Taint{Key: key, Effect: e} }
	node(s, 1, taint("own", corev1.TaintEffectNoSchedule))
	node(s, 2, taint(corev1.TaintNodeUnschedulable, corev1.TaintEffectNoSchedule), taint(corev1.TaintNodeNotReady, corev1.TaintEffectNoExecute))
	node(s, 3, taint("own", corev1.TaintEffectPreferNoSchedule))
	node(s, 4, taint(corev1.TaintNodeNetworkUnavailable, corev1.TaintEffectNoSchedule))
	apitest.Put(s, daemon("v1"))
	s.Run(time.Second)
	require.Equal(t, "2 3", where(s))
	work(s)
	apitest.Edit(s, "", "node-3", func(n *corev1.Node) { n.Spec.Taints = []corev1.Taint{taint("late", corev1.TaintEffectNoSchedule)} })
	s.Run(time.Second)
	assert.Equal(t, "2 3", where(s), "what runs may go on")
	edit(s, func(ds *appsv1.DaemonSet) { ds.Spec.Template.Spec.HostNetwork = true })
	assert.EqualValues(t, 1, get(s).Status.NumberMisscheduled)
	for range 5 {
		work(s)
	}
	assert.Equal(t, "2 4", where(s), "the host's network needs no network; an old pod is not made anew where none may start")
	apitest.Edit(s, "", "node-2", func(n *corev1.Node) { n.Spec.Taints = []corev1.Taint{taint("late", corev1.TaintEffectNoExecute)} })
	s.Run(time.Second)
	assert.Equal(t, "2- 4", where(s))
}

func TestPodsOfALostNode(t *testing.T) {
	s := start(2)
	apitest.Put(s, daemon("v1"))
	s.Run(time.Second)
	apitest.Remove[*corev1.Node](s, "", "node-2")
	s.Run(time.Second)
	work(s) // the event of any pod brings a sync
	assert.Equal(t, "1 2", where(s), "a bound pod is the pod collector's")
	apitest.Remove[*corev1.Node](s, "", "node-1")
	apitest.Remove[*corev1.Pod](s, "default", pods(s)[0].Name)
	s.Run(time.Second)
	assert.Equal(t, "2", where(s), "no node, no pod")
	assert.EqualValues(t, 0, get(s).Status.DesiredNumberScheduled)
}

func TestUnboundPodOfALostNodeIsDeleted(t *testing.T) {
	s := start(2)
	apitest.Put(s, daemon("v1"))
	s.Run(time.Second)
	apitest.Remove[*corev1.Node](s, "", "node-2")
	apitest.Edit(s, "default", pods(s)[0].Name, func(p *corev1.Pod) { p.Spec.NodeName = "node-1" })
	s.Run(time.Second)
	assert.Equal(t, "1", where(s))
}

func TestFailedPodsBackOff(t *testing.T) {
	s := start(1)
	apitest.Put(s, daemon("v1"))
	s.Run(time.Second)
	fail := func() string {
		p := pods(s)[0]
		apitest.Edit(s, "default", p.Name, func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })
		return p.Name
	}
	first := fail()
	s.Run(100 * time.Millisecond)
	require.NotEqual(t, first, pods(s)[0].Name, "the first is replaced at once")
	assert.Contains(t, s.Events(), "FailedDaemonPod: Found failed daemon pod default/"+first+" on node node-1, will try to kill it")
	second := fail()
	s.Run(800 * time.Millisecond)
	assert.Equal(t, second, pods(s)[0].Name)
	s.Run(2 * time.Second)
	third := fail()
	require.NotEqual(t, second, third)
	s.Run(1500 * time.Millisecond)
	s.Run(time.Second)
	assert.NotEqual(t, third, pods(s)[0].Name)
	apitest.Edit(s, "default", pods(s)[0].Name, func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded })
	done := pods(s)[0].Name
	s.Run(time.Second)
	assert.Contains(t, s.Events(), "SucceededDaemonPod: Found succeeded daemon pod default/"+done+" on node node-1, will try to delete it")
}

func TestSurplusPodsGoYoungestFirst(t *testing.T) {
	s := start(1)
	apitest.Put(s, daemon("v1"))
	s.Run(time.Second)
	work(s)
	keep := pods(s)[0]
	for i := range 2 {
		p := keep.DeepCopy()
		p.Name, p.UID, p.CreationTimestamp = fmt.Sprint("more-", i), "", metav1.NewTime(s.Now().Add(time.Minute))
		apitest.Put(s, p)
	}
	s.Run(time.Second)
	work(s)
	require.Len(t, pods(s), 1)
	assert.Equal(t, keep.Name, pods(s)[0].Name)
}

func TestAdoptsAndReleases(t *testing.T) {
	s := start(1)
	apitest.Put(s, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "orphan", Namespace: "default", Labels: map[string]string{"app": "agent"}}, Spec: corev1.PodSpec{NodeName: "node-1"}})
	ds := apitest.Put(s, daemon("v1"))
	s.Run(time.Second)
	assert.True(t, metav1.IsControlledBy(apitest.Get[*corev1.Pod](s, "default", "orphan"), ds))
	work(s)
	require.Equal(t, "1", where(s), "adopted, then replaced: it has no hash")
	name := pods(s)[0].Name
	require.NotEqual(t, "orphan", name)
	apitest.Edit(s, "default", name, func(p *corev1.Pod) { p.Labels = map[string]string{"app": "x"} })
	s.Run(time.Second)
	assert.Empty(t, apitest.Get[*corev1.Pod](s, "default", name).OwnerReferences)
	assert.Equal(t, "1 1", where(s))
}

func TestQuotaStopsTheSlowStart(t *testing.T) {
	s := start(20)
	creates := 0
	s.Before = func(r *api.Request) error {
		if r.Verb == api.Create && r.Resource == api.Pods {
			if creates++; creates > 3 {
				return apierrors.NewForbidden(api.Pods.GR(), "", fmt.Errorf("exceeded quota"))
			}
		}
		return nil
	}
	apitest.Put(s, daemon("v1"))
	s.Run(4 * time.Millisecond)
	assert.Equal(t, 7, creates)
	s.Before = nil
	s.Run(1000 * time.Second)
	assert.Len(t, pods(s), 20)
	assert.Contains(t, s.Events(), "FailedCreate: Error creating: pods is forbidden: exceeded quota")
}

func TestSelectingAll(t *testing.T) {
	s := start(1)
	ds := daemon("v1")
	ds.Spec.Selector = &metav1.LabelSelector{}
	apitest.Put(s, ds)
	s.Run(time.Second)
	assert.Empty(t, pods(s))
	assert.Contains(t, s.Events(), "SelectingAll: This daemon set is selecting all pods. A non-empty selector is required.")
}

func TestAThousandNodes(t *testing.T) {
	s := start(1000)
	apitest.Put(s, daemon("v1"))
	s.Run(10 * time.Second)
	require.Len(t, pods(s), 1000, "in bursts of 250")
	work(s)
	s.Run(time.Second)
	assert.EqualValues(t, 1000, get(s).Status.NumberAvailable)
}
