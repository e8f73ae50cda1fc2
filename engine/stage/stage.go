package stage

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// How much of what moves a frame carries; the rest is counted.
const (
	maxPulses   = 240
	maxRequests = 240
	// leaseDetail is up to how many nodes a lease renewal alone makes a node part of a frame.
	leaseDetail = 50
)

// Stage keeps the picture of one cluster.
type Stage struct {
	w *sim.Sim

	nodes      map[string]*NodeView
	nodeList   []*NodeView // by id; nil where removed
	dirtyNode  map[int]bool
	goneNodes  []int
	readyNodes int

	pods      map[string]*pod
	slots     []*pod // by slot
	freeSlots []int32
	dirtyPods []*pod
	freed     []freedSlot
	counts    [Unknown + 1]int

	workloads map[string]*workload // by ref
	owners    map[string]*workload // by UID of the Deployment or ReplicaSet
	wlByID    []*workload
	dirtyWl   map[int]bool
	goneWl    []int
	shipped   map[string]bool // by UID, what came with the cluster: see hidden

	versions    map[string]int32
	newVersions []VersionName
	allVersions []VersionName

	services  map[string]*service
	svcByID   []*service
	dirtySvc  map[int]bool
	goneSvc   []int
	slices    map[string]*sliceView
	awaited   map[string][]*service // by the key of a pod that slices name and that is not there
	requests  []RequestView
	reqDrop   int
	pulses    []Pulse
	pulseDrop int

	// Leads, when set, tells whether a program of the control plane that runs on a host does the work there is, or waits.
	Leads func(host, program string) bool

	records  int
	revision int64
	full     bool
	lastAPI  uint64
	lastAt   sim.Time
}

// New makes the picture of a world that has nothing in it yet.
func New(w *sim.Sim) *Stage {
	return &Stage{
		w: w, nodes: map[string]*NodeView{}, dirtyNode: map[int]bool{}, pods: map[string]*pod{},
		workloads: map[string]*workload{}, owners: map[string]*workload{}, wlByID: []*workload{nil}, dirtyWl: map[int]bool{},
		shipped: map[string]bool{}, versions: map[string]int32{}, services: map[string]*service{}, dirtySvc: map[int]bool{}, slices: map[string]*sliceView{}, awaited: map[string][]*service{}, full: true,
	}
}

// Committed is called with every committed write.
func (st *Stage) Committed(r *api.Resource, old, new api.Object) {
	if new != nil {
		if rev := api.Revision(new); rev > st.revision {
			st.revision = rev
		}
	}
	switch r {
	case api.Pods:
		st.podChanged(old, new)
	case api.Nodes:
		st.nodeChanged(old, new)
	case api.Leases:
		st.leaseChanged(new)
	case api.Deployments, api.ReplicaSets:
		if !st.hidden(old, new) {
			st.workloadChanged(old, new)
		}
	case api.Services:
		if !st.hidden(old, new) {
			st.serviceChanged(old, new)
		}
	case api.EndpointSlices:
		st.sliceChanged(old, new)
	}
}

func ms(t sim.Time) float64 { return float64(t) / 1e6 }

// Message is called with every message that is sent.
func (st *Stage) Message(m sim.Message) {
	if m.Label == "MsgHeartbeat" || m.Label == "MsgHeartbeatResp" {
		return // etcd's members tell one another ten times a second that they live: a picture of that shows nothing else
	}
	if len(st.pulses) >= maxPulses {
		st.pulseDrop++
		return
	}
	st.pulses = append(st.pulses, Pulse{
		From: st.w.ActorName(m.From), To: st.w.ActorName(m.To), Label: m.Label,
		Sent: ms(m.Sent), Arrive: ms(m.Arrive), Record: uint32(m.Cause),
	})
}

// Request is called with every request of a user once its outcome is known. podKey is "" if it reached none.
func (st *Stage) Request(id uint64, serviceKey, podKey, via, version string, ok bool, reason string, sent sim.Time, took float64) {
	if len(st.requests) >= maxRequests {
		st.reqDrop++
		return
	}
	v := RequestView{ID: id, Pod: -1, Via: -1, Version: version, OK: ok, Reason: reason, Sent: ms(sent), Ms: took}
	if s := st.services[serviceKey]; s != nil {
		v.Service = s.ID
	}
	if p := st.pods[podKey]; p != nil {
		v.Pod = int(p.slot)
	}
	if n := st.nodes[via]; n != nil {
		v.Via = n.ID
	}
	st.requests = append(st.requests, v)
}

// Everything makes the next frame a full one.
func (st *Stage) Everything() { st.full = true }

// Take returns what changed since the last call. apiRequests is the API server's count of requests so far.
func (st *Stage) Take(apiRequests uint64) *Frame {
	f := &Frame{Full: st.full, Now: ms(st.w.Now()), Revision: st.revision}
	st.checkPower()
	if st.full {
		st.fill(f)
	} else {
		st.delta(f)
	}
	f.Pulses, f.PulsesDropped, st.pulses, st.pulseDrop = st.pulses, st.pulseDrop, nil, 0
	f.Requests, f.RequestsDropped, st.requests, st.reqDrop = st.requests, st.reqDrop, nil, 0
	st.marks(f)
	f.Totals = Totals{Pods: len(st.pods), Ready: st.counts[Ready], Pending: st.counts[Pending] + st.counts[Creating], Failed: st.counts[Failed] + st.counts[Waiting]}
	for _, n := range st.nodeList {
		if n != nil && n.Role == "worker" {
			f.Totals.Nodes++
		}
	}
	if d := st.w.Now().Sub(st.lastAt).Seconds(); d > 0 {
		f.Totals.APIPerSec = float64(apiRequests-st.lastAPI) / d
	}
	st.lastAPI, st.lastAt = apiRequests, st.w.Now()
	st.full = false
	clear(st.dirtyNode)
	clear(st.dirtyWl)
	clear(st.dirtySvc)
	st.goneNodes, st.goneWl, st.goneSvc = nil, nil, nil
	for _, p := range st.dirtyPods {
		p.dirty, p.fresh = false, false
	}
	st.dirtyPods, st.freed, st.newVersions = st.dirtyPods[:0], nil, nil
	return f
}

func sortedIDs(m map[int]bool) []int {
	out := make([]int, 0, len(m))
	for id := range m {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

func (st *Stage) delta(f *Frame) {
	for _, id := range sortedIDs(st.dirtyNode) {
		if n := st.nodeList[id]; n != nil {
			f.Nodes = append(f.Nodes, n)
		}
	}
	f.RemovedNodes = st.goneNodes
	for _, id := range sortedIDs(st.dirtyWl) {
		if w := st.wlByID[id]; w != nil {
			f.Workloads = append(f.Workloads, w.WorkloadView)
		}
	}
	f.RemovedWorkloads = st.goneWl
	for _, id := range sortedIDs(st.dirtySvc) {
		if s := st.svcByID[id]; s != nil {
			f.Services = append(f.Services, st.serviceView(s))
		}
	}
	f.RemovedServices = st.goneSvc
	for _, x := range st.freed {
		f.addPod(x.slot, -1, 0, -1, Gone, 0, x.at, "", "")
	}
	for _, p := range st.dirtyPods {
		if p.state == Gone {
			continue
		}
		name := ""
		if p.fresh {
			name = p.key
		}
		f.addPod(p.slot, p.node, p.workload, p.version, p.state, p.restarts, p.at, name, p.reason)
	}
	f.Versions = st.newVersions
}

func (st *Stage) fill(f *Frame) {
	for _, n := range st.nodeList {
		if n != nil {
			f.Nodes = append(f.Nodes, n)
		}
	}
	for _, w := range st.wlByID {
		if w != nil {
			f.Workloads = append(f.Workloads, w.WorkloadView)
		}
	}
	for _, s := range st.svcByID {
		if s != nil {
			f.Services = append(f.Services, st.serviceView(s))
		}
	}
	for _, p := range st.slots {
		if p != nil {
			f.addPod(p.slot, p.node, p.workload, p.version, p.state, p.restarts, p.at, p.key, p.reason)
		}
	}
	f.Versions = st.allVersions
	st.records = 0
}

func (f *Frame) addPod(slot, node, workload, version int32, state PodState, restarts uint16, at float64, name, reason string) {
	c := &f.Pods
	c.Slot, c.Node = append(c.Slot, slot), append(c.Node, node)
	c.Workload, c.Version = append(c.Workload, workload), append(c.Version, version)
	c.State, c.Restarts, c.At = append(c.State, uint8(state)), append(c.Restarts, restarts), append(c.At, at)
	f.PodNames, f.PodReasons = append(f.PodNames, name), append(f.PodReasons, reason)
}

// marks takes what the journal gained that belongs on the timeline: commands, faults, and nodes changing their mind.
func (st *Stage) marks(f *Frame) {
	j := &st.w.Journal
	for st.records < j.Len() {
		st.records++
		r := j.Get(sim.RecordID(st.records))
		kind := ""
		switch {
		case r.Kind == sim.KindCommand:
			kind = "command"
		case r.Kind == sim.KindFault:
			kind = "fault"
		case r.Kind == sim.KindUpdate && strings.HasPrefix(r.Text, "Ready ") && strings.HasPrefix(j.Ref(r.Ref), "nodes/"):
			kind = "notice"
		}
		if kind != "" {
			text := r.Text
			if kind == "notice" {
				text = strings.TrimPrefix(j.Ref(r.Ref), "nodes/") + ": " + text
			}
			f.Marks = append(f.Marks, Mark{At: ms(r.At), Kind: kind, Text: text, Record: uint32(r.ID)})
		}
	}
}

// PodCounts counts the pods by phase, as the API has them.
func (st *Stage) PodCounts() map[corev1.PodPhase]int {
	out := map[corev1.PodPhase]int{}
	for _, p := range st.slots {
		if p != nil {
			out[p.phase]++
		}
	}
	return out
}

// ReadyPods counts the pods that are ready.
func (st *Stage) ReadyPods() int { return st.counts[Ready] }

// Workers counts the worker nodes, and how many of them the API calls ready.
func (st *Stage) Workers() (all, ready int) {
	for _, n := range st.nodeList {
		if n != nil && n.Role == "worker" {
			all++
			if n.Ready == "True" {
				ready++
			}
		}
	}
	return all, ready
}

// AllReady reports that n nodes have registered and that the API calls all of them ready.
func (st *Stage) AllReady(n int) bool {
	if len(st.nodes) < n || st.readyNodes < n {
		return false
	}
	return true
}
