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

func TestClaims(t *testing.T) {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	claim := func(name string) *corev1.PersistentVolumeClaim {
		return apitest.Get[*corev1.PersistentVolumeClaim](s, "default", name)
	}
	pod := func(name, node, claim string) {
		apitest.Put(s, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Spec: corev1.PodSpec{NodeName: node, Volumes: []corev1.Volume{{
			Name: "data", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim}}}}}})
	}
	for _, name := range []string{"used", "free", "waiting", "old"} {
		c := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", Finalizers: []string{Finalizer}}}
		if name == "old" {
			c.Finalizers = nil
		}
		apitest.Put(s, c)
	}
	pod("user", "node-1", "used")
	pod("pending", "", "waiting")
	s.Run(time.Second)
	require.Equal(t, []string{Finalizer}, claim("old").Finalizers, "made before admission gave finalizers")

	for _, name := range []string{"used", "free", "waiting"} {
		apitest.Edit(s, "default", name, func(c *corev1.PersistentVolumeClaim) { c.DeletionTimestamp = ptr.To(s.Now()) })
	}
	s.Run(time.Second)
	require.Nil(t, claim("free"))
	require.Nil(t, claim("waiting"), "a pod that has no node does not count")
	require.NotNil(t, claim("used"))

	apitest.Edit(s, "default", "user", func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded })
	s.Run(time.Second)
	require.NotNil(t, claim("used"), "a pod that has ended still is there, and its volume with it")
	apitest.Remove[*corev1.Pod](s, "default", "user")
	s.Run(time.Second)
	require.Nil(t, claim("used"))
}
