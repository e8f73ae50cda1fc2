package network

import (
	"strconv"
	"time"

	"tabernetes/engine/api"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// RequestTimeout is how long a client of a traffic source waits for an answer.
const RequestTimeout = time.Second

// Reasons a request fails for, as statistics count them.
const (
	ReasonRefused     = "connection refused"
	ReasonReset       = "connection reset by peer"
	ReasonTimeout     = "timeout"
	ReasonNoEndpoints = "no endpoints"
	ReasonNoService   = "no such service"
)

// RequestView is what an observer sees of a request that is over.
type RequestView struct {
	ID      uint64
	Service string // namespace/name
	ViaNode string // whose rules chose the endpoint
	PodKey  string // namespace/name of the pod it was sent to, or ""
	Node    string // the pod's node, or ""
	Version string // "hello-app:1.0"; of a failed request too where it reached a container
	OK      bool
	Reason  string // of a failure
	Sent    sim.Time
	Latency time.Duration
}

// Failure is the Data of a failed request's record: what a reader needs to see that the cause is the true one.
type Failure struct {
	Service, Endpoint string // Endpoint is address:port, or ""
	Pod               string // namespace/name
	Container         string
	Node              string       // the pod's
	ProxyNode         string       // whose rules were used
	SliceName         string       // EndpointSlice that still, or already, had the endpoint
	SliceRevision     int64        // its revision as that node knew it
	RulesRecord       sim.RecordID // the kube-proxy's last sync
	ReadinessProbe    bool         // whether the container has one
	Reason, Advice    string
}

// request is one on its way. Requests are recycled by their source.
type request struct {
	id      uint64
	src     *Source
	sent    sim.Time
	via     *Node
	service *service
	client  string // its address
	t       target
	c       *runtime.Container
	over    bool
	gen     uint32
}

// refused and the like end a request at the client, after the answer's way back.
func (rq *request) answer(from *sim.Actor, ok bool, reason string, cause sim.RecordID, detail, advice string) {
	gen := rq.gen
	from.Send(rq.src.a, "answer", func() {
		if rq.gen == gen && !rq.over {
			rq.src.finish(rq, ok, reason, cause, detail, advice)
		}
	})
}

// arrive is the request at its entry node: the node's rules choose.
func (nd *Node) arrive(rq *request) {
	by := rq.src.via(rq.service, nd)
	rq.client = rq.src.address(by.v6)
	t, v := nd.route(rq.service, by, rq.client, nd.a.Rand())
	rq.t = t
	switch v {
	case routed:
	case noEndpoints, noLocal:
		cause := sim.RecordID(0)
		if r := nd.net.s.Journal.Newest("services/" + rq.service.key); r != nil {
			cause = r.ID
		}
		for _, vw := range rq.service.slicesAt(nd.endpoints) {
			if r := nd.net.s.Journal.Newest("endpointslices/" + api.KeyOf(vw.slice)); r != nil && r.ID > cause {
				cause = r.ID
			}
		}
		rq.answer(nd.a, false, ReasonNoEndpoints, cause, "the rules of "+nd.host.Name+" have no ready endpoint for it", "no pod that the Service selects is ready: look at its selector and at the pods' readiness")
		return
	default:
		rq.answer(nd.a, false, ReasonNoService, nd.synced, "the rules of "+nd.host.Name+" do not know it ("+string(v)+")", "")
		return
	}
	dst, _, ok := nd.net.locate(t.endpoint.Addresses[0])
	if !ok {
		if dst = nd.net.byNodeIP(t.endpoint.Addresses[0]); dst == nil {
			return // an address outside: nothing answers
		}
	}
	if dst.a == nil {
		return
	}
	gen := rq.gen
	nd.a.Send(dst.a, "request", func() {
		if rq.gen == gen {
			dst.deliver(rq)
		}
	})
}

// sandbox finds who has an address now.
func (nd *Node) sandbox(ip string, port int32) *runtime.Sandbox {
	if n, b, ok := nd.net.locate(ip); ok && n == nd {
		return nd.pods[b]
	}
	for _, sb := range nd.onNet {
		if c, _ := sb.Listener(port); c != nil {
			return sb
		}
	}
	return nil
}

// deliver is the request at the endpoint's node.
func (nd *Node) deliver(rq *request) {
	ip, port := rq.t.endpoint.Addresses[0], rq.t.port
	sb := nd.sandbox(ip, port)
	if sb == nil {
		return // nothing has the address: the packet is lost, and the client will time out
	}
	c, ok := sb.Listener(port)
	rq.c = c
	if !ok {
		cause, detail, advice := refusal(sb, c, port)
		rq.answer(nd.a, false, ReasonRefused, cause, detail, advice)
		return
	}
	status, d := c.Serve(rq.client, "GET", rq.src.conf.Path, "curl/8.5.0", true)
	if status == 0 {
		return // it accepts no more
	}
	gen := rq.gen
	nd.a.After(d, "served", func() {
		if rq.gen != gen {
			return
		}
		switch {
		case c.State == runtime.Exited:
			// The program ended while it worked on this.
			rq.answer(nd.a, false, ReasonReset, c.EndRecord, "container "+c.Spec.Name+" ended while it answered", stopAdvice)
		case status >= 500:
			rq.answer(nd.a, false, "HTTP "+strconv.Itoa(status), c.StartRecord, "container "+c.Spec.Name+" answered with status "+strconv.Itoa(status), "look at the container's log")
		default:
			rq.answer(nd.a, true, "", 0, "", "")
		}
	})
}

const stopAdvice = "a preStop hook that sleeps a few seconds keeps the container serving until every node's rules have left it out"

// refusal says why nothing accepts connections in a sandbox that is there.
func refusal(sb *runtime.Sandbox, c *runtime.Container, port int32) (cause sim.RecordID, detail, advice string) {
	if c == nil {
		if len(sb.Containers) > 0 {
			cause = sb.Containers[0].StartRecord
		}
		return cause, "no program in the pod opens port " + strconv.Itoa(int(port)), "the Service's targetPort must be a port the program listens on"
	}
	name := "container " + c.Spec.Name
	switch {
	case c.State == runtime.Exited:
		if c.EndRecord != 0 {
			cause = c.EndRecord
		} else {
			cause = c.StartRecord
		}
		if c.Signalled() {
			return cause, name + " had ended after its stop signal while the rules still led to it", stopAdvice
		}
		return cause, name + " had ended", "see the container's last state and its log"
	case c.Signalled():
		return c.SignalRecord, name + " had been told to stop (" + c.StopSignal() + ") while the rules still led to it", stopAdvice
	case c.State == runtime.Created:
		return c.StartRecord, name + " had not started yet", ""
	}
	if c.Spec.ReadinessProbe == nil {
		return c.StartRecord, name + " had started but did not listen yet, and without a readiness probe its pod counts as ready at once", "a readiness probe keeps traffic away until the program answers"
	}
	return c.StartRecord, name + " had started but did not listen yet", ""
}
