package controllers

import (
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/deployment"
	"tabernetes/engine/controllers/replicaset"
	"tabernetes/engine/sim"
)

// Program is the name under which the process is installed on a control-plane host.
const Program = "kube-controller-manager"

// Options are the flags of the process.
type Options struct {
	// Only, when not empty, are the names of the controllers to run (--controllers).
	Only []string
}

// Run is the boot function of the process: host.Install(Program, func(a *sim.Actor) { Run(a, conf, opts) }).
func Run(a *sim.Actor, conf client.Config, opts Options) {
	// Leader election goes here: whoever holds the Lease kube-system/kube-controller-manager calls lead, the others wait.
	lead(client.NewInformers(client.New(a, conf)), opts)
}

func lead(f *client.Informers, opts Options) {
	deployment.Run(f)
	replicaset.Run(f)
}
