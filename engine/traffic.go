package engine

import (
	"fmt"
	"slices"
	"strings"

	"tabernetes/engine/api"
	"tabernetes/engine/network"
	"tabernetes/engine/sim"
)

// maxRPS bounds the load of one Service; maxSources how many Services may be under load.
const (
	maxRPS     = 10000
	maxSources = 50
)

// load is the traffic of the world outside.
type load struct {
	actor   *sim.Actor
	sources []*network.Source // in the order they were started
}

// addOutside is where users' requests come from: a host beyond the cluster.
func (c *Cluster) addOutside() {
	c.Sim.AddHost("internet").Install("users", func(a *sim.Actor) { c.load.actor = a })
	c.Net.OnRequest = func(v network.RequestView) {
		c.Stage.Request(v.ID, v.Service, v.PodKey, v.ViaNode, v.Version, v.OK, v.Reason, v.Sent, float64(v.Latency.Microseconds())/1000)
	}
}

func (c *Cluster) traffic(cmd Command) error {
	key := strings.TrimSpace(cmd.Name)
	if !strings.Contains(key, "/") {
		key = "default/" + key
	}
	if !(cmd.RPS >= 0 && cmd.RPS <= maxRPS) {
		return fmt.Errorf("rps: %v is not between 0 and %d", cmd.RPS, maxRPS)
	}
	if c.load.actor == nil {
		return fmt.Errorf("the cluster has not started yet")
	}
	i := slices.IndexFunc(c.load.sources, func(s *network.Source) bool { return s.Config().Service == key })
	if i < 0 {
		if cmd.RPS > 0 && c.peek(api.Services, key) == nil {
			return fmt.Errorf("services %q not found", strings.TrimPrefix(key, "default/"))
		}
		if len(c.load.sources) >= maxSources {
			return fmt.Errorf("at most %d Services can be under load", maxSources)
		}
	}
	cmd.Name = key
	c.log = append(c.log, cmd)
	c.Sim.Do(func() {
		c.Sim.Record(sim.KindCommand, "services/"+key, fmt.Sprintf("load: %g requests a second to %s", cmd.RPS, strings.TrimPrefix(key, "default/")))
		if i >= 0 {
			c.load.sources[i].SetRPS(cmd.RPS)
		} else if cmd.RPS > 0 {
			c.load.sources = append(c.load.sources, network.NewSource(c.load.actor, c.Net, network.SourceConfig{Service: key, RPS: cmd.RPS, Poisson: true}))
		}
	})
	return nil
}

// VersionStats count the requests one version answered; latencies are milliseconds.
type VersionStats struct {
	OK     int     `json:"ok"`
	Failed int     `json:"failed"`
	P50Ms  float64 `json:"p50Ms"`
	P99Ms  float64 `json:"p99Ms"`
}

// ServiceLoad is the traffic of one Service; Recent covers the last 15 s of virtual time.
type ServiceLoad struct {
	Service      string                  `json:"service"`
	RPS          float64                 `json:"rps"`
	Sent         int                     `json:"sent"`
	OK           int                     `json:"ok"`
	Failed       int                     `json:"failed"`
	Recent       map[string]VersionStats `json:"recent"`
	RecentFailed int                     `json:"recentFailed"`
}

// TrafficStats count all requests since the start.
type TrafficStats struct {
	Sent      int                     `json:"sent"`
	OK        int                     `json:"ok"`
	Failed    int                     `json:"failed"`
	ByVersion map[string]VersionStats `json:"byVersion"`
	Reasons   map[string]int          `json:"reasons"`
	Services  []ServiceLoad           `json:"services"`
}

func versions(m map[string]*network.VersionStats) map[string]VersionStats {
	out := make(map[string]VersionStats, len(m))
	for k, v := range m {
		out[k] = VersionStats{v.OK, v.Failed, v.P50, v.P99}
	}
	return out
}

// TrafficStats sums up the load on all Services.
func (c *Cluster) TrafficStats() TrafficStats {
	t := TrafficStats{ByVersion: map[string]VersionStats{}, Reasons: map[string]int{}, Services: []ServiceLoad{}}
	for _, s := range c.load.sources {
		st, recent := s.Stats(), s.Recent()
		t.Sent += st.Sent
		t.OK += st.OK
		t.Failed += st.Failed
		for k, v := range versions(st.ByVersion) {
			if have, ok := t.ByVersion[k]; ok {
				// Two Services that one version serves: counts add up, latencies cannot; the slower is told.
				v.OK, v.Failed = v.OK+have.OK, v.Failed+have.Failed
				v.P50Ms, v.P99Ms = max(v.P50Ms, have.P50Ms), max(v.P99Ms, have.P99Ms)
			}
			t.ByVersion[k] = v
		}
		for k, n := range st.Reasons {
			t.Reasons[k] += n
		}
		t.Services = append(t.Services, ServiceLoad{
			Service: s.Config().Service, RPS: s.Config().RPS, Sent: st.Sent, OK: st.OK, Failed: st.Failed,
			Recent: versions(recent.ByVersion), RecentFailed: recent.Failed,
		})
	}
	return t
}

// LoadSince is the load of a Service ("namespace/name") as it is now, and what became, by version, of the requests that were
// over after a moment: see network.Source.Since. ok is false for a Service that never was under load.
func (c *Cluster) LoadSince(service string, since sim.Time) (rps float64, counts map[string]network.Count, ok bool) {
	i := slices.IndexFunc(c.load.sources, func(s *network.Source) bool { return s.Config().Service == service })
	if i < 0 {
		return 0, nil, false
	}
	return c.load.sources[i].Config().RPS, c.load.sources[i].Since(since), true
}

// UpdateLoad tells the stage the figures of the last seconds.
func (c *Cluster) UpdateLoad() {
	for _, s := range c.load.sources {
		r := s.Recent()
		c.Stage.Load(s.Config().Service, s.Config().RPS, float64(r.OK)/network.WindowSeconds, float64(r.Failed)/network.WindowSeconds)
	}
}
