package apiserver

import "tabernetes/engine/api"

// deprecation is the warning that every answer about a resource carries whose API will go one day; empty for the rest
// (k8s.io/apiserver/pkg/endpoints/deprecation; the releases are the types' own, k8s.io/api/core/v1/lifecycle.go).
func deprecation(r *api.Resource) string {
	switch r {
	case api.ComponentStatuses:
		return "v1 ComponentStatus is deprecated in v1.19+"
	case api.Endpoints:
		return "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
	}
	return ""
}

// withDeprecation makes the answer to a request warn where the API is deprecated.
func withDeprecation(r *api.Resource, reply func(*api.Response)) func(*api.Response) {
	warning := deprecation(r)
	if warning == "" {
		return reply
	}
	return func(resp *api.Response) {
		resp.Warnings = append([]string{warning}, resp.Warnings...)
		reply(resp)
	}
}
