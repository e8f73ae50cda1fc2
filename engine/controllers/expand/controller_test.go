package expand

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func gi(n int64) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceStorage: *resource.NewQuantity(n<<30, resource.BinarySI)}
}

func TestWhoIsToldToWait(t *testing.T) {
	const told = "ExternalExpanding: waiting for an external controller to expand this PVC"
	claim := func(want, have int64, phase corev1.PersistentVolumeClaimPhase, volume string) *corev1.PersistentVolumeClaim {
		return &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "default", UID: "u"},
			Spec:   corev1.PersistentVolumeClaimSpec{VolumeName: volume, Resources: corev1.VolumeResourceRequirements{Requests: gi(want)}},
			Status: corev1.PersistentVolumeClaimStatus{Phase: phase, Capacity: gi(have)}}
	}
	for name, c := range map[string]struct {
		claim *corev1.PersistentVolumeClaim
		owner string // the UID in the volume's claimRef
		told  bool
	}{
		"asks for more":           {claim(9, 5, corev1.ClaimBound, "v"), "u", true},
		"asks for what it has":    {claim(5, 5, corev1.ClaimBound, "v"), "u", false},
		"has more":                {claim(5, 9, corev1.ClaimBound, "v"), "u", false},
		"is pending":              {claim(9, 5, corev1.ClaimPending, "v"), "u", false},
		"is lost":                 {claim(9, 5, corev1.ClaimLost, "v"), "u", false},
		"has no volume":           {claim(9, 5, corev1.ClaimBound, "gone"), "u", false},
		"its volume is another's": {claim(9, 5, corev1.ClaimBound, "v"), "other", false},
		"its volume is of nobody": {claim(9, 5, corev1.ClaimBound, "v"), "", false},
	} {
		s := apitest.New()
		s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
		v := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "v"}}
		if c.owner != "" {
			v.Spec.ClaimRef = &corev1.ObjectReference{Namespace: "default", Name: "c", UID: "u"}
			if c.owner != "u" {
				v.Spec.ClaimRef.UID = "other"
			}
		}
		apitest.Put(s, v)
		apitest.Put(s, c.claim)
		s.Run(time.Minute)
		if c.told {
			require.Equal(t, []string{told}, s.Events(), name)
		} else {
			require.Empty(t, s.Events(), name)
		}
	}
	// What changes otherwise is not told again; asking for still more is.
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	apitest.Put(s, &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "v"}, Spec: corev1.PersistentVolumeSpec{ClaimRef: &corev1.ObjectReference{Namespace: "default", Name: "c", UID: "u"}}})
	apitest.Put(s, claim(5, 5, corev1.ClaimBound, "v"))
	s.Run(time.Second)
	require.Empty(t, s.Events())
	apitest.Edit(s, "default", "c", func(c *corev1.PersistentVolumeClaim) { c.Spec.Resources.Requests = gi(9) })
	s.Run(time.Second)
	apitest.Edit(s, "default", "c", func(c *corev1.PersistentVolumeClaim) { c.Labels = map[string]string{"x": "y"} })
	s.Run(time.Second)
	require.EqualValues(t, 1, apitest.List[*corev1.Event](s)[0].Count)
	apitest.Edit(s, "default", "c", func(c *corev1.PersistentVolumeClaim) { c.Spec.Resources.Requests = gi(12) })
	s.Run(time.Second)
	require.EqualValues(t, 2, apitest.List[*corev1.Event](s)[0].Count)
}
