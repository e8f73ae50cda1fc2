// The page around schedulerperf.wasm.
const go = new Go();
WebAssembly.instantiateStreaming(fetch("schedulerperf.wasm"), go.importObject).then(r => go.run(r.instance));
