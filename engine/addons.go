package engine

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/addons"
	"tabernetes/engine/addons/clouddisk"
	"tabernetes/engine/addons/localpath"
	"tabernetes/engine/addons/metricsserver"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// provideAddons makes a machine one that can run the addons' programs; images of what ships with the cluster come with it.
func (s *programs) provideAddons() {
	c, account := s.c, "system:serviceaccount:"
	s.rt.Preload(localpath.Image)
	s.rt.Preload(localpath.HelperImage)
	s.h.Provide(localpath.Program, func(a *sim.Actor) {
		localpath.Run(a, c.clientFor(account+localpath.Namespace+":"+localpath.Account, localpath.Program), s.identity(a, localpath.Program))
	})
	s.h.Provide(clouddisk.Controller, func(a *sim.Actor) {
		clouddisk.Run(a, c.clientFor(account+clouddisk.Namespace+":"+clouddisk.Account, clouddisk.Controller), s.rt.Registry(), s.identity(a, clouddisk.Controller))
	})
	if slices.Contains(c.masters, s.h) {
		s.rt.Preload(addons.MetricsServerImage)
	}
	s.h.Provide(metricsserver.Program, func(a *sim.Actor) {
		c.metrics[s.h.Name] = metricsserver.Run(a, c.clientFor(account+"kube-system:metrics-server", metricsserver.Program),
			func(node string) *sim.Host { return c.Sim.Host(node) })
	})
}

// disk is the cloud's driver as it registers on the machine.
func (s *programs) disk() runtime.Driver {
	m, _ := s.c.machineOf(s.h.Name)
	return runtime.Driver{Name: clouddisk.Driver, NodeID: m.ProviderID, Limit: clouddisk.MaxPerNode, Keys: []string{corev1.LabelTopologyZone}}
}

// identity is that of a run: the name of its pod and a UUID.
func (s *programs) identity(a *sim.Actor, program string) string {
	id := runtime.Hex(a.Rand().Uint64())
	id = id[:8] + "-" + id[8:12] + "-4" + id[13:16] + "-a" + id[17:20] + "-" + id[20:32]
	for _, sb := range s.rt.Sandboxes() {
		for _, c := range sb.Containers {
			if c.State == runtime.Running && c.Program() == program {
				return sb.Name + "_" + id
			}
		}
	}
	return id
}

// installAddons applies what ships with the cluster, once in its life.
func (c *Cluster) installAddons(h *sim.Host) {
	installed := false
	h.Install(addons.Program, func(a *sim.Actor) {
		if !installed {
			objects := append(localpath.Objects(), addons.MetricsServer()...)
			addons.Install(a, c.clientFor("kubernetes-admin", "kubectl-client-side-apply"), objects, func() { installed = true })
		}
	})
}
