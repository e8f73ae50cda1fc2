// Package apiserver is kube-apiserver: the only door to etcd, and the place where everything meets.
//
// A request goes through upstream's stations: the resource's strategy (PrepareForCreate and kin), mutating admission,
// defaults, validation, validating admission, and a transaction on etcd that compares the revision it was built on.
// Reads are answered from a watch cache per resource that etcd's watch keeps current; a read that asks for the newest
// state first learns etcd's revision and waits until its cache is there, as upstream's consistent reads from cache do.
// Watches are fed from the same caches, indexed by what they select, in batches.
//
// Components call the core directly through [api.Endpoint], with typed objects; the HTTP surface (package rest) sits
// in front of the same core for everybody else. Every write becomes a record of the journal whose cause is what led
// the caller to make it, and every watch event carries that record on.
package apiserver
