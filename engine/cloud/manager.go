package cloud

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/client/leaderelection"
	"tabernetes/engine/sim"
)

// Program is the name under which the process is installed on a control-plane host.
const Program = "cloud-controller-manager"

// Run is the boot function of the process. It works when it holds the Lease kube-system/cloud-controller-manager; lost
// is called when it loses it, and must end the process.
func Run(a *sim.Actor, conf client.Config, p *Provider, lost func()) {
	leaderelection.Run(a, conf, leaderelection.Config{Name: Program, Component: Program, Lost: lost, Lead: func() {
		lead(client.NewInformers(client.New(a, conf)), p)
	}})
}

func lead(f *client.Informers, p *Provider) {
	nodes := client.Shared[*corev1.Node](f, api.Nodes)
	newNodes(f.Client(), nodes, p)
	newLifecycle(f.Client(), nodes, p)
	newServices(f, nodes, p)
}
