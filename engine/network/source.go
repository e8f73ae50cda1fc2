package network

import (
	"math/rand/v2"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// maxFailureRecords is how many failed requests of all sources the journal tells of one by one.
const maxFailureRecords = 1000

// SourceConfig describes a stream of requests.
type SourceConfig struct {
	Service string  // namespace/name
	Port    int32   // of the Service; 0: its first
	Path    string  // "" is "/"
	RPS     float64 // requests a second; 0: none
	Poisson bool    // independent arrivals; else evenly spaced
	Client  string  // the client's address, for session affinity; "" makes one up
	FromPod string  // namespace/name of a pod that sends them; "" is a client outside, spread over the nodes in turn
}

// Source sends requests to a Service and counts what becomes of them.
type Source struct {
	a       *sim.Actor
	net     *Network
	conf    SourceConfig
	client  string // by IPv4
	client6 string
	rng     *rand.Rand

	stats   Stats
	window  window
	history history
	flying  []*request // in the order they were sent, which is the order they time out in
	head    int
	free    []*request
	tick    sim.Timer
	next    float64 // nanoseconds of virtual time, so that rates do not drift
	checker sim.Timer
	from    *Node
}

// NewSource starts a stream of requests. It ends with the actor or with SetRPS(0).
func NewSource(a *sim.Actor, n *Network, conf SourceConfig) *Source {
	if conf.Path == "" {
		conf.Path = "/"
	}
	s := &Source{a: a, net: n, conf: conf, client: conf.Client, rng: a.Sim().Rand("traffic " + conf.Service)}
	if s.client == "" {
		n := 1 + s.rng.IntN(250)
		s.client, s.client6 = "203.0.113."+strconv.Itoa(n), "2001:db8:cb00:71::"+strconv.FormatUint(uint64(n), 16)
	} else {
		s.client6 = s.client
	}
	s.stats.ByVersion = map[string]*VersionStats{}
	s.stats.Reasons = map[string]int{}
	s.SetRPS(conf.RPS)
	return s
}

// Config is what the source does now.
func (s *Source) Config() SourceConfig { return s.conf }

// SetRPS changes the rate; 0 stops.
func (s *Source) SetRPS(rps float64) {
	s.conf.RPS = rps
	s.tick.Stop()
	if rps > 0 {
		s.next = float64(s.a.Now())
		s.schedule()
	}
}

func (s *Source) schedule() {
	gap := float64(time.Second) / s.conf.RPS
	if s.conf.Poisson {
		gap *= s.rng.ExpFloat64()
	}
	s.next += gap
	s.tick = s.a.Periodic(time.Duration(s.next)-s.a.Now().Duration(), "traffic", s.send)
}

func (s *Source) send() {
	s.schedule()
	rq := s.alloc()
	s.net.requests++
	rq.id, rq.src, rq.sent = s.net.requests, s, s.a.Now()
	s.stats.Sent++
	rq.service = s.net.rules.get(s.conf.Service)
	s.flying = append(s.flying, rq)
	if !s.checker.Pending() {
		s.checker = s.a.Periodic(RequestTimeout, "request timeout", s.check)
	}
	rq.via = s.entry()
	if rq.via == nil {
		s.finish(rq, false, ReasonTimeout, 0, "no node has power", "")
		return
	}
	gen := rq.gen
	s.a.Send(rq.via.a, "request", func() {
		if rq.gen == gen {
			rq.via.arrive(rq)
		}
	})
}

// entry is the node whose rules the next request meets.
func (s *Source) entry() *Node {
	if s.conf.FromPod != "" {
		if s.from == nil || s.from.podNamed(s.conf.FromPod) == nil {
			s.from = nil
			for _, nd := range s.net.nodes {
				if sb := nd.podNamed(s.conf.FromPod); sb != nil {
					s.from, s.client, s.client6 = nd, own(sb, false), own(sb, true)
					break
				}
			}
		}
		return s.from
	}
	n := s.net.nodes
	for range n {
		s.net.cursor = (s.net.cursor + 1) % len(n)
		if nd := n[s.net.cursor]; nd.host.Up() && nd.a != nil && nd.Programmed() {
			return nd
		}
	}
	return nil
}

func (nd *Node) podNamed(key string) *runtime.Sandbox {
	for b := 0; b < 256; b++ {
		if sb := nd.pods[byte(b)]; sb != nil && sb.Namespace+"/"+sb.Name == key {
			return sb
		}
	}
	return nil
}

// via is how the next request comes to the Service as a node knows it: over IPv4 if the Service has it, and from outside
// through a node port, where the Service has one.
func (s *Source) via(svc *service, nd *Node) via {
	by := via{port: s.conf.Port, pod: s.conf.FromPod != ""}
	if v := svc.at(nd.services); v != nil {
		by.v6 = !serves(v, false)
		by.outside = !by.pod && (v.Spec.Type == corev1.ServiceTypeNodePort || v.Spec.Type == corev1.ServiceTypeLoadBalancer)
	}
	return by
}

// address is the client's of a family.
func (s *Source) address(v6 bool) string {
	if v6 {
		return s.client6
	}
	return s.client
}

func (s *Source) alloc() *request {
	if n := len(s.free); n > 0 {
		rq := s.free[n-1]
		s.free = s.free[:n-1]
		return rq
	}
	return &request{}
}

// check fails the requests that have waited too long, and forgets those that are over.
func (s *Source) check() {
	now := s.a.Now()
	for s.head < len(s.flying) {
		rq := s.flying[s.head]
		if !rq.over {
			if now.Sub(rq.sent) < RequestTimeout {
				break
			}
			cause, detail, advice := s.silence(rq)
			s.finish(rq, false, ReasonTimeout, cause, detail, advice)
		}
		s.flying[s.head] = nil
		s.head++
		*rq = request{gen: rq.gen + 1}
		s.free = append(s.free, rq)
	}
	if s.head == len(s.flying) {
		s.flying, s.head = s.flying[:0], 0
		return
	}
	if s.head > 256 && s.head*2 > len(s.flying) {
		n := copy(s.flying, s.flying[s.head:])
		clear(s.flying[n:])
		s.flying, s.head = s.flying[:n], 0
	}
	s.checker = s.a.Periodic(RequestTimeout-now.Sub(s.flying[s.head].sent), "request timeout", s.check)
}

// silence says why nobody answered.
func (s *Source) silence(rq *request) (cause sim.RecordID, detail, advice string) {
	if rq.t.endpoint == nil {
		return rq.via.Fault(), "node " + rq.via.host.Name + ", where it entered, did not answer", ""
	}
	ip := rq.t.endpoint.Addresses[0]
	dst, b, ok := s.net.locate(ip)
	if !ok {
		if dst = s.net.byNodeIP(ip); dst == nil {
			return 0, "no machine has the address " + ip, ""
		}
	}
	if sb := dst.pods[b]; ok && sb != nil && rq.c == nil {
		rq.c, _ = sb.Listener(rq.t.port) // it counts as a failure of the version that should have answered
	}
	const wait = "the endpoint leaves the rules once the node lifecycle controller has marked the node unreachable, about 50 s after its last sign of life"
	switch {
	case !dst.host.Up():
		return dst.Fault(), "node " + dst.host.Name + ", which has the pod, has no power, and the rules of " + rq.via.host.Name + " still led there", wait
	case ok && dst.pods[b] == nil && dst.gone[b] == 0 && dst.Fault() != 0:
		return dst.Fault(), "node " + dst.host.Name + " had lost power, and its pods are not back yet", wait
	case ok && dst.pods[b] == nil:
		return dst.gone[b], "the pod was gone, and the rules of " + rq.via.host.Name + " still led to its address", stopAdvice
	}
	if c := rq.c; c != nil && c.Queued() > 0 {
		limit := "the CPU of its node"
		if q := c.Spec.Resources.Limits.Cpu(); !q.IsZero() {
			limit = "its CPU limit of " + q.String()
		}
		return c.StartRecord, "container " + c.Spec.Name + " has more work than " + limit + " allows: what comes now waits " +
			c.Queued().Truncate(time.Millisecond).String(), "more replicas share the load; a higher CPU limit lets each do more"
	}
	return dst.Fault(), "no answer came from node " + dst.host.Name + " within 1 s", ""
}

func (s *Source) finish(rq *request, ok bool, reason string, cause sim.RecordID, detail, advice string) {
	rq.over = true
	now := s.a.Now()
	version := ""
	if rq.c != nil {
		version = rq.c.Image.Version
	}
	s.count(now, version, ok, reason, now.Sub(rq.sent))
	if !ok {
		s.record(rq, reason, cause, detail, advice)
	}
	if s.net.OnRequest == nil {
		return
	}
	v := RequestView{ID: rq.id, Service: s.conf.Service, Version: version, OK: ok, Reason: reason, Sent: rq.sent, Latency: now.Sub(rq.sent)}
	if rq.via != nil {
		v.ViaNode = rq.via.host.Name
	}
	if e := rq.t.endpoint; e != nil {
		v.PodKey = podKey(e, rq.t.slice.Namespace)
		if e.NodeName != nil {
			v.Node = *e.NodeName
		}
	}
	s.net.OnRequest(v)
}

func (s *Source) record(rq *request, reason string, cause sim.RecordID, detail, advice string) {
	s.net.failures++
	if s.net.failures > maxFailureRecords {
		return
	}
	f := &Failure{Service: s.conf.Service, Reason: reason, Advice: advice}
	if rq.via != nil {
		f.ProxyNode, f.RulesRecord = rq.via.host.Name, rq.via.synced
	}
	where := ""
	if e := rq.t.endpoint; e != nil {
		f.Endpoint = e.Addresses[0]
		if is6(f.Endpoint) {
			f.Endpoint = "[" + f.Endpoint + "]"
		}
		f.Endpoint += ":" + strconv.Itoa(int(rq.t.port))
		f.Pod = podKey(e, rq.t.slice.Namespace)
		if e.NodeName != nil {
			f.Node = *e.NodeName
		}
		f.SliceName = rq.t.slice.Name
		f.SliceRevision, _ = strconv.ParseInt(rq.t.slice.ResourceVersion, 10, 64)
		where = " at " + f.Endpoint
		if f.Pod != "" {
			where += " (pod " + f.Pod + ")"
		}
	}
	if rq.c != nil {
		f.Container, f.ReadinessProbe = rq.c.Spec.Name, rq.c.Spec.ReadinessProbe != nil
	}
	sm := s.a.Sim()
	sm.In(sim.Context{Cause: cause, Background: true}, func() {
		r := s.a.Record(sim.KindRequest, "requests/"+strconv.FormatUint(rq.id, 10), "request to "+s.conf.Service+where+" failed: "+reason+": "+detail)
		r.Data = f
	})
}
