// Package defaults fills in what a manifest leaves unsaid.
//
// In a real cluster two steps stand between a decoded manifest and validation. First the versioned defaulting
// functions of the kind run (upstream: pkg/apis/core/v1/defaults.go, pkg/apis/apps/v1/defaults.go, batch/v1, autoscaling/v2,
// pkg/apis/discovery/v1/defaults.go and the generated functions that visit every nested PodSpec): a container gets its
// termination message path, a Deployment its 25 % surge. Then the registry's strategy prepares the object for storage
// (upstream: pkg/registry/KIND/strategy.go and apiserver's registry/rest): a client cannot write status on create, the
// generation counts changes of the spec, a Pod gets its quality-of-service class.
//
// Both steps are real here, for the feature gates that v1.37 has on by default. Nothing is simulated. Not done here,
// because it needs other objects: allocation of Service addresses and ports, the service account and its token volume,
// priority, LimitRanger. Those are admission's and the registry's.
//
// [Set] and the Prepare functions write into the object they are given, so the caller passes a copy that nobody else
// holds. A Pod is the exception that matters for memory: it may share the slices and maps of a template that has its
// defaults already; what a Pod alone gets is copied before it is changed. Old objects are only read. What they share with the new object afterwards (a status, a spec) is shared by
// pointer, which is safe because stored objects are never written.
package defaults
