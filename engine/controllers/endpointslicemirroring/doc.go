// Package endpointslicemirroring makes EndpointSlices of Endpoints that people wrote: the EndpointSlice mirroring
// controller of kube-controller-manager (k8s.io/kubernetes/pkg/controller/endpointslicemirroring).
//
// A Service without a selector gets its addresses by hand, and the older way to give them is an Endpoints object of the
// Service's name. kube-proxy and DNS read slices only, so this controller keeps one for each subset and IP family, with the
// labels and annotations of the Endpoints, of at most 1,000 addresses a subset. Endpoints with the label
// endpointslice.kubernetes.io/skip-mirror=true are passed over (those of the kubernetes Service, whose slice the API server
// writes itself), as are those that leaders are elected with. When the Endpoints or the Service go, or the Service gets
// a selector, the slices go, too.
//
// It reads Services, Endpoints and EndpointSlices; it writes EndpointSlices, and Events about addresses it left out.
// Upstream puts the endpoints of a slice into the random order of a map; here they have that of the Endpoints.
package endpointslicemirroring
