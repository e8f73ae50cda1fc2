// Package addons puts into a new cluster what ships with it as workload: objects that whoever made the cluster applied
// before anybody else came, as kind does when its node is up.
//
// Install is that person: it makes the objects once, in their order, and tries again while nobody answers. What the
// user deletes afterwards stays deleted. The programs that such workloads run are packages below this one; the engine
// starts them when a container of theirs starts, and ends them with it.
//
// It writes the objects of each addon and reads Nodes: workloads are made when one is ready.
package addons
