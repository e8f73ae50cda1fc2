// Package portable makes of an object that was read of a cluster the manifest that makes such an object in another one.
//
// What a cluster answers is more than what somebody applied: status, identity, defaults, addresses and ports it chose,
// tokens and tolerations that admission added, books of its controllers. Real clusters have no command that takes it all
// away again. Nothing here is simulated: the rules are those of upstream's registries and admission plugins read
// backwards, and the same for what this cluster exports and for what somebody brings along of a real one.
//
// Whose a field is tells metadata.managedFields: what nobody owns was allocated or admitted, what only a component of the
// control plane owns is its own, the rest is its author's ([Cleaner.Clean]). `kubectl get -o yaml` hides these books by
// default; where they are missing, the rules of kinds.go know what clusters put into which kind. Of what is left, a field
// that equals its default goes, unless the author named it: in the annotation of client-side apply or by a server-side
// one. There is no table of defaults for this: a field is one if the object without it gets it back (defaults.go).
//
// Objects that a controller makes anew and those that every cluster has by itself are left out ([Left] says which and
// why). [Read] takes a text, [Write] gives one, in an order that can be applied in one go. The package keeps no state.
package portable
