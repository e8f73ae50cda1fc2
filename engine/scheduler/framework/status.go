package framework

import "slices"

// Plugin names a scheduling plugin.
type Plugin uint8

// The plugins of the default profile (pkg/scheduler/apis/config/v1/default_plugins.go), in the order they run.
const (
	SchedulingGates Plugin = iota
	PrioritySort
	NodeName
	NodeUnschedulable
	TaintToleration
	NodeAffinity
	NodePorts
	NodeResourcesFit
	VolumeRestrictions // the four that look at volumes stand together: volumes.Of
	NodeVolumeLimits
	VolumeBinding
	VolumeZone
	PodTopologySpread
	InterPodAffinity
	DefaultPreemption
	NodeResourcesBalancedAllocation
	ImageLocality
	DefaultBinder
	NumPlugins
)

var pluginNames = [NumPlugins]string{
	"SchedulingGates", "PrioritySort", "NodeName", "NodeUnschedulable", "TaintToleration", "NodeAffinity", "NodePorts",
	"NodeResourcesFit", "VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone", "PodTopologySpread", "InterPodAffinity", "DefaultPreemption",
	"NodeResourcesBalancedAllocation", "ImageLocality", "DefaultBinder",
}

func (p Plugin) String() string { return pluginNames[p] }

// PluginSet is a set of plugins.
type PluginSet uint32

// Set makes a set of plugins.
func Set(plugins ...Plugin) PluginSet {
	var s PluginSet
	for _, p := range plugins {
		s |= 1 << p
	}
	return s
}

// Has reports membership.
func (s PluginSet) Has(p Plugin) bool { return s&(1<<p) != 0 }

// Code is the kind of a plugin's answer.
type Code uint8

// The codes. Unschedulable may be helped by preempting pods of the node, UnschedulableAndUnresolvable may not.
const (
	Success Code = iota
	Unschedulable
	UnschedulableAndUnresolvable
)

// Status is a plugin's answer about a pod on a node. A nil Status is success. Statuses are shared and immutable.
type Status struct {
	Code    Code
	Plugin  Plugin
	Reasons []string
}

// NewStatus makes a refusal.
func NewStatus(p Plugin, c Code, reasons ...string) *Status {
	return &Status{Code: c, Plugin: p, Reasons: reasons}
}

// OK reports success.
func (s *Status) OK() bool { return s == nil || s.Code == Success }

// MaxNodeScore is the most a plugin gives a node.
const MaxNodeScore = 100

// PluginByName finds a plugin of this scheduler.
func PluginByName(name string) (Plugin, bool) {
	i := slices.Index(pluginNames[:], name)
	return Plugin(i), i >= 0
}
