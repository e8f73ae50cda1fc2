package attachdetach

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/apitest"
)

// TestWhatIsMissingComes: whatever comes last, pod, node, claim or driver, the volume is attached then.
func TestWhatIsMissingComes(t *testing.T) {
	for name, c := range map[string]struct {
		before func(w *world)
		comes  func(w *world)
	}{
		"the node": {func(w *world) { apitest.Remove[*corev1.Node](w.Server, "", "node-1") },
			func(w *world) { apitest.Put(w.Server, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}}) }},
		"the binding of the claim": {func(w *world) {
			apitest.Edit(w.Server, "default", "c", func(c *corev1.PersistentVolumeClaim) { c.Spec.VolumeName, c.Status.Phase = "", corev1.ClaimPending })
		}, func(w *world) {
			apitest.Edit(w.Server, "default", "c", func(c *corev1.PersistentVolumeClaim) { c.Spec.VolumeName, c.Status.Phase = "v", corev1.ClaimBound })
		}},
		"the volume": {func(w *world) { apitest.Remove[*corev1.PersistentVolume](w.Server, "", "v") }, func(w *world) {
			apitest.Put(w.Server, &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "v"}, Spec: corev1.PersistentVolumeSpec{ClaimRef: &corev1.ObjectReference{Namespace: "default", Name: "c", UID: "c"},
				PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{Driver: "disk.io", VolumeHandle: "h"}}}})
		}},
		"the claim": {func(w *world) { apitest.Remove[*corev1.PersistentVolumeClaim](w.Server, "default", "c") }, func(w *world) {
			apitest.Put(w.Server, &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "default", UID: "c"},
				Spec: corev1.PersistentVolumeClaimSpec{VolumeName: "v"}, Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound}})
		}},
		"that its driver attaches": {func(w *world) {
			apitest.Put(w.Server, &storagev1.CSIDriver{ObjectMeta: metav1.ObjectMeta{Name: "disk.io"}, Spec: storagev1.CSIDriverSpec{AttachRequired: ptr.To(false)}})
		}, func(w *world) {
			apitest.Edit(w.Server, "", "disk.io", func(d *storagev1.CSIDriver) { d.Spec.AttachRequired = ptr.To(true) })
		}},
	} {
		w := newWorld(t)
		c.before(w)
		w.Run(time.Second)
		w.pod("p", "node-1")
		w.Run(time.Minute)
		require.Nil(t, w.on("node-1"), name)
		c.comes(w)
		w.Run(time.Second)
		assert.NotNil(t, w.on("node-1"), name)
	}
}

// TestTwoPodsOfOneNode share an attachment, which goes with the last of them.
func TestTwoPodsOfOneNode(t *testing.T) {
	w := newWorld(t)
	w.pod("p", "node-1")
	w.pod("q", "node-1")
	w.edit("node-1", attached)
	require.Len(t, apitest.List[*storagev1.VolumeAttachment](w.Server), 1)
	apitest.Remove[*corev1.Pod](w.Server, "default", "p")
	w.Run(time.Minute)
	require.NotNil(t, w.on("node-1"))
	apitest.Remove[*corev1.Pod](w.Server, "default", "q")
	w.Run(time.Second)
	assert.Nil(t, w.on("node-1"))
}

// TestAPodThatIsGoing keeps its volume until it has ended: its containers still use it.
func TestAPodThatIsGoing(t *testing.T) {
	w := newWorld(t)
	w.pod("p", "node-1")
	w.edit("node-1", attached)
	apitest.Edit(w.Server, "default", "p", func(p *corev1.Pod) { p.DeletionTimestamp = ptr.To(w.Now()) })
	w.Run(time.Hour)
	assert.NotNil(t, w.on("node-1"))
}

// TestAnAttachmentThatIsDeleted by somebody is made again when it is gone.
func TestAnAttachmentThatIsDeleted(t *testing.T) {
	w := newWorld(t)
	w.pod("p", "node-1")
	w.edit("node-1", attached)
	was := w.on("node-1").UID
	w.edit("node-1", func(a *storagev1.VolumeAttachment) {
		a.DeletionTimestamp, a.Finalizers = ptr.To(w.Now()), []string{"external-attacher/disk-io"}
	})
	w.Run(time.Minute)
	assert.Equal(t, was, w.on("node-1").UID)
	apitest.Remove[*storagev1.VolumeAttachment](w.Server, "", AttachmentName("h", "disk.io", "node-1"))
	w.Run(time.Second)
	require.NotNil(t, w.on("node-1"))
	assert.NotEqual(t, was, w.on("node-1").UID)
}

// TestWantedAgain: a pod comes back to the node before the kubelet let the volume go: nothing is detached.
func TestWantedAgain(t *testing.T) {
	w := newWorld(t)
	w.pod("p", "node-1")
	w.edit("node-1", attached)
	w.node("node-1", inUse(unique))
	apitest.Remove[*corev1.Pod](w.Server, "default", "p")
	w.Run(5 * time.Minute)
	w.pod("q", "node-1")
	w.node("node-1", inUse())
	w.Run(time.Hour)
	assert.NotNil(t, w.on("node-1"))
	assert.NotEmpty(t, w.reported("node-1"))
}

// TestReadyAgain: a node that went silent and comes back keeps what its kubelet uses, however long.
func TestReadyAgain(t *testing.T) {
	w := newWorld(t)
	w.pod("p", "node-1")
	w.edit("node-1", attached)
	w.node("node-1", inUse(unique))
	ready := func(s corev1.ConditionStatus) {
		w.node("node-1", func(n *corev1.Node) {
			n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: s}}
		})
	}
	ready(corev1.ConditionUnknown)
	apitest.Remove[*corev1.Pod](w.Server, "default", "p")
	w.Run(3 * time.Minute)
	ready(corev1.ConditionTrue)
	w.Run(10 * time.Minute)
	assert.NotNil(t, w.on("node-1"))
	ready(corev1.ConditionUnknown)
	w.Run(time.Second)
	assert.Nil(t, w.on("node-1"), "its six minutes have been over for long")
}

// TestWritesThatFail are repeated.
func TestWritesThatFail(t *testing.T) {
	w := newWorld(t)
	fails := 2
	w.Before = func(r *api.Request) error {
		if fails > 0 && (r.Resource == api.VolumeAttachments && r.Verb != api.Get || r.Resource == api.Nodes && r.Subresource == "status") {
			fails--
			return errors.New("no")
		}
		return nil
	}
	w.pod("p", "node-1")
	require.NotNil(t, w.on("node-1"))
	fails = 2
	w.edit("node-1", attached)
	assert.Len(t, w.reported("node-1"), 1)
	fails = 3
	apitest.Remove[*corev1.Pod](w.Server, "default", "p")
	w.Run(time.Second)
	assert.Nil(t, w.on("node-1"))
	assert.Empty(t, w.reported("node-1"))
}
