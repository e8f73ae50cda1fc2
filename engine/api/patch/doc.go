// Package patch changes API objects by patches, and computes the patches that
// kubectl apply sends.
//
// In a real cluster the API server takes four patch formats. Three of them are
// here: JSON patch (RFC 6902, a list of operations), JSON merge patch (RFC 7386,
// a partial object that overwrites) and Kubernetes' own strategic merge patch,
// which is a merge patch that knows which lists are sets of things with a name.
// A strategic patch that mentions one container changes this container and
// leaves the others, because the Go type of the field says
// `patchStrategy:"merge" patchMergeKey:"name"`. The fourth format, server-side
// apply, needs field ownership and lives in the API server.
//
// The client's half is here too: kubectl apply compares three objects, the one
// it applied last (kept in an annotation), the one in the user's file and the
// live one, and sends a patch that removes what left the file, sets what the
// file says and does not touch what other actors added.
//
// Nothing of this is simulated: the results, the odd cases and the messages
// are upstream's (k8s.io/apimachinery/pkg/util/strategicpatch,
// k8s.io/apiserver/pkg/endpoints/handlers/patch.go), which tests compare by
// running both. Upstream's package itself is not linked because it drags the
// OpenAPI machinery into the wasm binary. Where upstream's outcome depends on
// the random order of a Go map, here the keys are taken in sorted order.
//
// The package reads the type's struct tags, the object and the bytes of the
// patch. It never changes the object it is given and keeps no state.
package patch
