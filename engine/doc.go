// Package engine is a Kubernetes cluster as a library: deterministic, instant, in virtual time.
//
// New puts one together from the parts in this folder: machines with etcd, kube-apiserver, kube-scheduler and
// kube-controller-manager, worker nodes with kubelet, kube-proxy and a container runtime, a network between them, a
// workstation with kubectl, and the world outside that sends requests. Run lets virtual time pass; Do changes
// something. The only inputs are commands, and they are logged: Config and log together are the session, and Replay
// makes it again, event for event.
//
// Nothing in here waits, starts a goroutine, or looks at a real clock; one caller drives it.
package engine
