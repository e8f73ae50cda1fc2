package config

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"

	v1 "tabernetes/engine/scheduler/config/v1"
)

// validate is ValidateKubeSchedulerConfiguration (pkg/scheduler/apis/config/validation/validation.go). What it refuses
// beyond that are extenders.
func validate(c *v1.KubeSchedulerConfiguration) error {
	var errs []error
	add := func(e ...*field.Error) {
		for _, e := range e {
			if e != nil {
				errs = append(errs, e)
			}
		}
	}
	if b := c.ClientConnection.Burst; b < 0 {
		add(field.Invalid(field.NewPath("clientConnection", "burst"), b, "must be non-negative"))
	}
	if *c.LeaderElection.LeaderElect {
		add(validateElection(&c.LeaderElection, field.NewPath("leaderElection"))...)
	}
	if *c.Parallelism <= 0 {
		add(field.Invalid(field.NewPath("parallelism"), *c.Parallelism, "should be an integer value greater than zero"))
	}
	profiles := field.NewPath("profiles")
	seen := sets.New[string]()
	for i := range c.Profiles {
		p, path := &c.Profiles[i], profiles.Index(i)
		if *p.SchedulerName == "" {
			add(field.Required(path.Child("schedulerName"), ""))
		}
		add(percentage(path.Child("percentageOfNodesToScore"), p.PercentageOfNodesToScore))
		add(validatePlugins(p, path)...)
		if seen.Has(*p.SchedulerName) {
			// Upstream gives the other's path as the value, which prints as an empty object.
			add(field.Duplicate(path.Child("schedulerName"), struct{}{}))
		}
		seen.Insert(*p.SchedulerName)
	}
	add(commonQueueSort(profiles, c.Profiles)...)
	add(percentage(field.NewPath("percentageOfNodesToScore"), c.PercentageOfNodesToScore))
	if n := *c.PodInitialBackoffSeconds; n <= 0 {
		add(field.Invalid(field.NewPath("podInitialBackoffSeconds"), n, "must be greater than 0"))
	}
	if n := *c.PodMaxBackoffSeconds; n < *c.PodInitialBackoffSeconds {
		add(field.Invalid(field.NewPath("podMaxBackoffSeconds"), n, "must be greater than or equal to PodInitialBackoffSeconds"))
	}
	for i := range c.Extenders {
		add(field.Forbidden(field.NewPath("extenders").Index(i), "extenders are called over HTTP, and no server in this cluster would answer"))
	}
	if len(errs) == 0 {
		return nil
	}
	return utilerrors.NewAggregate(errs)
}

func percentage(path *field.Path, p *int32) *field.Error {
	if p != nil && (*p < 0 || *p > 100) {
		return field.Invalid(path, *p, "not in valid range [0-100]")
	}
	return nil
}

// validateElection is component-base/config/validation.ValidateLeaderElectionConfiguration, and what the scheduler adds.
func validateElection(l *v1.LeaderElectionConfiguration, path *field.Path) (errs field.ErrorList) {
	if l.LeaseDuration.Duration <= 0 {
		errs = append(errs, field.Invalid(path.Child("leaseDuration"), l.LeaseDuration, "must be greater than zero"))
	}
	if l.RenewDeadline.Duration <= 0 {
		errs = append(errs, field.Invalid(path.Child("renewDeadline"), l.RenewDeadline, "must be greater than zero"))
	}
	if l.RetryPeriod.Duration <= 0 {
		errs = append(errs, field.Invalid(path.Child("retryPeriod"), l.RetryPeriod, "must be greater than zero"))
	}
	if l.LeaseDuration.Duration <= l.RenewDeadline.Duration {
		errs = append(errs, field.Invalid(path.Child("leaseDuration"), l.RenewDeadline, "must be greater than `RenewDeadline`"))
	}
	if l.ResourceLock != "leases" {
		errs = append(errs, field.Invalid(path.Child("resourceLock"), l.ResourceLock, `resourceLock value must be "leases"`))
	}
	return errs
}

// removedPlugins are those of older versions.
var removedPlugins = []string{"AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"}

func removed(path *field.Path, name string) *field.Error {
	if !slices.Contains(removedPlugins, name) {
		return nil
	}
	return field.Invalid(path, name, fmt.Sprintf("was invalid in version %q (KubeSchedulerConfiguration is version %q)", version, v1.GroupVersion))
}

func validatePlugins(p *v1.KubeSchedulerProfile, path *field.Path) (errs field.ErrorList) {
	for _, pt := range points(p.Plugins) {
		for i := range pt.set.Enabled {
			if e := removed(path.Child("plugins", pt.field, "enabled").Index(i), pt.set.Enabled[i].Name); e != nil {
				errs = append(errs, e)
			}
		}
	}
	seen := sets.New[string]()
	for i := range p.PluginConfig {
		pc, path := &p.PluginConfig[i], path.Child("pluginConfig").Index(i)
		if seen.Has(pc.Name) {
			errs = append(errs, field.Duplicate(path, pc.Name))
		}
		seen.Insert(pc.Name)
		if e := removed(path, pc.Name); e != nil {
			errs = append(errs, e)
			continue
		}
		// What is wrong with these upstream finds when it makes the plugin.
		if _, fit := pc.Args.Object.(*v1.NodeResourcesFitArgs); !fit {
			errs = append(errs, validateArgs(pc.Args.Object, path.Child("args"))...)
		}
	}
	return errs
}

// plugin and pluginSet print in errors as upstream's internal types do.
type plugin struct {
	Name   string
	Weight int32
}

type pluginSet struct{ Enabled, Disabled []plugin }

func internalSet(s *v1.PluginSet) pluginSet {
	list := func(in []v1.Plugin) (out []plugin) {
		for _, p := range in {
			out = append(out, plugin(p))
		}
		return out
	}
	return pluginSet{list(s.Enabled), list(s.Disabled)}
}

// commonQueueSort: there is one queue, so all profiles must sort alike.
func commonQueueSort(path *field.Path, list []v1.KubeSchedulerProfile) (errs field.ErrorList) {
	first := internalSet(&list[0].Plugins.QueueSort)
	if n := len(first.Enabled); n > 1 {
		errs = append(errs, field.Invalid(path.Index(0).Child("plugins", "queueSort", "Enabled"), n, "only one queue sort plugin can be enabled"))
	}
	for i := 1; i < len(list); i++ {
		if other := internalSet(&list[i].Plugins.QueueSort); !equality.Semantic.DeepEqual(first, other) {
			errs = append(errs, field.Invalid(path.Index(i).Child("plugins", "queueSort"), other, "must be the same for all profiles"))
		}
	}
	return errs
}
