// Package endpointrules is what the three controllers of endpoints have in common (k8s.io/endpointslice/util and
// k8s.io/kubernetes/pkg/api/v1/endpoints): which number a port of a Service has at a pod, and the canonical order of
// ports, addresses and subsets.
//
// Upstream orders ports and subsets by hashes of their dumps. Here the dumps are written by hand, for the library that
// makes them upstream reads types by reflection, and each is hashed once instead of once a comparison.
package endpointrules
