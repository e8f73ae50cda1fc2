package metricsserver

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	"tabernetes/engine/api/metrics"
	"tabernetes/engine/client"
	"tabernetes/engine/order"
	"tabernetes/engine/sim"
)

// Program is the name under which the server is provided on hosts.
const Program = "metrics-server"

const (
	// freshAfter is how old a container must be for its only reading to count from its start.
	freshAfter = 10 * time.Second
	// scrapeTimeout is how long a kubelet may take to answer; one that does not is left out until the next reading. The
	// real server waits 13.5 s where nobody waits for it.
	scrapeTimeout = time.Second
)

// Server is one run of metrics-server.
type Server struct {
	a       *sim.Actor
	c       *client.Client
	kubelet func(node string) *sim.Host
	started time.Time
	begun   int64 // the tick of the start
	nodes   map[string]*node
}

// node is a kubelet and what it answered last.
type node struct {
	conn    *sim.Conn
	tick    int64 // the reading that stats is of, or that was asked for in vain
	stats   *api.NodeStats
	asking  bool
	waiting []func()
}

// Run boots the server. kubelet finds the host of a node, nil if there is none.
func Run(a *sim.Actor, conf client.Config, kubelet func(node string) *sim.Host) *Server {
	s := &Server{a: a, c: client.New(a, conf), kubelet: kubelet, started: a.Wall(), nodes: map[string]*node{}}
	s.begun = s.tick()
	a.Listen(metrics.GroupName, func(c *sim.Conn) { c.Handler = s })
	return s
}

// tick counts the readings since the beginning of time.
func (s *Server) tick() int64 { return int64(s.a.Now()) / int64(api.UsagePeriod) }

// Ready reports that there are two readings, which /readyz looks at.
func (s *Server) Ready() bool { return s.tick()-s.begun >= 2 }

var _ api.RemoteEndpoint = (*Server)(nil)

// Serve implements api.RemoteEndpoint.
func (s *Server) Serve(req *api.Request, reply func(*api.Response)) {
	if req.Verb != api.Get && req.Verb != api.List {
		reply(&api.Response{Err: apierrors.NewMethodNotSupported(req.Resource.GR(), string(req.Verb))})
		return
	}
	of := api.Nodes
	if req.Resource == api.PodMetrics {
		of = api.Pods
	}
	ask := &api.Request{Verb: req.Verb, Resource: of, Namespace: req.Namespace, Name: req.Name, LabelSelector: req.LabelSelector, FieldSelector: req.FieldSelector}
	if req.Verb == api.List && of == api.Pods {
		running := fields.OneTermEqualSelector("status.phase", string(corev1.PodRunning))
		if f := req.FieldSelector; f != nil && !f.Empty() {
			running = fields.AndSelectors(f, running)
		}
		ask.FieldSelector = running
	}
	s.c.Do(ask, func(resp *api.Response) {
		if resp.Err != nil {
			reply(&api.Response{Err: resp.Err})
			return
		}
		items := resp.Items
		if req.Verb == api.Get {
			if p, ok := resp.Object.(*corev1.Pod); ok && p.Status.Phase != corev1.PodRunning {
				reply(&api.Response{Err: apierrors.NewNotFound(corev1.Resource("pods"), req.Name)})
				return
			}
			items = []api.Object{resp.Object}
		}
		s.scrape(nodesOf(items), func() {
			var out []api.Object
			for _, o := range items {
				switch x := o.(type) {
				case *corev1.Pod:
					if m := s.pod(x); m != nil {
						out = append(out, m)
					}
				case *corev1.Node:
					if m := s.node(x); m != nil {
						out = append(out, m)
					}
				}
			}
			if req.Verb == api.List {
				order.By(out, func(a, b api.Object) int { return compare(api.KeyOf(a), api.KeyOf(b)) })
				reply(&api.Response{Items: out})
				return
			}
			if len(out) == 0 {
				kind, name := "nodemetrics", req.Name
				if of == api.Pods {
					kind, name = "podmetrics", req.Namespace+"/"+req.Name
				}
				reply(&api.Response{Err: apierrors.NewNotFound(schema.GroupResource{Group: metrics.GroupName, Resource: kind}, name)})
				return
			}
			reply(&api.Response{Object: out[0]})
		})
	})
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func nodesOf(items []api.Object) []string {
	var out []string
	seen := map[string]bool{}
	for _, o := range items {
		name := o.GetName()
		if p, ok := o.(*corev1.Pod); ok {
			name = p.Spec.NodeName
		}
		if name != "" && !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

// scrape calls then when every node has answered for the newest reading, or will not.
func (s *Server) scrape(names []string, then func()) {
	left := 1
	done := func() {
		if left--; left == 0 {
			then()
		}
	}
	for _, name := range names {
		left++
		s.ask(name, done)
	}
	done()
}

func (s *Server) ask(name string, done func()) {
	n := s.nodes[name]
	if n == nil {
		n = &node{tick: -1}
		s.nodes[name] = n
	}
	tick := s.tick()
	host := s.kubelet(name)
	if n.tick == tick || host == nil {
		done()
		return
	}
	sm := s.a.Sim()
	ctx := sm.Context()
	n.waiting = append(n.waiting, func() { sm.In(ctx, done) })
	if n.asking {
		return
	}
	n.asking = true
	over := false
	answer := func(stats *api.NodeStats) {
		if over {
			return
		}
		over = true
		n.asking, n.tick, n.stats = false, tick, stats
		w := n.waiting
		n.waiting = nil
		for _, fn := range w {
			fn()
		}
	}
	timeout := s.a.After(scrapeTimeout, "scrape timeout", func() { answer(nil) })
	send := func() {
		conn := n.conn
		ep := conn.Handler.(api.KubeletEndpoint)
		conn.Send(s.a, "get metrics/resource", func() {
			ep.Stats(func(stats *api.NodeStats) {
				conn.Send(conn.Peer(s.a), "answer", func() {
					timeout.Stop()
					answer(stats)
				})
			})
		})
	}
	if n.conn != nil && !n.conn.Closed() {
		send()
		return
	}
	var mine *sim.Conn
	s.a.Dial(host, api.KubeletService, func(c *sim.Conn, err error) {
		if err != nil {
			timeout.Stop()
			answer(nil)
			return
		}
		if over {
			c.Close(s.a)
			return
		}
		n.conn, mine = c, c
		send()
	}, func(error) {
		if n.conn == mine {
			n.conn = nil
		}
	})
}

// usage is the difference of the two readings the server has of something; ok is false if it has not got two.
func (s *Server) usage(u *api.Usage) (list corev1.ResourceList, window time.Duration, ok bool) {
	if u.At.Before(s.started) {
		return nil, 0, false
	}
	cpu := u.CPU
	switch age := u.At.Sub(u.Start); {
	case age < freshAfter:
		return nil, 0, false
	case age < api.UsagePeriod:
		window = age
	case u.At.Add(-api.UsagePeriod).Before(s.started):
		return nil, 0, false
	default:
		window, cpu = api.UsagePeriod, u.CPU-u.PrevCPU
	}
	rate := float64(cpu) / window.Seconds() // nanoseconds of CPU a second are billionths of a core
	return corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewScaledQuantity(int64(rate), -9),
		corev1.ResourceMemory: *resource.NewQuantity(u.Memory, resource.BinarySI),
	}, window, true
}

func (s *Server) stats(name string) *api.NodeStats {
	if n := s.nodes[name]; n != nil {
		return n.stats
	}
	return nil
}

func (s *Server) node(o *corev1.Node) *metrics.NodeMetrics {
	st := s.stats(o.Name)
	if st == nil {
		return nil
	}
	usage, window, ok := s.usage(&st.Usage)
	if !ok {
		return nil
	}
	return &metrics.NodeMetrics{
		ObjectMeta: metav1.ObjectMeta{Name: o.Name, Labels: o.Labels, CreationTimestamp: metav1.Time{Time: s.a.Wall().Truncate(time.Second)}},
		Timestamp:  metav1.Time{Time: st.At.Truncate(time.Second)}, Window: metav1.Duration{Duration: window}, Usage: usage,
	}
}

// pod needs all its containers; the oldest of them says when it was measured.
func (s *Server) pod(o *corev1.Pod) *metrics.PodMetrics {
	st := s.stats(o.Spec.NodeName)
	if st == nil {
		return nil
	}
	list := st.Pods[api.KeyOf(o)]
	if len(list) == 0 {
		return nil
	}
	m := &metrics.PodMetrics{
		ObjectMeta: metav1.ObjectMeta{Namespace: o.Namespace, Name: o.Name, Labels: o.Labels, CreationTimestamp: metav1.Time{Time: s.a.Wall().Truncate(time.Second)}},
	}
	for i := range list {
		usage, window, ok := s.usage(&list[i].Usage)
		if !ok {
			return nil
		}
		if i == 0 {
			m.Timestamp, m.Window = metav1.Time{Time: list[i].At.Truncate(time.Second)}, metav1.Duration{Duration: window}
		}
		m.Containers = append(m.Containers, metrics.ContainerMetrics{Name: list[i].Name, Usage: usage})
	}
	return m
}
