// Package api knows the kinds: the resource table that names each once, and the requests and answers that clients and
// API servers exchange.
//
// Types are those of k8s.io/api and k8s.io/apimachinery, so every field and JSON name is exact. Objects are immutable
// once they are sent or stored: components share pointers and copy to write (Copy gives a shallow copy whose slices
// and maps are to be replaced, not edited). The sub-packages hold the behaviour of kinds as pure functions: defaults,
// validation, printers, patch, manifest.
package api
