// Package job runs the pods of Jobs to completion: the controller of that name in kube-controller-manager
// (k8s.io/kubernetes/pkg/controller/job).
//
// A sync keeps spec.parallelism pods active until spec.completions have succeeded, each index once in an Indexed Job.
// Failed pods are replaced after a back-off that doubles from 10 s to 10 min, until the limit: of the Job, of an index,
// or what the pod failure policy says. A Job ends by a condition: FailureTarget or SuccessCriteriaMet first, while its
// pods are still going, then Failed or Complete.
//
// No pod is counted twice or missed, though pods may be deleted by anybody at any time: each carries the finalizer
// batch.kubernetes.io/job-tracking, and goes into the counts in three steps: its UID is written to
// status.uncountedTerminatedPods, its finalizer is removed, and it is moved to the counter (KEP-2307).
//
// A Job is synced at most once a second for what happens to its pods, and looks at all of them then, as upstream does.
// Nothing is done for the pods of others.
//
// It reads Jobs and Pods; it writes Pods, the status of Jobs, and Events.
package job
