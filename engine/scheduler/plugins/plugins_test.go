package plugins_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/plugins"
)

// setup is a cluster told in words: nodes "name label=value ...", pods "node label=value ...".
type setup struct {
	c *cache.Cluster
	n int
}

func pairs(words []string) map[string]string {
	m := map[string]string{}
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		m[k] = v
	}
	return m
}

func (s *setup) node(text string, mod ...func(*corev1.Node)) {
	f := strings.Fields(text)
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: f[0], Labels: pairs(f[1:])}}
	n.Status.Allocatable = resources("1000", "1Ti")
	n.Status.Allocatable[corev1.ResourcePods] = resource.MustParse("110")
	for _, fn := range mod {
		fn(n)
	}
	s.c.AddNode(n)
}

func (s *setup) pods(count int, text string, mod ...func(*corev1.Pod)) {
	f := strings.Fields(text)
	for range count {
		s.n++
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", UID: types.UID(fmt.Sprint(s.n)), Labels: pairs(f[1:])}}
		p.Spec.NodeName = f[0]
		for _, fn := range mod {
			fn(p)
		}
		s.c.AddPod(p)
	}
}

func (s *setup) shape(labels string, mod ...func(*corev1.Pod)) *framework.Shape {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "p", UID: "p", Labels: pairs(strings.Fields(labels))}}
	for _, fn := range mod {
		fn(p)
	}
	return s.c.Shape(p)
}

// scores are a column's normalised scores by node, for the nodes named (all if none).
func (s *setup) scores(shape *framework.Shape, column int, names ...string) map[string]int64 {
	nodes := s.c.Nodes()
	if len(names) > 0 {
		nodes = nil
		for _, n := range names {
			nodes = append(nodes, s.c.Node(n))
		}
	}
	t := plugins.Score(s.c, shape, nodes)
	out := map[string]int64{}
	for i, n := range nodes {
		out[n.Name] = t.Norm[column][i]
	}
	return out
}

func newSetup() *setup { return &setup{c: cache.New()} }

func resources(cpu, mem string) corev1.ResourceList {
	l := corev1.ResourceList{}
	if cpu != "" {
		l[corev1.ResourceCPU] = resource.MustParse(cpu)
	}
	if mem != "" {
		l[corev1.ResourceMemory] = resource.MustParse(mem)
	}
	return l
}

func requests(lists ...corev1.ResourceList) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		for _, l := range lists {
			p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Resources: corev1.ResourceRequirements{Requests: l}})
		}
	}
}

func size(cpu, mem string) func(*corev1.Node) {
	return func(n *corev1.Node) {
		n.Status.Allocatable = resources(cpu, mem)
		n.Status.Allocatable[corev1.ResourcePods] = resource.MustParse("110")
	}
}

func soft(skew int32, key string, sel *metav1.LabelSelector) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.TopologySpreadConstraints = append(p.Spec.TopologySpreadConstraints, corev1.TopologySpreadConstraint{
			MaxSkew: skew, TopologyKey: key, WhenUnsatisfiable: corev1.ScheduleAnyway, LabelSelector: sel})
	}
}

var foo = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "foo", Operator: metav1.LabelSelectorOpExists}}}

// The numbers are those of upstream's TestNodeResourcesBalancedAllocation.
func TestBalancedAllocation(t *testing.T) {
	big := requests(resources("1000m", "2000"), resources("2000m", "3000"))
	cpu := requests(resources("1000m", ""), resources("2000m", ""))
	mem := requests(resources("", "2000"), resources("", "3000"))
	for name, tc := range map[string]struct {
		a, b         func(*corev1.Node)
		onA, onB     func(*corev1.Pod)
		pod          func(*corev1.Pod)
		wantA, wantB int64
	}{
		"differently sized":         {size("4", "10000"), size("6", "10000"), nil, nil, big, 68, 75},
		"beside others":             {size("10", "20000"), size("10", "20000"), cpu, big, big, 73, 74},
		"beside others, other size": {size("10", "20000"), size("10", "50000"), cpu, big, big, 73, 70},
		"least and most":            {size("3", "5000"), size("3", "5000"), cpu, nil, mem, 100, 50},
		"at capacity":               {size("6", "10000"), size("6", "10000"), cpu, big, cpu, 62, 62},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup()
			s.node("a", tc.a)
			s.node("b", tc.b)
			if tc.onA != nil {
				s.pods(1, "a", tc.onA)
			}
			if tc.onB != nil {
				s.pods(1, "b", tc.onB)
			}
			assert.Equal(t, map[string]int64{"a": tc.wantA, "b": tc.wantB}, s.scores(s.shape("", tc.pod), plugins.ColBalanced))
		})
	}
	s := newSetup()
	s.node("a")
	assert.True(t, plugins.Score(s.c, s.shape(""), s.c.Nodes()).Skipped[plugins.ColBalanced], "best effort pods are not balanced")
}

func TestLeastAllocated(t *testing.T) {
	big := requests(resources("1000m", "2000"), resources("2000m", "3000"))
	s := newSetup()
	s.node("a", size("4", "10000"))
	s.node("b", size("6", "10000"))
	assert.Equal(t, map[string]int64{"a": 37, "b": 50}, s.scores(s.shape("", big), plugins.ColFit))
	assert.Equal(t, map[string]int64{"a": 100, "b": 100}, s.scores(s.shape(""), plugins.ColFit), "no containers ask for nothing")

	s = newSetup()
	s.node("a", size("1", "1000Mi"))
	none := s.shape("", requests(corev1.ResourceList{}))
	assert.Equal(t, map[string]int64{"a": 85}, s.scores(none, plugins.ColFit), "100m and 200Mi are assumed: (90+80)/2")
	s.pods(2, "a", requests(corev1.ResourceList{}))
	assert.Equal(t, map[string]int64{"a": 55}, s.scores(none, plugins.ColFit), "of running pods too: (70+40)/2")
}

// The numbers are those of upstream's TestPodTopologySpreadScore.
func TestSoftSpread(t *testing.T) {
	host := func(n string) string { return n + " " + corev1.LabelHostname + "=" + n }
	for _, tc := range []struct {
		name  string
		nodes []string
		count map[string]int
		score []string
		pod   []func(*corev1.Pod)
		want  map[string]int64
	}{
		{"none yet", []string{host("a"), host("b")}, nil, nil, []func(*corev1.Pod){soft(1, corev1.LabelHostname, foo)},
			map[string]int64{"a": 100, "b": 100}},
		{"one candidate", []string{host("a"), host("b")}, map[string]int{"a": 2, "b": 1}, []string{"a"},
			[]func(*corev1.Pod){soft(1, corev1.LabelHostname, foo)}, map[string]int64{"a": 100}},
		{"2/1/0/3", []string{host("a"), host("b"), host("c"), host("d")}, map[string]int{"a": 2, "b": 1, "d": 3}, nil,
			[]func(*corev1.Pod){soft(1, corev1.LabelHostname, foo)}, map[string]int64{"a": 20, "b": 60, "c": 100, "d": 0}},
		{"null selector", []string{host("a"), host("b")}, map[string]int{"a": 2, "b": 1}, nil,
			[]func(*corev1.Pod){soft(1, corev1.LabelHostname, nil)}, map[string]int64{"a": 100, "b": 100}},
		{"2/1/0/3, skew 2", []string{host("a"), host("b"), host("c"), host("d")}, map[string]int{"a": 2, "b": 1, "d": 3}, nil,
			[]func(*corev1.Pod){soft(2, corev1.LabelHostname, foo)}, map[string]int64{"a": 33, "b": 66, "c": 100, "d": 16}},
		{"4/3/2/1, skew 3", []string{host("a"), host("b"), host("c"), host("d")}, map[string]int{"a": 4, "b": 3, "c": 2, "d": 1}, nil,
			[]func(*corev1.Pod){soft(3, corev1.LabelHostname, foo)}, map[string]int64{"a": 44, "b": 66, "c": 77, "d": 100}},
		{"4/2/1/~3~", []string{host("a"), host("b"), host("x"), host("y")}, map[string]int{"a": 4, "b": 2, "x": 1, "y": 3}, []string{"a", "b", "x"},
			[]func(*corev1.Pod){soft(1, corev1.LabelHostname, foo)}, map[string]int64{"a": 33, "b": 83, "x": 100}},
		{"4/?2?/1/~3~", []string{host("a"), "b n=b", host("x"), host("y")}, map[string]int{"a": 4, "b": 2, "x": 1, "y": 3}, []string{"a", "b", "x"},
			[]func(*corev1.Pod){soft(1, corev1.LabelHostname, foo)}, map[string]int64{"a": 16, "b": 0, "x": 100}},
		{"zone 4/2/1/~3~", []string{host("a") + " zone=1", host("b") + " zone=1", host("x") + " zone=2", host("y") + " zone=2"},
			map[string]int{"a": 4, "b": 2, "x": 1, "y": 3}, []string{"a", "b", "x"},
			[]func(*corev1.Pod){soft(1, "zone", foo)}, map[string]int64{"a": 75, "b": 75, "x": 100}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSetup()
			for _, n := range tc.nodes {
				s.node(n)
			}
			for n, k := range tc.count {
				s.pods(k, n+" foo=")
			}
			assert.Equal(t, tc.want, s.scores(s.shape("foo=", tc.pod...), plugins.ColSpread, tc.score...))
		})
	}
	t.Run("system defaults of a Service's pods", func(t *testing.T) {
		s := newSetup()
		for i, n := range []string{"a", "b", "c", "d"} {
			s.node(host(n))
			s.pods(4-i, n+" foo=")
		}
		assert.True(t, plugins.Score(s.c, s.shape("foo="), s.c.Nodes()).Skipped[plugins.ColSpread], "nothing selects the pod")
		s.c.SetService(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "s"}, Spec: corev1.ServiceSpec{Selector: map[string]string{"foo": ""}}})
		assert.Equal(t, map[string]int64{"a": 44, "b": 66, "c": 77, "d": 100}, s.scores(s.shape("foo="), plugins.ColSpread))
	})
}

// The numbers are those of upstream's TestImageLocalityPriority.
func TestImageLocality(t *testing.T) {
	const mb = 1 << 20
	has := func(images ...any) func(*corev1.Node) {
		return func(n *corev1.Node) {
			for i := 0; i < len(images); i += 2 {
				n.Status.Images = append(n.Status.Images, corev1.ContainerImage{Names: []string{images[i].(string)}, SizeBytes: int64(images[i+1].(int)) * mb})
			}
		}
	}
	wants := func(images ...string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			for _, im := range images {
				p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Image: im})
			}
		}
	}
	first := has("gcr.io/40:latest", 40, "gcr.io/300:latest", 300, "gcr.io/2000:latest", 2000)
	second := has("gcr.io/250:latest", 250, "gcr.io/10:latest", 10)
	s := newSetup()
	s.node("a", first)
	s.node("b", second)
	assert.Equal(t, map[string]int64{"a": 0, "b": 5}, s.scores(s.shape("", wants("gcr.io/40", "gcr.io/250")), plugins.ColImage))
	assert.Equal(t, map[string]int64{"a": 7, "b": 0}, s.scores(s.shape("", wants("gcr.io/40", "gcr.io/300")), plugins.ColImage))
	volume := s.shape("", wants("gcr.io/40"), func(p *corev1.Pod) {
		p.Spec.Volumes = []corev1.Volume{{VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "gcr.io/300"}}}}
	})
	assert.Equal(t, map[string]int64{"a": 7, "b": 0}, s.scores(volume, plugins.ColImage), "an image volume counts as an image")

	s = newSetup()
	s.node("a", has("gcr.io/4000:latest", 4000))
	s.node("b", second)
	assert.Equal(t, map[string]int64{"a": 100, "b": 0}, s.scores(s.shape("", wants("gcr.io/10", "gcr.io/4000")), plugins.ColImage))
}

func TestTaintsAndPreferences(t *testing.T) {
	s := newSetup()
	prefer := func(keys ...string) func(*corev1.Node) {
		return func(n *corev1.Node) {
			for _, k := range keys {
				n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: k, Effect: corev1.TaintEffectPreferNoSchedule})
			}
		}
	}
	s.node("a zone=1")
	s.node("b zone=2", prefer("x"))
	s.node("c zone=1 disk=ssd", prefer("x", "y"))
	assert.Equal(t, map[string]int64{"a": 100, "b": 50, "c": 0}, s.scores(s.shape(""), plugins.ColTaint))
	tolerant := s.shape("", func(p *corev1.Pod) {
		p.Spec.Tolerations = []corev1.Toleration{{Key: "x", Operator: corev1.TolerationOpExists}}
	})
	assert.Equal(t, map[string]int64{"a": 100, "b": 100, "c": 0}, s.scores(tolerant, plugins.ColTaint))

	term := func(w int32, k, v string) corev1.PreferredSchedulingTerm {
		return corev1.PreferredSchedulingTerm{Weight: w, Preference: corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{
			{Key: k, Operator: corev1.NodeSelectorOpIn, Values: []string{v}}}}}
	}
	choosy := s.shape("", func(p *corev1.Pod) {
		p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{
			term(2, "zone", "1"), term(4, "disk", "ssd")}}}
	})
	assert.Equal(t, map[string]int64{"a": 33, "b": 0, "c": 100}, s.scores(choosy, plugins.ColNodeAffinity))
}

func TestInterPodAffinityScores(t *testing.T) {
	in := func(v string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: map[string]string{"security": v}}
	}
	s := newSetup()
	s.node("a region=China az=az1")
	s.node("b region=India")
	s.node("c az=az1")
	s.pods(1, "a security=S1")
	s.pods(1, "b security=S2")
	s.pods(1, "c security=S1")
	near := s.shape("security=S1", func(p *corev1.Pod) {
		p.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{
			{Weight: 5, PodAffinityTerm: corev1.PodAffinityTerm{LabelSelector: in("S1"), TopologyKey: "region"}}}}}
	})
	assert.Equal(t, map[string]int64{"a": 100, "b": 0, "c": 0}, s.scores(near, plugins.ColAffinity))
	away := s.shape("security=S1", func(p *corev1.Pod) {
		p.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{
			{Weight: 5, PodAffinityTerm: corev1.PodAffinityTerm{LabelSelector: in("S1"), TopologyKey: "az"}}}}}
	})
	assert.Equal(t, map[string]int64{"a": 0, "b": 100, "c": 0}, s.scores(away, plugins.ColAffinity))
	// Symmetry: who requires the newcomer's company draws it near.
	s.pods(1, "b", func(p *corev1.Pod) {
		p.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{
			{LabelSelector: in("S3"), TopologyKey: "region"}}}}
	})
	assert.Equal(t, map[string]int64{"a": 0, "b": 100, "c": 0}, s.scores(s.shape("security=S3"), plugins.ColAffinity))
}

func TestNodesToFind(t *testing.T) {
	for nodes, want := range map[int]int{10: 10, 99: 99, 100: 100, 150: 100, 1000: 420, 5000: 500, 6000: 300, 10000: 500} {
		assert.Equal(t, want, framework.Default.NodesToFind(nodes), nodes)
	}
}

func TestFirstOfItsKindMayGoAnywhere(t *testing.T) {
	s := newSetup()
	s.node("a zone=1")
	s.node("b")
	self := s.shape("app=x", func(p *corev1.Pod) {
		p.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{
			{LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "x"}}, TopologyKey: "zone"}}}}
	})
	st, refused := plugins.PreFilter(s.c, self)
	require.Nil(t, refused)
	assert.Nil(t, st.Filter(s.c.Node("a")))
	assert.Equal(t, plugins.AffinityUnmet, st.Filter(s.c.Node("b")), "but only where the topology exists")
}

func TestMinDomains(t *testing.T) {
	s := newSetup()
	s.node("a zone=1")
	s.node("b zone=2")
	s.pods(1, "a foo=")
	s.pods(1, "b foo=")
	three := int32(3)
	hard := func(min *int32) *framework.Shape {
		return s.shape("foo=", func(p *corev1.Pod) {
			p.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: "zone",
				WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: foo, MinDomains: min}}
		})
	}
	st, _ := plugins.PreFilter(s.c, hard(nil))
	assert.Nil(t, st.Filter(s.c.Node("a")))
	st, _ = plugins.PreFilter(s.c, hard(&three))
	assert.Equal(t, plugins.SpreadSkew, st.Filter(s.c.Node("a")), "with too few domains the least counts as 0")
}

func TestLogarithm(t *testing.T) {
	for n := range 10000 {
		assert.InDelta(t, math.Log(float64(n+2)), plugins.SpreadWeight(n), 2e-15)
	}
}
