// Command wasm is the engine as a page sees it: a js/wasm program that runs in a dedicated Worker.
//
// It is a thin bridge. Requests come in as the messages of protocol.go (twin of static/src/protocol.ts), become
// commands of engine.Cluster, and are answered; between them the bridge lets virtual time pass at the speed the user
// chose, in slices short enough that a message never waits long, and posts frames of what changed. The bridge itself
// (bridge.go) knows nothing of JavaScript and is tested natively; only main_js.go does. A panic anywhere below is
// caught, reported to the page, and the session is made anew from its command log.
package main
