package etcdctl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

// Version is etcd's: what kubeadm installs beside Kubernetes 1.37.
const Version = "3.7.0"

// commandTimeout is --command-timeout.
const commandTimeout = 5 * time.Second

// Endpoint is a member as it is reached.
type Endpoint struct {
	Host *sim.Host
	IP   string
}

// URL is the endpoint for clients.
func (e Endpoint) URL() string { return "https://" + e.IP + ":2379" }

// Peer is the endpoint for other members.
func (e Endpoint) Peer() string { return "https://" + e.IP + ":2380" }

// Options are what the command line finds on its machine, and hands that reach into the control plane.
type Options struct {
	Endpoints []Endpoint // ETCDCTL_ENDPOINTS
	// Join starts the etcd of a host with an empty data directory, to join the cluster.
	Join func(h *sim.Host)
	// Restore carries out a restore; step hears of each step, done of the end.
	Restore func(s *etcd.Snapshot, bump int64, step func(string), done func(error))
}

// Shell is the command line on one machine.
type Shell struct {
	a       *sim.Actor
	o       Options
	clients map[*sim.Host]*etcd.Client
}

// New makes a command line on an actor.
func New(a *sim.Actor, o Options) *Shell {
	return &Shell{a: a, o: o, clients: map[*sim.Host]*etcd.Client{}}
}

// files are the snapshots on the machine's disk.
func (s *Shell) files() map[string]*etcd.Snapshot {
	const key = "etcdctl"
	m, _ := s.a.Host().Disk[key].(map[string]*etcd.Snapshot)
	if m == nil {
		m = map[string]*etcd.Snapshot{}
		s.a.Host().Disk[key] = m
	}
	return m
}

func (s *Shell) client(h *sim.Host) *etcd.Client {
	c := s.clients[h]
	if c == nil {
		c = etcd.NewClient(s.a, []*sim.Host{h})
		s.clients[h] = c
	}
	return c
}

// command is one line under way.
type command struct {
	s         *Shell
	out, err  func(string)
	done      func(code int)
	over      bool
	args      []string
	flags     map[string]string
	endpoints []Endpoint
	table     bool
}

// booleans are the flags without a value.
var booleans = [...]string{"cluster", "learner", "mark-compacted", "prefix", "keys-only", "count-only", "physical", "skip-hash-check"}

// Run carries out a line. out and err get text, done the exit code, once; cancel ends it early.
func (s *Shell) Run(line string, out, err func(string), done func(code int)) (cancel func()) {
	c := &command{s: s, done: done, flags: map[string]string{}}
	c.out, c.err = c.unless(out), c.unless(err)
	if e := c.parse(line); e != nil {
		c.fail(e)
		return func() {}
	}
	c.run()
	return func() { c.exit(130) }
}

// unless lets text through until the command is over.
func (c *command) unless(fn func(string)) func(string) {
	return func(text string) {
		if !c.over {
			fn(text)
		}
	}
}

func (c *command) exit(code int) {
	if !c.over {
		c.over = true
		c.done(code)
	}
}

func (c *command) fail(err error) {
	if !c.over {
		c.err("Error: " + err.Error() + "\n")
		c.exit(1)
	}
}

func (c *command) printf(format string, args ...any) {
	c.out(fmt.Sprintf(format, args...))
}

func (c *command) parse(line string) error {
	words := strings.Fields(line)
	for len(words) > 0 && (words[0] == "etcdctl" || words[0] == "etcdutl" || strings.HasPrefix(words[0], "ETCDCTL_API=")) {
		words = words[1:]
	}
	for i := 0; i < len(words); i++ {
		w := words[i]
		if !strings.HasPrefix(w, "-") || w == "-" {
			c.args = append(c.args, w)
			continue
		}
		name, val, has := strings.Cut(strings.TrimLeft(w, "-"), "=")
		if name == "w" {
			name = "write-out"
		}
		if !has {
			if isBoolean(name) {
				val = "true"
			} else if i++; i < len(words) {
				val = words[i]
			} else {
				return errors.New("flag needs an argument: " + w)
			}
		}
		c.flags[name] = strings.Trim(val, `"'`)
	}
	switch c.flags["write-out"] {
	case "", "simple":
	case "table":
		c.table = true
	default:
		return errors.New("unsupported output format " + strconv.Quote(c.flags["write-out"]) + "; there are simple and table")
	}
	c.endpoints = c.s.o.Endpoints
	if list := c.flags["endpoints"]; list != "" {
		c.endpoints = nil
		for _, x := range strings.Split(list, ",") {
			e, ok := c.find(x)
			if !ok {
				return errors.New("no etcd answers at " + x)
			}
			c.endpoints = append(c.endpoints, e)
		}
	}
	return nil
}

func isBoolean(name string) bool {
	for _, b := range booleans {
		if b == name {
			return true
		}
	}
	return false
}

// find is the member at an address: a URL, an IP, or the name of its machine.
func (c *command) find(x string) (Endpoint, bool) {
	x = strings.TrimSpace(x)
	if _, rest, ok := strings.Cut(x, "://"); ok {
		x = rest
	}
	x, _, _ = strings.Cut(x, ":")
	for _, e := range c.s.o.Endpoints {
		if e.IP == x || e.Host.Name == x {
			return e, true
		}
	}
	return Endpoint{}, false
}

// endpointOf is how a member is reached.
func (c *command) endpointOf(h *sim.Host) Endpoint {
	for _, e := range c.s.o.Endpoints {
		if e.Host == h {
			return e
		}
	}
	return Endpoint{Host: h, IP: h.Name}
}

// any is a client that talks to whichever of the endpoints answers.
func (c *command) any() *etcd.Client {
	if len(c.endpoints) == 1 {
		return c.s.client(c.endpoints[0].Host)
	}
	var hosts []*sim.Host
	for _, e := range c.endpoints {
		hosts = append(hosts, e.Host)
	}
	return etcd.NewClient(c.s.a, hosts)
}

// within bounds a request; ok says whether its answer still counts.
func (c *command) within(late func(error)) (ok func() bool) {
	over := false
	t := c.s.a.After(commandTimeout, "command timeout", func() {
		over = true
		late(etcd.ErrDeadline)
	})
	return func() bool {
		t.Stop()
		return !over
	}
}

// ask is within for the one request of a command.
func (c *command) ask() (ok func() bool) { return c.within(c.fail) }

func (c *command) run() {
	verb := func(i int) string {
		if i < len(c.args) {
			return c.args[i]
		}
		return ""
	}
	run := map[string]func(){
		"member list": c.memberList, "member add": c.memberAdd, "member remove": c.memberRemove, "member promote": c.memberPromote,
		"endpoint status": c.endpointStatus, "endpoint health": c.endpointHealth,
		"snapshot save": c.snapshotSave, "snapshot status": c.snapshotStatus, "snapshot restore": c.snapshotRestore,
		"alarm list": func() { c.alarms(false) }, "alarm disarm": func() { c.alarms(true) },
		"defrag": c.defrag, "compact": c.compact, "compaction": c.compact, "move-leader": c.moveLeader, "get": c.get, "version": c.version,
	}
	if fn := run[verb(0)]; fn != nil {
		c.args = c.args[1:]
		fn()
		return
	}
	if fn := run[verb(0)+" "+verb(1)]; fn != nil {
		c.args = c.args[2:]
		fn()
		return
	}
	if verb(0) == "" {
		c.out(usage)
		c.exit(0)
		return
	}
	c.fail(errors.New("unknown command " + strconv.Quote(strings.Join(c.args, " ")) + ` for "etcdctl"`))
}

const usage = `A simple command line client for etcd3.

Usage:
	etcdctl [command]

Commands:
	alarm disarm		Disarms all alarms
	alarm list		Lists all alarms
	compaction		Compacts the event history in etcd
	defrag			Defragments the storage of the etcd members with given endpoints
	endpoint health		Checks the healthiness of endpoints specified in ` + "`--endpoints`" + ` flag
	endpoint status		Prints out the status of endpoints specified in ` + "`--endpoints`" + ` flag
	get			Gets the key or a range of keys
	member add		Adds a member into the cluster
	member list		Lists all members in the cluster
	member promote		Promotes a non-voting member in the cluster
	member remove		Removes a member from the cluster
	move-leader		Transfers leadership to another etcd cluster member.
	snapshot restore	Restores an etcd member snapshot to the data directories of all members
	snapshot save		Stores an etcd node backend snapshot to a given file
	snapshot status		Gets backend snapshot status of a given file
	version			Prints the version of etcdctl
`

func (c *command) version() {
	c.printf("etcdctl version: %s\nAPI version: 3.7\n", Version)
	c.exit(0)
}

// clusterID is made from the endpoints, as etcd's is from the first members.
func (c *command) clusterID() uint64 {
	h := uint64(14695981039346656037)
	for _, e := range c.s.o.Endpoints {
		for i := 0; i < len(e.IP); i++ {
			h = (h ^ uint64(e.IP[i])) * 1099511628211
		}
	}
	return h
}
