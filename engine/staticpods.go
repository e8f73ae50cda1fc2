package engine

import (
	"slices"
	"time"

	"tabernetes/engine/kubeadm"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// podCIDR is where pods get their addresses.
const podCIDR = "10.244.0.0/16,fd00:10:244::/48"

// managed are the programs that run in static pods.
var managed = [...]string{"etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager", "cloud-controller-manager"}

// crashTime is how long a program runs that is made to crash.
const crashTime = 50 * time.Millisecond

func manages(program string) bool { return slices.Contains(managed[:], program) }

// addStaticPods makes a machine a control-plane node: images, manifests, and what their containers run.
func (c *Cluster) addStaticPods(i int, h *sim.Host, rt *runtime.Runtime) {
	s := c.addPrograms(h, rt)
	c.static[h.Name] = s
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
	if s := c.static[h.Name]; s != nil && manages(program) {
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
	return s == nil || !manages(program) || s.held[program]
}

// release ends hold, or restarts a component that runs; a static pod's is started without waiting for its back-off.
func (c *Cluster) release(h *sim.Host, program string) {
	s := c.static[h.Name]
	if s == nil || !manages(program) {
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
