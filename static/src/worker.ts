// The dedicated Worker that the engine lives in. It fetches and compiles the engine's module, starts Go, and from then on only
// hands messages over: the Go side answers with postMessage itself.
//
// What Go finds and does (wasm/):
//   globalThis.tabernetesWasmBytes   size of the module as fetched and unpacked, for InitResult and Stats
//   globalThis.tabernetesReady(receive)  Go calls it once, with a function that takes one Request; requests that came
//                                    before are handed over then, in order
//
// The script's own URL says where to look: worker-HASH.js?engine=engine-HASH.wasm.br,engine-HASH.wasm. The smallest
// that the browser can use and the host has is taken; a packed one is unpacked here (offline/packed.ts). With `&share` the
// first message is no request but Given: a module that another worker has compiled, or none; then this one compiles, and
// posts what it made as Compiled.

import "wasm-exec";
import type { Compiled, Given } from "./compiled.ts";
import { inOrder, unpacked } from "./offline/packed.ts";
import type { Answer, Request } from "./protocol.ts";

declare class Go {
  importObject: WebAssembly.Imports;
  run(instance: WebAssembly.Instance): Promise<void>;
}
interface Scope {
  Go: typeof Go;
  tabernetesReady: (receive: (request: Request) => void) => void;
  tabernetesWasmBytes: number;
  location: Location;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: Answer | Compiled): void;
}
const scope = globalThis as unknown as Scope;

let receive: ((request: Request) => void) | undefined;
const early: Request[] = [];
const listen = () => { scope.onmessage = (event) => (receive ? receive(event.data) : void early.push(event.data)); };
const parameters = new URLSearchParams(scope.location.search), sharing = parameters.has("share");
const given: Promise<Given> = !sharing ? Promise.resolve({}) : new Promise((resolve) => {
  scope.onmessage = (event) => { listen(); resolve(event.data as unknown as Given); };
});
if (!sharing) listen();
scope.tabernetesReady = (f) => {
  receive = f;
  for (const request of early.splice(0)) f(request);
};
scope.tabernetesWasmBytes = 0;

/** The module's bytes as they arrive, counted; reports progress at most every 50 ms. */
async function counted(body: ReadableStream<Uint8Array>, total: number, name: string): Promise<ReadableStream<Uint8Array>> {
  let loaded = 0, told = 0;
  const tell = (force: boolean) => {
    const now = performance.now();
    if (!force && now - told < 50) return;
    told = now;
    scope.postMessage({ type: "loading", loaded, total: total >= loaded ? total : 0 });
  };
  const progress = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) { loaded += chunk.byteLength; tell(false); controller.enqueue(chunk); },
    flush() { total = loaded; tell(true); },
  });
  const size = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) { scope.tabernetesWasmBytes += chunk.byteLength; controller.enqueue(chunk); },
  });
  return (await unpacked(body.pipeThrough(progress), name)).pipeThrough(size);
}

async function load(imports: WebAssembly.Imports): Promise<WebAssembly.Instance> {
  const { module, bytes } = await given;
  if (module) {
    scope.tabernetesWasmBytes = bytes ?? 0;
    return WebAssembly.instantiate(module, imports);
  }
  const names = await inOrder((parameters.get("engine") ?? "").split(",").filter(Boolean), scope.location.href);
  const tried: string[] = [];
  for (const name of names) {
    const url = new URL(name, scope.location.href);
    const response = await fetch(url).catch((e: Error) => e);
    if (response instanceof Error) { tried.push(`${name}: ${response.message}`); continue; }
    // A host that answers everything with its front page has no engine under this name.
    if (!response.ok || !response.body || /text\/html/.test(response.headers.get("content-type") ?? "")) {
      tried.push(`${name}: ${response.ok ? "not a module" : response.status}`);
      continue;
    }
    // With Content-Encoding the length counts packed bytes but the stream gives unpacked ones: only a host that says
    // the real length lets us show a share.
    const encoded = response.headers.get("content-encoding");
    const total = Number(response.headers.get("x-unpacked-length") ?? (encoded ? 0 : response.headers.get("content-length"))) || 0;
    const wasm = new Response(await counted(response.body, total, name), { headers: { "content-type": "application/wasm" } });
    const compiled = await WebAssembly.compileStreaming(wasm);
    if (sharing) scope.postMessage({ type: "module", module: compiled, bytes: scope.tabernetesWasmBytes });
    return WebAssembly.instantiate(compiled, imports);
  }
  throw new Error(`no engine found (${tried.join("; ")})`);
}

/** The end of what Go wrote to its standard error: where a panic that nothing caught tells its reason. */
let lastWords = "";
function overhear(): void {
  const fs = (globalThis as unknown as { fs: { writeSync(fd: number, bytes: Uint8Array): number } }).fs;
  const write = fs.writeSync.bind(fs), decoder = new TextDecoder();
  fs.writeSync = (fd, bytes) => {
    if (fd === 2) lastWords = (lastWords + decoder.decode(bytes)).slice(-4000);
    return write(fd, bytes);
  };
}

async function main(): Promise<void> {
  overhear();
  const go = new scope.Go();
  const instance = await load(go.importObject);
  await go.run(instance);
  throw new Error(/(?:panic|fatal error): .*/.exec(lastWords)?.[0] ?? "the engine ended");
}

main().catch((error: Error) => {
  // Go itself is gone, not only one call: nothing in this worker can restore it, so the page is told with commands -1.
  scope.postMessage({ type: "panic", message: error.message, stack: error.stack ?? "", commands: -1 });
});
