// Package tainteviction deletes the pods that do not tolerate a NoExecute taint of their node: the taint-eviction
// controller of kube-controller-manager (k8s.io/kubernetes/pkg/controller/tainteviction).
//
// A pod without a matching toleration is deleted at once; one that tolerates the taint for a while (300 s for the taints
// of a lost node, unless its manifest says otherwise) is deleted when that while is over and the taint is still there.
// Before the deletion the pod gets the condition DisruptionTarget. The kubelet of a lost node cannot confirm the
// deletion, so that the pod stays Terminating until the node is back or gone.
//
// It reads Nodes and Pods; it writes the DisruptionTarget condition of Pods, deletes Pods, and writes Events.
package tainteviction
