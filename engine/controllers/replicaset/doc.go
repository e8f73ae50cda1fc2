// Package replicaset keeps as many pods alive as a ReplicaSet asks for: the controller of that name in
// kube-controller-manager (k8s.io/kubernetes/pkg/controller/replicaset).
//
// A sync compares the number of active pods with spec.replicas, creates the missing ones in batches that double while
// they succeed (1, 2, 4, … and at most 500 in one sync), or deletes the surplus, least missed first; then it writes the
// status. While it waits to see in its cache what it has just created or deleted (its expectations), it only keeps the
// status current. Orphaned pods that the selector matches are adopted, own pods that it no longer matches are released.
//
// Upstream walks all pods of a ReplicaSet at each sync, and syncs at each event of a pod. Here the counts are kept as
// the events come in (tally), so that a sync that has nothing to create or delete costs the same for three pods and
// for fifty thousand; pods are walked only to choose victims.
//
// It reads ReplicaSets and Pods; it writes Pods, the status of ReplicaSets, and Events.
package replicaset
