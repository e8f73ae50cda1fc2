// Package clouddisk is the CSI driver of the cloud the cluster runs in: disks that are attached to machines over the
// network, and follow a pod from node to node within a zone.
//
// In a real cluster a CSI driver is a Deployment, whose pod holds the driver's controller part and the sidecars
// external-provisioner, external-attacher and external-resizer, and a DaemonSet, whose pods register the driver with
// each node's kubelet. It does not ship with the cluster: whoever wants it applies its manifest, in which two commands of
// one image are the two programs. The controller makes a disk for each claim of its class in the zone of the node that
// the scheduler chose, attaches and detaches it as VolumeAttachments say, and grows it; the kubelet grows the file system.
//
// Real: the objects, their order, conditions and events. Simulated: the cloud's side, which takes a plausible time for
// each call and never fails, and the gRPC between sidecars, kubelet and driver. Left out: snapshots, cloning, raw
// blocks, secrets, and the finalizers of provisioner and attacher on volumes.
//
// It reads PersistentVolumeClaims, PersistentVolumes, StorageClasses, Nodes and VolumeAttachments; it writes
// PersistentVolumes, the status of claims and attachments, and Events. Upstream: kubernetes-csi/external-provisioner,
// external-attacher, external-resizer.
package clouddisk
