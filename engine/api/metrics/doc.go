// Package metrics has the types of metrics.k8s.io/v1beta1: what nodes and pods used of CPU and memory a moment ago.
//
// In a real cluster metrics-server keeps the two newest readings of every node and container and answers with the
// difference, behind kube-apiserver's aggregator; kubectl top and the HorizontalPodAutoscaler read it. The types carry
// upstream's fields and JSON names (k8s.io/metrics/pkg/apis/metrics/v1beta1); they are written here because that module
// would bring its clients along.
package metrics
