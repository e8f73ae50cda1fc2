// Package engine is a Kubernetes cluster as a library: deterministic, instant, in virtual time.
//
// New puts one together from the parts in this folder: one, three, five or seven machines with etcd, kube-apiserver,
// kube-scheduler and kube-controller-manager, a load balancer before them if there are several, worker nodes with kubelet, kube-proxy and a container runtime, a network between them, a
// workstation with kubectl and etcdctl, and the world outside that sends requests. Run lets virtual time pass; Do changes
// something. The only inputs are commands, and they are logged: Config and log together are the session, and Replay
// makes it again, event for event.
//
// What can go wrong is a command too (faults.go): machines and single processes end, hang and come back, links are cut,
// slow or lossy, disks slow or full, clocks off. Observers outside the world follow what etcd commits, once and in order,
// whichever API server is alive (observe.go), and ControlPlane tells who leads and where every copy of the log is.
//
// Nothing in here waits, starts a goroutine, or looks at a real clock; one caller drives it.
package engine
