package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func gib(text string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(text)}
}

// TestStorageWords: what the journal says of writes to the storage, quota and priority kinds.
func TestStorageWords(t *testing.T) {
	class, volume := "fast", "pv-1"
	claim := &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: &class, Resources: corev1.VolumeResourceRequirements{Requests: gib("1Gi")}}}
	bound := claim.DeepCopy()
	bound.Spec.VolumeName, bound.Status.Phase, bound.Status.Capacity = "pv-1", corev1.ClaimBound, gib("2Gi")
	pv := &corev1.PersistentVolume{Spec: corev1.PersistentVolumeSpec{Capacity: gib("2Gi"), StorageClassName: class}}
	taken := pv.DeepCopy()
	taken.Spec.ClaimRef = &corev1.ObjectReference{Namespace: "default", Name: "data"}
	taken.Status.Phase = corev1.VolumeBound
	released := taken.DeepCopy()
	released.Status.Phase = corev1.VolumeReleased
	quota := &corev1.ResourceQuota{Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"pods": resource.MustParse("3")}}}
	used := quota.DeepCopy()
	used.Status.Used = corev1.ResourceList{"pods": resource.MustParse("1"), "cpu": resource.MustParse("100m")}
	more := used.DeepCopy()
	more.Status.Used["pods"] = resource.MustParse("2")
	node := &storagev1.CSINode{Spec: storagev1.CSINodeSpec{Drivers: []storagev1.CSINodeDriver{{Name: "a"}, {Name: "b"}}}}
	attachment := &storagev1.VolumeAttachment{Spec: storagev1.VolumeAttachmentSpec{NodeName: "n1", Source: storagev1.VolumeAttachmentSource{PersistentVolumeName: &volume}}}
	attached := attachment.DeepCopy()
	attached.Status.Attached = true
	endpoints := &corev1.Endpoints{Subsets: []corev1.EndpointSubset{{Addresses: []corev1.EndpointAddress{{IP: "10.0.0.1"}, {IP: "10.0.0.2"}}}}}
	for _, c := range []struct {
		r        *Resource
		old, new Object
		want     string
	}{
		{PersistentVolumeClaims, nil, claim, "requests 1Gi, class fast"},
		{PersistentVolumeClaims, claim, bound, "volume pv-1, phase Bound, capacity 2Gi"},
		{PersistentVolumes, nil, pv, "capacity 2Gi, class fast"},
		{PersistentVolumes, pv, taken, "phase Bound, claim default/data"},
		{PersistentVolumes, taken, released, "phase Bound → Released"},
		{ResourceQuotas, nil, quota, "hard pods 3"},
		{ResourceQuotas, quota, used, "used cpu 100m, used pods 1"},
		{ResourceQuotas, used, more, "used pods 1 → 2"},
		{Endpoints, nil, endpoints, "0 → 2 ready addresses"},
		{StorageClasses, nil, &storagev1.StorageClass{Provisioner: "p"}, "provisioner p"},
		{PriorityClasses, nil, &schedulingv1.PriorityClass{Value: 7}, "value 7"},
		{CSINodes, nil, node, "drivers a b"},
		{CSINodes, node, node, ""},
		{VolumeAttachments, nil, attachment, "pv-1 to n1"},
		{VolumeAttachments, attachment, attached, "attached false → true"},
	} {
		assert.Equal(t, c.want, c.r.Describe(c.old, c.new), c.r.Name)
	}
}

// TestEventConversion: nothing of an event is lost on the way to the other group and back.
func TestEventConversion(t *testing.T) {
	at := metav1.NewMicroTime(time.Unix(1, 2000))
	e := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: "x", Namespace: "default"}, EventTime: at, Series: &eventsv1.EventSeries{Count: 3, LastObservedTime: at},
		ReportingController: "c", ReportingInstance: "i", Action: "a", Reason: "r", Regarding: corev1.ObjectReference{Kind: "Pod", Name: "p"},
		Related: &corev1.ObjectReference{Kind: "Node"}, Note: "n", Type: "Normal", DeprecatedSource: corev1.EventSource{Component: "s"},
		DeprecatedFirstTimestamp: metav1.Unix(1, 0), DeprecatedLastTimestamp: metav1.Unix(2, 0), DeprecatedCount: 4,
	}
	stored := EventsV1.ToHub(e).(*corev1.Event)
	assert.Equal(t, "n", stored.Message)
	assert.Equal(t, e, EventsV1.FromHub(stored))
	for field, want := range map[string]string{
		"metadata.name": "x", "reason": "r", "type": "Normal", "reportingController": "c", "regarding.kind": "Pod", "regarding.name": "p", "regarding.uid": "",
	} {
		got, ok := EventsV1.FieldValue(e, field)
		assert.True(t, ok, field)
		assert.Equal(t, want, got, field)
	}
	_, ok := EventsV1.FieldValue(e, "involvedObject.name")
	assert.False(t, ok)
}
