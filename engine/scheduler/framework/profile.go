package framework

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api/nodeaffinity"
)

// Profile is how the pods of one spec.schedulerName are scheduled: which plugins, with which weights and arguments
// (k8s.io/kube-scheduler/config/v1 KubeSchedulerProfile). It never changes once a Shape refers to it.
type Profile struct {
	Name string // spec.schedulerName, and the reporting controller of its events

	Filters    []Plugin          // that filter, in the order they are asked
	Weights    [NumPlugins]int64 // of those that score; 0: does not
	PreEnqueue PluginSet
	PreFilter  PluginSet
	Preempts   bool // PostFilter has DefaultPreemption
	// Percentage of the nodes that ends a search once so many are feasible; 0: by the cluster's size.
	Percentage int32

	Fit      Scoring // NodeResourcesFitArgs.scoringStrategy
	Balanced Scoring // NodeResourcesBalancedAllocationArgs; only its resources count
	// IgnoredResources and IgnoredGroups (the part before the slash) of extended resources that NodeResourcesFit does
	// not look at.
	IgnoredResources, IgnoredGroups []string

	// SystemSpread: the default constraints are those of the system, and not all of their keys need be there.
	SystemSpread         bool
	DefaultHard          []SpreadConstraint
	DefaultSoft          []SpreadConstraint
	HardAffinityWeight   int64 // what a required term of a running pod counts, 0 to 100
	IgnorePreferredTerms bool  // of running pods, for pods without preferences

	AddedRequired  *nodeaffinity.Selector // NodeAffinityArgs.addedAffinity; nil: none
	AddedPreferred *nodeaffinity.Selector

	// How many candidates preemption looks for: a share of the nodes in percent, but at least so many.
	MinCandidatePercent, MinCandidateAbsolute int

	filters PluginSet
	scores  bool
	plain   bool
	sorted  bool
}

// Strategy is a scoring strategy of NodeResourcesFit.
type Strategy uint8

// The strategies.
const (
	LeastAllocated Strategy = iota
	MostAllocated
	RequestedToCapacityRatio
)

// Scoring is how resources are scored.
type Scoring struct {
	Strategy  Strategy
	Resources []WeightedResource
	Shape     []ShapePoint // of RequestedToCapacityRatio
	usual     bool         // cpu and memory alike, LeastAllocated: what the fast functions are for
}

// WeightedResource is a resource with its weight among those scored, 1 to 100.
type WeightedResource struct {
	Name   corev1.ResourceName
	Weight int64
}

// ShapePoint is a point of a function of utilisation, in percent, that goes straight from point to point; the score is
// 0 to 100.
type ShapePoint struct{ Utilization, Score int64 }

// tableWeights is the sum of weights up to which tables can hold scores; beyond it the plain plugins are asked.
const tableWeights = 300

// Seal works out what follows from the fields, which must not be changed any more. It returns p.
func (p *Profile) Seal() *Profile {
	p.filters = Set(p.Filters...)
	p.sorted = slices.IsSorted(p.Filters)
	p.scores = false
	var sum int64
	p.plain = !p.sorted
	for _, w := range p.Weights {
		p.scores = p.scores || w != 0
		if sum += w; w < 0 || w > tableWeights || sum > tableWeights {
			p.plain = true
		}
	}
	p.Fit.usual = p.Fit.Strategy == LeastAllocated && usualResources(p.Fit.Resources)
	p.Balanced.usual = usualResources(p.Balanced.Resources)
	return p
}

func usualResources(r []WeightedResource) bool {
	return len(r) == 2 && r[0] == WeightedResource{corev1.ResourceCPU, 1} && r[1] == WeightedResource{corev1.ResourceMemory, 1}
}

// HasFilter reports that a plugin filters.
func (p *Profile) HasFilter(pl Plugin) bool { return p.filters.Has(pl) }

// InOrder reports that the filters are asked in their usual order, some of them perhaps not at all.
func (p *Profile) InOrder() bool { return p.sorted }

// Scores reports that any plugin scores. Without, the first feasible node is taken.
func (p *Profile) Scores() bool { return p.scores }

// Plain reports that tables cannot stand in for the plugins.
func (p *Profile) Plain() bool { return p.plain }

// NodesToFind is how many feasible nodes end the search (schedule_one.go numFeasibleNodesToFind): all below 100, then
// the percentage, or half less a percent for each 125 nodes, at least 5 percent. Where nothing scores, one will do.
func (p *Profile) NodesToFind(nodes int) int {
	const atLeast = 100
	switch {
	case !p.scores:
		return 1
	case nodes < atLeast:
		return nodes
	}
	percent := int(p.Percentage)
	if percent == 0 {
		percent = max(50-nodes/125, 5)
	}
	return max(atLeast, nodes*percent/100)
}

// ignores reports an extended resource that NodeResourcesFit is told not to look at.
func (p *Profile) ignores(name corev1.ResourceName) bool {
	if len(p.IgnoredResources)+len(p.IgnoredGroups) == 0 || !isExtended(name) {
		return false
	}
	group, _, _ := strings.Cut(string(name), "/")
	return slices.Contains(p.IgnoredGroups, group) || slices.Contains(p.IgnoredResources, string(name))
}

// isExtended is v1helper.IsExtendedResourceName.
func isExtended(name corev1.ResourceName) bool {
	s := string(name)
	return strings.Contains(s, "/") && !strings.Contains(s, corev1.ResourceDefaultNamespacePrefix) && !strings.HasPrefix(s, corev1.DefaultResourceRequestsPrefix)
}

// notFilters are the plugins that have no filter.
var notFilters = Set(SchedulingGates, PrioritySort, DefaultPreemption, NodeResourcesBalancedAllocation, ImageLocality, DefaultBinder)

var usual = []WeightedResource{{corev1.ResourceCPU, 1}, {corev1.ResourceMemory, 1}}

// Default is the profile of a kube-scheduler without configuration.
var Default = NewProfile(corev1.DefaultSchedulerName).Seal()

// NewProfile is a profile with all the defaults, not yet sealed.
func NewProfile(name string) *Profile {
	p := &Profile{
		Name: name, PreEnqueue: Set(SchedulingGates, DefaultPreemption), Preempts: true, Fit: Scoring{Resources: usual}, Balanced: Scoring{Resources: usual},
		SystemSpread: true, DefaultSoft: systemSpread, HardAffinityWeight: 1, MinCandidatePercent: 10, MinCandidateAbsolute: 100,
	}
	for pl := range NumPlugins {
		if !notFilters.Has(pl) {
			p.Filters = append(p.Filters, pl)
			p.PreFilter |= Set(pl)
		}
	}
	p.Weights[TaintToleration], p.Weights[NodeAffinity], p.Weights[NodeResourcesFit], p.Weights[PodTopologySpread] = 3, 2, 1, 2
	p.Weights[InterPodAffinity], p.Weights[NodeResourcesBalancedAllocation], p.Weights[ImageLocality] = 2, 1, 1
	return p
}

// systemSpread are the default constraints of the system (podtopologyspread/plugin.go): they only score.
var systemSpread = []SpreadConstraint{
	{TopologyKey: corev1.LabelHostname, MaxSkew: 3, MinDomains: 1, HonorAffinity: true},
	{TopologyKey: corev1.LabelTopologyZone, MaxSkew: 5, MinDomains: 1, HonorAffinity: true},
}

// SetDefaultSpread replaces the default constraints by a list.
func (p *Profile) SetDefaultSpread(list []corev1.TopologySpreadConstraint) {
	p.SystemSpread = false
	p.DefaultHard, p.DefaultSoft = spreadOf(list, nil, corev1.DoNotSchedule), spreadOf(list, nil, corev1.ScheduleAnyway)
}

// SetAddedAffinity adds to the node affinity of every pod.
func (p *Profile) SetAddedAffinity(a *corev1.NodeAffinity) {
	p.AddedRequired, p.AddedPreferred = nodeaffinity.Terms(a.RequiredDuringSchedulingIgnoredDuringExecution), nodeaffinity.Preferences(a.PreferredDuringSchedulingIgnoredDuringExecution)
}
