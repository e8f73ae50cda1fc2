// Package proxy is kube-proxy: on every node it follows the Services and EndpointSlices and writes the rules by which
// the node's kernel forwards connections to Services.
//
// In a real cluster kube-proxy in iptables mode keeps two watches, and on a change rewrites rules at once if it has
// not done so for a second (minSyncPeriod, 1 s), else when that second is over. Between a change and the sync the
// kernel forwards by the old rules, which is why a request can still be sent to a pod that is going. Here the two
// watches and their delays are the same; what a sync writes is how far the node now is in the histories that package
// network keeps once for all nodes, so a change costs a node next to nothing, however many Services there are.
//
// The two families of addresses are kept apart as upstream's two proxiers keep them: a Service's IPv6 addresses lead to
// the endpoints of its IPv6 slices. Endpoints that are meant for certain nodes or zones are taken by those.
//
// It reads Services, EndpointSlices and, for its zone, its own Node, and writes nothing to the API.
package proxy
