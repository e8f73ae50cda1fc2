// Command web is the native server: it serves the page, and with -api a cluster of its own to real clients.
//
//	go run ./web                                          the page on http://127.0.0.1:8080
//	go run ./web -api 127.0.0.1:8001 -nodes 3 -speed 10   and a cluster: kubectl -s http://127.0.0.1:8001 get nodes
//	go run ./web lint scenarios/lessons/canary            what is wrong with a lesson (scenarios/AUTHORING.md)
//
// Lines on standard input go to that cluster (lines.go): faults such as "kill etcd@control-plane-2", etcdctl, kubectl; each
// is answered by "ok: LINE" or "error: WHY".
//
// kubectl exec, attach, cp, debug, run -it and port-forward work: stream.go upgrades connections to WebSockets or SPDY as
// kube-apiserver, the kubelet and containerd do together, and carries frames of the one contract that all hosts use
// (api.Connector). The simulated network carries requests, not bytes: on a forwarded port HTTP/1.1 is translated, request
// by request (method, path and user agent go through; headers and bodies are read and dropped). Anything else, TLS,
// databases, HTTP/2, gets an error in the words of a failed forwarding; a client that waits for the server to speak first is
// hung up on after 30 seconds.
//
// The page's clusters live in the browser and have nothing to do with the one behind -api, which is the same engine
// compiled natively. Here goroutines and the real clock are allowed: one goroutine owns the cluster and lets its time
// pass (loop.go); requests are handed to it between two events and wait for their answers (core.go), so that the
// engine itself stays single-threaded.
package main
