// Package endpoint keeps the older list of the pods behind a Service: the Endpoints controller of
// kube-controller-manager (k8s.io/kubernetes/pkg/controller/endpoint).
//
// For every Service with a selector there is one Endpoints object of the Service's name, with all its pods' addresses of
// the Service's first IP family, ready and not ready ones apart, in one subset for each set of pods that have the same
// ports. Nothing in the cluster reads it any more (kube-proxy and DNS read EndpointSlices), and it shows why slices came:
// each change of one pod writes the whole list again, so it is cut at 1,000 addresses. An Endpoints object without a
// Service is deleted, when its Service goes or when the controller starts; those of a Service without a selector are
// their author's.
//
// Upstream lists all pods of the namespace at each sync. Here each Service has a list of its pods, found by an index of
// the selectors and kept in the order of the addresses; a sync looks at those that changed since the last one (at all of
// them after a change of the Service) and compares the list with what is stored before it builds anything. The addresses
// that stay are shared from one write to the next.
//
// It reads Services, Pods and Endpoints; it writes Endpoints, and Events when it fails.
package endpoint
