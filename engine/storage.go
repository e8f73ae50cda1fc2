package engine

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/addons"
	"tabernetes/engine/addons/clouddisk"
	"tabernetes/engine/addons/localpath"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// addonPrograms lets containers of any node run the programs of addons. It implements runtime.Programs.
type addonPrograms struct {
	c        *Cluster
	h        *sim.Host
	rt       *runtime.Runtime
	provided []string
}

// Start implements runtime.Programs.
func (p *addonPrograms) Start(name string) {
	var boot func(a *sim.Actor)
	switch name {
	case localpath.Program:
		boot = func(a *sim.Actor) {
			localpath.Run(a, p.c.clientFor("system:serviceaccount:"+localpath.Namespace+":"+localpath.Account, localpath.Program), p.identity(a, name))
		}
	case clouddisk.Controller:
		boot = func(a *sim.Actor) {
			clouddisk.Run(a, p.c.clientFor("system:serviceaccount:"+clouddisk.Namespace+":"+clouddisk.Account, clouddisk.Controller), p.rt.Registry(), p.identity(a, name))
		}
	case clouddisk.Node:
		p.rt.Register(p.disk(), true)
		return
	default:
		return
	}
	if !slices.Contains(p.provided, name) {
		p.provided = append(p.provided, name)
		p.h.Provide(name, boot)
	}
	p.h.StartProgram(name)
}

// disk is the cloud's driver as it registers on the machine.
func (p *addonPrograms) disk() runtime.Driver {
	m, _ := p.c.machineOf(p.h.Name)
	return runtime.Driver{Name: clouddisk.Driver, NodeID: m.ProviderID, Limit: clouddisk.MaxPerNode, Keys: []string{corev1.LabelTopologyZone}}
}

// identity is that of a run: the name of its pod and a UUID.
func (p *addonPrograms) identity(a *sim.Actor, program string) string {
	id := runtime.Hex(a.Rand().Uint64())
	id = id[:8] + "-" + id[8:12] + "-4" + id[13:16] + "-a" + id[17:20] + "-" + id[20:32]
	for _, sb := range p.rt.Sandboxes() {
		for _, c := range sb.Containers {
			if c.State == runtime.Running && c.Program() == program {
				return sb.Name + "_" + id
			}
		}
	}
	return id
}

// Stop implements runtime.Programs.
func (p *addonPrograms) Stop(name string) {
	if name == clouddisk.Node {
		p.rt.Register(p.disk(), false)
		return
	}
	p.h.KillProgram(name)
}

// Health implements runtime.Programs.
func (p *addonPrograms) Health(string, string) int { return 200 }

// addStorage makes a machine one that can run the storage provisioner and its helpers, whose images come with it.
func (c *Cluster) addStorage(h *sim.Host, rt *runtime.Runtime) *addonPrograms {
	rt.Preload(localpath.Image)
	rt.Preload(localpath.HelperImage)
	return &addonPrograms{c: c, h: h, rt: rt}
}

// installAddons applies what ships with the cluster, once in its life.
func (c *Cluster) installAddons(h *sim.Host) {
	installed := false
	h.Install("addons", func(a *sim.Actor) {
		if !installed {
			addons.Install(a, c.clientFor("kubernetes-admin", "kubectl-client-side-apply"), localpath.Objects(), func() { installed = true })
		}
	})
}
