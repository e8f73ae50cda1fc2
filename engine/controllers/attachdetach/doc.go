// Package attachdetach is the persistentvolume-attach-detach-controller: it has the disks of pods attached to the nodes
// the pods run on, and detached when nobody there uses them any more.
//
// In a real cluster a volume of a CSI driver that needs it is attached to a machine before the kubelet can mount it. The
// controller creates a VolumeAttachment for volume and node; the driver's attacher, another program, does what it says
// and sets it to attached; the controller then notes the volume in the node's status, which is what the kubelet waits
// for. It detaches in the opposite order, and only when the kubelet no longer has the volume in use: of a node that has
// gone silent not before six minutes have passed, unless it is tainted out-of-service. A volume that only one node may
// have is attached nowhere else until it is detached: the pod there waits, and an event says for whom.
//
// Upstream keeps a desired and an actual state of the world and compares them ten times a second. Here each change of a
// pod, claim, volume, attachment or node queues the volumes it is about, and the same comparison is made for one volume:
// nothing happens while nothing changes.
//
// It reads Pods, PersistentVolumeClaims, PersistentVolumes, Nodes, CSIDrivers and VolumeAttachments; it writes
// VolumeAttachments, the attached volumes in the status of Nodes, and Events of pods. Upstream:
// pkg/controller/volume/attachdetach, pkg/volume/csi/csi_attacher.go.
package attachdetach
