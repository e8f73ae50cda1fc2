//go:build js && wasm

package main

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"runtime/debug"
	"syscall/js"
)

// jsHost runs the bridge in a Worker.
type jsHost struct {
	global  js.Value
	perf    js.Value
	parse   js.Value
	soon    js.Value // a MessagePort: posting to it runs the next due function without setTimeout's 4 ms
	timeout js.Func
	due     []func()
}

func (h *jsHost) now() float64 { return h.perf.Call("now").Float() }

func (h *jsHost) wasmBytes() int {
	if n := h.global.Get("tabernetesWasmBytes"); n.Type() == js.TypeNumber {
		return n.Int()
	}
	return 0
}

// schedule keeps functions in order and lets one reusable callback run them: a js.Func for each would leak.
func (h *jsHost) schedule(d float64, fn func()) {
	h.due = append(h.due, fn)
	if d <= 0 {
		h.soon.Call("postMessage", js.Null())
		return
	}
	h.global.Call("setTimeout", h.timeout, d)
}

func (h *jsHost) post(a answer) {
	b, err := json.Marshal(a)
	if err != nil {
		b, _ = json.Marshal(answer{ID: a.ID, Type: "error", Message: err.Error()})
	}
	v := h.parse.Invoke(string(b))
	if a.Frame == nil || a.Frame.Frame == nil {
		h.global.Call("postMessage", v)
		return
	}
	f := v.Get("frame")
	transfer := h.columns(f, a.Frame)
	h.global.Call("postMessage", v, transfer)
}

// columns attaches the pods as typed arrays and returns the buffers to transfer.
func (h *jsHost) columns(f js.Value, fr *frame) js.Value {
	c := &fr.Pods
	n := len(c.Slot)
	pods := h.global.Get("Object").New()
	transfer := h.global.Get("Array").New()
	put := func(name, kind string, raw []byte) {
		u8 := h.global.Get("Uint8Array").New(len(raw))
		js.CopyBytesToJS(u8, raw)
		buf := u8.Get("buffer")
		pods.Set(name, h.global.Get(kind).New(buf))
		transfer.Call("push", buf)
	}
	ints := func(name string, v []int32) {
		raw := make([]byte, 4*n)
		for i, x := range v {
			binary.LittleEndian.PutUint32(raw[4*i:], uint32(x))
		}
		put(name, "Int32Array", raw)
	}
	ints("slot", c.Slot)
	ints("node", c.Node)
	ints("workload", c.Workload)
	ints("version", c.Version)
	put("state", "Uint8Array", c.State)
	raw := make([]byte, 2*n)
	for i, x := range c.Restarts {
		binary.LittleEndian.PutUint16(raw[2*i:], x)
	}
	put("restarts", "Uint16Array", raw)
	raw = make([]byte, 8*n)
	for i, x := range c.At {
		binary.LittleEndian.PutUint64(raw[8*i:], math.Float64bits(x))
	}
	put("at", "Float64Array", raw)
	for from, to := range map[string]string{"podNames": "name", "podReasons": "reason"} {
		v := f.Get(from)
		if v.IsNull() {
			v = h.global.Get("Array").New()
		}
		pods.Set(to, v)
		f.Delete(from)
	}
	versions := h.global.Get("Array").New()
	for _, v := range fr.Versions {
		row := h.global.Get("Array").New()
		row.Call("push", v.Index, v.Workload, v.Label, v.Hash)
		versions.Call("push", row)
	}
	pods.Set("versions", versions)
	f.Delete("versions")
	f.Set("pods", pods)
	for _, name := range []string{"nodes", "removedNodes", "workloads", "removedWorkloads", "services", "removedServices", "pulses", "requests", "marks"} {
		if f.Get(name).IsNull() {
			f.Set(name, h.global.Get("Array").New())
		}
	}
	return transfer
}

func main() {
	// One thread does the collecting too: let garbage pile up while there is room, and be thrifty near the 4 GiB that
	// a 32-bit memory has.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(2800 << 20)
	g := js.Global()
	h := &jsHost{global: g, perf: g.Get("performance"), parse: g.Get("JSON").Get("parse")}
	b := newBridge(h)
	h.timeout = js.FuncOf(func(js.Value, []js.Value) any {
		if len(h.due) > 0 {
			fn := h.due[0]
			h.due = h.due[1:]
			b.guard(fn, nil)
		}
		return nil
	})
	channel := g.Get("MessageChannel").New()
	channel.Get("port1").Set("onmessage", h.timeout)
	h.soon = channel.Get("port2")
	stringify := g.Get("JSON").Get("stringify")
	receive := js.FuncOf(func(_ js.Value, args []js.Value) any {
		var r request
		text := "{}"
		if len(args) == 1 {
			if s := stringify.Invoke(args[0]); s.Type() == js.TypeString {
				text = s.String()
			}
		}
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			h.post(answer{ID: r.ID, Type: "error", Message: "message not understood: " + err.Error()})
			return nil
		}
		b.receive(r)
		return nil
	})
	g.Call("tabernetesReady", receive)
	select {} // callbacks do the rest
}
