// Package rest is the HTTP surface of kube-apiserver: what kubectl, client-go and curl talk to.
//
// In a real cluster every component speaks this protocol. Here the components call the core (package apiserver)
// directly with typed objects, and only clients from outside come through HTTP: the paths, query parameters, media
// types, status codes and error texts are upstream's (k8s.io/apiserver/pkg/endpoints), so that real clients notice no
// difference. Real are: discovery, plain and aggregated; OpenAPI v3 with schemas made from the Go types; all verbs;
// watches as a stream of JSON events; Tables and PartialObjectMetadata; JSON and YAML both ways; the three classic
// patches; field validation, dry run and warnings. Protobuf, which typed
// clients of client-go prefer, is read but not written: they take JSON as well. Left out are CBOR and
// authentication (the host decides who is let in). Exec, attach and port-forward are parsed here; their bytes, which
// need goroutines, are the host's to carry (Options.Connect).
//
// The package turns a request into an [api.Request], hands it to a [Core] and turns the answer into bytes. It has no
// clock, no goroutine and no state but documents made once; the core is called on the goroutine of the request, and
// what it sends to a watch is taken from a queue by that same goroutine.
package rest
