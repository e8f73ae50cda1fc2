package clouddisk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

func start() *apitest.Server {
	s := apitest.New()
	s.Manager.Install(Controller, func(a *sim.Actor) {
		Run(a, client.Config{Servers: []*sim.Host{s.Host}, User: "csi", UserAgent: "csi"}, runtime.NewRegistry(), "pod_uuid")
	})
	s.Run(time.Second)
	return s
}

func gi(n int64) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceStorage: *resource.NewQuantity(n<<30, resource.BinarySI)}
}

func volume(driver string, size int64) *corev1.PersistentVolume {
	return &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "v"}, Spec: corev1.PersistentVolumeSpec{Capacity: gi(size),
		PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{Driver: driver, VolumeHandle: "h"}}}}
}

func claim(want, have int64, edit ...func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
	c := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "default", UID: "u"},
		Spec:   corev1.PersistentVolumeClaimSpec{VolumeName: "v", Resources: corev1.VolumeResourceRequirements{Requests: gi(want)}},
		Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound, Capacity: gi(have)}}
	for _, fn := range edit {
		fn(c)
	}
	return c
}

func at(state corev1.ClaimResourceStatus) func(*corev1.PersistentVolumeClaim) {
	return func(c *corev1.PersistentVolumeClaim) {
		c.Status.AllocatedResourceStatuses = map[corev1.ResourceName]corev1.ClaimResourceStatus{corev1.ResourceStorage: state}
	}
}

// TestWhatGrows says which claims the controller grows, and to what size their disks come.
func TestWhatGrows(t *testing.T) {
	for name, c := range map[string]struct {
		volume *corev1.PersistentVolume
		claim  *corev1.PersistentVolumeClaim
		size   int64 // of the disk, afterwards
	}{
		"asks for more":                          {volume(Driver, 5), claim(9, 5), 9},
		"asks for what it has":                   {volume(Driver, 5), claim(5, 5), 5},
		"has more than it asks for":              {volume(Driver, 8), claim(5, 8), 8},
		"is not bound":                           {volume(Driver, 5), claim(9, 5, func(c *corev1.PersistentVolumeClaim) { c.Status.Phase = corev1.ClaimPending }), 5},
		"is of another driver":                   {volume("tape.io", 5), claim(9, 5), 5},
		"was interrupted":                        {volume(Driver, 5), claim(9, 5, at(corev1.PersistentVolumeClaimControllerResizeInProgress)), 9},
		"failed before":                          {volume(Driver, 5), claim(9, 5, at(corev1.PersistentVolumeClaimControllerResizeInfeasible)), 9},
		"waits for its node":                     {volume(Driver, 9), claim(9, 5, at(corev1.PersistentVolumeClaimNodeResizePending)), 9},
		"asks for still more while it waits":     {volume(Driver, 9), claim(12, 5, at(corev1.PersistentVolumeClaimNodeResizePending)), 12},
		"its file system grows while it asks on": {volume(Driver, 9), claim(12, 5, at(corev1.PersistentVolumeClaimNodeResizeInProgress)), 12},
	} {
		s := start()
		apitest.Put(s, c.volume)
		before := c.volume.Spec.Capacity[corev1.ResourceStorage]
		s.Run(time.Second)
		apitest.Put(s, c.claim)
		s.Run(time.Minute)
		size := apitest.Get[*corev1.PersistentVolume](s, "", "v").Spec.Capacity[corev1.ResourceStorage]
		require.Equal(t, c.size<<30, size.Value(), name)
		got := apitest.Get[*corev1.PersistentVolumeClaim](s, "default", "c")
		if before.Value() == size.Value() {
			require.Equal(t, c.claim.Status, got.Status, name)
			require.Empty(t, s.Events(), name)
			continue
		}
		require.Equal(t, corev1.PersistentVolumeClaimNodeResizePending, got.Status.AllocatedResourceStatuses[corev1.ResourceStorage], name)
		require.Equal(t, gi(c.size), got.Status.AllocatedResources, name)
		require.Equal(t, c.claim.Status.Capacity, got.Status.Capacity, "the file system is as it was")
		require.Len(t, got.Status.Conditions, 1)
		require.Equal(t, corev1.PersistentVolumeClaimFileSystemResizePending, got.Status.Conditions[0].Type)
		require.Equal(t, []string{"Resizing: External resizer is resizing volume v", "FileSystemResizeRequired: Require file system resize of volume on node"}, s.Events(), name)
	}
}

func TestAttachments(t *testing.T) {
	s := start()
	attachment := func(name, driver string) {
		apitest.Put(s, &storagev1.VolumeAttachment{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: storagev1.VolumeAttachmentSpec{Attacher: driver, NodeName: "node-1",
			Source: storagev1.VolumeAttachmentSource{PersistentVolumeName: ptr.To("v")}}})
	}
	get := func(name string) *storagev1.VolumeAttachment {
		return apitest.Get[*storagev1.VolumeAttachment](s, "", name)
	}
	attachment("mine", Driver)
	attachment("other", "tape.io")
	s.Run(time.Second)
	require.Equal(t, []string{finalizer}, get("mine").Finalizers, "protected before the cloud is asked")
	require.False(t, get("mine").Status.Attached)
	s.Run(attachTime)
	require.True(t, get("mine").Status.Attached)
	require.False(t, get("other").Status.Attached)
	require.Empty(t, get("other").Finalizers)
	apitest.Edit(s, "", "mine", func(o *storagev1.VolumeAttachment) { o.DeletionTimestamp = ptr.To(s.Now()) })
	s.Run(detachTime / 2)
	require.NotNil(t, get("mine"), "the disk is still there")
	s.Run(detachTime)
	require.Nil(t, get("mine"))
}

func TestADiskIsMadeInTheZoneOfItsNode(t *testing.T) {
	s := start()
	mode := storagev1.VolumeBindingWaitForFirstConsumer
	apitest.Put(s, &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "disk"}, Provisioner: Driver, VolumeBindingMode: &mode})
	apitest.Put(s, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1", Labels: map[string]string{corev1.LabelTopologyZone: "a"}}})
	ask := func(name string, m corev1.PersistentVolumeAccessMode) {
		apitest.Put(s, &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", UID: types.UID(name), Annotations: map[string]string{
			binding.AnnStorageProvisioner: Driver, binding.AnnSelectedNode: "node-1"}},
			Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: ptr.To("disk"), AccessModes: []corev1.PersistentVolumeAccessMode{m}, Resources: corev1.VolumeResourceRequirements{Requests: gi(3)}}})
	}
	ask("one", corev1.ReadWriteOnce)
	ask("many", corev1.ReadWriteMany)
	s.Run(createTime + time.Second)
	v := apitest.Get[*corev1.PersistentVolume](s, "", "pvc-one")
	require.NotNil(t, v)
	require.True(t, binding.Usable(v, map[string]string{corev1.LabelTopologyZone: "a"}))
	require.False(t, binding.Usable(v, map[string]string{corev1.LabelTopologyZone: "b"}))
	require.Equal(t, "disk", v.Spec.StorageClassName)
	require.EqualValues(t, "one", v.Spec.ClaimRef.UID)
	require.Nil(t, apitest.Get[*corev1.PersistentVolume](s, "", "pvc-many"))
	require.Contains(t, s.Events(), `ProvisioningFailed: failed to provision volume with StorageClass "disk": rpc error: code = InvalidArgument desc = Volume capabilities not supported. Only AccessMode[ReadWriteOnce] supported.`)

	// It is not destroyed while it is attached.
	apitest.Put(s, &storagev1.VolumeAttachment{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: storagev1.VolumeAttachmentSpec{Attacher: "somebody", NodeName: "node-1",
		Source: storagev1.VolumeAttachmentSource{PersistentVolumeName: ptr.To("pvc-one")}}})
	apitest.Edit(s, "", "pvc-one", func(v *corev1.PersistentVolume) { v.Status.Phase = corev1.VolumeReleased })
	s.Run(5 * time.Second)
	require.Contains(t, s.Events(), "VolumeFailedDelete: persistentvolume pvc-one is still attached to node node-1")
	apitest.Remove[*storagev1.VolumeAttachment](s, "", "a")
	s.Run(20 * time.Second)
	require.Nil(t, apitest.Get[*corev1.PersistentVolume](s, "", "pvc-one"))
}
