package engine

import (
	"tabernetes/engine/addons"
	"tabernetes/engine/addons/localpath"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// addonPrograms lets containers of any node run the programs of addons. It implements runtime.Programs.
type addonPrograms struct {
	c        *Cluster
	h        *sim.Host
	rt       *runtime.Runtime
	provided bool
}

// Start implements runtime.Programs.
func (p *addonPrograms) Start(name string) {
	if name != localpath.Program {
		return
	}
	if !p.provided {
		p.provided = true
		p.h.Provide(name, func(a *sim.Actor) {
			localpath.Run(a, p.c.clientFor("system:serviceaccount:"+localpath.Namespace+":"+localpath.Account, localpath.Program), p.identity(a))
		})
	}
	p.h.StartProgram(name)
}

// identity is that of a run: the name of its pod and a UUID.
func (p *addonPrograms) identity(a *sim.Actor) string {
	id := runtime.Hex(a.Rand().Uint64())
	id = id[:8] + "-" + id[8:12] + "-4" + id[13:16] + "-a" + id[17:20] + "-" + id[20:32]
	for _, sb := range p.rt.Sandboxes() {
		for _, c := range sb.Containers {
			if c.State == runtime.Running && c.Program() == localpath.Program {
				return sb.Name + "_" + id
			}
		}
	}
	return id
}

// Stop implements runtime.Programs.
func (p *addonPrograms) Stop(name string) { p.h.KillProgram(name) }

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
