// Package addons puts into a new cluster what ships with it as workload: objects that whoever made the cluster applied
// before anybody else came, as kind does when its node is up. Today that is a storage provisioner and metrics-server.
//
// Distributions install such things in their own ways (minikube's addon manager, k3s' deploy controller, kubespray's
// roles); all of them hand published manifests to the API server. Install is that person: it makes the objects once, in
// their order, and tries again while nobody answers. What the user deletes afterwards stays deleted. The programs that such
// workloads run are packages below this one; the engine starts them when a container of theirs starts, and ends them with
// it: a Deployment's pod is scheduled, started and probed like any other.
//
// Real: objects, names, labels, arguments, roles and probes are those of the published manifests (local-path-provisioner as
// kind has it, metrics-server's components.yaml). metrics-server's pod prefers control-plane nodes and tolerates their taint,
// as kubespray's role has it, so that it takes no room from workloads.
//
// It writes the objects of each addon and reads Nodes: workloads are made when one is ready.
package addons
