package kubelet_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/kubelet"
	"tabernetes/engine/network"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

type world struct {
	*apitest.Server
	net *network.Network
	rt  *runtime.Runtime
	h   *sim.Host

	programs programs
}

func newWorld(t *testing.T, manifests ...*corev1.Pod) *world {
	t.Helper()
	s := apitest.New()
	w := &world{Server: s, net: network.New(s.Sim)}
	h := s.Sim.AddHost("node-1")
	w.h = h
	nd := w.net.AddNode(h)
	w.rt = runtime.NewEngine(h, runtime.NewRegistry())
	w.programs.health = 200
	w.rt.SetPrograms(&w.programs)
	h.Install("kubelet", func(a *sim.Actor) {
		kubelet.Run(a, client.Config{Servers: []*sim.Host{s.Host}, User: "system:node:node-1", UserAgent: "kubelet"},
			kubelet.Config{NodeName: "node-1", Runtime: w.rt, Network: nd, Manifests: manifests})
	})
	s.Run(5 * time.Second)
	s.Requests = nil
	return w
}

func pod(name string, c ...corev1.Container) *corev1.Pod {
	grace := int64(30)
	for i := range c {
		if c[i].ImagePullPolicy == "" {
			c[i].ImagePullPolicy = corev1.PullIfNotPresent
		}
	}
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{NodeName: "node-1", RestartPolicy: corev1.RestartPolicyAlways, TerminationGracePeriodSeconds: &grace, Containers: c}}
}

func probe(port int, period int32) *corev1.Probe {
	return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(int32(port))}},
		PeriodSeconds: period, TimeoutSeconds: 1, SuccessThreshold: 1, FailureThreshold: 3}
}

func (w *world) pod(name string) *corev1.Pod {
	return apitest.Get[*corev1.Pod](w.Server, "default", name)
}

func (w *world) podEvents(name string) []string {
	var out []string
	for _, e := range apitest.List[*corev1.Event](w.Server) {
		if e.InvolvedObject.Name == name {
			s := e.Reason + ": " + e.Message
			if e.Count > 1 {
				s += fmt.Sprintf(" (x%d)", e.Count)
			}
			out = append(out, s)
		}
	}
	return out
}

func (w *world) writes() []string {
	var out []string
	for _, r := range w.Requests {
		if !strings.Contains(r, "events") && !strings.Contains(r, "leases") && !strings.Contains(r, "nodes") {
			out = append(out, r)
		}
	}
	return out
}

func state(p *corev1.Pod, i int) string {
	s := p.Status.ContainerStatuses[i].State
	switch {
	case s.Waiting != nil:
		return s.Waiting.Reason
	case s.Terminated != nil:
		return s.Terminated.Reason
	case s.Running != nil:
		return "Running"
	}
	return ""
}

func conditions(p *corev1.Pod) string {
	var out []string
	for _, c := range p.Status.Conditions {
		out = append(out, string(c.Type)+"="+string(c.Status))
	}
	return strings.Join(out, " ")
}

func TestNodeBecomesReady(t *testing.T) {
	w := newWorld(t)
	n := apitest.Get[*corev1.Node](w.Server, "", "node-1")
	require.NotNil(t, n)
	require.Equal(t, "KubeletReady", n.Status.Conditions[3].Reason)
	require.Equal(t, corev1.ConditionTrue, n.Status.Conditions[3].Status)
	require.Equal(t, "10.0.0.2", n.Status.Addresses[0].Address)
	require.Equal(t, "10.244.0.0/24", n.Spec.PodCIDR)
	w.Run(60 * time.Second)
	leases := 0
	for _, r := range w.Requests {
		if strings.Contains(r, "leases") {
			leases++
		}
	}
	require.InDelta(t, 6, leases, 1)
	require.True(t, w.Sim.Settled(), "an idle node is settled")
}

func TestPodRunsAndGoes(t *testing.T) {
	w := newWorld(t)
	apitest.Put(w.Server, pod("web", corev1.Container{Name: "web", Image: "nginx:1.26", ReadinessProbe: probe(80, 2)}))
	w.Run(10 * time.Second)
	p := w.pod("web")
	require.Equal(t, corev1.PodRunning, p.Status.Phase)
	require.Equal(t, "10.244.0.2", p.Status.PodIP)
	require.Equal(t, "PodReadyToStartContainers=True Initialized=True Ready=True ContainersReady=True PodScheduled=True", conditions(p))
	require.Len(t, w.writes(), 3, "%v", w.writes())
	ev := w.podEvents("web")
	require.Equal(t, `Pulling: Pulling image "nginx:1.26"`, ev[0])
	require.Regexp(t, `^Pulled: Successfully pulled image "nginx:1.26" in [\d.]+m?s \([\d.]+m?s including waiting\). Image size: \d+ bytes.$`, ev[1])
	require.Equal(t, []string{"Created: Container created", "Started: Container started"}, ev[2:4])
	require.True(t, w.Sim.Settled())

	w.Requests = nil
	zero := int64(30)
	apitest.Edit(w.Server, "default", "web", func(p *corev1.Pod) {
		now := w.Now()
		p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &now, &zero
	})
	w.Run(3 * time.Second)
	require.Nil(t, w.pod("web"))
	require.Contains(t, w.podEvents("web"), "Killing: Stopping container web")
	t.Log(w.writes())
}

func TestImageDoesNotExist(t *testing.T) {
	w := newWorld(t)
	apitest.Put(w.Server, pod("bad", corev1.Container{Name: "bad", Image: "nginx:9.99"}))
	w.Run(3 * time.Second)
	require.Contains(t, []string{"ErrImagePull", "ImagePullBackOff"}, state(w.pod("bad"), 0))
	w.Run(60 * time.Second)
	require.Contains(t, []string{"ErrImagePull", "ImagePullBackOff"}, state(w.pod("bad"), 0))
	ev := strings.Join(w.podEvents("bad"), "\n")
	require.Contains(t, ev, `Failed: Failed to pull image "nginx:9.99": rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:9.99": failed to resolve reference "docker.io/library/nginx:9.99": docker.io/library/nginx:9.99: not found`)
	require.Contains(t, ev, "Failed: Error: ErrImagePull")
	require.Contains(t, ev, `BackOff: Back-off pulling image "nginx:9.99"`)
	require.Contains(t, ev, "Failed: Error: ImagePullBackOff")
	require.True(t, w.Sim.Settled(), "a pod that will never run does not keep the world waiting")
	t.Log(ev, len(w.writes()))
}

func TestCrashLoop(t *testing.T) {
	w := newWorld(t)
	apitest.Put(w.Server, pod("crash", corev1.Container{Name: "c", Image: "busybox", Command: []string{"sh", "-c", "echo hello; sleep 1; exit 3"}}))
	seen := map[string]bool{}
	for range 120 {
		w.Run(time.Second)
		if p := w.pod("crash"); len(p.Status.ContainerStatuses) > 0 {
			seen[state(p, 0)] = true
		}
	}
	p := w.pod("crash")
	require.True(t, seen["CrashLoopBackOff"] && seen["Error"] && seen["Running"], "%v", seen)
	cs := p.Status.ContainerStatuses[0]
	require.EqualValues(t, 3, cs.LastTerminationState.Terminated.ExitCode)
	require.InDelta(t, 4, cs.RestartCount, 1)
	ev := strings.Join(w.podEvents("crash"), "\n")
	require.Contains(t, ev, "BackOff: Back-off restarting failed container c in pod crash_default(")
	t.Log(ev, cs.RestartCount, len(w.writes()))
	require.Equal(t, "hello", w.rt.Sandbox(p.UID).Containers[0].Logs()[0].Text)
}

func TestLivenessRestarts(t *testing.T) {
	w := newWorld(t)
	apitest.Put(w.Server, pod("live", corev1.Container{Name: "l", Image: "registry.k8s.io/busybox:1.27.2",
		Args: []string{"/bin/sh", "-c", "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600"},
		LivenessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"cat", "/tmp/healthy"}}},
			InitialDelaySeconds: 5, PeriodSeconds: 5, TimeoutSeconds: 1, SuccessThreshold: 1, FailureThreshold: 3}}))
	w.Run(35 * time.Second)
	require.EqualValues(t, 0, w.pod("live").Status.ContainerStatuses[0].RestartCount)
	w.Run(60 * time.Second)
	p := w.pod("live")
	require.EqualValues(t, 1, p.Status.ContainerStatuses[0].RestartCount)
	require.EqualValues(t, 137, p.Status.ContainerStatuses[0].LastTerminationState.Terminated.ExitCode)
	ev := strings.Join(w.podEvents("live"), "\n")
	require.Contains(t, ev, "Unhealthy: Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory")
	require.Contains(t, ev, "Killing: Container l failed liveness probe, will be restarted")
}

func TestInitContainersAndSidecars(t *testing.T) {
	w := newWorld(t)
	always := corev1.ContainerRestartPolicyAlways
	p := pod("job", corev1.Container{Name: "main", Image: "busybox", Command: []string{"sh", "-c", "cat /data/x; sleep 2"}, VolumeMounts: []corev1.VolumeMount{{Name: "d", MountPath: "/data"}}})
	p.Spec.RestartPolicy = corev1.RestartPolicyNever
	p.Spec.Volumes = []corev1.Volume{{Name: "d", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
	p.Spec.InitContainers = []corev1.Container{
		{Name: "i", Image: "busybox", Command: []string{"sh", "-c", "echo from-init > /data/x"}, VolumeMounts: []corev1.VolumeMount{{Name: "d", MountPath: "/data"}}},
		{Name: "side", Image: "busybox", Command: []string{"sh", "-c", "trap 'exit 0' TERM; while true; do sleep 1; done"}, RestartPolicy: &always},
	}
	apitest.Put(w.Server, p)
	w.Run(time.Second)
	require.Equal(t, corev1.PodPending, w.pod("job").Status.Phase)
	require.Contains(t, conditions(w.pod("job")), "Initialized=False")
	w.Run(2 * time.Second)
	require.Equal(t, corev1.PodRunning, w.pod("job").Status.Phase, conditions(w.pod("job")))
	w.Run(5 * time.Second)
	q := w.pod("job")
	require.Equal(t, corev1.PodSucceeded, q.Status.Phase)
	require.Equal(t, "Completed", state(q, 0))
	require.Equal(t, "from-init", w.rt.Sandbox(q.UID).Container("main").Logs()[0].Text)
	require.Equal(t, runtime.Exited, w.rt.Sandbox(q.UID).Container("side").State)
}

func TestPID1IgnoresSIGTERM(t *testing.T) {
	w := newWorld(t)
	apitest.Put(w.Server, pod("deaf", corev1.Container{Name: "c", Image: "busybox", Command: []string{"sleep", "3600"}}))
	w.Run(5 * time.Second)
	require.Equal(t, "Running", state(w.pod("deaf"), 0))
	grace := int64(30)
	apitest.Edit(w.Server, "default", "deaf", func(p *corev1.Pod) {
		now := w.Now()
		p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &now, &grace
	})
	w.Run(29 * time.Second)
	require.NotNil(t, w.pod("deaf"))
	w.Run(3 * time.Second)
	require.Nil(t, w.pod("deaf"))
}

func TestPowerLoss(t *testing.T) {
	w := newWorld(t)
	apitest.Put(w.Server, pod("web", corev1.Container{Name: "web", Image: "nginx"}))
	w.Run(10 * time.Second)
	require.Equal(t, corev1.PodRunning, w.pod("web").Status.Phase)
	w.h.Stop()
	w.Run(20 * time.Second)
	w.h.Start()
	w.Run(10 * time.Second)
	p := w.pod("web")
	cs := p.Status.ContainerStatuses[0]
	require.Equal(t, "Running", state(p, 0))
	require.EqualValues(t, 1, cs.RestartCount)
	require.Equal(t, "Unknown", cs.LastTerminationState.Terminated.Reason)
	require.EqualValues(t, 255, cs.LastTerminationState.Terminated.ExitCode)
	require.Contains(t, w.podEvents("web"), "SandboxChanged: Pod sandbox changed, it will be killed and re-created.")
}

func TestAdmissionAtTheNode(t *testing.T) {
	w := newWorld(t)
	apitest.Put(w.Server, pod("big", corev1.Container{Name: "c", Image: "nginx", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("64")}}}))
	w.Run(2 * time.Second)
	p := w.pod("big")
	require.Equal(t, corev1.PodFailed, p.Status.Phase)
	require.Equal(t, "OutOfcpu", p.Status.Reason)
	require.Equal(t, "Pod was rejected: Node didn't have enough resource: cpu, requested: 64000, used: 0, capacity: 4000", p.Status.Message)
}

func TestEnvironment(t *testing.T) {
	w := newWorld(t)
	apitest.Put(w.Server, pod("env", corev1.Container{Name: "c", Image: "busybox", Command: []string{"sh", "-c", "echo $A $(B) $IP; sleep 100"},
		Env: []corev1.EnvVar{
			{Name: "A", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "cm"}, Key: "k"}}},
			{Name: "B", Value: "b-$(A)"},
			{Name: "IP", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}}}}))
	w.Run(5 * time.Second)
	require.Equal(t, "CreateContainerConfigError", state(w.pod("env"), 0))
	require.Contains(t, strings.Join(w.podEvents("env"), "\n"), `Failed: Error: configmap "cm" not found`)
	apitest.Put(w.Server, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "cm", Namespace: "default"}, Data: map[string]string{"k": "v"}})
	w.Run(20 * time.Second)
	p := w.pod("env")
	require.Equal(t, "Running", state(p, 0))
	require.Equal(t, "v b-v 10.244.0.2", w.rt.Sandbox(p.UID).Containers[0].Logs()[0].Text)
}

// Many pods come and go while the node loses power now and then: in the end every pod the API has runs or is gone.
func TestSeededChurn(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		w := newWorld(t)
		rng := w.Sim.Rand(fmt.Sprint("churn", seed))
		for i := range 60 {
			switch rng.IntN(6) {
			case 0, 1, 2:
				c := corev1.Container{Name: "c", Image: "nginx:1.27"}
				if rng.IntN(2) == 0 {
					c.ReadinessProbe = probe(80, 1)
				}
				apitest.Put(w.Server, pod(fmt.Sprint("p", i), c))
			case 3, 4:
				if all := apitest.List[*corev1.Pod](w.Server); len(all) > 0 {
					p := all[rng.IntN(len(all))]
					if p.DeletionTimestamp == nil {
						grace := int64(rng.IntN(3))
						apitest.Edit(w.Server, "default", p.Name, func(p *corev1.Pod) {
							now := w.Now()
							p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &now, &grace
						})
					}
				}
			case 5:
				if w.h.Up() {
					w.h.Stop()
				} else {
					w.h.Start()
				}
			}
			w.Run(time.Duration(rng.IntN(3000)) * time.Millisecond)
		}
		w.h.Start()
		w.Run(3 * time.Minute)
		for _, p := range apitest.List[*corev1.Pod](w.Server) {
			require.Nil(t, p.DeletionTimestamp, "seed %d: %s hangs", seed, p.Name)
			require.Equal(t, corev1.PodRunning, p.Status.Phase, "seed %d: %s", seed, p.Name)
			require.Contains(t, conditions(p), " Ready=True", "seed %d: %s", seed, p.Name)
		}
		require.Len(t, w.rt.Sandboxes(), len(apitest.List[*corev1.Pod](w.Server)), "seed %d", seed)
	}
}
