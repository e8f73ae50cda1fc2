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

// TestPhases says in which phases a volume that is being deleted stays, and which ones get the finalizer.
func TestPhases(t *testing.T) {
	for phase, kept := range map[corev1.PersistentVolumePhase]bool{
		"": false, corev1.VolumePending: false, corev1.VolumeAvailable: false, corev1.VolumeBound: true, corev1.VolumeReleased: false, corev1.VolumeFailed: false,
	} {
		for _, before := range [][]string{nil, {Finalizer}} {
			s := apitest.New()
			s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
			apitest.Put(s, &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "v", Finalizers: before}, Status: corev1.PersistentVolumeStatus{Phase: phase}})
			s.Run(time.Second)
			require.Equal(t, []string{Finalizer}, apitest.Get[*corev1.PersistentVolume](s, "", "v").Finalizers)
			apitest.Edit(s, "", "v", func(v *corev1.PersistentVolume) { v.DeletionTimestamp = ptr.To(s.Now()) })
			s.Run(time.Second)
			require.Equal(t, kept, apitest.Get[*corev1.PersistentVolume](s, "", "v") != nil, phase)
		}
	}
}
