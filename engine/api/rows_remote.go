package api

import "tabernetes/engine/api/metrics"

// Kinds that other API servers serve behind the aggregator: a cluster has them while such a server is there, and they are
// in its table only then.
var (
	NodeMetrics = &Resource{
		Group: metrics.GroupName, Version: "v1beta1", Kind: "NodeMetrics", Name: "nodes", Verbs: []Verb{Get, List}, Remote: true,
		New: empty[metrics.NodeMetrics](), NewList: listOf[metrics.NodeMetricsList](),
	}
	PodMetrics = &Resource{
		Group: metrics.GroupName, Version: "v1beta1", Kind: "PodMetrics", Name: "pods", Namespaced: true, Verbs: []Verb{Get, List}, Remote: true,
		New: empty[metrics.PodMetrics](), NewList: listOf[metrics.PodMetricsList](),
	}
)

// Remotes are the kinds that other API servers may serve.
var Remotes = []*Resource{NodeMetrics, PodMetrics}

// RemoteEndpoint is what an API server behind the aggregator offers it on a connection. It listens on its host under the
// name of its API group. Serve is called on its side; the aggregator has checked who asks and whether they may.
type RemoteEndpoint interface {
	Serve(req *Request, reply func(*Response))
}
