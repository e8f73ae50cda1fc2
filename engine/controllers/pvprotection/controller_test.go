package pvprotection

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

func TestVolumes(t *testing.T) {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	volume := func(name string) *corev1.PersistentVolume { return apitest.Get[*corev1.PersistentVolume](s, "", name) }
	apitest.Put(s, &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "bound"}, Status: corev1.PersistentVolumeStatus{Phase: corev1.VolumeBound}})
	apitest.Put(s, &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "free"}, Status: corev1.PersistentVolumeStatus{Phase: corev1.VolumeAvailable}})
	s.Run(time.Second)
	require.Equal(t, []string{Finalizer}, volume("bound").Finalizers)
	for _, name := range []string{"bound", "free"} {
		apitest.Edit(s, "", name, func(v *corev1.PersistentVolume) { v.DeletionTimestamp = ptr.To(s.Now()) })
	}
	s.Run(time.Second)
	require.Nil(t, volume("free"))
	require.NotNil(t, volume("bound"))
	apitest.Edit(s, "", "bound", func(v *corev1.PersistentVolume) { v.Status.Phase = corev1.VolumeReleased })
	s.Run(time.Second)
	require.Nil(t, volume("bound"))
}
