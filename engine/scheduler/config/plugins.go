package config

import v1 "tabernetes/engine/scheduler/config/v1"

// stage is an extension point, as a bit.
type stage uint16

const (
	preFilter stage = 1 << iota
	filter
	postFilter
	reserve
	preScore
	score
	preBind
	bind
	postBind
	permit
	preEnqueue
	queueSort
	placementGenerate
	placementScore
	podGroupPostFilter
)

// point is an extension point of a profile.
type point struct {
	stage stage
	name  string // of the interface that its plugins have, for errors
	field string
	set   *v1.PluginSet
}

// points are the extension points in the order in which upstream sets them up (framework/runtime getExtensionPoints).
func points(p *v1.Plugins) []point {
	return []point{
		{preFilter, "PreFilterPlugin", "preFilter", &p.PreFilter}, {filter, "FilterPlugin", "filter", &p.Filter},
		{postFilter, "PostFilterPlugin", "postFilter", &p.PostFilter}, {reserve, "ReservePlugin", "reserve", &p.Reserve},
		{preScore, "PreScorePlugin", "preScore", &p.PreScore}, {score, "ScorePlugin", "score", &p.Score},
		{preBind, "PreBindPlugin", "preBind", &p.PreBind}, {bind, "BindPlugin", "bind", &p.Bind},
		{postBind, "PostBindPlugin", "postBind", &p.PostBind}, {permit, "PermitPlugin", "permit", &p.Permit},
		{preEnqueue, "PreEnqueuePlugin", "preEnqueue", &p.PreEnqueue}, {queueSort, "QueueSortPlugin", "queueSort", &p.QueueSort},
		{placementGenerate, "PlacementGeneratePlugin", "placementGenerate", &p.PlacementGenerate},
		{placementScore, "PlacementScorePlugin", "placementScore", &p.PlacementScore},
		{podGroupPostFilter, "PodGroupPostFilterPlugin", "podGroupPostFilter", &p.PodGroupPostFilter},
	}
}

// registry are the plugins that upstream has, with the extension points each implements.
var registry = map[string]stage{
	"SchedulingGates":                 preEnqueue,
	"PrioritySort":                    queueSort,
	"NodeName":                        preFilter | filter,
	"NodeUnschedulable":               preFilter | filter,
	"TaintToleration":                 preFilter | filter | preScore | score,
	"NodeAffinity":                    preFilter | filter | preScore | score,
	"NodePorts":                       preFilter | filter,
	"NodeResourcesFit":                preFilter | filter | preScore | score | placementScore,
	"VolumeRestrictions":              preFilter | filter,
	"NodeVolumeLimits":                preFilter | filter,
	"VolumeBinding":                   preFilter | filter | reserve | preScore | score | preBind,
	"VolumeZone":                      preFilter | filter,
	"PodTopologySpread":               preFilter | filter | preScore | score,
	"InterPodAffinity":                preFilter | filter | preScore | score,
	"DynamicResources":                preFilter | filter | postFilter | podGroupPostFilter | reserve | score | preBind | preEnqueue,
	"DefaultPreemption":               postFilter | preEnqueue,
	"NodeResourcesBalancedAllocation": preScore | score,
	"ImageLocality":                   score,
	"DefaultBinder":                   bind,
	"NodeDeclaredFeatures":            preFilter | filter,
	"DeferredPodScheduling":           preFilter | filter | permit,
	"GangScheduling":                  preEnqueue | permit,
	"TopologyPlacementGenerator":      placementGenerate,
	"PodGroupPodsCount":               placementScore,
}

// defaultPlugins are enabled at all their extension points; v1.37's, with the feature gates that are on by default.
var defaultPlugins = []v1.Plugin{
	{Name: "SchedulingGates"}, {Name: "PrioritySort"}, {Name: "NodeName"}, {Name: "NodeUnschedulable"}, {Name: "TaintToleration", Weight: 3},
	{Name: "NodeAffinity", Weight: 2}, {Name: "NodePorts"}, {Name: "NodeResourcesFit", Weight: 1}, {Name: "VolumeRestrictions"},
	{Name: "NodeVolumeLimits"}, {Name: "VolumeBinding"}, {Name: "VolumeZone"}, {Name: "PodTopologySpread", Weight: 2},
	{Name: "InterPodAffinity", Weight: 2}, {Name: "DynamicResources", Weight: 2}, {Name: "DefaultPreemption"},
	{Name: "NodeResourcesBalancedAllocation", Weight: 1}, {Name: "ImageLocality", Weight: 1}, {Name: "DefaultBinder"}, {Name: "NodeDeclaredFeatures"},
}
