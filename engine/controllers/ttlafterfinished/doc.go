// Package ttlafterfinished deletes Jobs some time after they have finished, as spec.ttlSecondsAfterFinished asks, with
// everything that depends on them: the controller of that name in kube-controller-manager
// (k8s.io/kubernetes/pkg/controller/ttlafterfinished).
//
// The Job is read from the server once more before it is deleted, because its TTL may have been changed meanwhile. A
// timer waits for each finished Job that has a TTL.
//
// It reads Jobs and deletes them.
package ttlafterfinished
