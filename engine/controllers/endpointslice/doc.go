// Package endpointslice lists the pods behind each Service: the EndpointSlice controller of kube-controller-manager
// (k8s.io/kubernetes/pkg/controller/endpointslice and k8s.io/endpointslice).
//
// For every Service with a selector it keeps EndpointSlices of at most 100 endpoints, one family of them for each IP
// family of the Service and each set of port numbers that named ports resolve to. An endpoint says whether the pod is
// ready, serving and terminating, and where it runs; kube-proxy and DNS need nothing else. A change touches as few
// slices as it can, because every kube-proxy watches them all. The conditions of a pod that is lost with its node change
// when the node lifecycle controller marks it, which is why requests fail for a while after a node dies.
//
// Upstream lists all pods of the Service at each sync. Here a sync looks at the pods that changed since the last one
// (and at all of them after a change of the Service, a failure, or a foreign write to a slice), and a pod's event finds
// its Services by an index of their selectors.
//
// It reads Services, Pods, Nodes and EndpointSlices; it writes EndpointSlices, and Events when it fails. Endpoints get
// hints for the trafficDistribution field and for the older topology annotation; for that the CPU of each zone is kept
// node by node.
package endpointslice
