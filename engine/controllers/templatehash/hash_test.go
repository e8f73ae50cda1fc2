package templatehash

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/dump"
	"k8s.io/utils/ptr"
)

func defaulted(app, container, image string, pull corev1.PullPolicy) *corev1.PodTemplateSpec {
	return &corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": app}},
		Spec: corev1.PodSpec{
			Containers: []corev1.Container{{
				Name: container, Image: image, ImagePullPolicy: pull,
				TerminationMessagePath: "/dev/termination-log", TerminationMessagePolicy: corev1.TerminationMessageReadFile,
			}},
			RestartPolicy: corev1.RestartPolicyAlways, TerminationGracePeriodSeconds: ptr.To(int64(30)),
			DNSPolicy: corev1.DNSClusterFirst, SecurityContext: &corev1.PodSecurityContext{}, SchedulerName: "default-scheduler",
		},
	}
}

// The values were recorded from a real v1.37.2 control plane.
func TestRecordedHashes(t *testing.T) {
	for _, c := range []struct {
		template *corev1.PodTemplateSpec
		want     string
	}{
		{defaulted("nginx", "nginx", "nginx:1.26", corev1.PullIfNotPresent), "6d897b74dc"},
		{defaulted("nginx", "nginx", "nginx:1.27", corev1.PullIfNotPresent), "67dc647948"},
		{defaulted("dep-min", "c", "nginx", corev1.PullAlways), "7f954d8cdf"},
	} {
		assert.Equal(t, c.want, Compute(c.template, nil), c.template.Spec.Containers[0].Image)
	}
	a := defaulted("nginx", "nginx", "nginx:1.26", corev1.PullIfNotPresent)
	assert.NotEqual(t, Compute(a, nil), Compute(a, ptr.To(int32(0))))
	assert.NotEqual(t, Compute(a, ptr.To(int32(1))), Compute(a, ptr.To(int32(2))))
}

// The printer writes what go-spew writes.
func TestPrintsAsSpew(t *testing.T) {
	full := defaulted("web", "web", "nginx", corev1.PullAlways)
	full.Annotations = map[string]string{"b": "2", "a": "1"}
	full.Spec.NodeSelector = map[string]string{"z": "1", "y": "2"}
	full.Spec.Containers[0].Ports = []corev1.ContainerPort{{Name: "http", ContainerPort: 80, Protocol: corev1.ProtocolTCP}}
	full.Spec.Containers[0].Resources.Limits = corev1.ResourceList{
		"memory": resource.MustParse("1Gi"), "cpu": resource.MustParse("100m"),
	}
	full.Spec.Containers[0].ReadinessProbe = &corev1.Probe{PeriodSeconds: 3, ProbeHandler: corev1.ProbeHandler{
		HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromString("http")}}}
	full.Spec.Volumes = []corev1.Volume{{Name: "d", VolumeSource: corev1.VolumeSource{
		EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: ptr.To(resource.MustParse("10Mi"))}}}}
	full.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{TopologyKey: "zone",
			LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}}}}}
	for _, template := range []*corev1.PodTemplateSpec{{}, defaulted("a", "b", "c", ""), full} {
		p := printer{}
		p.value(reflect.ValueOf(template).Elem(), false)
		require.Equal(t, dump.ForHash(*template), string(p.buf))
	}
}

// Empty lists and unparsed quantities hash as they would after a round trip through etcd.
func TestRoundTripEquality(t *testing.T) {
	a, b := defaulted("a", "b", "c", ""), defaulted("a", "b", "c", "")
	b.Spec.Volumes = []corev1.Volume{}
	b.Annotations = map[string]string{}
	assert.Equal(t, Compute(a, nil), Compute(b, nil))
	a.Spec.Containers[0].Resources.Limits = corev1.ResourceList{"memory": resource.MustParse("1024Mi")}
	b.Spec.Containers[0].Resources.Limits = corev1.ResourceList{"memory": *resource.NewQuantity(1<<30, resource.BinarySI)}
	assert.Equal(t, Compute(a, nil), Compute(b, nil))
}
