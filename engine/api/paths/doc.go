// Package paths is the grammar of the API server's URLs: which resource, namespace, name and subresource a path names,
// and the documents of discovery, which tell clients what paths there are.
//
// In a real cluster the generic API server installs a route for each form (k8s.io/apiserver, endpoints/installer.go) and
// discovery lists what was installed. Here both are read off the resource table, so that the HTTP surface and
// kubectl's --raw, which has no HTTP, agree about every path. Nothing is simulated, and nothing is kept: the functions
// are pure.
package paths
