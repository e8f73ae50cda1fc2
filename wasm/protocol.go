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
const protocolVersion = 4

// clusterConfig is what a cluster is made from; also the URL parameters of the page.
type clusterConfig struct {
	Nodes   int    `json:"nodes"`
	Masters int    `json:"masters"`
	Seed    uint64 `json:"seed"`
	// Addons gives it metrics-server and a storage provisioner; nil: it does.
	Addons *bool `json:"addons"`
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
	Session    string            `json:"session"`
	Paused     bool              `json:"paused"`
	By         string            `json:"by"`
	Ms         *float64          `json:"ms"`
	After      *uint64           `json:"after"`
	Commands   *int              `json:"commands"`
	Branch     *int              `json:"branch"`
	Step       int               `json:"step"`
	Since      moment            `json:"since"`
	Name       string            `json:"name"`
}

// moment is a place in a session: virtual milliseconds, and how many events and commands came before.
type moment struct {
	Ms       float64 `json:"ms"`
	After    uint64  `json:"after"`
	Commands int     `json:"commands"`
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
	// Ms and Of tell of a replay how far it is.
	Ms    float64 `json:"ms,omitempty"`
	Of    float64 `json:"of,omitempty"`
	Frame *frame  `json:"frame,omitempty"`
}

type initResult struct {
	Protocol  int    `json:"protocol"`
	Version   string `json:"version"`
	WasmBytes int    `json:"wasmBytes"`
	Opened    opened `json:"opened"`
}

// opened is what became of a session that was opened.
type opened struct {
	Exact     bool   `json:"exact"`   // the very same cluster
	Version   string `json:"version"` // of the engine that recorded it
	Why       string `json:"why"`     // it is not exact
	Manifests string `json:"manifests"`
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
	// After is how many events have happened, Commands how many commands of the branch are behind us; End is that of the
	// branch, and Past says that what is shown comes before it.
	After    uint64  `json:"after"`
	Commands int     `json:"commands"`
	Branch   int     `json:"branch"`
	End      float64 `json:"end"`
	Past     bool    `json:"past"`
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
