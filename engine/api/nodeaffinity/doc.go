// Package nodeaffinity says which nodes a node selector matches: spec.nodeSelector and the node affinity of pods, the node
// affinity of PersistentVolumes.
//
// In a real cluster this is k8s.io/component-helpers/scheduling/corev1/nodeaffinity, and the same code answers the scheduler,
// the DaemonSet controller, the volume binder and the kubelet's own admission: were there two answers, pods would be sent
// where they are refused. So it is here.
//
// All of it is real. Selectors are parsed once and asked often; nothing is read or written.
package nodeaffinity
