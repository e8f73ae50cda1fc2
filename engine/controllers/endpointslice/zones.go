package endpointslice

import (
	"fmt"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// overload is by how much more than its share an endpoint may get (k8s.io/endpointslice/topologycache).
const overload = 0.2

// Why a Service that asks for topology-aware hints gets none.
const (
	noNodeInfo    = "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"
	tooFew        = "Insufficient number of endpoints"
	overloaded    = "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold"
	endpointZone  = "One or more endpoints do not have a zone specified"
	nothingGiven  = "No hints allocated for zones"
	hintsEnabled  = "Topology Aware Hints has been enabled"
	hintsDisabled = "Topology Aware Hints has been disabled"
)

// zones is how the cluster's CPU is spread over its zones, kept node by node.
type zones struct {
	nodes map[string]share
	cpu   map[string]int64 // milli-CPU by zone
	count map[string]int   // nodes by zone
	total int64
	dumb  int // nodes of which zone or CPU are not known
}

// share is what a node adds.
type share struct {
	zone string
	cpu  int64
	dumb bool
}

func shareOf(n *corev1.Node) (share, bool) {
	for _, label := range [...]string{"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"} {
		if _, ok := n.Labels[label]; ok {
			return share{}, false
		}
	}
	if !slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	}) {
		return share{}, false
	}
	s := share{zone: n.Labels[corev1.LabelTopologyZone], cpu: n.Status.Allocatable.Cpu().MilliValue()}
	s.dumb = s.zone == "" || s.cpu == 0
	return s, true
}

// change takes a node's new form; nil is its end. It reports whether it came, went, or moved to another zone: upstream
// looks at nothing else.
func (z *zones) change(name string, n *corev1.Node) bool {
	was, had := z.nodes[name]
	now, has := share{}, false
	if n != nil {
		now, has = shareOf(n)
	}
	if had == has && was == now {
		return false
	}
	if had {
		delete(z.nodes, name)
		z.add(was, -1)
	}
	if has {
		if z.nodes == nil {
			z.nodes, z.cpu, z.count = map[string]share{}, map[string]int64{}, map[string]int{}
		}
		z.nodes[name] = now
		z.add(now, 1)
	}
	return had != has || was.zone != now.zone
}

func (z *zones) add(s share, sign int) {
	if s.dumb {
		z.dumb += sign
		return
	}
	z.total += int64(sign) * s.cpu
	z.cpu[s.zone] += int64(sign) * s.cpu
	if z.count[s.zone] += sign; z.count[s.zone] == 0 {
		delete(z.count, s.zone)
		delete(z.cpu, s.zone)
	}
}

// known reports that shares can be told.
func (z *zones) known() bool { return z.dumb == 0 && z.total > 0 && len(z.cpu) >= 2 }

func (z *zones) ratio(zone string) float64 { return float64(z.cpu[zone]) / float64(z.total) }

// minimum is the least number of endpoints, of so many, that keeps a zone's from overload.
func (z *zones) minimum(zone string, endpoints int) int {
	return int(math.Ceil(z.ratio(zone) * float64(endpoints) * (1 / (1 + overload))))
}

// quota is how many endpoints a zone is to get.
type quota struct {
	maximum int
	desired float64
}

// quotas shares endpoints out to the zones, or says why that cannot be.
func (z *zones) quotas(endpoints int) (map[string]quota, string) {
	switch {
	case !z.known():
		return nil, noNodeInfo
	case len(z.cpu) > endpoints:
		return nil, fmt.Sprintf("%s (%d endpoints, %d zones)", tooFew, endpoints, len(z.cpu))
	}
	least := 0
	for zone := range z.cpu {
		least += z.minimum(zone, endpoints)
	}
	if least > endpoints {
		return nil, fmt.Sprintf("%s (%d endpoints, %d zones)", overloaded, endpoints, len(z.cpu))
	}
	out := make(map[string]quota, len(z.cpu))
	for zone := range z.cpu {
		n := z.minimum(zone, endpoints)
		out[zone] = quota{maximum: n + endpoints - least, desired: max(z.ratio(zone)*float64(endpoints), float64(n))}
	}
	return out, ""
}

// overloads reports that a Service whose hints are given so to zones has too few in one.
func (z *zones) overloads(given map[string]int) bool {
	if len(given) == 0 {
		return false
	}
	if !z.known() {
		return true
	}
	total := 0
	for _, n := range given {
		total += n
	}
	for zone := range z.cpu {
		if n, ok := given[zone]; !ok || n < z.minimum(zone, total) {
			return true
		}
	}
	return false
}

// onNode looks at the Services with hints when the zones have changed.
func (k *Controller) onNode(old, n *corev1.Node) {
	name := ""
	if n != nil {
		name = n.Name
	} else {
		name = old.Name
	}
	if !k.zones.change(name, n) || len(k.hinted) == 0 {
		return
	}
	var keys []string
	for key, families := range k.hinted {
		for _, given := range families {
			if k.zones.overloads(given) {
				keys = append(keys, key)
				break
			}
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		k.queue.Add(key)
	}
}
