package cache

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/scheduler/framework"
)

func named(name, zone string) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{}}}
	if zone != "" {
		n.Labels[corev1.LabelTopologyZone] = zone
	}
	return n
}

func order(c *Cluster) (out []string) {
	for i, n := range c.Nodes() {
		if int(n.Index) != i {
			panic("index")
		}
		out = append(out, n.Name)
	}
	return out
}

func TestNodesRoundRobinOverZones(t *testing.T) {
	c := New()
	for _, n := range []*corev1.Node{named("a1", "a"), named("a2", "a"), named("a3", "a"), named("b1", "b"), named("c1", "c"), named("c2", "c")} {
		c.AddNode(n)
	}
	assert.Equal(t, []string{"a1", "b1", "c1", "a2", "c2", "a3"}, order(c))
	c.UpdateNode(named("a2", "b"))
	assert.Equal(t, []string{"a1", "b1", "c1", "a3", "a2", "c2"}, order(c))
	c.RemoveNode(named("b1", "b"))
	assert.Equal(t, []string{"a1", "a2", "c1", "a3", "c2"}, order(c))
}

func bound(name, node string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "d", Name: name, UID: types.UID(name), Labels: map[string]string{"app": "x"}}, Spec: corev1.PodSpec{NodeName: node}}
}

func TestAssumeConfirmForget(t *testing.T) {
	c := New()
	c.AddNode(named("a", ""))
	c.AddNode(named("b", ""))
	p := bound("p", "")
	c.Assume(p, c.Shape(p), c.Node("a"))
	assert.True(t, c.Assumed("p"))
	assert.Len(t, c.Node("a").Pods, 1)
	c.AddPod(bound("p", "b")) // somebody else bound it elsewhere
	assert.False(t, c.Assumed("p"))
	assert.Empty(t, c.Node("a").Pods)
	assert.Len(t, c.Node("b").Pods, 1)
	c.Forget("p")
	assert.Len(t, c.Node("b").Pods, 1, "a bound pod is not forgotten")
	c.RemovePod("p")
	assert.Empty(t, c.Node("b").Pods)
}

func TestPodsOfUnknownNodes(t *testing.T) {
	c := New()
	c.AddPod(bound("p", "late"))
	assert.Nil(t, c.Node("late"))
	assert.Empty(t, c.Nodes())
	c.AddNode(named("late", ""))
	assert.Len(t, c.Node("late").Pods, 1)
	c.RemoveNode(named("late", ""))
	assert.Nil(t, c.Node("late"))
	c.AddNode(named("late", ""))
	assert.Len(t, c.Node("late").Pods, 1)
}

func TestLogTellsWhatChanged(t *testing.T) {
	c := New()
	c.AddNode(named("a", ""))
	c.Nodes()
	pos := c.Position()
	c.AddPod(bound("p", "a"))
	leaving := bound("p", "a")
	leaving.DeletionTimestamp = &metav1.Time{}
	c.UpdatePod(leaving)
	c.RemovePod("p")
	changes, ok := c.Since(pos)
	assert.True(t, ok)
	var got []string
	for _, ch := range changes {
		got = append(got, fmt.Sprint(ch.Node, ch.Count, ch.Spread))
	}
	assert.Equal(t, []string{"0 1 1", "0 0 -1", "0 -1 0"}, got)
	for range logLimit {
		c.AddPod(bound("q", "a"))
		c.RemovePod("q")
	}
	_, ok = c.Since(pos)
	assert.False(t, ok, "the log is short")
}

func TestShapesAreSharedAndSwept(t *testing.T) {
	c := New()
	c.AddNode(named("a", ""))
	assert.Same(t, c.Shape(bound("p", "")), c.Shape(bound("q", "a")))
	for i := range 10000 {
		p := bound(fmt.Sprint(i), "a")
		p.Labels = map[string]string{"job": p.Name}
		c.AddPod(p)
		c.RemovePod(p.UID)
	}
	assert.Less(t, c.nShapes, 5000)
	assert.Less(t, len(c.sets), 5000)
}

func TestImageScoreGrowsWithSpread(t *testing.T) {
	c := New()
	with := func(name string) *corev1.Node {
		n := named(name, "")
		n.Status.Images = []corev1.ContainerImage{{Names: []string{"web:1", "web@sha256:x"}, SizeBytes: 100}}
		return n
	}
	c.AddNode(with("a"))
	c.AddNode(named("b", ""))
	assert.Equal(t, int64(50), c.ImageScore("web:1"))
	c.UpdateNode(with("b"))
	assert.Equal(t, int64(100), c.ImageScore("web:1"))
	c.UpdateNode(named("a", ""))
	assert.False(t, c.HasImage(c.Node("a"), "web:1"))
	c.RemoveNode(with("b"))
	assert.Zero(t, c.ImageScore("web:1"))
}

func TestIdentityLabelsCountOnceSelected(t *testing.T) {
	c := New()
	c.AddNode(named("a", ""))
	indexed := func(i int) *corev1.Pod {
		p := bound(fmt.Sprint(i), "a")
		p.Labels = map[string]string{"app": "db", "apps.kubernetes.io/pod-index": fmt.Sprint(i)}
		return p
	}
	c.AddPod(indexed(0))
	c.AddPod(indexed(1))
	plain := bound("plain", "a")
	c.AddPod(plain)
	assert.Same(t, c.Shape(indexed(0)), c.Shape(indexed(1)))
	assert.Equal(t, map[string]string{"app": "db"}, c.Shape(indexed(0)).Labels())
	layout := c.Layout

	c.SetService(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "d", Name: "one"}, Spec: corev1.ServiceSpec{Selector: map[string]string{"apps.kubernetes.io/pod-index": "1"}}})
	assert.NotEqual(t, layout, c.Layout)
	assert.NotSame(t, c.Shape(indexed(0)), c.Shape(indexed(1)))
	assert.Same(t, c.Pod("1").Shape, c.Shape(indexed(1)))
	assert.Equal(t, "apps.kubernetes.io/pod-index=1", c.DeducedSelector(c.Shape(indexed(1))).String())
	assert.Nil(t, c.DeducedSelector(c.Shape(indexed(0))))
	pods := 0
	c.ForSets(func(s *framework.LabelSet) {
		for _, shape := range s.Shapes {
			pods += len(shape.Pods)
		}
	})
	assert.Equal(t, 3, pods)
	for _, uid := range []types.UID{"0", "1", "plain"} {
		c.RemovePod(uid)
	}
	assert.Empty(t, c.Node("a").Pods)
	assert.Zero(t, c.Node("a").Requested.MilliCPU)
}
