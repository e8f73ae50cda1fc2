// Package apiserver is kube-apiserver: the only door to etcd, and the place where everything meets.
//
// A request goes through upstream's stations: the resource's strategy (PrepareForCreate and kin), mutating admission,
// defaults, validation, validating admission, and a transaction on etcd that compares the revision it was built on.
// Reads are answered from a watch cache per resource that etcd's watch keeps current; a read that asks for the newest
// state first learns etcd's revision and waits until its cache is there, as upstream's consistent reads from cache do.
// Watches are fed from the same caches, indexed by what they select, in batches.
//
// The server gives Services their addresses, of one family or two as their policy says. An IPAddress object reserves
// each; it is written and removed in the same transaction as its Service, so no crash can part the two, and two servers
// cannot give one address twice.
//
// The table of what is served is the server's own: the built-in kinds and what CustomResourceDefinitions define. The
// server follows the definitions, accepts their names, establishes them, gives each kind a watch cache, and deletes its
// objects before it goes, as apiextensions-apiserver does inside kube-apiserver; custom objects go through the same
// stations as all others, by a schema instead of Go code (package structural). A kind in another version than the stored
// one is converted on the way in and out. APIServices are kept as kube-aggregator keeps them, and
// requests for what others serve are forwarded (aggregate.go); CEL rules are not evaluated: definitions that have any are refused.
//
// A write that webhooks are configured for waits, between two events, for their answers: the review is JSON that the
// network carries from this server's machine to whatever endpoint that machine's rules choose (webhook_client.go), so a
// webhook can be late, unreachable, unbelievable or in its own way. Custom objects whose definition names a conversion
// webhook are converted by it when they are read in another version than they were written in, and when they are stored.
// Upstream's watch caches ask that webhook for every change in every version; here it is asked when somebody reads or
// watches, and lists and watches remember what it made. CEL matchConditions are not evaluated: such a webhook's call fails.
//
// Every write is booked to its field manager (managedfields.go, package fieldmanager): what comes as a document exactly and
// before admission, as upstream, what the cluster's components write by a note that is worked out when somebody outside
// looks. Server-side apply (apply.go) merges by these books.
//
// Exec, attach and port-forward are streams of frames (stream.go) that the server hands on between the client's connection
// and one to the kubelet; who may create the subresource may have them.
//
// Components call the core directly through [api.Endpoint], with typed objects; the HTTP surface (package rest) sits
// in front of the same core for everybody else. Every write becomes a record of the journal whose cause is what led
// the caller to make it, and every watch event carries that record on.
package apiserver
