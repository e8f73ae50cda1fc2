// Package localpath is the storage provisioner that ships with the cluster: rancher.io/local-path, with the StorageClass
// "standard" that is the default, as kind has them.
//
// In a real cluster a provisioner is a program that runs in a pod and watches claims. When the scheduler has named the
// node of a claim's first consumer, and the persistent volume controller has named the provisioner, it makes a
// directory below /var/local-path-provisioner on that node, by a helper pod that runs a script there, and creates a
// PersistentVolume that can be used on that node only. When the volume is Released and its policy is Delete, another
// helper pod removes the directory, and the volume goes. The data is as safe as the node's disk.
//
// All of that is real here: the Deployment's pod is the program (it ends when the pod does, and claims wait), helper pods
// run their scripts in the shell of their containers on the file system of the node. It is the library
// sig-storage-lib-external-provisioner (controller.go) and local-path-provisioner (provisioner.go, v0.0.3x). One thing is
// arranged: kind installs it while the control plane is the only node, so it runs there; here all machines join at once,
// so the pod prefers the control plane. Its configuration is the one of the ConfigMap as shipped; changes to it are read
// for the scripts only.
//
// It reads PersistentVolumeClaims, PersistentVolumes, StorageClasses, Nodes and its helper Pods; it writes
// PersistentVolumes, helper Pods and Events.
package localpath
