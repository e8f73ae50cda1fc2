// Package scheduler is kube-scheduler: it gives every pod without a node a node.
//
// In a real cluster the scheduler watches pods and nodes, keeps the unscheduled pods in a queue, and for one pod at a
// time filters the nodes that could run it, scores those, assumes the pod on the best one and binds it there with a
// request to the API server, while it already looks at the next pod. When no node will do it says why, in an event and
// in the pod's condition, looks whether preempting less important pods would help, and tries again when something
// happens that may change the answer.
//
// All of that is real here: the queue with its priorities, back-off and hints (package queue), the default plugins of
// v1.37 with their weights and texts (package plugins), node sampling, nominated nodes, preemption with disruption
// budgets, assumed pods; and the configuration (package config): profiles by spec.schedulerName, plugins enabled,
// disabled and weighted, with their arguments. What is simulated is only the time a cycle takes (CycleCost). What is arranged differently is
// how the answer is found: package tables keeps, for each shape of pod, what the plugins would say, so that ten
// thousand pods on a thousand nodes are a fraction of a second of work.
//
// Every attempt is kept as a Decision with the journal's record of it: which nodes will not do and why, and how the
// others scored, plugin by plugin. The binding request carries that record as its cause.
//
// A pod with claims is asked about by the plain plugins instead, package volumes among them; between the choice of its
// node and its binding lies the binding of its volumes.
//
// It reads pods, nodes, namespaces, Services, the workload controllers that own pods, PodDisruptionBudgets, and the kinds
// of storage; it writes bindings, pod status (PodScheduled, nominatedNodeName, DisruptionTarget), claims, volumes,
// events, and deletes preempted pods.
package scheduler
