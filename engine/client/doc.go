// Package client is what every component holds in its hand: typed verbs, watches, indexed caches, a work queue and an
// event recorder. It plays client-go's part.
//
// A Client is one connection to one API server (of several, a Balancer chooses and it fails over) that all requests and watches of a
// component share, as HTTP/2 does. Nothing blocks: a call takes a callback that gets the answer later, on the
// component's own actor. When the connection breaks, every call under way fails with the network's error and every
// cache connects anew. Requests and answers are pointers; objects that come back are shared and must not be changed.
//
// What it keeps from client-go: reflector back-off (800 ms to 30 s, k8s.io/client-go/tools/cache/reflector.go),
// rate-limited work queues (5 ms to 1000 s an item, util/workqueue/default_rate_limiters.go), event correlation
// (tools/record/events_cache.go). What it leaves out: client-side QPS limits.
package client
