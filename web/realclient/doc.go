// Package realclient holds the native server to its promise: real kubectl and client-go work against it, unchanged.
//
// The tests build ../../web, start it on a free port with a small cluster whose clock runs 20 times as fast, and use
// client-go and controller-runtime as any program does. kubectl is the real one: this test's own program, started anew
// for every command. They are a module of their own so that the product's go.mod stays small.
//
//   - scripts/*.txt: command lines with their outputs (TestScripts; -update writes them anew, to be read before they are
//     committed).
//   - The recordings of scenarios/golden: kubectl's session, its errors, objects, discovery.
//   - Streams: exec, attach, run -it, cp, debug and port-forward of kubectl, at a pseudo terminal where they want one, over
//     WebSockets and SPDY; the older WebSocket protocols of other clients.
//   - Informers, a manager with a kind of its own: through watches that end, lists that expire, API servers that die.
package realclient
