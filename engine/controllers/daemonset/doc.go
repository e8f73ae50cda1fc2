// Package daemonset runs one pod of a DaemonSet on each node that is eligible: the controller of that name in
// kube-controller-manager (k8s.io/kubernetes/pkg/controller/daemon).
//
// A node is eligible when the template's node selector and required node affinity match it and the pod tolerates its
// NoSchedule and NoExecute taints; a pod that is there already stays as long as it tolerates the NoExecute ones. Pods
// are not bound here: each gets a node affinity for metadata.name, and the scheduler binds it. Pods of a DaemonSet
// tolerate what befalls nodes (not-ready, unreachable, pressure, unschedulable).
//
// The template's past is kept in ControllerRevisions, named by a hash that labels the pods made from each
// (controller-revision-hash). A rolling update replaces pods within maxUnavailable, or makes the new pod first, within
// maxSurge. Failed pods are deleted and made anew with a back-off of 1 s to 15 min for each node.
//
// Upstream walks all nodes several times at each sync. Here a set keeps a place for each node, brought up to date by
// the events of that node's pods and labels; counts are kept, and a sync looks only at places that have changed. All
// nodes are walked when a DaemonSet is new and when its template changes. Where upstream chooses among nodes in the
// random order of a map, this takes them by name.
//
// It reads DaemonSets, ControllerRevisions, Pods and Nodes; it writes Pods, ControllerRevisions, the status of
// DaemonSets, and Events.
package daemonset
