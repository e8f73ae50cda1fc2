package engine

import (
	"fmt"
	"strings"

	"tabernetes/engine/runtime"
	"tabernetes/engine/scheduler"
	"tabernetes/engine/scheduler/config"
	"tabernetes/engine/sim"
)

// guests run programs of the control plane in pods of somebody's own: a second kube-scheduler, as in "Configure Multiple
// Schedulers". Such a program is an actor of the pod's node, named after the pod, and talks to the API with the pod's
// service account: what it may do is what RBAC grants that. It implements runtime.Guests.
type guests struct {
	c       *Cluster
	h       *sim.Host
	running map[string]*guest // by program; the last of each name
}

type guest struct {
	ctr  *runtime.Container
	boot func(*sim.Actor)
	k    *scheduler.Scheduler
}

// Start implements runtime.Guests.
func (g *guests) Start(ctr *runtime.Container) (stop func(), ok bool) {
	if ctr.Program() != "kube-scheduler" {
		return nil, false
	}
	opts, err := schedulerFlags(ctr)
	if err != nil {
		now := g.c.Sim.Wall(g.c.Sim.Now()).Add(g.h.Skew())
		ctr.Print(fmt.Sprintf("E%s       1 run.go:72] \"command failed\" err=%q\n", now.Format("0102 15:04:05.000000"), err.Error()))
		g.c.Sim.After(crashTime, "kube-scheduler fails", func() { ctr.Exit(1) })
		return nil, true
	}
	name := ctr.Sandbox.Name
	known := g.running[name] != nil
	me := &guest{ctr: ctr}
	me.boot = func(a *sim.Actor) {
		a.After(startUp, "start", func() {
			user := "system:serviceaccount:" + ctr.Sandbox.Namespace + ":" + ctr.Sandbox.ServiceAccount
			me.k = scheduler.Run(a, g.c.clientFor(user, "kube-scheduler"), opts)
		})
	}
	g.running[name] = me
	if !known {
		g.h.Provide(name, func(a *sim.Actor) { g.running[name].boot(a) })
	}
	g.h.KillProgram(name)
	g.h.StartProgram(name)
	return func() {
		if g.running[name] != me {
			return
		}
		if me.k != nil {
			me.k.Release()
		}
		g.c.Sim.After(releaseTime, name+" ends", func() {
			if g.running[name] == me {
				g.h.KillProgram(name)
			}
		})
	}, true
}

// exited hears of a guest that ended by itself: its container ends too.
func (g *guests) exited(program string) bool {
	me := g.running[program]
	if me == nil {
		return false
	}
	me.ctr.Exit(1)
	return true
}

// schedulerFlags are what a kube-scheduler's command line says, and the file it names.
func schedulerFlags(ctr *runtime.Container) (opts scheduler.Options, err error) {
	flags := map[string]string{}
	argv := ctr.Argv()
	for i := 1; i < len(argv); i++ {
		name, value, given := strings.Cut(strings.TrimLeft(argv[i], "-"), "=")
		if !given && i+1 < len(argv) && !strings.HasPrefix(argv[i+1], "-") {
			i++
			value = argv[i]
		}
		flags[name] = value
	}
	conf := config.Default()
	if file := flags["config"]; file != "" {
		text, ok := ctr.ReadFile(file)
		if !ok {
			return opts, fmt.Errorf("open %s: no such file or directory", file)
		}
		if conf, err = config.Load(text); err != nil {
			return opts, err
		}
	}
	opts = scheduler.OptionsOf(conf)
	// Flags go before the file.
	if v, ok := flags["leader-elect"]; ok {
		opts.LeaderElect = v != "false"
	}
	if v := flags["leader-elect-resource-name"]; v != "" {
		opts.Election.Name = v
	}
	if v := flags["leader-elect-resource-namespace"]; v != "" {
		opts.Election.Namespace = v
	}
	return opts, nil
}
