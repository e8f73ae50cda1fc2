package ephemeral

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

func TestClaimsOfPods(t *testing.T) {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	pod := func(name string, volumes ...string) {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}}
		for _, v := range volumes {
			p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: v, VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{
				VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"of": name}},
					Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: ptr.To("disk")}}}}})
		}
		apitest.Put(s, p)
		s.Run(time.Second)
	}
	get := func(name string) *corev1.PersistentVolumeClaim {
		return apitest.Get[*corev1.PersistentVolumeClaim](s, "default", name)
	}
	pod("p", "a", "b")
	for _, name := range []string{"p-a", "p-b"} {
		c := get(name)
		require.NotNil(t, c)
		require.Equal(t, "disk", *c.Spec.StorageClassName)
		require.Equal(t, map[string]string{"of": "p"}, c.Labels)
		require.Equal(t, apitest.Get[*corev1.Pod](s, "default", "p").UID, c.OwnerReferences[0].UID)
	}
	apitest.Remove[*corev1.PersistentVolumeClaim](s, "default", "p-a")
	s.Run(time.Second)
	require.NotNil(t, get("p-a"), "made anew")

	apitest.Put(s, &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "q-a", Namespace: "default"}})
	s.Run(time.Second)
	pod("q", "a", "b")
	require.Contains(t, s.Events(), "FailedBinding: ephemeral volume a: PVC default/q-a was not created for pod default/q (pod is not owner)")
	require.Nil(t, get("q-b"), "one after the other")

	apitest.Edit(s, "default", "p", func(p *corev1.Pod) { p.DeletionTimestamp = ptr.To(s.Now()) })
	apitest.Remove[*corev1.PersistentVolumeClaim](s, "default", "p-a")
	s.Run(time.Second)
	require.Nil(t, get("p-a"), "the pod is going")
	pod("r")
	require.Len(t, apitest.List[*corev1.PersistentVolumeClaim](s), 2)
}
