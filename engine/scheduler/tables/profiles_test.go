package tables_test

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/scheduler/framework"
)

// profiles are the default one and two at random.
func (w *world) profiles() []*framework.Profile {
	return []*framework.Profile{framework.Default, w.profile("wild"), w.profile("odd")}
}

// profile is a random one that tables can stand in for.
func (w *world) profile(name string) *framework.Profile {
	p := framework.NewProfile(name)
	if w.one(2) {
		kept := p.Filters[:0]
		for _, pl := range p.Filters {
			if !w.one(3) {
				kept = append(kept, pl)
			}
		}
		p.Filters = kept
	}
	for pl, weight := range p.Weights {
		switch {
		case weight == 0:
		case w.one(4):
			p.Weights[pl] = 0
		default:
			p.Weights[pl] = int64(1 + w.r.IntN(40))
		}
	}
	p.Fit, p.Balanced = w.scoring(), w.scoring()
	if w.one(3) {
		p.IgnoredGroups = []string{"example.com"}
	}
	p.HardAffinityWeight, p.IgnorePreferredTerms = int64(w.r.IntN(3))*10, w.one(3)
	if w.one(2) {
		var list []corev1.TopologySpreadConstraint
		for range w.r.IntN(3) {
			c := corev1.TopologySpreadConstraint{MaxSkew: int32(1 + w.r.IntN(3)), TopologyKey: w.pick(corev1.LabelHostname, corev1.LabelTopologyZone, "disk"),
				WhenUnsatisfiable: corev1.UnsatisfiableConstraintAction(w.pick("DoNotSchedule", "ScheduleAnyway"))}
			if w.one(3) {
				honor := corev1.NodeInclusionPolicyHonor
				c.NodeTaintsPolicy = &honor
			}
			list = append(list, c)
		}
		p.SetDefaultSpread(list)
	}
	if w.one(3) {
		term := corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: "disk", Operator: corev1.NodeSelectorOpNotIn, Values: []string{"hdd"}}}}
		a := &corev1.NodeAffinity{}
		if w.one(2) {
			a.RequiredDuringSchedulingIgnoredDuringExecution = &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{term}}
		} else {
			a.PreferredDuringSchedulingIgnoredDuringExecution = []corev1.PreferredSchedulingTerm{{Weight: 7, Preference: term}}
		}
		p.SetAddedAffinity(a)
	}
	p.Percentage = int32(w.r.IntN(3) * 40)
	p.MinCandidatePercent, p.MinCandidateAbsolute = w.r.IntN(50), 1+w.r.IntN(3)
	return p.Seal()
}

func (w *world) scoring() framework.Scoring {
	out := framework.Scoring{Strategy: framework.Strategy(w.r.IntN(3))}
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage, "example.com/gpu"} {
		if !w.one(3) {
			out.Resources = append(out.Resources, framework.WeightedResource{Name: name, Weight: int64(1 + w.r.IntN(5))})
		}
	}
	out.Shape = []framework.ShapePoint{{Utilization: int64(w.r.IntN(50)), Score: int64(w.r.IntN(10) * 10)}, {Utilization: int64(50 + w.r.IntN(50)), Score: int64(w.r.IntN(11) * 10)}}
	return out
}
