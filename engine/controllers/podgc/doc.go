// Package podgc removes pods that nobody else will: the pod garbage collector of kube-controller-manager
// (k8s.io/kubernetes/pkg/controller/podgc).
//
// Every 20 s it force-deletes pods that are bound to a node which has not existed for 40 s, pods that terminate without
// ever having been on a node, terminating pods on a node that is not ready and tainted out-of-service, and the oldest
// ended pods beyond 12,500. Which pods could be meant is kept as events come in, so that a look at a healthy cluster
// costs nothing for each pod.
//
// It reads Pods and Nodes; it writes the phase and DisruptionTarget condition of Pods, and deletes them.
package podgc
