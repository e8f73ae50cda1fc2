// Package apiregistration has the types of apiregistration.k8s.io/v1: APIService.
//
// In a real cluster kube-aggregator keeps one APIService for every group version and forwards the requests of those
// that name a Service. Here the API server keeps the local ones as it does; a remote one is stored, shown as not
// available, and not forwarded to. The types carry upstream's fields and JSON names.
package apiregistration
