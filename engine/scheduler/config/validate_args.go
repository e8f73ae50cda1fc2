package config

import (
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api/nodeaffinity"
	v1 "tabernetes/engine/scheduler/config/v1"
	"tabernetes/engine/scheduler/framework"
)

// validate_args.go: the arguments of plugins (pkg/scheduler/apis/config/validation/validation_pluginargs.go).

const percent = "not in valid range [0, 100]"

func (f *faults) args(args any, path *field.Path) {
	switch a := args.(type) {
	case *v1.DefaultPreemptionArgs:
		share, absolute := int64(*a.MinCandidateNodesPercentage), int64(*a.MinCandidateNodesAbsolute)
		f.within(path, "minCandidateNodesPercentage", share, 0, 100, percent)
		f.within(path, "minCandidateNodesAbsolute", absolute, 0, math.MaxInt64, "not in valid range [0, inf)")
		if share == 0 && absolute == 0 {
			f.invalid(path, "minCandidateNodesPercentage", share, "cannot be zero at the same time as minCandidateNodesAbsolute")
			f.invalid(path, "minCandidateNodesAbsolute", absolute, "cannot be zero at the same time as minCandidateNodesPercentage")
		}
	case *v1.InterPodAffinityArgs:
		f.within(path, "hardPodAffinityWeight", int64(*a.HardPodAffinityWeight), 0, 100, percent)
	case *v1.NodeResourcesBalancedAllocationArgs:
		var seen []string
		for i, r := range a.Resources {
			p := path.Child("resources").Index(i)
			if has(seen, r.Name) {
				f.duplicate(p, "name", r.Name)
			}
			seen = append(seen, r.Name)
			f.within(p, "weight", r.Weight, 1, 1, "must be 1")
		}
	case *v1.NodeAffinityArgs:
		f.addedAffinity(a.AddedAffinity, path.Child("addedAffinity"))
	case *v1.PodTopologySpreadArgs:
		f.spread(a, path)
	case *v1.NodeResourcesFitArgs:
		f.fit(a, path)
	case *v1.VolumeBindingArgs:
		f.within(path, "bindTimeoutSeconds", *a.BindTimeoutSeconds, 0, math.MaxInt64, "invalid BindTimeoutSeconds, should not be a negative value")
		f.shape(a.Shape, path.Child("shape"))
	case *v1.DynamicResourcesArgs:
		if a.FilterTimeout.Duration < 0 {
			f.invalid(path, "filterTimeout", a.FilterTimeout, "must be zero or positive")
		}
		if a.BindingTimeout.Seconds() < 1 {
			f.invalid(path, "bindingTimeout", a.BindingTimeout, "must be at least 1 second")
		}
	}
}

func (f *faults) fit(a *v1.NodeResourcesFitArgs, path *field.Path) {
	for i, name := range a.IgnoredResources {
		f.add(metav1validation.ValidateLabelName(name, path.Child("ignoredResources").Index(i))...)
	}
	for i, name := range a.IgnoredResourceGroups {
		p := path.Child("ignoredResourceGroups").Index(i)
		if strings.Contains(name, "/") {
			f.invalid(p, "", name, "resource group name can't contain '/'")
		}
		f.add(metav1validation.ValidateLabelName(name, p)...)
	}
	s, p := a.ScoringStrategy, path.Child("scoringStrategy")
	f.oneOf(p, "type", s.Type, strategies...)
	for i, r := range s.Resources {
		f.within(p.Child("resources").Index(i), "weight", r.Weight, 1, 100, "resource weight of "+r.Name+" not in valid range (0, 100]")
	}
	const param = "requestedToCapacityRatio"
	switch ratio := s.Type == strategies[framework.RequestedToCapacityRatio]; {
	case ratio && s.RequestedToCapacityRatio == nil:
		f.required(p, param, "must be specified when type is RequestedToCapacityRatio")
	case ratio:
		f.shape(s.RequestedToCapacityRatio.Shape, p.Child(param, "shape"))
	case s.RequestedToCapacityRatio != nil:
		f.forbidden(p, param, "must be nil when type is not RequestedToCapacityRatio")
	}
}

// strategies are the names of the framework's, in its order.
var strategies = []string{"LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"}

// maxShapeScore is config.MaxCustomPriorityScore: scores of a shape go from 0 to 10.
const maxShapeScore = 10

func (f *faults) shape(shape []v1.UtilizationShapePoint, path *field.Path) {
	if len(shape) == 0 {
		f.required(path, "", "at least one point must be specified")
	}
	for i := 1; i < len(shape); i++ {
		if shape[i-1].Utilization >= shape[i].Utilization {
			f.invalid(path.Index(i), "utilization", shape[i].Utilization, "values must be sorted in increasing order")
			break
		}
	}
	for i, p := range shape {
		f.within(path.Index(i), "utilization", int64(p.Utilization), 0, 100, percent)
		f.within(path.Index(i), "score", int64(p.Score), 0, maxShapeScore, "not in valid range [0, 10]")
	}
}

func (f *faults) spread(a *v1.PodTopologySpreadArgs, path *field.Path) {
	const system, list = "System", "List"
	if f.oneOf(path, "defaultingType", a.DefaultingType, system, list) && a.DefaultingType == system && len(a.DefaultConstraints) > 0 {
		f.invalid(path, "defaultingType", a.DefaultingType, "when .defaultConstraints are not empty")
	}
	for i := range a.DefaultConstraints {
		c, p := &a.DefaultConstraints[i], path.Child("defaultConstraints").Index(i)
		f.within(p, "maxSkew", int64(c.MaxSkew), 1, math.MaxInt64, "not in valid range (0, inf)")
		if c.TopologyKey == "" {
			f.required(p, "topologyKey", "can not be empty")
		} else {
			f.add(metav1validation.ValidateLabelName(c.TopologyKey, p.Child("topologyKey"))...)
		}
		if c.WhenUnsatisfiable == "" {
			f.required(p, "whenUnsatisfiable", "can not be empty")
		} else {
			f.oneOf(p, "whenUnsatisfiable", string(c.WhenUnsatisfiable), string(corev1.DoNotSchedule), string(corev1.ScheduleAnyway))
		}
		if c.LabelSelector != nil {
			f.forbidden(p, "labelSelector", "constraint must not define a selector, as they deduced for each pod")
		}
		for j := range i {
			if o := &a.DefaultConstraints[j]; o.TopologyKey == c.TopologyKey && o.WhenUnsatisfiable == c.WhenUnsatisfiable {
				f.duplicate(p, "", "{"+c.TopologyKey+", "+string(c.WhenUnsatisfiable)+"}")
				break
			}
		}
	}
}

// addedAffinity reports what does not parse (component-helpers/scheduling/corev1/nodeaffinity).
func (f *faults) addedAffinity(a *corev1.NodeAffinity, path *field.Path) {
	if a == nil {
		return
	}
	if req := a.RequiredDuringSchedulingIgnoredDuringExecution; req != nil {
		for i := range req.NodeSelectorTerms {
			f.term(&req.NodeSelectorTerms[i], path.Child("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms").Index(i))
		}
	}
	for i := range a.PreferredDuringSchedulingIgnoredDuringExecution {
		if t := &a.PreferredDuringSchedulingIgnoredDuringExecution[i]; t.Weight != 0 {
			f.term(&t.Preference, path.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i))
		}
	}
}

// operators of a node selector; fields have the first two.
var operators = []string{"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"}

func (f *faults) term(t *corev1.NodeSelectorTerm, path *field.Path) {
	for i, e := range t.MatchExpressions {
		p := path.Child("matchExpressions").Index(i)
		if !f.oneOf(p, "operator", string(e.Operator), operators...) {
			continue
		}
		op, _ := nodeaffinity.Operator(e.Operator)
		if _, err := labels.NewRequirement(e.Key, op, e.Values, field.WithPath(p)); err != nil {
			if list, ok := err.(interface{ Errors() []error }); ok {
				for _, e := range list.Errors() {
					f.add(e.(*field.Error))
				}
			}
		}
	}
	for i, e := range t.MatchFields {
		p := path.Child("matchFields").Index(i)
		if f.oneOf(p, "operator", string(e.Operator), slices.Clip(operators[:2])...) && len(e.Values) != 1 {
			f.invalid(p, "values", e.Values, "must have one element")
		}
	}
}
