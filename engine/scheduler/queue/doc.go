// Package queue is the scheduling queue: pods ready to be scheduled, pods that back off, and pods that are known not
// to fit until something changes.
//
// In a real cluster this is k8s.io/kubernetes/pkg/scheduler/backend/queue. The rules are the same: the ready pods are
// ordered by priority and then by how long they wait; a rejected pod backs off 1 s to 10 s; when nothing is ready a
// pod is taken out of back-off early (SchedulerPopFromBackoffQ); queueing hints tell for each event whether it is
// worth trying a pod again; whoever waited five minutes is tried anyway. What is simpler: a scheduling cycle is one
// event of the simulator, so nothing can happen while a pod is being looked at, and there are no in-flight events to
// replay.
//
// Every pod keeps the cause that brought it into the queue, and the cycle that takes it out runs under that cause.
package queue
