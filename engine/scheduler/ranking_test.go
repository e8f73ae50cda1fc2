package scheduler_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The totals below were worked out by hand from upstream's formulas and the weights of the default profile: TaintToleration
// 3, NodeAffinity 2, PodTopologySpread 2, InterPodAffinity 2, NodeResourcesFit, BalancedAllocation and ImageLocality 1.
//
//	taint      100 - 100*n/most, n untolerated PreferNoSchedule taints; 100 if nobody has one: 300 weighted
//	affinity   100*sum/most of the preferred terms' weights; only if there are preferred terms
//	fit        ((cpu-used)*100/cpu + (mem-used)*100/mem)/2 with the pod counted in, containers without requests as 100m, 200MB
//	balanced   50 + (50 + with - without)/2, each 100*(1-|cpu share - mem share|/2); only for pods that request something
//	inter      100*(sum-least)/(most-least) of the weights that apply
//	spread     100*(most+least-sum)/most of the weighted counts
//	image      100*(sum-23Mi)/(1000Mi*containers-23Mi), sizes scaled by the share of nodes that have them
func TestRanking(t *testing.T) {
	lab := func(kv ...string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Labels = map[string]string{}
			for i := 0; i < len(kv); i += 2 {
				p.Labels[kv[i]] = kv[i+1]
			}
		}
	}
	soft := func(key string) func(*corev1.Node) { return taint(key, corev1.TaintEffectPreferNoSchedule) }
	prefers := func(weight int32, key string, values ...string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			if p.Spec.Affinity == nil {
				p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{}}
			}
			na := p.Spec.Affinity.NodeAffinity
			na.PreferredDuringSchedulingIgnoredDuringExecution = append(na.PreferredDuringSchedulingIgnoredDuringExecution, corev1.PreferredSchedulingTerm{
				Weight: weight, Preference: corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: key, Operator: corev1.NodeSelectorOpIn, Values: values}}},
			})
		}
	}
	term := func(app, key string) corev1.PodAffinityTerm {
		return corev1.PodAffinityTerm{LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}}, TopologyKey: key}
	}
	near := func(weight int32, app, key string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{Weight: weight, PodAffinityTerm: term(app, key)}}}}
		}
	}
	far := func(weight int32, app, key string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{Weight: weight, PodAffinityTerm: term(app, key)}}}}
		}
	}
	must := func(app, key string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{term(app, key)}}}
		}
	}
	image := func(name string, mi int64) func(*corev1.Node) {
		return func(n *corev1.Node) {
			n.Status.Images = append(n.Status.Images, corev1.ContainerImage{Names: []string{name}, SizeBytes: mi << 20})
		}
	}
	uses := func(name string) func(*corev1.Pod) { return func(p *corev1.Pod) { p.Spec.Containers[0].Image = name } }
	spread := func(skew int32, key string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Labels = map[string]string{"app": "w"}
			p.Spec.TopologySpreadConstraints = append(p.Spec.TopologySpreadConstraints, corev1.TopologySpreadConstraint{
				MaxSkew: skew, TopologyKey: key, WhenUnsatisfiable: corev1.ScheduleAnyway, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "w"}}})
		}
	}
	zone := func(z string) func(*corev1.Node) { return label("zone", z) }

	for name, x := range map[string]struct {
		nodes []*corev1.Node
		there []*corev1.Pod
		pod   *corev1.Pod
		want  map[string]int32
	}{
		// a: cpu (4000-1000)*100/4000 = 75, mem (8-2)*100/8 = 75: 75; shares equal before and after: 50+50/2 = 75.
		// b: cpu (4000-3000)*100/4000 = 25, mem (8-4)*100/8 = 50: 37; with |0.75-0.5|/2 = 0.125 -> 87, without |0.5-0.25|/2 -> 87: 75.
		"the emptier node": {
			nodes: []*corev1.Node{node("a", "4", "8Gi"), node("b", "4", "8Gi")}, there: []*corev1.Pod{pod("q", "2", mem("2Gi"), on("b"))},
			pod: pod("p", "1", mem("2Gi")), want: map[string]int32{"a": 300 + 75 + 75, "b": 300 + 37 + 75},
		},
		// a: cpu 75, mem 25: 50; with |0.25-0.75|/2 = 0.25 -> 75, without 100: 50+25/2 = 62.
		// b: cpu 25, mem 25: 25; with 100, without |0.5-0|/2 = 0.25 -> 75: 50+75/2 = 87.
		"balance makes up for half of the room": {
			nodes: []*corev1.Node{node("a", "4", "8Gi"), node("b", "4", "8Gi")}, there: []*corev1.Pod{pod("q", "2", mem("0"), on("b"))},
			pod: pod("p", "1", mem("6Gi")), want: map[string]int32{"a": 300 + 50 + 62, "b": 300 + 25 + 87},
		},
		// a: cpu (1000-500)*100/1000 = 50, mem 50. b: 87, 87 ((4000-500)*100/4000 = 87). Equal shares: 75 each.
		"the larger node": {
			nodes: []*corev1.Node{node("a", "1", "1Gi"), node("b", "4", "4Gi")},
			pod:   pod("p", "500m", mem("512Mi")), want: map[string]int32{"a": 300 + 50 + 75, "b": 300 + 87 + 75},
		},
		// Best effort counts as 100m and 200MB (209715200 bytes): a cpu (1000-100)*100/1000 = 90, mem (1024-200)*100/1024 = 80: 85.
		// b: cpu 97, mem (4096-200)*100/4096 = 95: 96. Balance has nothing to say.
		"a pod without requests": {
			nodes: []*corev1.Node{node("a", "1", "1Gi"), node("b", "4", "4Gi")}, pod: pod("p", ""), want: map[string]int32{"a": 300 + 85, "b": 300 + 96},
		},
		// The three pods on b ask for nothing and count for 300m and 600MB all the same: cpu (4000-400)*100/4000 = 90,
		// mem (4096-800)*100/4096 = 80: 85. a: 97, 95: 96.
		"pods without requests take room": {
			nodes: []*corev1.Node{node("a", "4", "4Gi"), node("b", "4", "4Gi")}, there: []*corev1.Pod{pod("q", "", on("b")), pod("r", "", on("b")), pod("s", "", on("b"))},
			pod: pod("p", ""), want: map[string]int32{"a": 300 + 96, "b": 300 + 85},
		},
		// One of two nodes has a taint: 100-100*1/1 = 0.
		"a soft taint": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", soft("x")), node("b", "4", "4Gi")}, pod: pod("p", ""), want: map[string]int32{"a": 0 + 96, "b": 300 + 96},
		},
		// Two, one and none: 0, 100-100*1/2 = 50, 100.
		"soft taints are counted": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", soft("x"), soft("y")), node("b", "4", "4Gi", soft("x")), node("c", "4", "4Gi")},
			pod:   pod("p", ""), want: map[string]int32{"a": 96, "b": 150 + 96, "c": 300 + 96},
		},
		"a tolerated soft taint does not count": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", soft("x")), node("b", "4", "4Gi")},
			pod: pod("p", "", func(p *corev1.Pod) {
				p.Spec.Tolerations = []corev1.Toleration{{Key: "x", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectPreferNoSchedule}}
			}), want: map[string]int32{"a": 300 + 96, "b": 300 + 96},
		},
		// A toleration of another effect has no say about soft taints.
		"a toleration of NoSchedule": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", soft("x")), node("b", "4", "4Gi")},
			pod: pod("p", "", func(p *corev1.Pod) {
				p.Spec.Tolerations = []corev1.Toleration{{Key: "x", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule}}
			}), want: map[string]int32{"a": 96, "b": 300 + 96},
		},
		// a: 100*80/80; b: 100*20/80 = 25; c: 0.
		"preferred labels": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", label("disk", "ssd")), node("b", "4", "4Gi", label("disk", "hdd")), node("c", "4", "4Gi")},
			pod:   pod("p", "", prefers(80, "disk", "ssd"), prefers(20, "disk", "hdd")), want: map[string]int32{"a": 300 + 200 + 96, "b": 300 + 50 + 96, "c": 300 + 96},
		},
		// a meets both terms: 100; b one: 100*30/100 = 30.
		"terms add up": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", label("disk", "ssd"), zone("1")), node("b", "4", "4Gi", label("disk", "ssd"))},
			pod:   pod("p", "", prefers(30, "disk", "ssd"), prefers(70, "zone", "1")), want: map[string]int32{"a": 300 + 200 + 96, "b": 300 + 60 + 96},
		},
		"a preference nobody meets": {
			nodes: []*corev1.Node{node("a", "4", "4Gi"), node("b", "1", "1Gi")}, pod: pod("p", "", prefers(100, "disk", "ssd")), want: map[string]int32{"a": 300 + 96, "b": 300 + 85},
		},
		// Taints weigh more than preferences: 300 against 200.
		"a soft taint against a preference": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", soft("x"), label("disk", "ssd")), node("b", "4", "4Gi")},
			pod:   pod("p", "", prefers(100, "disk", "ssd")), want: map[string]int32{"a": 200 + 96, "b": 300 + 96},
		},
		// q is in the zone of a and b: they have weight 50, c has 0: 100*50/50.
		// On a there is q besides: cpu (4000-200)*100/4000 = 95, mem (4096-400)*100/4096 = 90: 92.
		"near to pods": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", zone("1")), node("b", "4", "4Gi", zone("1")), node("c", "4", "4Gi", zone("2"))},
			there: []*corev1.Pod{pod("q", "", on("a"), lab("app", "db"))}, pod: pod("p", "", near(50, "db", "zone")),
			want: map[string]int32{"a": 300 + 200 + 92, "b": 300 + 200 + 96, "c": 300 + 96},
		},
		// -30 in the zone of q, 0 elsewhere: 100*(0+30)/30.
		"far from pods": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", zone("1")), node("b", "4", "4Gi", zone("1")), node("c", "4", "4Gi", zone("2"))},
			there: []*corev1.Pod{pod("q", "", on("a"), lab("app", "db"))}, pod: pod("p", "", far(30, "db", "zone")),
			want: map[string]int32{"a": 300 + 92, "b": 300 + 96, "c": 300 + 200 + 96},
		},
		// Two pods on a, one on b: 20, 10, 0: 100, 50, 0. Fit: a has three pods: cpu 92, mem (4096-600)*100/4096 = 85: 88.
		"every pod counts": {
			nodes: []*corev1.Node{node("a", "4", "4Gi"), node("b", "4", "4Gi"), node("c", "4", "4Gi")},
			there: []*corev1.Pod{pod("q", "", on("a"), lab("app", "db")), pod("r", "", on("a"), lab("app", "db")), pod("s", "", on("b"), lab("app", "db"))},
			pod:   pod("p", "", near(10, "db", corev1.LabelHostname)), want: map[string]int32{"a": 300 + 200 + 88, "b": 300 + 100 + 92, "c": 300 + 96},
		},
		// The pod itself wants nothing; q would like pods like it to be far: -100 on a.
		"what pods there prefer counts too": {
			nodes: []*corev1.Node{node("a", "4", "4Gi"), node("b", "4", "4Gi")}, there: []*corev1.Pod{pod("q", "", on("a"), far(100, "w", corev1.LabelHostname))},
			pod: pod("p", "", lab("app", "w")), want: map[string]int32{"a": 300 + 92, "b": 300 + 200 + 96},
		},
		// q must be near pods like it: that counts 1 on a (hardPodAffinityWeight), and 100*1/1.
		"what pods there require": {
			nodes: []*corev1.Node{node("a", "4", "4Gi"), node("b", "4", "4Gi")}, there: []*corev1.Pod{pod("q", "", on("a"), lab("app", "w"), must("w", corev1.LabelHostname))},
			pod: pod("p", "", lab("app", "w")), want: map[string]int32{"a": 300 + 200 + 92, "b": 300 + 96},
		},
		// 500Mi on one of two nodes counts half, 250Mi: 100*(250-23)/(1000-23) = 23.
		"an image that is there": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", image("big:1", 500)), node("b", "4", "4Gi")}, pod: pod("p", "", uses("big:1")), want: map[string]int32{"a": 300 + 96 + 23, "b": 300 + 96},
		},
		// On both nodes it counts whole: 100*(500-23)/977 = 48.
		"an image everybody has": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", image("big:1", 500)), node("b", "4", "4Gi", image("big:1", 500))}, pod: pod("p", "", uses("big:1")),
			want: map[string]int32{"a": 300 + 96 + 48, "b": 300 + 96 + 48},
		},
		"an image too small to matter": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", image("small:1", 40)), node("b", "4", "4Gi")}, pod: pod("p", "", uses("small:1")), want: map[string]int32{"a": 300 + 96, "b": 300 + 96},
		},
		// 8000Mi on half of the nodes is 4000Mi, more than the most that counts: 100.
		"an image as large as can count": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", image("huge:1", 8000)), node("b", "4", "4Gi")}, pod: pod("p", "", uses("huge:1")), want: map[string]int32{"a": 300 + 96 + 100, "b": 300 + 96},
		},
		// Zones have 2 and 0 pods; the weight of two zones is ln(2+2) = 1.386: raw round(2*1.386) = 3 and 0.
		// most 3, least 0: 100*(3+0-3)/3 = 0, and 100*(3+0-0)/3 = 100.
		"spread over zones": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", zone("1")), node("b", "4", "4Gi", zone("2"))},
			there: []*corev1.Pod{pod("q", "", on("a"), lab("app", "w")), pod("r", "", on("a"), lab("app", "w"))},
			pod:   pod("p", "", spread(1, "zone")), want: map[string]int32{"a": 300 + 88, "b": 300 + 200 + 96},
		},
		// Skew 3 adds 2 to every count: 2*1.386+2 = 4.77 -> 5 and 2: 100*(5+2-5)/5 = 40, and 100.
		"a larger skew levels": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", zone("1")), node("b", "4", "4Gi", zone("2"))},
			there: []*corev1.Pod{pod("q", "", on("a"), lab("app", "w")), pod("r", "", on("a"), lab("app", "w"))},
			pod:   pod("p", "", spread(3, "zone")), want: map[string]int32{"a": 300 + 80 + 88, "b": 300 + 200 + 96},
		},
		// Two hosts weigh ln(2+2) too: counts 1 and 0 are 1.386 -> 1 and 0: 0 and 100.
		"spread over hosts": {
			nodes: []*corev1.Node{node("a", "4", "4Gi"), node("b", "4", "4Gi")}, there: []*corev1.Pod{pod("q", "", on("a"), lab("app", "w"))},
			pod: pod("p", "", spread(1, corev1.LabelHostname)), want: map[string]int32{"a": 300 + 92, "b": 300 + 200 + 96},
		},
		// GPUs are no part of the score: cpu (4000-100)*100/4000 = 97, mem 95.
		"extended resources are filtered, not scored": {
			nodes: []*corev1.Node{node("a", "4", "4Gi", gpus("8")), node("b", "4", "4Gi", gpus("1"))},
			pod: pod("p", "", func(p *corev1.Pod) {
				p.Spec.Containers[0].Resources.Requests = corev1.ResourceList{"example.com/gpu": resource.MustParse("1")}
			}), want: map[string]int32{"a": 300 + 96, "b": 300 + 96},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.nodes(x.nodes...)
			r.add(x.there...)
			r.run(5 * time.Millisecond)
			r.add(x.pod)
			r.run(50 * time.Millisecond)
			d := r.decision("p")
			require.NotNil(t, d)
			got := map[string]int32{}
			best := int32(0)
			for i := range d.Rows {
				row := &d.Rows[i]
				got[row.Node] = row.Total
				best = max(best, row.Total)
			}
			require.Equal(t, x.want, got)
			require.Equal(t, best, got[r.nodeOf("p")], "the best is chosen")
		})
	}
}

func gpus(n string) func(*corev1.Node) {
	return func(x *corev1.Node) { x.Status.Allocatable["example.com/gpu"] = resource.MustParse(n) }
}
