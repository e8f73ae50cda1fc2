package engine

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/kubeadm"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// podCIDR is where pods get their addresses.
const podCIDR = "10.244.0.0/16"

// staticPods lets containers of a control-plane node run the programs that are its control plane: the kubelet runs the
// pods, the pods are the programs. It implements runtime.Programs.
type staticPods struct {
	c    *Cluster
	h    *sim.Host
	rt   *runtime.Runtime
	held map[string]bool // programs a fault stops whenever they start

	conf      kubeadm.Config
	i         int           // which control-plane node it is
	manifests []*corev1.Pod // the files in /etc/kubernetes/manifests
}

// managed are the programs that run in static pods.
var managed = [...]string{"etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager", "cloud-controller-manager"}

// crashTime is how long a program runs that is made to crash.
const crashTime = 50 * time.Millisecond

func (s *staticPods) runs(program string) bool { return slices.Contains(managed[:], program) }

// Start implements runtime.Programs.
func (s *staticPods) Start(name string) {
	if s.held[name] {
		s.c.Sim.After(crashTime, name+" crashes", func() { s.rt.Exited(name, 1) })
		return
	}
	s.h.StartProgram(name)
}

// Stop implements runtime.Programs.
func (s *staticPods) Stop(name string) {
	if k := s.c.schedulers[s.h.Name]; name == "kube-scheduler" && k != nil {
		k.Release()
		s.c.Sim.After(releaseTime, "kube-scheduler ends", func() { s.h.KillProgram(name) })
		return
	}
	s.h.KillProgram(name)
}

// Health implements runtime.Programs: what the component would answer its probes, without a request.
func (s *staticPods) Health(name, path string) int {
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

func (s *staticPods) healthy(name, path string) bool {
	switch name {
	case "etcd":
		// /livez looks at the serving process, /readyz at whether it has a leader (etcd's etcdhttp/health.go).
		return path == "/livez" || s.leader()
	case "kube-apiserver":
		server := s.c.servers[s.h.Name]
		return server != nil && s.leader() && (path == "/livez" || server.Booted())
	}
	return true
}

func (s *staticPods) leader() bool {
	r, ok := s.c.members.Report(s.h)
	return ok && r.Up && r.Leader != 0
}

// addStaticPods makes a machine a control-plane node: images, manifests, and what their containers run.
func (c *Cluster) addStaticPods(i int, h *sim.Host, rt *runtime.Runtime) {
	s := &staticPods{c: c, h: h, rt: rt, held: map[string]bool{}}
	c.static[h.Name] = s
	rt.SetPrograms(s)
	for _, im := range kubeadm.Images() {
		rt.Preload(im)
	}
	conf := kubeadm.Config{ServiceCIDR: serviceCIDR, PodCIDR: podCIDR}
	for _, m := range c.masters[:i+1] { // those that were there when this one joined
		conf.Members = append(conf.Members, kubeadm.Member{Name: m.Name, IP: c.Net.Node(m.Name).IP()})
	}
	s.conf, s.i, s.manifests = conf, i, kubeadm.Manifests(conf, i)
}

// hold stops a component and keeps it down: one that runs in a static pod crashes as often as its kubelet starts it.
func (c *Cluster) hold(h *sim.Host, program string) {
	if s := c.static[h.Name]; s != nil && s.runs(program) {
		s.held[program] = true
		h.KillProgram(program)
		s.rt.Exited(program, 137)
		return
	}
	h.KillProgram(program)
}

// held reports that a component is kept down.
func (c *Cluster) held(h *sim.Host, program string) bool {
	s := c.static[h.Name]
	return s == nil || !s.runs(program) || s.held[program]
}

// release ends hold, or restarts a component that runs; a static pod's is started without waiting for its back-off.
func (c *Cluster) release(h *sim.Host, program string) {
	s := c.static[h.Name]
	if s == nil || !s.runs(program) {
		h.KillProgram(program)
		h.StartProgram(program)
		return
	}
	delete(s.held, program)
	if h.KillProgram(program) {
		s.rt.Exited(program, 137)
	}
	s.rt.Forgive(program)
}
