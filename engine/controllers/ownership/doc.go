// Package ownership moves objects between controllers: a controller adopts orphans that its selector matches and
// releases objects that no longer match, by writing the controller reference in their metadata.
//
// It is the part of k8s.io/kubernetes/pkg/controller/controller_ref_manager.go that decides and writes. Before the
// first adoption of a pass the controller is read from the API server itself, not from a cache, because adopting for a
// controller that has just been deleted would hand its orphans to the garbage collector.
package ownership
