// Package statefulset is the StatefulSet controller (pkg/controller/statefulset of upstream): pods with a name, a host
// name and claims of their own, which they keep when they are replaced.
//
// A pod of a set is known by its ordinal: web-0, web-1, … With the policy OrderedReady the controller works
// monotonically: it makes one pod at a time, in the order of the ordinals, and makes no other before all predecessors
// are running, ready and available; it removes them one at a time in the opposite order. It keeps no expectations: each
// sync looks at the pods as they are and does the first thing that is to be done, so that it is enough to read its own
// writes before it goes on. With Parallel it makes and removes all at once, in batches of 1, 2, 4, ….
//
// Each template of a set is kept as a ControllerRevision whose name ends in a hash of it, and each pod carries the name
// of its revision. An update replaces pods of other revisions from the highest ordinal down to the partition, as many
// at a time as maxUnavailable says (MaxUnavailableStatefulSet, on by default since v1.37). A pod that never becomes
// ready therefore holds up an OrderedReady set for good, even when its template is reverted: somebody has to delete the
// pod. That is upstream's behaviour, and its documentation calls it forced rollback.
//
// It reads StatefulSets, Pods, PersistentVolumeClaims and ControllerRevisions, and writes all four. All of it is real;
// the strategy Recreate, alpha in v1.37 and off, is refused with upstream's event.
package statefulset
