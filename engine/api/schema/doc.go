// Package schema knows of each kind how its fields merge: which lists are maps by key, which are sets, which lists, maps
// and structs are one value that only changes as a whole.
//
// In a real cluster these facts are markers in comments of k8s.io/api (+listType, +listMapKey, +mapType, +structType,
// +default), which a generator turns into the OpenAPI documents that kube-apiserver publishes and that server-side
// apply reads. Comments are not there at run time, so facts.go holds them as a small table; a test derives it anew from
// the module cache and says when it is out of date (go test ./engine/api/schema -run TestFacts -update). All else comes
// from the Go types by reflection.
//
// [Types] turns a Go type into a schema of sigs.k8s.io/structured-merge-diff, by the rules of
// k8s.io/kube-openapi/pkg/schemaconv; [FromNode] does it for the structural schema of a custom resource. [Facts] are
// the same facts for those who write OpenAPI documents. Nothing here keeps state: who asks often keeps a Types.
package schema
