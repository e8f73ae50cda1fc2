package attachdetach

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

type world struct {
	*apitest.Server
	t *testing.T
}

func newWorld(t *testing.T, modes ...corev1.PersistentVolumeAccessMode) *world {
	w := &world{apitest.New(), t}
	if len(modes) == 0 {
		modes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	}
	w.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	for _, name := range []string{"node-1", "node-2"} {
		apitest.Put(w.Server, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}}})
	}
	apitest.Put(w.Server, &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "v"}, Spec: corev1.PersistentVolumeSpec{AccessModes: modes,
		ClaimRef:               &corev1.ObjectReference{Namespace: "default", Name: "c", UID: "c"},
		PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{Driver: "disk.io", VolumeHandle: "h"}}}})
	apitest.Put(w.Server, &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "default", UID: "c"},
		Spec: corev1.PersistentVolumeClaimSpec{VolumeName: "v"}, Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound}})
	w.Run(time.Second)
	return w
}

func (w *world) pod(name, node string) {
	apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", UID: types.UID(name)}, Spec: corev1.PodSpec{NodeName: node, Volumes: []corev1.Volume{{
		Name: "d", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "c"}}}}}})
	w.Run(time.Second)
}

func (w *world) on(node string) *storagev1.VolumeAttachment {
	return apitest.Get[*storagev1.VolumeAttachment](w.Server, "", AttachmentName("h", "disk.io", node))
}

func (w *world) edit(node string, fn func(*storagev1.VolumeAttachment)) {
	apitest.Edit(w.Server, "", AttachmentName("h", "disk.io", node), fn)
	w.Run(time.Second)
}

func attached(a *storagev1.VolumeAttachment) { a.Status.Attached = true }

func (w *world) node(name string, fn func(*corev1.Node)) {
	apitest.Edit(w.Server, "", name, fn)
	w.Run(time.Second)
}

func inUse(names ...corev1.UniqueVolumeName) func(*corev1.Node) {
	return func(n *corev1.Node) { n.Status.VolumesInUse = names }
}

const unique = "kubernetes.io/csi/disk.io^h"

func (w *world) reported(node string) []corev1.AttachedVolume {
	return apitest.Get[*corev1.Node](w.Server, "", node).Status.VolumesAttached
}

func TestAttachAndDetach(t *testing.T) {
	w := newWorld(t)
	w.pod("p", "")
	require.Nil(t, w.on("node-1"), "the pod has no node")
	apitest.Edit(w.Server, "default", "p", func(p *corev1.Pod) { p.Spec.NodeName = "node-1" })
	w.Run(time.Second)
	a := w.on("node-1")
	require.Regexp(t, "^csi-[0-9a-f]{64}$", a.Name)
	require.Equal(t, storagev1.VolumeAttachmentSpec{Attacher: "disk.io", NodeName: "node-1", Source: storagev1.VolumeAttachmentSource{PersistentVolumeName: ptr.To("v")}}, a.Spec)
	require.Empty(t, w.reported("node-1"), "not before the attacher says so")
	w.edit("node-1", attached)
	require.Equal(t, []corev1.AttachedVolume{{Name: unique}}, w.reported("node-1"))
	require.Equal(t, []string{`SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "v"`}, w.Events())

	w.node("node-1", inUse(unique))
	apitest.Remove[*corev1.Pod](w.Server, "default", "p")
	w.Run(time.Hour)
	require.NotNil(t, w.on("node-1"), "the kubelet has it in use")
	w.node("node-1", inUse())
	require.Nil(t, w.on("node-1"))
	require.Empty(t, w.reported("node-1"))
}

func TestWhatIsNotAttached(t *testing.T) {
	w := newWorld(t)
	apitest.Put(w.Server, &storagev1.CSIDriver{ObjectMeta: metav1.ObjectMeta{Name: "disk.io"}, Spec: storagev1.CSIDriverSpec{AttachRequired: ptr.To(false)}})
	w.pod("p", "node-1")
	require.Nil(t, w.on("node-1"), "its driver needs no attaching")

	w = newWorld(t)
	apitest.Edit(w.Server, "default", "c", func(c *corev1.PersistentVolumeClaim) { c.Status.Phase = corev1.ClaimPending })
	w.pod("p", "node-1")
	require.Nil(t, w.on("node-1"), "the claim is not bound")
	apitest.Edit(w.Server, "default", "c", func(c *corev1.PersistentVolumeClaim) { c.Status.Phase = corev1.ClaimBound })
	w.Run(time.Second)
	require.NotNil(t, w.on("node-1"))

	w = newWorld(t)
	w.pod("p", "node-9")
	require.Nil(t, w.on("node-9"), "there is no such node")

	w = newWorld(t)
	apitest.Edit(w.Server, "", "v", func(v *corev1.PersistentVolume) { v.Spec.ClaimRef.UID = "older" })
	w.pod("p", "node-1")
	require.Nil(t, w.on("node-1"), "the volume is another claim's")
}

func TestAPodThatEndsLetsItsVolumeGo(t *testing.T) {
	w := newWorld(t)
	w.pod("p", "node-1")
	w.edit("node-1", attached)
	apitest.Edit(w.Server, "default", "p", func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded })
	w.Run(time.Second)
	require.Nil(t, w.on("node-1"))
}

func TestOneNodeAtATime(t *testing.T) {
	w := newWorld(t)
	w.pod("p", "node-1")
	w.edit("node-1", attached)
	w.node("node-1", inUse(unique))
	w.pod("q", "node-2")
	require.Nil(t, w.on("node-2"))
	require.Contains(t, w.Events(), `FailedAttachVolume: Waiting for detach for volume "v" Volume is already used by pod(s) p`)
	apitest.Remove[*corev1.Pod](w.Server, "default", "p")
	w.node("node-1", inUse())
	require.Nil(t, w.on("node-1"))
	require.NotNil(t, w.on("node-2"))

	w = newWorld(t)
	w.pod("p", "node-1")
	w.edit("node-1", attached)
	w.node("node-1", inUse(unique))
	apitest.Remove[*corev1.Pod](w.Server, "default", "p")
	w.pod("q", "node-2")
	require.Contains(t, w.Events(), `FailedAttachVolume: Waiting for detach for volume "v" Volume is already exclusively attached to one node, waiting on detach before it can be attached to another node`)

	w = newWorld(t, corev1.ReadWriteMany)
	w.pod("p", "node-1")
	w.pod("q", "node-2")
	require.NotNil(t, w.on("node-1"))
	require.NotNil(t, w.on("node-2"), "many may have it")
}

func TestAttachersThatFail(t *testing.T) {
	w := newWorld(t)
	w.pod("p", "node-1")
	w.Run(attachTimeout)
	require.Equal(t, []string{`FailedAttachVolume: AttachVolume.Attach failed for volume "v" : timed out waiting for external-attacher of disk.io CSI driver to attach volume h`}, w.Events())
	w.edit("node-1", func(a *storagev1.VolumeAttachment) {
		a.Status.AttachError = &storagev1.VolumeError{Message: "no such disk"}
	})
	require.Contains(t, w.Events(), `FailedAttachVolume: AttachVolume.Attach failed for volume "v" : no such disk`)
	w.edit("node-1", func(a *storagev1.VolumeAttachment) { a.Status.AttachError = nil; a.Status.Attached = true })
	require.Contains(t, w.Events(), `SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "v"`)
}

func TestNodesThatWentSilent(t *testing.T) {
	lost := func() *world {
		w := newWorld(t)
		w.pod("p", "node-1")
		w.edit("node-1", attached)
		w.node("node-1", inUse(unique))
		w.node("node-1", func(n *corev1.Node) {
			n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionUnknown}}
		})
		apitest.Remove[*corev1.Pod](w.Server, "default", "p")
		w.Run(time.Minute)
		require.NotNil(t, w.on("node-1"))
		return w
	}
	w := lost()
	w.Run(unmountTimeout - 2*time.Minute)
	require.NotNil(t, w.on("node-1"))
	w.Run(2 * time.Minute)
	require.Nil(t, w.on("node-1"), "after six minutes it is taken by force")

	w = lost()
	w.node("node-1", func(n *corev1.Node) {
		n.Spec.Taints = []corev1.Taint{{Key: corev1.TaintNodeOutOfService, Effect: corev1.TaintEffectNoExecute}}
	})
	require.Nil(t, w.on("node-1"), "somebody said that the machine is off")

	w = lost()
	apitest.Remove[*corev1.Node](w.Server, "", "node-1")
	w.Run(time.Second)
	require.Nil(t, w.on("node-1"), "the node is no more")
}
