// Package pvprotection is the persistentvolume-protection-controller: a volume that is being deleted goes when it is not
// bound to a claim any more.
//
// In a real cluster an admission plugin gives every PersistentVolume the finalizer kubernetes.io/pv-protection, and this
// controller takes it away in the end. It reads and writes PersistentVolumes. Upstream:
// pkg/controller/volume/pvprotection.
package pvprotection
