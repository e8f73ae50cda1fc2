package main

import (
	"encoding/json"

	"tabernetes/engine"
	"tabernetes/engine/stage"
)

// The messages between the page and the engine's worker. Twin of static/src/protocol.ts: same names, same comments.
//
// Every request carries an id and gets exactly one answer of that id, after any number of `output` messages for it; a
// `run` that was started at a terminal may also get `edit` and `keys`, which the page answers with `edited` and `input`.
// Frames come unasked, at most one unacknowledged at a time: the page answers each with `ack` when it has drawn it.

// protocolVersion is raised on every incompatible change; compared in the handshake.
const protocolVersion = 3

// clusterConfig is what a cluster is made from; also the URL parameters of the page.
type clusterConfig struct {
	Nodes   int    `json:"nodes"`
	Masters int    `json:"masters"`
	Seed    uint64 `json:"seed"`
}

// request is any message of the page; Op says which fields count.
type request struct {
	ID         int               `json:"id"`
	Op         string            `json:"op"`
	Config     clusterConfig     `json:"config"`
	Protocol   int               `json:"protocol"`
	Line       string            `json:"line"`
	Files      map[string]string `json:"files"`
	Terminal   bool              `json:"terminal"`
	Target     int               `json:"target"`
	Of         int               `json:"of"`
	Text       *string           `json:"text"`
	Speed      float64           `json:"speed"`
	Seconds    float64           `json:"seconds"`
	MaxSeconds float64           `json:"maxSeconds"`
	Service    string            `json:"service"`
	RPS        float64           `json:"rps"`
	Ref        string            `json:"ref"`
	Limit      int               `json:"limit"`
	Seq        int               `json:"seq"`
}

// answer is any message to the page.
type answer struct {
	ID       int    `json:"id,omitempty"`
	Type     string `json:"type"`
	Value    any    `json:"value,omitempty"`
	Message  string `json:"message,omitempty"`
	Stream   string `json:"stream,omitempty"`
	Name     string `json:"name,omitempty"`
	Text     string `json:"text,omitempty"`
	Stack    string `json:"stack,omitempty"`
	Commands int    `json:"commands,omitempty"`
	Raw      bool   `json:"raw,omitempty"` // of keys: Ctrl-C is a key like any other, typed as "\x03"
	Frame    *frame `json:"frame,omitempty"`
}

type initResult struct {
	Protocol  int    `json:"protocol"`
	Version   string `json:"version"`
	WasmBytes int    `json:"wasmBytes"`
}

type lineResult struct {
	Stdout string `json:"stdout"`
	Stderr string `json:"stderr"`
	Code   int    `json:"code"`
}

type stepResult struct {
	Actor  string  `json:"actor"`
	Label  string  `json:"label"`
	At     float64 `json:"at"`
	Record string  `json:"record,omitempty"`
	Ref    string  `json:"ref,omitempty"`
}

// frame is what changed since the last frame that was acknowledged. The columns of its pods travel as typed arrays
// beside the JSON.
type frame struct {
	Seq     int     `json:"seq"`
	Playing bool    `json:"playing"`
	Speed   float64 `json:"speed"`
	Settled bool    `json:"settled"`
	Busy    bool    `json:"busy"`
	// Control is the control plane, when it changed: a few times a second at most, and in every full frame.
	Control json.RawMessage `json:"control,omitempty"`
	*stage.Frame
}

// controlPlane is the headquarters, what is broken, and what became of the newest writes.
type controlPlane struct {
	engine.ControlPlane
	Faults []engine.FaultInForce `json:"faults"`
	Writes []engine.Write        `json:"writes"`
}
