package kubelet_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// programs stands for the programs of a host.
type programs struct {
	log    []string
	health int
}

func (p *programs) Start(name string)         { p.log = append(p.log, "start "+name) }
func (p *programs) Stop(name string)          { p.log = append(p.log, "stop "+name) }
func (p *programs) Health(_, path string) int { return p.health }

func manifest() *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "kube-scheduler", Namespace: "default", Labels: map[string]string{"component": "kube-scheduler"}},
		Spec: corev1.PodSpec{HostNetwork: true, PriorityClassName: "system-node-critical", Containers: []corev1.Container{{
			Name: "kube-scheduler", Image: "registry.k8s.io/kube-scheduler:v1.37.2", Command: []string{"kube-scheduler", "--leader-elect=true"},
			LivenessProbe: probe(10259, 10),
		}}}}
}

// A static pod runs, has a mirror in the API, and does not care what becomes of the mirror.
func TestStaticPod(t *testing.T) {
	w := newWorld(t, manifest())
	pr := &w.programs
	w.Run(10 * time.Second)
	const name = "kube-scheduler-node-1"
	m := w.pod(name)
	require.NotNil(t, m)
	require.Equal(t, corev1.PodRunning, m.Status.Phase)
	require.Equal(t, "10.0.0.2", m.Status.PodIP)
	require.Equal(t, m.Annotations["kubernetes.io/config.hash"], m.Annotations["kubernetes.io/config.mirror"])
	require.Equal(t, "file", m.Annotations["kubernetes.io/config.source"])
	require.Equal(t, "Node", m.OwnerReferences[0].Kind)
	require.Equal(t, []string{"start kube-scheduler"}, pr.log)
	containerID, uid := m.Status.ContainerStatuses[0].ContainerID, m.UID

	w.Start("somebody", func(f *client.Informers) { f.Client().Delete(api.Pods, "default", name, client.DeleteOptions{}, nil) })
	w.Run(5 * time.Second)
	m = w.pod(name)
	require.NotNil(t, m, "a new mirror")
	require.Nil(t, m.DeletionTimestamp)
	require.NotEqual(t, uid, m.UID)
	require.Equal(t, containerID, m.Status.ContainerStatuses[0].ContainerID, "the container does not care")

	// A program that ends takes its container with it; the kubelet starts it again.
	w.Sim.Do(func() { w.rt.Exited("kube-scheduler", 1) })
	w.Run(5 * time.Second)
	m = w.pod(name)
	require.EqualValues(t, 1, m.Status.ContainerStatuses[0].RestartCount)
	require.Equal(t, []string{"start kube-scheduler", "start kube-scheduler"}, pr.log)

	// So does the kubelet when its liveness probe fails.
	pr.health = 500
	w.Run(40 * time.Second)
	require.Contains(t, pr.log, "stop kube-scheduler")
}
