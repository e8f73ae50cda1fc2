// Package persistentvolume is the persistentvolume-binder-controller: it binds claims to volumes, asks provisioners for
// volumes that are not there yet, and decides what becomes of a volume whose claim is gone.
//
// In a real cluster a PersistentVolumeClaim asks for storage by size, access modes and class. The controller looks for
// the smallest PersistentVolume that will do, writes each one's name into the other, volume first, and sets both to
// Bound; whatever it is interrupted in the middle of, the next pass finishes or undoes. A claim whose class waits for
// its first consumer is left to the scheduler, which names a node or a volume; one that no volume suits gets the name of
// its provisioner as an annotation, and the provisioner (another program) makes the volume. When the claim goes, the
// volume is Released, and its reclaim policy says whether it stays, is deleted, or is scrubbed by a pod and Available
// again.
//
// All of that is real, with upstream's order of writes, phases, events and the pass over everything each 15 seconds; a
// pass over what is bound and in order would change nothing and is left out. What the manager can delete or scrub itself
// is as upstream: host paths below /tmp are deleted, host paths and NFS are scrubbed.
//
// It reads PersistentVolumes, PersistentVolumeClaims, StorageClasses and Pods; it writes volumes, claims, their status,
// Events, and the pods that scrub. Upstream: pkg/controller/volume/persistentvolume (pv_controller.go,
// pv_controller_base.go, index.go).
package persistentvolume
