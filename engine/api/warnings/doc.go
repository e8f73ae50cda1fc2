// Package warnings tells a client what the API server accepts but would rather not see: fields that do nothing any more,
// environment variables that hide one another, addresses in odd spellings (the strategies' WarningsOnCreate and
// WarningsOnUpdate, and pkg/api/{pod,service,job,node,persistentvolume}/warnings.go of k8s.io/kubernetes).
//
// In a real cluster they travel as Warning headers, and kubectl prints each as a line on stderr. Here they travel in
// api.Response.Warnings. The package is pure; it reads an object and, on update, the one it replaces. Nothing is simulated.
package warnings
