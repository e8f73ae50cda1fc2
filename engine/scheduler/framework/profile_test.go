package framework

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// TestRatioByHand is the worked example of the documentation, "Resource Bin Packing for Extended Resources".
func TestRatioByHand(t *testing.T) {
	p := NewProfile("p")
	p.Fit = Scoring{Strategy: RequestedToCapacityRatio, Shape: []ShapePoint{{0, 0}, {100, 100}},
		Resources: []WeightedResource{{"intel.com/foo", 5}, {corev1.ResourceMemory, 1}, {corev1.ResourceCPU, 3}}}
	p.Seal()
	list := func(foo, memory, cpu string) corev1.ResourceList {
		return corev1.ResourceList{"intel.com/foo": resource.MustParse(foo), corev1.ResourceMemory: resource.MustParse(memory), corev1.ResourceCPU: resource.MustParse(cpu)}
	}
	shape := func(requests corev1.ResourceList) *Shape {
		pod := &corev1.Pod{}
		pod.Spec.Containers = []corev1.Container{{Resources: corev1.ResourceRequirements{Requests: requests}}}
		return NewShape(pod, &LabelSet{}, p)
	}
	score := func(available, used corev1.ResourceList) int64 {
		n := &NodeInfo{}
		n.SetNode(&corev1.Node{Status: corev1.NodeStatus{Allocatable: available}})
		running := shape(used)
		n.AddPod(&PodInfo{Pod: running.Exemplar, Shape: running})
		return shape(list("2", "256Mi", "2")).FitScore(n)
	}
	// The documentation rounds scores from 0 to 10 down in between, and gets 5 and 7.
	require.EqualValues(t, 60, score(list("4", "1Gi", "8"), list("1", "256Mi", "1")), "(75*5 + 50*1 + 37*3) / 9")
	require.EqualValues(t, 69, score(list("8", "1Gi", "8"), list("2", "512Mi", "6")), "(50*5 + 75*1 + 100*3) / 9")
}

// TestNodesToFind is numFeasibleNodesToFind.
func TestNodesToFind(t *testing.T) {
	for _, c := range []struct {
		percent     int32
		nodes, want int
	}{{0, 99, 99}, {0, 1000, 420}, {0, 6000, 300}, {10, 5000, 500}, {1, 5000, 100}, {100, 5000, 5000}} {
		p := NewProfile("p")
		p.Percentage = c.percent
		require.Equal(t, c.want, p.Seal().NodesToFind(c.nodes), c)
	}
	p := NewProfile("unscored")
	p.Weights = [NumPlugins]int64{}
	require.Equal(t, 1, p.Seal().NodesToFind(5000), "nothing to choose by")
}

// TestWhatTablesCannot: another order, or weights out of all proportion, are left to the plain plugins.
func TestWhatTablesCannot(t *testing.T) {
	require.False(t, Default.Plain())
	p := NewProfile("p")
	p.Filters[0], p.Filters[1] = p.Filters[1], p.Filters[0]
	require.True(t, p.Seal().Plain())
	p = NewProfile("p")
	p.Weights[ImageLocality] = 1 << 30
	require.True(t, p.Seal().Plain())
	p = NewProfile("p")
	p.Filters = p.Filters[3:]
	require.False(t, p.Seal().Plain(), "fewer filters are no other order")
}
