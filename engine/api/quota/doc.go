// Package quota measures what objects cost against a ResourceQuota (k8s.io/apiserver/pkg/quota/v1 and
// k8s.io/kubernetes/pkg/quota/v1/evaluator/core): pods by their requests and limits, claims by storage and class, Services
// by type and node ports, everything by number.
//
// Two components of a real cluster share this code, and so it is here: kube-apiserver, whose ResourceQuota plugin charges
// a write to status.used before it lets it pass, and the resource quota controller, which counts anew when something
// ends. The arithmetic is upstream's; nothing is simulated. The package is pure: it reads objects and returns new lists.
package quota
