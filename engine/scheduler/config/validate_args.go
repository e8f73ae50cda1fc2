package config

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"

	v1 "tabernetes/engine/scheduler/config/v1"
	"tabernetes/engine/scheduler/framework"
)

// validate_args.go: the arguments of plugins (pkg/scheduler/apis/config/validation/validation_pluginargs.go).

func validateArgs(args any, path *field.Path) (errs field.ErrorList) {
	invalid := func(p *field.Path, value any, text string) { errs = append(errs, field.Invalid(p, value, text)) }
	switch a := args.(type) {
	case *v1.DefaultPreemptionArgs:
		percent, absolute := *a.MinCandidateNodesPercentage, *a.MinCandidateNodesAbsolute
		pp, pa := path.Child("minCandidateNodesPercentage"), path.Child("minCandidateNodesAbsolute")
		if percent < 0 || percent > 100 {
			invalid(pp, percent, "not in valid range [0, 100]")
		}
		if absolute < 0 {
			invalid(pa, absolute, "not in valid range [0, inf)")
		}
		if percent == 0 && absolute == 0 {
			invalid(pp, percent, "cannot be zero at the same time as minCandidateNodesAbsolute")
			invalid(pa, absolute, "cannot be zero at the same time as minCandidateNodesPercentage")
		}
	case *v1.InterPodAffinityArgs:
		if w := *a.HardPodAffinityWeight; w < 0 || w > 100 {
			invalid(path.Child("hardPodAffinityWeight"), w, "not in valid range [0, 100]")
		}
	case *v1.NodeResourcesBalancedAllocationArgs:
		seen := sets.New[string]()
		for i, r := range a.Resources {
			p := path.Child("resources").Index(i)
			if seen.Has(r.Name) {
				errs = append(errs, field.Duplicate(p.Child("name"), r.Name))
			}
			seen.Insert(r.Name)
			if r.Weight != 1 {
				invalid(p.Child("weight"), r.Weight, "must be 1")
			}
		}
	case *v1.NodeAffinityArgs:
		return validateAddedAffinity(a.AddedAffinity, path.Child("addedAffinity"))
	case *v1.PodTopologySpreadArgs:
		return validateSpread(a, path)
	case *v1.NodeResourcesFitArgs:
		return validateFit(a, path)
	case *v1.VolumeBindingArgs:
		if n := *a.BindTimeoutSeconds; n < 0 {
			invalid(path.Child("bindTimeoutSeconds"), n, "invalid BindTimeoutSeconds, should not be a negative value")
		}
		errs = append(errs, validateShape(a.Shape, path.Child("shape"))...)
	case *v1.DynamicResourcesArgs:
		if a.FilterTimeout.Duration < 0 {
			invalid(path.Child("filterTimeout"), a.FilterTimeout, "must be zero or positive")
		}
		if a.BindingTimeout.Seconds() < 1 {
			invalid(path.Child("bindingTimeout"), a.BindingTimeout, "must be at least 1 second")
		}
	}
	return errs
}

func validateFit(a *v1.NodeResourcesFitArgs, path *field.Path) (errs field.ErrorList) {
	for i, name := range a.IgnoredResources {
		errs = append(errs, metav1validation.ValidateLabelName(name, path.Child("ignoredResources").Index(i))...)
	}
	for i, name := range a.IgnoredResourceGroups {
		p := path.Child("ignoredResourceGroups").Index(i)
		if strings.Contains(name, "/") {
			errs = append(errs, field.Invalid(p, name, "resource group name can't contain '/'"))
		}
		errs = append(errs, metav1validation.ValidateLabelName(name, p)...)
	}
	s, p := a.ScoringStrategy, path.Child("scoringStrategy")
	if !slices.Contains(strategies, s.Type) {
		errs = append(errs, field.NotSupported(p.Child("type"), s.Type, strategies))
	}
	for i, r := range s.Resources {
		if r.Weight <= 0 || r.Weight > 100 {
			errs = append(errs, field.Invalid(p.Child("resources").Index(i).Child("weight"), r.Weight, "resource weight of "+r.Name+" not in valid range (0, 100]"))
		}
	}
	p = p.Child("requestedToCapacityRatio")
	switch ratio := s.Type == strategies[framework.RequestedToCapacityRatio]; {
	case ratio && s.RequestedToCapacityRatio == nil:
		errs = append(errs, field.Required(p, "must be specified when type is RequestedToCapacityRatio"))
	case ratio:
		errs = append(errs, validateShape(s.RequestedToCapacityRatio.Shape, p.Child("shape"))...)
	case s.RequestedToCapacityRatio != nil:
		errs = append(errs, field.Forbidden(p, "must be nil when type is not RequestedToCapacityRatio"))
	}
	return errs
}

// strategies are the names of the framework's, in its order.
var strategies = []string{"LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"}

// maxShapeScore is config.MaxCustomPriorityScore: scores of a shape go from 0 to 10.
const maxShapeScore = 10

func validateShape(shape []v1.UtilizationShapePoint, path *field.Path) (errs field.ErrorList) {
	if len(shape) == 0 {
		return field.ErrorList{field.Required(path, "at least one point must be specified")}
	}
	for i := 1; i < len(shape); i++ {
		if shape[i-1].Utilization >= shape[i].Utilization {
			errs = append(errs, field.Invalid(path.Index(i).Child("utilization"), shape[i].Utilization, "values must be sorted in increasing order"))
			break
		}
	}
	within := func(p *field.Path, v, most int32) {
		if v < 0 || v > most {
			errs = append(errs, field.Invalid(p, v, fmt.Sprintf("not in valid range [0, %d]", most)))
		}
	}
	for i, p := range shape {
		within(path.Index(i).Child("utilization"), p.Utilization, 100)
		within(path.Index(i).Child("score"), p.Score, maxShapeScore)
	}
	return errs
}

func validateSpread(a *v1.PodTopologySpreadArgs, path *field.Path) (errs field.ErrorList) {
	types := []string{"System", "List"}
	switch p := path.Child("defaultingType"); {
	case !slices.Contains(types, a.DefaultingType):
		errs = append(errs, field.NotSupported(p, a.DefaultingType, types))
	case a.DefaultingType == types[0] && len(a.DefaultConstraints) > 0:
		errs = append(errs, field.Invalid(p, a.DefaultingType, "when .defaultConstraints are not empty"))
	}
	for i := range a.DefaultConstraints {
		c, p := &a.DefaultConstraints[i], path.Child("defaultConstraints").Index(i)
		if c.MaxSkew <= 0 {
			errs = append(errs, field.Invalid(p.Child("maxSkew"), c.MaxSkew, "not in valid range (0, inf)"))
		}
		if c.TopologyKey == "" {
			errs = append(errs, field.Required(p.Child("topologyKey"), "can not be empty"))
		} else {
			errs = append(errs, metav1validation.ValidateLabelName(c.TopologyKey, p.Child("topologyKey"))...)
		}
		actions := []corev1.UnsatisfiableConstraintAction{corev1.DoNotSchedule, corev1.ScheduleAnyway}
		if c.WhenUnsatisfiable == "" {
			errs = append(errs, field.Required(p.Child("whenUnsatisfiable"), "can not be empty"))
		} else if !slices.Contains(actions, c.WhenUnsatisfiable) {
			errs = append(errs, field.NotSupported(p.Child("whenUnsatisfiable"), c.WhenUnsatisfiable, actions))
		}
		if c.LabelSelector != nil {
			errs = append(errs, field.Forbidden(p.Child("labelSelector"), "constraint must not define a selector, as they deduced for each pod"))
		}
		if slices.ContainsFunc(a.DefaultConstraints[:i], func(o corev1.TopologySpreadConstraint) bool {
			return o.TopologyKey == c.TopologyKey && o.WhenUnsatisfiable == c.WhenUnsatisfiable
		}) {
			errs = append(errs, field.Duplicate(p, fmt.Sprintf("{%v, %v}", c.TopologyKey, c.WhenUnsatisfiable)))
		}
	}
	return errs
}

// validateAddedAffinity reports what does not parse (component-helpers/scheduling/corev1/nodeaffinity).
func validateAddedAffinity(a *corev1.NodeAffinity, path *field.Path) (errs field.ErrorList) {
	if a == nil {
		return nil
	}
	if req := a.RequiredDuringSchedulingIgnoredDuringExecution; req != nil {
		for i := range req.NodeSelectorTerms {
			errs = append(errs, validateTerm(&req.NodeSelectorTerms[i], path.Child("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms").Index(i))...)
		}
	}
	for i := range a.PreferredDuringSchedulingIgnoredDuringExecution {
		if t := &a.PreferredDuringSchedulingIgnoredDuringExecution[i]; t.Weight != 0 {
			errs = append(errs, validateTerm(&t.Preference, path.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i))...)
		}
	}
	return errs
}

func validateTerm(t *corev1.NodeSelectorTerm, path *field.Path) (errs field.ErrorList) {
	all := []corev1.NodeSelectorOperator{corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn, corev1.NodeSelectorOpExists,
		corev1.NodeSelectorOpDoesNotExist, corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt}
	for i, e := range t.MatchExpressions {
		p := path.Child("matchExpressions").Index(i)
		op, ok := framework.NodeOperator(e.Operator)
		if !ok {
			errs = append(errs, field.NotSupported(p.Child("operator"), e.Operator, all))
		} else if _, err := labels.NewRequirement(e.Key, op, e.Values, field.WithPath(p)); err != nil {
			if list, ok := err.(interface{ Errors() []error }); ok {
				for _, e := range list.Errors() {
					errs = append(errs, e.(*field.Error))
				}
			}
		}
	}
	for i, e := range t.MatchFields {
		p := path.Child("matchFields").Index(i)
		if !slices.Contains(all[:2], e.Operator) {
			errs = append(errs, field.NotSupported(p.Child("operator"), e.Operator, all[:2]))
		} else if len(e.Values) != 1 {
			errs = append(errs, field.Invalid(p.Child("values"), e.Values, "must have one element"))
		}
	}
	return errs
}
