// Package nodelifecycle notices that nodes are lost: the node lifecycle controller of kube-controller-manager
// (k8s.io/kubernetes/pkg/controller/nodelifecycle).
//
// Every 5 s it looks at all nodes. A node whose Lease was not renewed and whose status was not updated for 50 s gets the
// status Unknown on its conditions, and its pods lose their readiness in the same pass. Conditions become NoSchedule
// taints at once; NotReady and Unknown also become NoExecute taints, at most one node in 10 s in each zone, slower in a
// large zone that is mostly lost and not at all when everything is: then the controller doubts its own eyes. What the
// taints do to pods is the business of the taint-eviction controller.
//
// A controller that starts, after a failover of kube-controller-manager too, takes every node for reachable first: the
// NoExecute taint of a lost node goes and comes back with the next look, and the countdown of its pods' tolerations
// starts anew (kubernetes/kubernetes#108268 describes it on a real cluster).
//
// A node whose Lease and object are the same as 5 s ago costs a few comparisons of pointers and no memory.
//
// It reads Nodes, Leases and Pods; it writes the status, taints and labels of Nodes, the readiness of Pods, and Events.
package nodelifecycle
