package config

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "tabernetes/engine/scheduler/config/v1"
)

// newArgs are the arguments of a plugin, empty; nil for plugins that take none.
func newArgs(plugin string) any {
	switch plugin {
	case "DefaultPreemption":
		return &v1.DefaultPreemptionArgs{}
	case "DynamicResources":
		return &v1.DynamicResourcesArgs{}
	case "InterPodAffinity":
		return &v1.InterPodAffinityArgs{}
	case "NodeAffinity":
		return &v1.NodeAffinityArgs{}
	case "NodeResourcesBalancedAllocation":
		return &v1.NodeResourcesBalancedAllocationArgs{}
	case "NodeResourcesFit":
		return &v1.NodeResourcesFitArgs{}
	case "PodTopologySpread":
		return &v1.PodTopologySpreadArgs{}
	case "VolumeBinding":
		return &v1.VolumeBindingArgs{}
	}
	return nil
}

// or is what a pointer points at, which it is made to if it is nil.
func or[T any](p **T, value T) {
	if *p == nil {
		*p = &value
	}
}

func orZero[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}

// setDefaults is SetDefaults_KubeSchedulerConfiguration (pkg/scheduler/apis/config/v1/defaults.go).
func setDefaults(c *v1.KubeSchedulerConfiguration) {
	c.APIVersion, c.Kind = v1.GroupVersion, kind
	or(&c.Parallelism, 16)
	if len(c.Profiles) == 0 {
		c.Profiles = make([]v1.KubeSchedulerProfile, 1)
	}
	if len(c.Profiles) == 1 {
		or(&c.Profiles[0].SchedulerName, corev1.DefaultSchedulerName)
	}
	for i := range c.Profiles {
		defaultProfile(&c.Profiles[i])
	}
	or(&c.PercentageOfNodesToScore, 0)
	l := &c.LeaderElection
	or(&l.LeaderElect, true)
	orZero(&l.LeaseDuration.Duration, 15*time.Second)
	orZero(&l.RenewDeadline.Duration, 10*time.Second)
	orZero(&l.RetryPeriod.Duration, 2*time.Second)
	orZero(&l.ResourceLock, "leases")
	orZero(&l.ResourceName, "kube-scheduler")
	orZero(&l.ResourceNamespace, metav1.NamespaceSystem)
	orZero(&c.ClientConnection.ContentType, "application/vnd.kubernetes.protobuf")
	orZero(&c.ClientConnection.QPS, 50)
	orZero(&c.ClientConnection.Burst, 100)
	or(&c.PodInitialBackoffSeconds, 1)
	or(&c.PodMaxBackoffSeconds, 10)
	or(&c.EnableProfiling, true)
	if *c.EnableProfiling {
		or(&c.EnableContentionProfiling, true)
	} else {
		or(&c.EnableContentionProfiling, false)
	}
}

func defaultProfile(p *v1.KubeSchedulerProfile) {
	or(&p.SchedulerName, "")
	p.Plugins = mergePlugins(p.Plugins)
	given := map[string]bool{}
	for i := range p.PluginConfig {
		given[p.PluginConfig[i].Name] = true
		defaultArgs(p.PluginConfig[i].Args.Object)
	}
	for _, name := range namesOf(p.Plugins) {
		if args := newArgs(name); args != nil && !given[name] {
			defaultArgs(args)
			p.PluginConfig = append(p.PluginConfig, v1.PluginConfig{Name: name, Args: v1.Args{Object: args}})
		}
	}
	for i := range p.PluginConfig {
		setKind(&p.PluginConfig[i])
	}
}

// setKind completes the type meta of arguments.
func setKind(pc *v1.PluginConfig) {
	meta := metav1.TypeMeta{APIVersion: v1.GroupVersion, Kind: pc.Name + "Args"}
	switch a := pc.Args.Object.(type) {
	case *v1.DefaultPreemptionArgs:
		a.TypeMeta = meta
	case *v1.DynamicResourcesArgs:
		a.TypeMeta = meta
	case *v1.InterPodAffinityArgs:
		a.TypeMeta = meta
	case *v1.NodeAffinityArgs:
		a.TypeMeta = meta
	case *v1.NodeResourcesBalancedAllocationArgs:
		a.TypeMeta = meta
	case *v1.NodeResourcesFitArgs:
		a.TypeMeta = meta
	case *v1.PodTopologySpreadArgs:
		a.TypeMeta = meta
	case *v1.VolumeBindingArgs:
		a.TypeMeta = meta
	}
}

func defaultArgs(args any) {
	switch a := args.(type) {
	case *v1.DefaultPreemptionArgs:
		or(&a.MinCandidateNodesPercentage, 10)
		or(&a.MinCandidateNodesAbsolute, 100)
	case *v1.DynamicResourcesArgs:
		or(&a.FilterTimeout, metav1.Duration{Duration: 10 * time.Second})
		or(&a.BindingTimeout, metav1.Duration{Duration: 600 * time.Second})
	case *v1.InterPodAffinityArgs:
		or(&a.HardPodAffinityWeight, 1)
	case *v1.NodeResourcesBalancedAllocationArgs:
		a.Resources = defaultResources(a.Resources)
	case *v1.NodeResourcesFitArgs:
		or(&a.ScoringStrategy, v1.ScoringStrategy{Type: "LeastAllocated"})
		a.ScoringStrategy.Resources = defaultResources(a.ScoringStrategy.Resources)
	case *v1.PodTopologySpreadArgs:
		orZero(&a.DefaultingType, "System")
	case *v1.VolumeBindingArgs:
		or(&a.BindTimeoutSeconds, 600)
		if len(a.Shape) == 0 {
			a.Shape = []v1.UtilizationShapePoint{{Utilization: 0, Score: 10}, {Utilization: 100, Score: 0}}
		}
	}
}

// defaultResources are cpu and memory; a weight of 0 is 1.
func defaultResources(list []v1.ResourceSpec) []v1.ResourceSpec {
	if len(list) == 0 {
		list = []v1.ResourceSpec{{Name: string(corev1.ResourceCPU)}, {Name: string(corev1.ResourceMemory)}}
	}
	for i := range list {
		orZero(&list[i].Weight, 1)
	}
	return list
}

// mergePlugins merges what is given with the default plugins (default_plugins.go): those disabled go, those enabled again
// stand where the default stood, others follow.
func mergePlugins(given *v1.Plugins) *v1.Plugins {
	out := &v1.Plugins{MultiPoint: v1.PluginSet{Enabled: slices.Clone(defaultPlugins)}}
	if given == nil {
		return out
	}
	to, from := append(points(out), point{set: &out.MultiPoint}), append(points(given), point{set: &given.MultiPoint})
	for i := range to {
		mergeSet(to[i].set, from[i].set)
	}
	return out
}

func mergeSet(set, given *v1.PluginSet) {
	off := map[string]bool{}
	for _, p := range given.Disabled {
		set.Disabled = append(set.Disabled, v1.Plugin{Name: p.Name})
		off[p.Name] = true
	}
	at := map[string]int{} // of two of one name the last counts
	for i, p := range given.Enabled {
		at[p.Name] = i
	}
	var enabled []v1.Plugin
	replaced := map[int]bool{}
	for _, p := range set.Enabled {
		if off["*"] || off[p.Name] {
			continue
		}
		if i, ok := at[p.Name]; ok {
			p = given.Enabled[i]
			replaced[i] = true
		}
		enabled = append(enabled, p)
	}
	for i, p := range given.Enabled {
		if !replaced[i] {
			enabled = append(enabled, p)
		}
	}
	set.Enabled = enabled
}

// namesOf are the plugins enabled anywhere, sorted.
func namesOf(p *v1.Plugins) []string {
	var out []string
	for _, pt := range append(points(p), point{set: &p.MultiPoint}) {
		for _, pl := range pt.set.Enabled {
			out = append(out, pl.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
