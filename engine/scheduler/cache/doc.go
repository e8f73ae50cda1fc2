// Package cache is the scheduler's picture of the cluster: nodes with what runs on them, pods that are bound and pods
// it has assumed to be bound, the pods nominated to nodes, and where images are.
//
// In a real cluster this is k8s.io/kubernetes/pkg/scheduler/backend/cache, with a snapshot that each cycle brings up
// to date. Here one actor does everything in turn, so there is no snapshot: the picture itself is changed in place,
// and every change is written down in a short log of what changed on which node. Whoever remembers results (the fast
// path keeps a table for each shape of pod) reads the log from where it stopped and corrects only what changed. Nodes
// are listed as upstream lists them, round robin over the zones, and have their place in that list as index into all
// such tables; when the list or a node's labels change the layout number goes up and tables are made anew.
//
// It reads objects handed to it and writes nothing.
package cache
