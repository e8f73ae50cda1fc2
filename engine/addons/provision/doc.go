// Package provision is what provisioners of storage have in common: they watch for claims that name them, have a volume
// made for each, and have it destroyed when it is released.
//
// In a real cluster it is a library that local-path-provisioner and CSI's external-provisioner are built on. All of it is
// real: when a claim is wanted, the events and their texts, when a volume is to be deleted, the pauses between attempts.
// What a volume is, and how it is made, is the Driver's business. Leader election is left out: there is one of each.
//
// It reads PersistentVolumeClaims, PersistentVolumes, StorageClasses and Nodes; it writes PersistentVolumes and Events.
// Upstream: sigs.k8s.io/sig-storage-lib-external-provisioner, controller/controller.go.
package provision
