package framework

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api/nodeaffinity"
)

func container(cpu, mem string, sidecar ...bool) corev1.Container {
	c := corev1.Container{Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{}}}
	if cpu != "" {
		c.Resources.Requests[corev1.ResourceCPU] = resource.MustParse(cpu)
	}
	if mem != "" {
		c.Resources.Requests[corev1.ResourceMemory] = resource.MustParse(mem)
	}
	if len(sidecar) > 0 {
		always := corev1.ContainerRestartPolicyAlways
		c.RestartPolicy = &always
	}
	return c
}

func TestPodRequests(t *testing.T) {
	for name, tc := range map[string]struct {
		spec     corev1.PodSpec
		cpu, mem int64
	}{
		"sum of containers, largest init container": {corev1.PodSpec{
			InitContainers: []corev1.Container{container("2", "1G"), container("2", "3G")},
			Containers:     []corev1.Container{container("2", "1G"), container("1", "1G")},
		}, 3000, 3e9},
		"sidecars run beside the containers": {corev1.PodSpec{
			InitContainers: []corev1.Container{container("1", "", true)},
			Containers:     []corev1.Container{container("2", "")},
		}, 3000, 0},
		"an init container runs beside the sidecars before it": {corev1.PodSpec{
			InitContainers: []corev1.Container{container("5", ""), container("1", "", true), container("4500m", "")},
			Containers:     []corev1.Container{container("2", "")},
		}, 5500, 0},
		"overhead": {corev1.PodSpec{
			Containers: []corev1.Container{container("2", "")},
			Overhead:   corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("250m"), corev1.ResourceMemory: resource.MustParse("1M")},
		}, 2250, 1e6},
		"pod level requests override, overhead comes on top": {corev1.PodSpec{
			Containers: []corev1.Container{container("2", "1G")},
			Resources:  &corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("5")}},
			Overhead:   corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")},
		}, 6000, 1e9},
	} {
		t.Run(name, func(t *testing.T) {
			r := podRequests(&corev1.Pod{Spec: tc.spec}, requestOptions{})
			assert.Equal(t, tc.cpu, r.MilliCPU)
			assert.Equal(t, tc.mem, r.Memory)
		})
	}
}

func TestAssumedRequests(t *testing.T) {
	cpu, mem := nonZeroRequests(&corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{container("", ""), container("1", "")}}}, false)
	assert.Equal(t, int64(1100), cpu)
	assert.Equal(t, int64(2*DefaultMemory), mem)
	explicit := container("0", "0")
	cpu, mem = nonZeroRequests(&corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{explicit}}}, false)
	assert.Zero(t, cpu, "an explicit 0 is meant")
	assert.Zero(t, mem)
}

func TestResizeInFlightHoldsTheLargest(t *testing.T) {
	p := &corev1.Pod{Spec: corev1.PodSpec{NodeName: "a", Containers: []corev1.Container{container("1", "")}}}
	p.Spec.Containers[0].Name = "c"
	p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "c", AllocatedResources: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2")}}}
	assert.True(t, Resizing(p))
	s := NewShape(p, &LabelSet{}, Default)
	assert.Equal(t, int64(1000), s.Requests.MilliCPU)
	assert.Equal(t, int64(2000), s.Held.MilliCPU)
}

func TestHostPortConflicts(t *testing.T) {
	hp := func(ip string, proto corev1.Protocol, port int32) []HostPort { return []HostPort{{ip, proto, port}} }
	assert.True(t, PortsConflict(hp("0.0.0.0", "TCP", 80), hp("10.0.0.1", "TCP", 80)))
	assert.True(t, PortsConflict(hp("10.0.0.1", "TCP", 80), hp("10.0.0.1", "TCP", 80)))
	assert.False(t, PortsConflict(hp("10.0.0.2", "TCP", 80), hp("10.0.0.1", "TCP", 80)))
	assert.False(t, PortsConflict(hp("0.0.0.0", "UDP", 80), hp("0.0.0.0", "TCP", 80)))
	assert.False(t, PortsConflict(hp("0.0.0.0", "TCP", 81), hp("0.0.0.0", "TCP", 80)))
}

func TestNodeInfoCountsInAndOut(t *testing.T) {
	p := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{container("1", "1G")}}}
	p.Spec.Containers[0].Resources.Requests["nvidia.com/gpu"] = resource.MustParse("2")
	p.Spec.Containers[0].Ports = []corev1.ContainerPort{{HostPort: 80}}
	info := &PodInfo{Pod: p, Shape: NewShape(p, &LabelSet{}, Default)}
	n := &NodeInfo{}
	n.SetNode(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a"}})
	n.AddPod(info)
	assert.Equal(t, int64(1000), n.Requested.MilliCPU)
	assert.Equal(t, int64(2), n.Requested.Scalar("nvidia.com/gpu"))
	assert.True(t, n.PortConflict(info.Shape.Ports))
	assert.True(t, n.RemovePod(info))
	assert.Zero(t, n.Requested.MilliCPU)
	assert.Zero(t, n.Requested.Scalar("nvidia.com/gpu"))
	assert.Empty(t, n.UsedPorts)
	assert.False(t, n.RemovePod(info))
}

func TestRequiredNodes(t *testing.T) {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"disk": "ssd", "cores": "8"}}}
	term := func(k string, op corev1.NodeSelectorOperator, v ...string) corev1.NodeSelectorTerm {
		return corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: k, Operator: op, Values: v}}}
	}
	field := func(op corev1.NodeSelectorOperator, v string) corev1.NodeSelectorTerm {
		return corev1.NodeSelectorTerm{MatchFields: []corev1.NodeSelectorRequirement{{Key: "metadata.name", Operator: op, Values: []string{v}}}}
	}
	for name, tc := range map[string]struct {
		terms []corev1.NodeSelectorTerm
		want  bool
	}{
		"in":                    {[]corev1.NodeSelectorTerm{term("disk", corev1.NodeSelectorOpIn, "ssd", "nvme")}, true},
		"not in":                {[]corev1.NodeSelectorTerm{term("disk", corev1.NodeSelectorOpNotIn, "ssd")}, false},
		"greater":               {[]corev1.NodeSelectorTerm{term("cores", corev1.NodeSelectorOpGt, "4")}, true},
		"less":                  {[]corev1.NodeSelectorTerm{term("cores", corev1.NodeSelectorOpLt, "8")}, false},
		"any term will do":      {[]corev1.NodeSelectorTerm{term("x", corev1.NodeSelectorOpExists), term("disk", corev1.NodeSelectorOpExists)}, true},
		"empty terms match not": {[]corev1.NodeSelectorTerm{{}}, false},
		"by name":               {[]corev1.NodeSelectorTerm{field(corev1.NodeSelectorOpIn, "a")}, true},
		"by other name":         {[]corev1.NodeSelectorTerm{field(corev1.NodeSelectorOpIn, "b")}, false},
		"not by name":           {[]corev1.NodeSelectorTerm{field(corev1.NodeSelectorOpNotIn, "b")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			p := &corev1.Pod{}
			p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: tc.terms}}}
			assert.Equal(t, tc.want, nodeaffinity.RequiredOf(&p.Spec).Match(n))
		})
	}
}

func TestSameTemplateMeansSameHash(t *testing.T) {
	a := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "d", Name: "a", Labels: map[string]string{"x": "1", "y": "2"}}, Spec: corev1.PodSpec{Containers: []corev1.Container{container("1", "")}}}
	b := a.DeepCopy()
	b.Name = "b"
	assert.True(t, SameTemplate(a, b, true))
	_, ha := TemplateHash(a, true)
	_, hb := TemplateHash(b, true)
	assert.Equal(t, ha, hb)
	b.Spec.Containers[0].Resources.Requests[corev1.ResourceCPU] = resource.MustParse("1001m")
	assert.False(t, SameTemplate(a, b, true))
	c := a.DeepCopy()
	c.Labels["x"] = "3"
	assert.False(t, SameTemplate(a, c, true))
}

func TestNormalImage(t *testing.T) {
	for in, want := range map[string]string{"nginx": "nginx:latest", "nginx:1": "nginx:1", "reg:5000/a": "reg:5000/a:latest", "reg:5000/a:1": "reg:5000/a:1"} {
		assert.Equal(t, want, NormalImage(in))
	}
}
