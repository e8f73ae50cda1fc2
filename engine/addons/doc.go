// Package addons is what a cluster comes with beside its control plane, as workloads: today metrics-server.
//
// Distributions install it in their own ways (minikube's addon manager, k3s' deploy controller, kubespray's role); all of
// them hand its published manifest to the API server. Here a small program on the first control-plane node does the same
// when it starts: it creates the objects that are not there, as k3s does, and is done. What becomes of them is the
// cluster's doing: the Deployment's pod is scheduled, started and probed like any other, and its container is the program
// in package metricsserver.
//
// Real: objects, names, labels, arguments, roles and probes are those of metrics-server's components.yaml. Its pod prefers
// control-plane nodes and tolerates their taint, as kubespray's role has it, so that it takes no room from workloads.
package addons
