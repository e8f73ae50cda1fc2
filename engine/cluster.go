package engine

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/addons/metricsserver"
	"tabernetes/engine/api"
	"tabernetes/engine/api/x509"
	"tabernetes/engine/apiserver"
	"tabernetes/engine/apiserver/auth"
	"tabernetes/engine/client"
	"tabernetes/engine/cloud"
	"tabernetes/engine/controllers"
	"tabernetes/engine/etcd"
	"tabernetes/engine/etcdctl"
	"tabernetes/engine/kubectl"
	"tabernetes/engine/kubelet"
	"tabernetes/engine/network"
	"tabernetes/engine/proxy"
	"tabernetes/engine/runtime"
	"tabernetes/engine/scheduler"
	"tabernetes/engine/sim"
	"tabernetes/engine/stage"
)

// serviceCIDR is where Services get their addresses: kubeadm's default, and for the second family kind's.
const serviceCIDR = "10.96.0.0/12,fd00:10:96::/112"

// authorityLife is that of the certificate authority which kubeadm makes (CertificateAuthorityValidityPeriod).
const authorityLife = 10 * 365 * 24 * time.Hour

// balancerHost is where controlPlaneEndpoint is of a cluster with several API servers: see client.Balancer.
const balancerHost = "load-balancer"

// Cluster is a running cluster.
type Cluster struct {
	Sim   *sim.Sim
	Stage *stage.Stage
	Net   *network.Network

	conf     Config
	masters  []*sim.Host
	machines map[string]bool // hosts a user may switch off
	images   *runtime.Registry
	runtimes map[string]*runtime.Runtime // by node
	members  *etcd.Cluster
	servers  map[string]*apiserver.Server // by master: the running one, or the last that ran
	served   uint64                       // requests of the servers before them
	balancer *client.Balancer             // nil: there is one API server
	static   map[string]*programs         // by master
	cloud    *cloud.Provider
	metrics  map[string]*metricsserver.Server // by host: the running one, or the last that ran
	// authority is the cluster's: what kubeadm keeps in /etc/kubernetes/pki.
	authority *x509.Authority
	// schedulers are the running kube-schedulers by master, or the last that ran.
	schedulers map[string]*scheduler.Scheduler

	etcdctl *etcdctl.Shell
	joining map[string]bool // masters whose etcd was added to a running cluster

	audit     *client.Audit
	observers []func(r *api.Resource, old, new api.Object)

	shell     *kubectl.Shell
	log       []Command
	processes map[int]*Process
	writes    []*followed // see writes.go
	read      int         // of the journal, for them
	load      load

	autoscaling autoscaling
	events      eventTimes
}

// New makes a cluster and switches its machines on; nothing has happened yet until time passes.
func New(conf Config) (*Cluster, error) {
	if err := conf.Check(); err != nil {
		return nil, err
	}
	w := sim.New(sim.Config{Seed: conf.Seed, Start: conf.Start})
	c := &Cluster{
		Sim: w, Stage: stage.New(w), Net: network.New(w), conf: conf, machines: map[string]bool{}, runtimes: map[string]*runtime.Runtime{},
		images: runtime.NewRegistry(), processes: map[int]*Process{}, servers: map[string]*apiserver.Server{}, joining: map[string]bool{}, static: map[string]*programs{},
		schedulers: map[string]*scheduler.Scheduler{}, metrics: map[string]*metricsserver.Server{},
	}
	w.OnMessage = c.Stage.Message
	c.authority = x509.NewAuthority("kubernetes", strconv.FormatUint(conf.Seed, 16), w.Wall(0), authorityLife)
	for i := 1; i <= conf.Masters; i++ {
		c.masters = append(c.masters, w.AddHost("control-plane-"+strconv.Itoa(i)))
	}
	c.cloud = cloud.NewProvider(c.machineOf)
	c.members = etcd.NewCluster()
	c.members.MaxHistory = maxHistory(conf.Nodes)
	c.members.Observer = c.written
	c.Stage.Leads = c.leads
	if conf.Masters > 1 {
		c.balancer = client.NewBalancer(c.masters)
	}
	for _, h := range c.masters {
		c.addMaster(h)
	}
	if conf.Addons {
		c.installAddons(c.masters[0])
	}
	if c.balancer != nil {
		w.AddHost(balancerHost).Install("balancer", c.balancer.Run)
	}
	for i := 1; i <= conf.Nodes; i++ {
		c.addWorker(i)
	}
	c.addWorkstation()
	c.addOutside()
	return c, nil
}

// maxHistory bounds etcd's history between compactions, in writes: how far back a watch or a read may go. The past
// holds old versions of objects, so a big cluster remembers less of it.
func maxHistory(nodes int) int {
	if nodes > 100 {
		return 20_000
	}
	return 100_000
}

func (c *Cluster) clientFor(user, agent string) client.Config {
	return client.Config{Servers: c.masters, Balancer: c.balancer, User: user, UserAgent: agent, Audit: c.audit}
}

// startUp is what kube-scheduler and kube-controller-manager take from being started to their first request: flags,
// certificates, informers. On a cluster's first boot the API server is up by then.
const startUp = 100 * time.Millisecond

// addMaster puts the control plane's programs on a machine, as kubeadm does with "stacked" etcd: the API server talks
// to the member of its own machine only, everything else to controlPlaneEndpoint.
func (c *Cluster) addMaster(h *sim.Host) {
	h.Provide("etcd", func(a *sim.Actor) { etcd.Boot(a, c.members, etcd.Config{Initial: c.masters, Join: c.joining[h.Name]}) })
	h.Provide("kube-apiserver", func(a *sim.Actor) {
		if old := c.servers[h.Name]; old != nil {
			c.served += old.Requests()
		}
		c.servers[h.Name] = apiserver.Run(a, apiserver.Config{
			Etcd: []*sim.Host{h}, ServiceCIDR: serviceCIDR, Advertise: c.Net.Node(h.Name).IP(),
			Kubelet: func(node string) *sim.Host { return c.Sim.Host(node) }, RBAC: true, TokenSeed: c.conf.Seed, CallWebhook: c.callWebhook,
		})
	})
	h.Provide("kube-scheduler", func(a *sim.Actor) {
		a.After(startUp, "start", func() { c.runScheduler(a) })
	})
	h.Provide("kube-controller-manager", func(a *sim.Actor) {
		a.After(startUp, "start", func() {
			controllers.Run(a, c.clientFor("system:kube-controller-manager", "kube-controller-manager"), controllers.Options{LeaderElect: true, RootCA: c.authority.PEM, Authority: c.authority,
				Token: auth.NewKey(c.conf.Seed).SignLegacy})
		})
	})
	h.Provide(cloud.Program, func(a *sim.Actor) {
		a.After(startUp, "start", func() {
			cloud.Run(a, c.clientFor("system:serviceaccount:kube-system:cloud-controller-manager", cloud.Program), c.cloud, a.Exit)
		})
	})
	h.Install("dns", func(a *sim.Actor) {
		network.RunDNS(a, c.clientFor("system:serviceaccount:kube-system:coredns", "coredns"), c.Net)
	})
	c.addNode(h, kubelet.Config{
		CPU: "4", Memory: "8Gi", MaxPods: 110,
		Labels: map[string]string{
			"node-role.kubernetes.io/control-plane":                   "",
			"node.kubernetes.io/exclude-from-external-load-balancers": "",
		},
		Taints: []corev1.Taint{{Key: "node-role.kubernetes.io/control-plane", Effect: corev1.TaintEffectNoSchedule}},
	})
}

// callWebhook carries an API server's request to a webhook over the network.
func (c *Cluster) callWebhook(a *sim.Actor, w *apiserver.WebhookCall, done func(apiserver.WebhookAnswer)) {
	c.Net.Call(a, &network.Call{Host: w.Host, Port: w.Port, Path: w.Path, Body: w.Body, Verify: w.Verify}, func(r runtime.Reply, err error) {
		done(apiserver.WebhookAnswer{Err: err, Status: r.Status, Body: r.Body, JSON: r.JSON})
	})
}

func (c *Cluster) addWorker(i int) {
	h := c.Sim.AddHost("node-" + strconv.Itoa(i))
	c.addNode(h, kubelet.Config{CPU: "4", Memory: "8Gi", MaxPods: 110})
}

// addNode gives a machine what every node has: a place in the network, a runtime, kubelet and kube-proxy.
func (c *Cluster) addNode(h *sim.Host, k kubelet.Config) {
	c.machines[h.Name] = true
	nd := c.Net.AddNode(h)
	rt := runtime.NewEngine(h, c.images)
	c.runtimes[h.Name] = rt
	g := &guests{c: c, h: h, running: map[string]*guest{}}
	rt.SetGuests(g)
	h.OnExit(func(program string) {
		c.Sim.Record(sim.KindInfo, "nodes/"+h.Name, program+"@"+h.Name+" exited")
		if !g.exited(program) {
			rt.Exited(program, 1)
		}
	})
	k.NodeName, k.Runtime, k.Network = h.Name, rt, nd
	k.Taints = append(k.Taints, corev1.Taint{Key: cloud.TaintUninitialized, Value: "true", Effect: corev1.TaintEffectNoSchedule})
	if i := slices.Index(c.masters, h); i >= 0 {
		c.addStaticPods(i, h, rt)
	} else {
		c.addPrograms(h, rt)
	}
	h.Install("kubelet", func(a *sim.Actor) {
		if s := c.static[h.Name]; s != nil {
			k.Manifests = s.manifests
		}
		kubelet.Run(a, c.clientFor("system:node:"+h.Name, "kubelet"), k)
	})
	h.Install("kube-proxy", func(a *sim.Actor) {
		proxy.Run(a, c.clientFor("system:serviceaccount:kube-system:kube-proxy", "kube-proxy"), proxy.Config{NodeName: h.Name, Node: nd})
	})
}

// addWorkstation is where the user's kubectl runs.
func (c *Cluster) addWorkstation() {
	endpoint := c.masters[0].Name
	if c.balancer != nil {
		endpoint = balancerHost
	}
	h := c.Sim.AddHost("workstation")
	h.Install("kubectl", func(a *sim.Actor) {
		c.shell = kubectl.New(a, client.New(a, c.clientFor("kubernetes-admin", "kubectl")), kubectl.Options{Server: "https://" + endpoint + ":6443"})
	})
	h.Install("etcdctl", func(a *sim.Actor) { c.etcdctl = etcdctl.New(a, c.etcdOptions()) })
}

// Config is what the cluster was made from.
func (c *Cluster) Config() Config { return c.conf }

// Now is the virtual time.
func (c *Cluster) Now() sim.Time { return c.Sim.Now() }

// Settled reports that nothing is left to happen but periodic work.
func (c *Cluster) Settled() bool { return c.Sim.Settled() }

// Ready reports that every node has registered and is ready, the control plane's among them.
func (c *Cluster) Ready() bool { return c.Stage.AllReady(len(c.machines)) }

// RunTo handles events until held (nil: never) holds, checked before each event, or the clock has reached until; at
// most max of them (0: no limit). It reports whether either came about. Where held decides, the clock stays at the
// last event.
func (c *Cluster) RunTo(until sim.Time, held func() bool, max int) bool {
	for n := 0; max == 0 || n < max; n++ {
		if held != nil && held() {
			return true
		}
		at, ok := c.Sim.Next()
		if !ok || at > until {
			c.Sim.RunUntil(until, 1)
			return true
		}
		c.Sim.Step()
	}
	return false
}

// RunEvents handles up to n events; it reports false when there are none left.
func (c *Cluster) RunEvents(n int) bool {
	for ; n > 0; n-- {
		if _, ok := c.Sim.Step(); !ok {
			return false
		}
	}
	return true
}

// Requests counts the requests the API servers have served.
func (c *Cluster) Requests() uint64 {
	n := c.served
	for _, h := range c.masters {
		if s := c.servers[h.Name]; s != nil {
			n += s.Requests()
		}
	}
	return n
}

// Stats are the figures of a cluster.
type Stats struct {
	Nodes       int            `json:"nodes"` // workers
	Pods        map[string]int `json:"pods"`  // by phase
	Now         float64        `json:"now"`   // seconds of virtual time
	Events      uint64         `json:"events"`
	JournalHash string         `json:"journalHash"`
}

// Stats counts nodes, pods and events.
func (c *Cluster) Stats() Stats {
	s := Stats{Pods: map[string]int{}, Now: c.Sim.Now().Duration().Seconds(), Events: c.Sim.Executed(), JournalHash: fmt.Sprintf("%016x", c.Sim.Journal.Hash())}
	s.Nodes, _ = c.Stage.Workers()
	for phase, n := range c.Stage.PodCounts() {
		s.Pods[string(phase)] = n
	}
	return s
}
