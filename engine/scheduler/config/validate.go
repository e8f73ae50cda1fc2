package config

import (
	"math"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	v1 "tabernetes/engine/scheduler/config/v1"
)

// validate is ValidateKubeSchedulerConfiguration (pkg/scheduler/apis/config/validation/validation.go). What it refuses
// beyond that are extenders.
func validate(c *v1.KubeSchedulerConfiguration) error {
	f := &faults{}
	f.within(field.NewPath("clientConnection"), "burst", int64(c.ClientConnection.Burst), 0, math.MaxInt64, "must be non-negative")
	if *c.LeaderElection.LeaderElect {
		f.election(&c.LeaderElection, field.NewPath("leaderElection"))
	}
	f.within(field.NewPath("parallelism"), "", int64(*c.Parallelism), 1, math.MaxInt64, "should be an integer value greater than zero")
	profiles := field.NewPath("profiles")
	var seen []string
	for i := range c.Profiles {
		p, path := &c.Profiles[i], profiles.Index(i)
		name := *p.SchedulerName
		if name == "" {
			f.required(path, "schedulerName", "")
		}
		f.percentage(path.Child("percentageOfNodesToScore"), p.PercentageOfNodesToScore)
		f.plugins(p, path)
		if has(seen, name) {
			// Upstream gives the other's path as the value, which prints as an empty object.
			f.duplicate(path, "schedulerName", struct{}{})
		}
		seen = append(seen, name)
	}
	f.commonQueueSort(profiles, c.Profiles)
	f.percentage(field.NewPath("percentageOfNodesToScore"), c.PercentageOfNodesToScore)
	initial, most := *c.PodInitialBackoffSeconds, *c.PodMaxBackoffSeconds
	f.within(field.NewPath("podInitialBackoffSeconds"), "", initial, 1, math.MaxInt64, "must be greater than 0")
	f.within(field.NewPath("podMaxBackoffSeconds"), "", most, initial, math.MaxInt64, "must be greater than or equal to PodInitialBackoffSeconds")
	for i := range c.Extenders {
		f.forbidden(field.NewPath("extenders").Index(i), "", "extenders are called over HTTP, and no server in this cluster would answer")
	}
	if len(f.list) == 0 {
		return nil
	}
	return f.list.ToAggregate()
}

func (f *faults) percentage(path *field.Path, p *int32) {
	if p != nil {
		f.within(path, "", int64(*p), 0, 100, "not in valid range [0-100]")
	}
}

// election is component-base/config/validation.ValidateLeaderElectionConfiguration, and what the scheduler adds.
func (f *faults) election(l *v1.LeaderElectionConfiguration, path *field.Path) {
	const positive = "must be greater than zero"
	if l.LeaseDuration.Duration <= 0 {
		f.invalid(path, "leaseDuration", l.LeaseDuration, positive)
	}
	if l.RenewDeadline.Duration <= 0 {
		f.invalid(path, "renewDeadline", l.RenewDeadline, positive)
	}
	if l.RetryPeriod.Duration <= 0 {
		f.invalid(path, "retryPeriod", l.RetryPeriod, positive)
	}
	if l.LeaseDuration.Duration <= l.RenewDeadline.Duration {
		f.invalid(path, "leaseDuration", l.RenewDeadline, "must be greater than `RenewDeadline`")
	}
	if l.ResourceLock != "leases" {
		f.invalid(path, "resourceLock", l.ResourceLock, `resourceLock value must be "leases"`)
	}
}

// removedPlugins are those of older versions.
var removedPlugins = []string{"AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"}

func (f *faults) removed(path *field.Path, name string) bool {
	if !has(removedPlugins, name) {
		return false
	}
	f.invalid(path, "", name, `was invalid in version "`+version+`" (KubeSchedulerConfiguration is version "`+v1.GroupVersion+`")`)
	return true
}

func (f *faults) plugins(p *v1.KubeSchedulerProfile, path *field.Path) {
	for _, pt := range points(p.Plugins) {
		for i := range pt.set.Enabled {
			f.removed(path.Child("plugins", pt.field, "enabled").Index(i), pt.set.Enabled[i].Name)
		}
	}
	var seen []string
	for i := range p.PluginConfig {
		pc, path := &p.PluginConfig[i], path.Child("pluginConfig").Index(i)
		if has(seen, pc.Name) {
			f.duplicate(path, "", pc.Name)
		}
		seen = append(seen, pc.Name)
		if f.removed(path, pc.Name) {
			continue
		}
		// What is wrong with these upstream finds when it makes the plugin.
		if _, fit := pc.Args.Object.(*v1.NodeResourcesFitArgs); !fit {
			f.args(pc.Args.Object, path.Child("args"))
		}
	}
}

// plugin and pluginSet print in errors as upstream's internal types do.
type plugin struct {
	Name   string
	Weight int32
}

type pluginSet struct{ Enabled, Disabled []plugin }

func internal(in []v1.Plugin) (out []plugin) {
	for _, p := range in {
		out = append(out, plugin(p))
	}
	return out
}

// commonQueueSort: there is one queue, so all profiles must sort alike.
func (f *faults) commonQueueSort(path *field.Path, list []v1.KubeSchedulerProfile) {
	first := &list[0].Plugins.QueueSort
	if n := len(first.Enabled); n > 1 {
		f.invalid(path.Index(0).Child("plugins", "queueSort"), "Enabled", n, "only one queue sort plugin can be enabled")
	}
	for i := 1; i < len(list); i++ {
		if other := &list[i].Plugins.QueueSort; !equality.Semantic.DeepEqual(first, other) {
			f.invalid(path.Index(i).Child("plugins"), "queueSort", pluginSet{internal(other.Enabled), internal(other.Disabled)}, "must be the same for all profiles")
		}
	}
}
