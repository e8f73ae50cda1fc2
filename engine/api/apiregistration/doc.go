// Package apiregistration has the types of apiregistration.k8s.io/v1: APIService.
//
// In a real cluster kube-aggregator keeps one APIService for every group version and forwards the requests of those
// that name a Service. Here the API server keeps the local ones as it does, looks whether what a remote one names answers,
// and forwards requests for the kinds this project knows (api.Remotes). The types carry upstream's fields and JSON names.
package apiregistration
