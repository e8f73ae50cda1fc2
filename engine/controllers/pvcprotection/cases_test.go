package pvcprotection

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

// TestWhoKeepsAClaim deletes a claim that one pod names in one way or another.
func TestWhoKeepsAClaim(t *testing.T) {
	named := func(claim string) corev1.VolumeSource {
		return corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim}}
	}
	ephemeral := corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}
	pod := func(namespace, name, node string, phase corev1.PodPhase, v corev1.VolumeSource) *corev1.Pod {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, UID: "pod-uid"},
			Spec: corev1.PodSpec{NodeName: node, Volumes: []corev1.Volume{{Name: "data", VolumeSource: v}}}, Status: corev1.PodStatus{Phase: phase}}
	}
	owned := []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: "p", UID: "pod-uid", Controller: ptr.To(true)}}
	for name, c := range map[string]struct {
		claim  string
		owners []metav1.OwnerReference
		pod    *corev1.Pod
		kept   bool
	}{
		"a running pod":                       {"c", nil, pod("default", "p", "node-1", corev1.PodRunning, named("c")), true},
		"a pod that starts":                   {"c", nil, pod("default", "p", "node-1", corev1.PodPending, named("c")), true},
		"a pod without a node":                {"c", nil, pod("default", "p", "", corev1.PodPending, named("c")), false},
		"a pod that succeeded":                {"c", nil, pod("default", "p", "node-1", corev1.PodSucceeded, named("c")), true},
		"a pod that failed":                   {"c", nil, pod("default", "p", "node-1", corev1.PodFailed, named("c")), true},
		"a pod with another claim":            {"c", nil, pod("default", "p", "node-1", corev1.PodRunning, named("d")), false},
		"a pod of another namespace":          {"c", nil, pod("other", "p", "node-1", corev1.PodRunning, named("c")), false},
		"the pod of an ephemeral volume":      {"p-data", owned, pod("default", "p", "node-1", corev1.PodRunning, ephemeral), true},
		"it has ended":                        {"p-data", owned, pod("default", "p", "node-1", corev1.PodFailed, ephemeral), false},
		"a claim of the name that is not its": {"p-data", nil, pod("default", "p", "node-1", corev1.PodRunning, ephemeral), false},
	} {
		s := apitest.New()
		s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
		apitest.Put(s, c.pod)
		apitest.Put(s, &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: c.claim, Namespace: "default", OwnerReferences: c.owners, Finalizers: []string{Finalizer, "example.com/other"}}})
		s.Run(time.Second)
		apitest.Edit(s, "default", c.claim, func(o *corev1.PersistentVolumeClaim) { o.DeletionTimestamp = ptr.To(s.Now()) })
		s.Run(time.Second)
		want := []string{"example.com/other"}
		if c.kept {
			want = []string{Finalizer, "example.com/other"}
		}
		require.Equal(t, want, apitest.Get[*corev1.PersistentVolumeClaim](s, "default", c.claim).Finalizers, name)
		if c.kept {
			apitest.Remove[*corev1.Pod](s, c.pod.Namespace, c.pod.Name)
			s.Run(time.Second)
			require.Equal(t, []string{"example.com/other"}, apitest.Get[*corev1.PersistentVolumeClaim](s, "default", c.claim).Finalizers, name)
		}
	}
}
