// Package expectations remembers what a controller has just asked for and not yet seen, so that it does not ask twice
// because its cache lags behind its own writes.
//
// Before it creates three pods a controller expects three creations; each pod that appears in its cache lowers the
// count, and until the count is zero the controller leaves that object's pods alone. Deletions are expected by key,
// because a pod's deletion shows twice: when its deletion timestamp is set and when it is gone. After five minutes
// an expectation is given up. This is UIDTrackingControllerExpectations of
// k8s.io/kubernetes/pkg/controller/controller_utils.go; it touches nothing but memory.
package expectations
