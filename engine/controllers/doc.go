// Package controllers is kube-controller-manager: one process that runs the controllers of the cluster, which share one
// connection to the API server and one set of caches.
//
// A controller watches a few kinds of objects and, whenever something about one changes, compares what is with what
// should be and does the next thing to bring them together. Controllers do not know of one another: the Deployment
// controller writes a ReplicaSet, the ReplicaSet controller reads it and writes Pods, and so on; they meet only at the
// API server. Each lives in a package of its own below this one, named as kube-controller-manager names it.
//
// All of it is real: the algorithms, the order of writes, conditions, events and waiting times are those of v1.37.
// Not here: client-side rate limits, and metrics.
package controllers
