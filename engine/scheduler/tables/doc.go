// Package tables answers for a pod what the plain plugins answer, from tables it keeps for each shape of pod.
//
// A real kube-scheduler asks every plugin about every node it looks at, for each pod anew. But a thousand pods of one
// Deployment get the same answers but for the nodes that changed since, and those are few: the node the previous pod
// went to. So there is a table for each shape: by node the verdict of the filters and the sum of the scores that
// depend on that node alone, and for spreading and inter-pod affinity the counts by topology domain. Before a table is
// used it reads the cluster's log of changes and corrects what changed. What is left for a pod is a walk over the
// nodes that upstream would look at, adding up a few integers for each; nothing is allocated in it.
//
// The answers are those of package plugins to the last digit, ties included; a property test compares them on random
// clusters. Whatever a table cannot do exactly (pods bound to named nodes, nodes with nominated pods) is asked of the
// plain plugins.
package tables
