package proxy

import (
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/fields"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/network"
	"tabernetes/engine/sim"
)

// Config is what a kube-proxy is started with.
type Config struct {
	NodeName string
	Node     *network.Node
}

// minSyncPeriod is iptables.minSyncPeriod's default (pkg/proxy/apis/config/v1alpha1/defaults.go); the first change
// after a quiet second is written at once.
const minSyncPeriod = time.Second

// syncTime is what writing the rules takes: iptables-restore of what changed.
const syncTime = 8 * time.Millisecond

// Proxy is one run of kube-proxy.
type Proxy struct {
	a    *sim.Actor
	node *network.Node

	services, slices follower
	written          [2]int64 // revisions of the last sync
	lastSync         sim.Time
	synced           bool
	changes          int // since the last sync
	newest           sim.RecordID
	pending          sim.Timer
	label            string

	c    *client.Client
	own  *client.Cache[*corev1.Node] // the node's own object, once somebody speaks of zones
	name string
}

// Run boots a kube-proxy.
func Run(a *sim.Actor, conf client.Config, c Config) {
	p := &Proxy{a: a, node: c.Node, label: "proxies/" + c.NodeName, name: c.NodeName}
	cl := client.New(a, conf)
	p.c = cl
	rules := c.Node.Network().Rules()
	p.services = follower{p: p, c: cl, r: api.Services,
		listed: func(list []api.Object, rev int64) {
			out := make([]*corev1.Service, len(list))
			for i, o := range list {
				out[i] = o.(*corev1.Service)
			}
			rules.ServicesListed(out, rev)
		},
		change: func(o api.Object, rev int64, gone bool) { rules.Service(o.(*corev1.Service), rev, gone) }}
	p.slices = follower{p: p, c: cl, r: api.EndpointSlices,
		listed: func(list []api.Object, rev int64) {
			out := make([]*discoveryv1.EndpointSlice, len(list))
			for i, o := range list {
				out[i] = o.(*discoveryv1.EndpointSlice)
			}
			rules.SlicesListed(out, rev)
		},
		change: func(o api.Object, rev int64, gone bool) { rules.Slice(o.(*discoveryv1.EndpointSlice), rev, gone) }}
	p.services.start()
	p.slices.start()
}

// changed asks for a sync: nothing is written before both lists have come.
func (p *Proxy) changed(n int) {
	p.changes += n
	if c := p.a.Sim().Cause(); c != 0 {
		p.newest = c
	}
	if !p.services.synced || !p.slices.synced || p.pending.Pending() {
		return
	}
	d := syncTime
	if p.synced {
		if wait := minSyncPeriod - p.a.Now().Sub(p.lastSync); wait > 0 {
			d += wait
		}
	}
	p.pending = p.a.After(d, "sync rules", p.sync)
}

// learnZone watches the node's own object for its zone. Upstream's proxy always does; here thousands of watches wait until
// an endpoint is meant for a zone.
func (p *Proxy) learnZone() {
	if p.own != nil || !p.node.Network().Rules().Zoned() {
		return
	}
	p.own = client.NewCache[*corev1.Node](p.c, api.Nodes, client.Selection{Fields: fields.OneTermEqualSelector("metadata.name", p.name)})
	p.own.Subscribe(func(_, n *corev1.Node) {
		if n != nil {
			p.node.SetZone(n.Labels[corev1.LabelTopologyZone])
		}
	})
}

func (p *Proxy) sync() {
	p.learnZone()
	now := [2]int64{p.services.rev, p.slices.rev}
	p.lastSync = p.a.Now()
	if p.synced && p.changes == 0 {
		p.written = now
		p.node.Program(now[0], now[1], 0)
		return
	}
	// Several changes may be written at once: the newest is the one without which the rules would not be what they are.
	s := p.a.Sim()
	s.In(sim.Context{Cause: p.newest, Background: s.Context().Background}, func() {
		text := "wrote the first rules"
		if p.synced {
			text = "wrote rules: " + strconv.Itoa(p.changes) + " changes"
		}
		r := p.a.Record(sim.KindAct, p.label, text)
		p.synced, p.changes, p.written = true, 0, now
		p.node.Program(now[0], now[1], r.ID)
	})
}
