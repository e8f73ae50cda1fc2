// Package replicationcontroller keeps as many pods alive as a ReplicationController asks for: ReplicaSet's elder, of
// kube-controller-manager's replicationcontroller-controller (k8s.io/kubernetes/pkg/controller/replication).
//
// As upstream's it is the controller of ReplicaSets behind an adapter: each ReplicationController is seen as the
// ReplicaSet it would be, and what is written, owned and told in events is the ReplicationController. Its selector is a
// plain map, and its status does not count terminating pods. This is the one controller that imports another.
//
// It reads ReplicationControllers and Pods; it writes Pods, the status of ReplicationControllers, and Events.
package replicationcontroller
