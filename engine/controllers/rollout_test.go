package controllers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/sim"
)

func manager(t testing.TB, only ...string) *apitest.Server {
	s := apitest.New()
	s.Manager.Install(Program, func(a *sim.Actor) {
		Run(a, client.Config{Servers: []*sim.Host{s.Host}, User: "system:kube-controller-manager", UserAgent: Program}, Options{Only: only})
	})
	return s
}

// kubelets makes pods run and, unless their image is bad, ready a second later; terminating pods go a second later.
func kubelets(s *apitest.Server) {
	s.Manager.Install("kubelets", func(a *sim.Actor) {
		c := client.New(a, client.Config{Servers: []*sim.Host{s.Host}})
		pods := client.NewCache[*corev1.Pod](c, api.Pods, client.Selection{})
		pods.Subscribe(func(old, p *corev1.Pod) {
			if p == nil {
				return
			}
			ns, name := p.Namespace, p.Name
			switch {
			case p.DeletionTimestamp != nil && (old == nil || old.DeletionTimestamp == nil):
				a.After(time.Second, "gone", func() { apitest.Remove[*corev1.Pod](s, ns, name) })
			case p.Spec.NodeName == "":
				a.After(time.Second, "ready", func() {
					if apitest.Get[*corev1.Pod](s, ns, name) == nil {
						return
					}
					apitest.Edit(s, ns, name, func(p *corev1.Pod) {
						p.Spec.NodeName = "node-1"
						p.Status.Phase = corev1.PodRunning
						p.Status.PodIP, p.Status.PodIPs = "10.0.0.1", []corev1.PodIP{{IP: "10.0.0.1"}}
						if !strings.HasPrefix(p.Spec.Containers[0].Image, "bad") {
							p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: s.Now()}}
						}
					})
				})
			}
		})
	})
}

func app(replicas int32, image string) *appsv1.Deployment {
	l := map[string]string{"app": "nginx"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "nginx", Namespace: "default"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: l},
			RevisionHistoryLimit: ptr.To(int32(10)), ProgressDeadlineSeconds: ptr.To(int32(600)),
			Strategy: appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: ptr.To(intstr.FromString("25%")), MaxUnavailable: ptr.To(intstr.FromString("25%"))}},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: l},
				Spec: corev1.PodSpec{
					Containers: []corev1.Container{{Name: "nginx", Image: image, ImagePullPolicy: corev1.PullIfNotPresent,
						TerminationMessagePath: "/dev/termination-log", TerminationMessagePolicy: corev1.TerminationMessageReadFile}},
					RestartPolicy: corev1.RestartPolicyAlways, TerminationGracePeriodSeconds: ptr.To(int64(30)),
					DNSPolicy: corev1.DNSClusterFirst, SecurityContext: &corev1.PodSecurityContext{}, SchedulerName: "default-scheduler",
				},
			},
		},
	}
}

// change edits the Deployment as a client does: with a new generation.
func change(s *apitest.Server, fn func(*appsv1.Deployment)) {
	apitest.Edit(s, "default", "nginx", func(d *appsv1.Deployment) {
		fn(d)
		d.Generation++
	})
}

func image(s *apitest.Server, image string) {
	change(s, func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Image = image })
}

func nginx(s *apitest.Server) *appsv1.Deployment {
	return apitest.Get[*appsv1.Deployment](s, "default", "nginx")
}

func replicaSets(s *apitest.Server) map[string]int32 {
	out := map[string]int32{}
	for _, rs := range apitest.List[*appsv1.ReplicaSet](s) {
		out[rs.Name] = *rs.Spec.Replicas
	}
	return out
}

func condition(d *appsv1.Deployment, typ appsv1.DeploymentConditionType) string {
	for _, c := range d.Status.Conditions {
		if c.Type == typ {
			return fmt.Sprintf("%s %s: %s", c.Status, c.Reason, c.Message)
		}
	}
	return ""
}

func events(s *apitest.Server, reason string) []string {
	var out []string
	for _, e := range s.Events() {
		if m, ok := strings.CutPrefix(e, reason+": "); ok {
			out = append(out, m)
		}
	}
	return out
}

const rs126, rs127 = "nginx-6d897b74dc", "nginx-67dc647948"

func TestRolloutAndUpdate(t *testing.T) {
	s := manager(t)
	kubelets(s)
	apitest.Put(s, app(3, "nginx:1.26"))
	s.Run(5 * time.Second)
	d := nginx(s)
	rs := apitest.Get[*appsv1.ReplicaSet](s, "default", rs126)
	require.NotNil(t, rs, "%v", replicaSets(s))
	assert.Equal(t, map[string]string{"deployment.kubernetes.io/desired-replicas": "3", "deployment.kubernetes.io/max-replicas": "4",
		"deployment.kubernetes.io/revision": "1"}, rs.Annotations)
	assert.Equal(t, map[string]string{"app": "nginx", "pod-template-hash": "6d897b74dc"}, rs.Spec.Selector.MatchLabels)
	assert.Equal(t, "1", d.Annotations["deployment.kubernetes.io/revision"])
	assert.EqualValues(t, 3, d.Status.AvailableReplicas)
	assert.EqualValues(t, 1, d.Status.ObservedGeneration)
	assert.Equal(t, "True MinimumReplicasAvailable: Deployment has minimum availability.", condition(d, appsv1.DeploymentAvailable))
	assert.Equal(t, `True NewReplicaSetAvailable: ReplicaSet "nginx-6d897b74dc" has successfully progressed.`, condition(d, appsv1.DeploymentProgressing))

	image(s, "nginx:1.27")
	s.Run(30 * time.Second)
	assert.Equal(t, map[string]int32{rs126: 0, rs127: 3}, replicaSets(s))
	assert.Equal(t, []string{
		"Scaled up replica set nginx-6d897b74dc from 0 to 3",
		"Scaled up replica set nginx-67dc647948 from 0 to 1",
		"Scaled down replica set nginx-6d897b74dc from 3 to 2",
		"Scaled up replica set nginx-67dc647948 from 1 to 2",
		"Scaled down replica set nginx-6d897b74dc from 2 to 1",
		"Scaled up replica set nginx-67dc647948 from 2 to 3",
		"Scaled down replica set nginx-6d897b74dc from 1 to 0",
	}, events(s, "ScalingReplicaSet"))
	assert.Equal(t, "2", nginx(s).Annotations["deployment.kubernetes.io/revision"])
	assert.EqualValues(t, 3, nginx(s).Status.UpdatedReplicas)
	assert.True(t, s.Sim.Settled(), "no deadline is left waiting")
	assert.Contains(t, decisions(s, "deployments/default/nginx"),
		"rolling update: room for new replicas: scale ReplicaSet nginx-67dc647948 1 → 2 (maxSurge 1, maxUnavailable 0)")

	// Undo: the template of revision 1 comes back, its ReplicaSet becomes revision 3.
	image(s, "nginx:1.26")
	s.Run(30 * time.Second)
	assert.Equal(t, map[string]int32{rs126: 3, rs127: 0}, replicaSets(s))
	rs = apitest.Get[*appsv1.ReplicaSet](s, "default", rs126)
	assert.Equal(t, "3", rs.Annotations["deployment.kubernetes.io/revision"])
	assert.Equal(t, "1", rs.Annotations["deployment.kubernetes.io/revision-history"])
	assert.Equal(t, "3", nginx(s).Annotations["deployment.kubernetes.io/revision"])
}

func decisions(s *apitest.Server, ref string) []string {
	var out []string
	for r := s.Sim.Journal.Newest(ref); r != nil; r = s.Sim.Journal.Before(r) {
		if r.Kind == sim.KindDecision {
			out = append(out, r.Text)
		}
	}
	return out
}

func TestUpdateToABadImageStopsAndTimesOut(t *testing.T) {
	s := manager(t, "deployment-controller", "replicaset-controller")
	kubelets(s)
	apitest.Put(s, app(10, "nginx:1.26"))
	s.Run(10 * time.Second)
	image(s, "bad:1")
	s.Run(20 * time.Second)
	d := nginx(s)
	assert.EqualValues(t, 8, d.Status.AvailableReplicas, "25% of 10, rounded down, may be missing")
	assert.EqualValues(t, 5, d.Status.UpdatedReplicas)
	assert.EqualValues(t, 13, d.Status.Replicas, "and 25%, rounded up, may be added")
	assert.Contains(t, condition(d, appsv1.DeploymentProgressing), "True ReplicaSetUpdated")
	assert.False(t, s.Sim.Settled())
	s.Run(610 * time.Second)
	assert.Regexp(t, `False ProgressDeadlineExceeded: ReplicaSet "nginx-\w+" has timed out progressing\.`, condition(nginx(s), appsv1.DeploymentProgressing))
	assert.True(t, s.Sim.Settled())
	// A good version replaces both.
	image(s, "nginx:1.27")
	s.Run(60 * time.Second)
	assert.EqualValues(t, 10, nginx(s).Status.UpdatedReplicas)
	assert.EqualValues(t, 10, nginx(s).Status.Replicas)
}

func TestProportionalScaling(t *testing.T) {
	s := manager(t)
	kubelets(s)
	apitest.Put(s, app(10, "nginx:1.26"))
	s.Run(10 * time.Second)
	image(s, "bad:1") // stops at 8 old, 5 new
	s.Run(20 * time.Second)
	change(s, func(d *appsv1.Deployment) { d.Spec.Replicas = ptr.To(int32(20)) })
	s.Run(5 * time.Second)
	sets := replicaSets(s)
	assert.EqualValues(t, 15, sets[rs126]+0, "%v", sets)
	assert.Len(t, sets, 2)
	total := int32(0)
	for _, n := range sets {
		total += n
	}
	assert.EqualValues(t, 25, total)
}

func TestRecreate(t *testing.T) {
	s := manager(t)
	kubelets(s)
	d := app(3, "nginx:1.26")
	d.Spec.Strategy = appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
	apitest.Put(s, d)
	s.Run(5 * time.Second)
	image(s, "nginx:1.27")
	s.Run(500 * time.Millisecond)
	assert.Equal(t, map[string]int32{rs126: 0}, replicaSets(s), "no new set while old pods terminate")
	s.Run(5 * time.Second)
	assert.Equal(t, map[string]int32{rs126: 0, rs127: 3}, replicaSets(s))
	assert.EqualValues(t, 3, nginx(s).Status.AvailableReplicas)
}

func TestPauseScaleResume(t *testing.T) {
	s := manager(t)
	kubelets(s)
	apitest.Put(s, app(3, "nginx:1.26"))
	s.Run(5 * time.Second)
	change(s, func(d *appsv1.Deployment) {
		d.Spec.Paused = true
		d.Spec.Template.Spec.Containers[0].Image = "nginx:1.27"
	})
	s.Run(5 * time.Second)
	assert.Equal(t, map[string]int32{rs126: 3}, replicaSets(s))
	assert.Equal(t, "Unknown DeploymentPaused: Deployment is paused", condition(nginx(s), appsv1.DeploymentProgressing))
	change(s, func(d *appsv1.Deployment) { d.Spec.Replicas = ptr.To(int32(5)) })
	s.Run(5 * time.Second)
	assert.Equal(t, map[string]int32{rs126: 5}, replicaSets(s), "scaling goes on")
	change(s, func(d *appsv1.Deployment) { d.Spec.Paused = false })
	s.Run(30 * time.Second)
	assert.Equal(t, map[string]int32{rs126: 0, rs127: 5}, replicaSets(s))
}

func TestHistoryLimit(t *testing.T) {
	s := manager(t)
	kubelets(s)
	d := app(1, "nginx:1")
	d.Spec.RevisionHistoryLimit = ptr.To(int32(2))
	apitest.Put(s, d)
	s.Run(5 * time.Second)
	for i := range 4 {
		image(s, fmt.Sprintf("nginx:%d", i+2))
		s.Run(10 * time.Second)
	}
	assert.Len(t, replicaSets(s), 3)
}

func TestHashCollision(t *testing.T) {
	s := manager(t)
	kubelets(s)
	other := app(1, "other").Spec.Template
	apitest.Put(s, &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: rs126, Namespace: "default"},
		Spec: appsv1.ReplicaSetSpec{Replicas: ptr.To(int32(0)), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}, Template: other}})
	apitest.Put(s, app(1, "nginx:1.26"))
	s.Run(10 * time.Second)
	assert.EqualValues(t, 1, *nginx(s).Status.CollisionCount)
	assert.EqualValues(t, 1, nginx(s).Status.AvailableReplicas)
	assert.Len(t, replicaSets(s), 2)
}

func removeDeployment(s *apitest.Server) { apitest.Remove[*appsv1.Deployment](s, "default", "nginx") }
