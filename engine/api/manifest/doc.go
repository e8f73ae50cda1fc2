// Package manifest reads what users write: YAML or JSON text with one or many
// objects in it.
//
// In a real cluster this is kubectl's resource builder and the API server's
// decoder. kubectl splits the text at "---" lines, turns each document into
// JSON, opens Lists and sends every object alone; the server decodes the JSON
// into the Go type of the kind, strictly if the request asks for it. Both are
// real here: the splitting rules, the decoder (sigs.k8s.io/json, case
// sensitive, telling unknown and duplicate fields with their path) and the
// messages are those of upstream. KYAML needs nothing of its own, it is YAML in
// flow style.
//
// What differs: an error says at which line of the whole text it is, and at
// which column where that can be known (upstream counts from the start of the
// document, is one off for half of its messages and knows no columns), and the
// text is limited in size, nesting and what its aliases may expand to, because
// anything can be pasted into a browser page. No input makes the package panic.
//
// The package reads bytes and writes objects; it has no state.
package manifest
