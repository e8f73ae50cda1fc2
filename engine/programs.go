package engine

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/addons/clouddisk"
	"tabernetes/engine/addons/metricsserver"
	"tabernetes/engine/kubeadm"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// programs lets containers of a machine be programs of the engine: the control plane's in its static pods, and those of
// addons, which may run anywhere. It implements runtime.Programs.
type programs struct {
	c    *Cluster
	h    *sim.Host
	rt   *runtime.Runtime
	held map[string]bool // programs a fault stops whenever they start

	conf      kubeadm.Config
	i         int           // which control-plane node it is
	manifests []*corev1.Pod // the files in /etc/kubernetes/manifests
}

// addPrograms gives a machine's runtime the programs it can run.
func (c *Cluster) addPrograms(h *sim.Host, rt *runtime.Runtime) *programs {
	s := &programs{c: c, h: h, rt: rt, held: map[string]bool{}}
	rt.SetPrograms(s)
	if c.conf.Addons {
		s.provideAddons()
	}
	return s
}

// Start implements runtime.Programs.
func (s *programs) Start(name string) {
	switch {
	case s.held[name]:
		s.c.Sim.After(crashTime, name+" crashes", func() { s.rt.Exited(name, 1) })
	case name == clouddisk.Node: // nothing but a registration
		s.rt.Register(s.disk(), true)
	default:
		s.h.StartProgram(name)
	}
}

// Stop implements runtime.Programs.
func (s *programs) Stop(name string) {
	if name == clouddisk.Node {
		s.rt.Register(s.disk(), false)
		return
	}
	if k := s.c.schedulers[s.h.Name]; name == "kube-scheduler" && k != nil {
		k.Release()
		s.c.Sim.After(releaseTime, "kube-scheduler ends", func() { s.h.KillProgram(name) })
		return
	}
	s.h.KillProgram(name)
	if s.rt.Runs(name) { // another pod's container is the program too
		s.h.StartProgram(name)
	}
}

// Health implements runtime.Programs: what the component would answer its probes, without a request.
func (s *programs) Health(name, path string) int {
	if name == clouddisk.Node {
		return 200
	}
	for _, p := range s.h.Programs() {
		if p.Name != name {
			continue
		}
		switch {
		case !p.Up || p.Paused:
			return 0 // nobody answers
		case !s.healthy(name, path):
			return 500
		}
		return 200
	}
	return 0
}

func (s *programs) healthy(name, path string) bool {
	switch name {
	case "etcd":
		// /livez looks at the serving process, /readyz at whether it has a leader (etcd's etcdhttp/health.go).
		return path == "/livez" || s.leader()
	case metricsserver.Program:
		server := s.c.metrics[s.h.Name]
		return path != "/readyz" || server != nil && server.Ready()
	case "kube-apiserver":
		server := s.c.servers[s.h.Name]
		return server != nil && s.leader() && (path == "/livez" || server.Booted())
	}
	return true
}

func (s *programs) leader() bool {
	r, ok := s.c.members.Report(s.h)
	return ok && r.Up && r.Leader != 0
}
