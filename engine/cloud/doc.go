// Package cloud is the cloud-controller-manager, and the cloud it talks to.
//
// In a real cluster the cloud-controller-manager is the liaison office between Kubernetes and the provider whose
// machines it runs on: it tells the cluster what the provider knows of a node (its zone, its type, its identity), takes
// nodes away whose machine is gone, and orders a load balancer for every Service of type LoadBalancer.
//
// The three controllers are real: cloud-node-controller (a node registers with a taint that keeps pods away until it
// is initialized), cloud-node-lifecycle-controller and service-controller, with the order, events and conditions of
// k8s.io/cloud-provider's controllers. Simulated is the provider: Provider knows the machines there are, gives addresses
// to load balancers from networks that are reserved for documentation, one of each family the Service has, and takes a
// plausible time to do so. It lives outside the cluster, as a provider does, so it keeps what was ordered when controllers
// die.
//
// It reads Nodes and Services; it writes Nodes (labels, spec.providerID, taints, deletion), the status, finalizers and
// events of Services, and its election's Lease.
package cloud
