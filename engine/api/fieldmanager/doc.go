// Package fieldmanager keeps the books of who manages which field: metadata.managedFields, and server-side apply, which
// is merged by them.
//
// In a real cluster every write through the API server is compared with what was there, and what it changed becomes its
// manager's (k8s.io/apimachinery/pkg/util/managedfields). An apply says what its manager wants to own: what it no longer
// names is given up, and removed if nobody else owns it; what somebody else set to another value is a conflict, unless
// forced. All that is real here: the same algorithms of sigs.k8s.io/structured-merge-diff over the schemas of package
// schema, the same rules around them (fields nobody can own, fields a path of the API cannot change, at most ten
// updaters, an object nobody tracked before its first apply, kubectl's change from client-side to server-side apply),
// the same messages.
//
// # Writes of components
//
// What differs is when the sums are done. Upstream pays for a comparison on every write. Here a write that comes as a
// document from outside ([Manager.Update], [Manager.Apply]) is compared at once and exactly. The writes of the cluster's
// own components, which are nearly all of them, are noted in a few words ([Manager.Note]): an entry that names manager,
// operation, subresource and time, but no fields. Its FieldsType says what it stands for:
//
//   - "Created": the manager created the object and owns what is in it, but for its status (where status is a
//     subresource) and for what others are known to own.
//   - "Status": the manager writes the status and owns what is in it, but for what others are known to own; FieldsV1 are
//     fields outside the status that it owns besides.
//
// Equal lists of entries are shared among objects, so that ten thousand pods of one second hold one list. Such entries
// become sets when somebody looks: [Manager.Shown] makes the object that clients outside see, and an apply begins with
// the same. A component's write is still compared, and exactly, when it may take fields from somebody whose fields are
// known; only what changed by pointer is walked then.
//
// The rule is exact as long as nobody changes an object behind the field managers' back. The API server itself does so:
// binding sets a pod's node and PodScheduled condition, admission adds tolerations, tokens and priorities, deletion sets
// times and finalizers, strategies set the first status. [created] and [statusBefore] know these and leave them out. What
// they cannot know: which status fields of a pod one writer set before another became the note's manager, leaves of a
// status that the server set first and the manager set to the same value, and fields that were removed from an entry
// without anybody taking them.
package fieldmanager
