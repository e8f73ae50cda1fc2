package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/order"
	v1 "tabernetes/engine/scheduler/config/v1"
	"tabernetes/engine/scheduler/framework"
)

// build makes a profile, with the complaints of framework/runtime.NewFramework. Of the profile it keeps the arguments of
// the plugins it has, as upstream writes them out.
func build(c *v1.KubeSchedulerConfiguration, p *v1.KubeSchedulerProfile) (*framework.Profile, error) {
	out := framework.NewProfile(*p.SchedulerName)
	names := namesOf(p.Plugins)
	var kept []v1.PluginConfig
	for _, pc := range p.PluginConfig {
		if has(names, pc.Name) && registry[pc.Name] != 0 {
			kept = append(kept, pc)
		}
	}
	p.PluginConfig = kept
	order.By(p.PluginConfig, func(a, b v1.PluginConfig) int { return strings.Compare(a.Name, b.Name) })
	for i := range p.PluginConfig {
		pc := &p.PluginConfig[i]
		f := &faults{}
		if f.args(pc.Args.Object, nil); len(f.list) > 0 {
			return nil, fmt.Errorf("initializing plugin %q: %w", pc.Name, f.list.ToAggregate())
		}
		apply(pc.Args.Object, out)
	}
	at, err := expand(p.Plugins)
	if err != nil {
		return nil, err
	}
	if n := len(at[queueSort]); n != 1 {
		return nil, fmt.Errorf("only one queue sort plugin required for profile with scheduler name %q, but got %d", out.Name, n)
	}
	if len(at[bind]) == 0 {
		return nil, fmt.Errorf("at least one bind plugin is needed for profile with scheduler name %q", out.Name)
	}
	if len(at[placementGenerate]) > 1 {
		return nil, fmt.Errorf("at most one placement generate plugin is allowed for profile with scheduler name %q", out.Name)
	}
	weights, err := weigh(score, p.Plugins.Score.Enabled, p.Plugins.MultiPoint.Enabled)
	if err != nil {
		return nil, fmt.Errorf("score plugins: %w", err)
	}
	if _, err := weigh(placementScore, p.Plugins.PlacementScore.Enabled, p.Plugins.MultiPoint.Enabled); err != nil {
		return nil, fmt.Errorf("placement score plugins: %w", err)
	}
	out.Filters = known(at[filter])
	out.PreFilter, out.PreEnqueue = framework.Set(known(at[preFilter])...), framework.Set(known(at[preEnqueue])...)
	out.Preempts = has(at[postFilter], "DefaultPreemption")
	scoring := out.Weights // of those that score here
	clear(out.Weights[:])
	for _, name := range at[score] {
		if pl, ok := framework.PluginByName(name); ok && scoring[pl] != 0 {
			out.Weights[pl] = weights[name]
		}
	}
	out.Percentage = *c.PercentageOfNodesToScore
	if p.PercentageOfNodesToScore != nil {
		out.Percentage = *p.PercentageOfNodesToScore
	}
	return out.Seal(), nil
}

// known are the plugins that this scheduler has; the others have nothing to do in this cluster.
func known(names []string) (out []framework.Plugin) {
	for _, name := range names {
		if pl, ok := framework.PluginByName(name); ok {
			out = append(out, pl)
		}
	}
	return out
}

// expand lists the plugins by extension point: first those of the point that override multiPoint, then the rest of
// multiPoint, then the others of the point (frameworkImpl.expandMultiPointPlugins).
func expand(p *v1.Plugins) (map[stage][]string, error) {
	list := points(p)
	for _, pt := range list {
		var seen []string
		for _, pl := range pt.set.Enabled {
			switch {
			case registry[pl.Name] == 0:
				return nil, fmt.Errorf("%s %q does not exist", pt.name, pl.Name)
			case registry[pl.Name]&pt.stage == 0:
				return nil, fmt.Errorf("plugin %q does not extend %s plugin", pl.Name, pt.name)
			case has(seen, pl.Name):
				return nil, fmt.Errorf("plugin %q already registered as %q", pl.Name, pt.name)
			}
			seen = append(seen, pl.Name)
		}
	}
	out := map[stage][]string{}
	for _, pt := range list {
		var own, off, multi, override []string
		for _, pl := range pt.set.Enabled {
			own = append(own, pl.Name)
		}
		for _, pl := range pt.set.Disabled {
			off = append(off, pl.Name)
		}
		if has(off, "*") || len(p.MultiPoint.Enabled) == 0 {
			out[pt.stage] = own
			continue
		}
		for _, pl := range p.MultiPoint.Enabled {
			switch {
			case registry[pl.Name] == 0:
				return nil, fmt.Errorf("%s %q does not exist", pt.name, pl.Name)
			case registry[pl.Name]&pt.stage == 0 || has(off, pl.Name):
			case has(own, pl.Name):
				override = append(override, pl.Name)
			case has(multi, pl.Name):
				return nil, fmt.Errorf("plugin %q already registered as %q", pl.Name, pt.name)
			default:
				multi = append(multi, pl.Name)
			}
		}
		var first, last []string
		for _, name := range own {
			if has(override, name) {
				first = append(first, name)
			} else {
				last = append(last, name)
			}
		}
		out[pt.stage] = slices.Concat(first, multi, last)
	}
	return out, nil
}

// weigh finds the weights of the plugins of a stage: what is given at the stage goes before multiPoint, none is 1
// (getValidScoreWeights).
func weigh(at stage, lists ...[]v1.Plugin) (map[string]int64, error) {
	out := map[string]int64{}
	var total int64
	for _, list := range lists {
		for _, pl := range list {
			if _, ok := out[pl.Name]; ok || registry[pl.Name]&at == 0 {
				continue
			}
			w := int64(pl.Weight)
			if w == 0 {
				w = 1
			}
			if w*framework.MaxNodeScore > math.MaxInt64-total {
				return nil, errors.New("total score of Score plugins could overflow")
			}
			total += w * framework.MaxNodeScore
			out[pl.Name] = w
		}
	}
	return out, nil
}

// apply puts a plugin's arguments into the profile.
func apply(args any, p *framework.Profile) {
	resources := func(list []v1.ResourceSpec) (out []framework.WeightedResource) {
		for _, r := range list {
			out = append(out, framework.WeightedResource{Name: corev1.ResourceName(r.Name), Weight: r.Weight})
		}
		return out
	}
	switch a := args.(type) {
	case *v1.DefaultPreemptionArgs:
		p.MinCandidatePercent, p.MinCandidateAbsolute = int(*a.MinCandidateNodesPercentage), int(*a.MinCandidateNodesAbsolute)
	case *v1.InterPodAffinityArgs:
		p.HardAffinityWeight, p.IgnorePreferredTerms = int64(*a.HardPodAffinityWeight), a.IgnorePreferredTermsOfExistingPods
	case *v1.NodeAffinityArgs:
		if a.AddedAffinity != nil {
			p.SetAddedAffinity(a.AddedAffinity)
		}
	case *v1.NodeResourcesBalancedAllocationArgs:
		p.Balanced.Resources = resources(a.Resources)
	case *v1.NodeResourcesFitArgs:
		p.IgnoredResources, p.IgnoredGroups = a.IgnoredResources, a.IgnoredResourceGroups
		s := a.ScoringStrategy
		p.Fit = framework.Scoring{Strategy: framework.Strategy(slices.Index(strategies, s.Type)), Resources: resources(s.Resources)}
		if s.RequestedToCapacityRatio != nil {
			for _, pt := range s.RequestedToCapacityRatio.Shape {
				p.Fit.Shape = append(p.Fit.Shape, framework.ShapePoint{Utilization: int64(pt.Utilization), Score: int64(pt.Score) * (framework.MaxNodeScore / maxShapeScore)})
			}
		}
	case *v1.PodTopologySpreadArgs:
		if a.DefaultingType == "List" {
			p.SetDefaultSpread(a.DefaultConstraints)
		}
	}
}
