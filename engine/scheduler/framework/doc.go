// Package framework holds the vocabulary of the scheduler: what a pod asks for (Shape), what a node has (NodeInfo),
// what a plugin answers (Status), which plugins a pod's scheduler has and how they are set (Profile), and what happens in the cluster that may let a waiting pod in (Event).
//
// In a real cluster this is k8s.io/kubernetes/pkg/scheduler/framework. The arithmetic is the same: requests with init
// containers, sidecars, overhead and pod-level resources, host ports, node and pod affinity terms, taints. One thing
// is arranged differently because 150,000 pods must fit into a browser tab: what all pods of one template have in
// common is worked out once and shared as a Shape, and a PodInfo is little more than a pod, its Shape and its node.
//
// Nothing here reads the clock, the API or randomness; the package is arithmetic over API objects.
package framework
