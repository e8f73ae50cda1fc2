// Package volumes is what the scheduler knows of storage, and the four plugins that look at a pod's volumes:
// VolumeRestrictions, NodeVolumeLimits, VolumeBinding and VolumeZone.
//
// In a real cluster a pod that uses a claim can run only where the claim's volume can be used. A claim that is bound says
// so by its volume's node affinity and zone; one that waits for its first consumer is bound here: the plugin looks, node
// by node, for volumes that suit or for a class that can provision there, and when the pod's node is chosen it sets the
// volumes aside (assumed in memory), writes them to the API server before the pod is bound, and waits until the
// persistent volume controller has completed the binding; if that fails, the pod is scheduled again.
//
// All of that is real, with upstream's texts, hints and the poll once a second. A pod without such volumes never comes
// here: [Needs] looks at its spec once. CSI migration of in-tree volumes is left out.
//
// The package reads PersistentVolumeClaims, PersistentVolumes, StorageClasses, CSINodes, CSIDrivers,
// CSIStorageCapacities and VolumeAttachments; it writes volumes and claims. Upstream:
// pkg/scheduler/framework/plugins/{volumebinding,volumerestrictions,volumezone,nodevolumelimits}.
package volumes
