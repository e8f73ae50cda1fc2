// Package plugins holds the scheduler's default plugins in their plain form: each checks or scores one node for one
// pod, exactly as kube-scheduler v1.37 does, with the same reasons, weights and integer arithmetic.
//
// In a real cluster these are the packages under k8s.io/kubernetes/pkg/scheduler/framework/plugins. All of it is
// real: filters, scores, normalisation, the hints that tell which events may help a rejected pod, and the selection
// of preemption victims. Not here yet are the volume plugins, DynamicResources and NodeDeclaredFeatures.
//
// The plain form is what the scheduler uses where it must try things out (preemption, nominated nodes), and the
// measure for the fast path, which answers the same questions from tables: a property test holds the two together.
// The package reads a cache.Cluster and writes nothing.
package plugins
