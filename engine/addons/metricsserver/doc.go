// Package metricsserver is metrics-server: the program that answers for metrics.k8s.io.
//
// In a real cluster it asks every kubelet for /metrics/resource each 15 s, keeps the two newest readings of each container
// and node, and answers requests that kube-apiserver's aggregator forwards with their difference. Here it answers the same,
// and asks kubelets only when somebody asks it: readings are taken at the multiples of 15 s whether anybody looks or not,
// so a kubelet asked later tells what a scrape would have found. A cluster in which nobody asks costs no events.
//
// Real: a node or container is missing until there are two readings of it, or one that is 10 to 15 s after its start; the
// server itself has no readings from before its start and is not ready until it has two; a kubelet that cannot be reached
// is missing with all its pods; pods are those in phase Running. Upstream: kubernetes-sigs/metrics-server, pkg/storage,
// pkg/api, pkg/scraper.
package metricsserver
