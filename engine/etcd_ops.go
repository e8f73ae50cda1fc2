package engine

import (
	"fmt"
	"strings"
	"time"

	"tabernetes/engine/etcd"
	"tabernetes/engine/etcdctl"
	"tabernetes/engine/sim"
)

func (c *Cluster) startEtcdctl(cmd Command, out Output) *Process {
	return c.run(cmd, out, func(_ *Process, out Output) (cancel func()) {
		line := strings.TrimSpace(cmd.Line)
		if changesEtcd(line) {
			c.Sim.Record(sim.KindCommand, "", "etcdctl "+strings.TrimPrefix(line, "etcdctl "))
		}
		return c.etcdctl.Run(line, out.Out, out.Err, out.Done)
	})
}

// changesEtcd reports whether a line may change the cluster.
func changesEtcd(line string) bool {
	for _, f := range strings.Fields(line) {
		switch f {
		case "list", "status", "health", "save", "get", "version":
			return false
		}
	}
	return true
}

// etcdOptions are what the workstation's etcdctl knows of this cluster.
func (c *Cluster) etcdOptions() etcdctl.Options {
	var list []etcdctl.Endpoint
	for _, h := range c.masters {
		list = append(list, etcdctl.Endpoint{Host: h, IP: c.Net.Node(h.Name).IP()})
	}
	return etcdctl.Options{Endpoints: list, Join: c.joinEtcd, Restore: c.restore}
}

// joinEtcd starts the etcd of a machine with an empty data directory, as whoever adds a member does next.
func (c *Cluster) joinEtcd(h *sim.Host) {
	c.joining[h.Name] = true
	h.KillProgram("etcd")
	delete(h.Disk, etcd.Service)
	h.StartProgram("etcd")
}

// restoreStep is what the person who restores takes from one step to the next.
const restoreStep = 2 * time.Second

// restore turns the cluster back to a snapshot: the procedure of "Operating etcd clusters for Kubernetes", each step an
// event of its own, so that what happens between them can be seen.
func (c *Cluster) restore(s *etcd.Snapshot, bump int64, step func(string), done func(error)) {
	for _, h := range c.masters {
		if !h.Up() {
			done(fmt.Errorf("%s has no power: a restore needs the disk of every member", h.Name))
			return
		}
	}
	all := func(program string, do func(h *sim.Host, program string) bool) func() {
		return func() {
			for _, h := range c.masters {
				do(h, program)
			}
		}
	}
	kill, start := (*sim.Host).KillProgram, (*sim.Host).StartProgram
	flags := ""
	if bump > 0 {
		flags = fmt.Sprintf(" --bump-revision %d --mark-compacted", bump)
	}
	steps := []struct {
		text string
		do   func()
	}{
		{"Stopping kube-apiserver on every control-plane node", all("kube-apiserver", kill)},
		{"Stopping etcd on every control-plane node", all("etcd", kill)},
		{"etcdutl snapshot restore" + flags + " on every control-plane node", func() {
			c.Sim.Record(sim.KindFault, "nodes/"+c.masters[0].Name, fmt.Sprintf("etcd was restored from a snapshot of revision %d", s.Revision()))
			c.members.Restore(c.masters, s, bump)
			clear(c.joining)
		}},
		{"Starting etcd on every control-plane node", all("etcd", start)},
		{"Starting kube-apiserver on every control-plane node", all("kube-apiserver", start)},
	}
	var next func(i int)
	next = func(i int) {
		if i == len(steps) {
			c.Sim.Expect(notice)
			done(nil)
			return
		}
		step(steps[i].text)
		steps[i].do()
		c.Sim.After(restoreStep, "restore etcd", func() { next(i + 1) })
	}
	next(0)
}
