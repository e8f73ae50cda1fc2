// Package pvcprotection is the persistentvolumeclaim-protection-controller: a claim that is being deleted goes when no
// pod on a node uses it any more.
//
// In a real cluster an admission plugin gives every PersistentVolumeClaim the finalizer kubernetes.io/pvc-protection, and
// this controller takes it away in the end, so that nobody deletes a claim from under a running pod. A pod that is not
// bound to a node yet does not count: its kubelet will refuse to start it with a claim that is on its way out.
//
// It reads PersistentVolumeClaims and Pods; it writes the finalizers of claims. Upstream:
// pkg/controller/volume/pvcprotection; the alpha condition Unused is left out.
package pvcprotection
