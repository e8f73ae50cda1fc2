import assert from "node:assert/strict";
import { test } from "node:test";
import { Engine } from "../src/engine.ts";
import type { Wire } from "../src/engine.ts";
import type { Answer, Request } from "../src/protocol.ts";

class Pipe implements Wire {
  sent: Request[] = [];
  onmessage: ((event: { data: Answer }) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  postMessage(message: unknown): void { this.sent.push(message as Request); }
  answer(data: Answer): void { this.onmessage!({ data }); }
}

test("answers find their requests, whatever their order", async () => {
  const wire = new Pipe(), engine = new Engine(wire);
  const a = engine.call<string>({ op: "stats" }), b = engine.call<string>({ op: "pause" });
  wire.answer({ id: wire.sent[1].id, type: "result", value: "b" });
  wire.answer({ id: wire.sent[0].id, type: "error", message: "no" });
  assert.equal(await b, "b");
  await assert.rejects(a, /^Error: no$/);
});

test("kubectl: output streams, Ctrl-C names its request", async () => {
  const wire = new Pipe(), engine = new Engine(wire), seen: string[] = [];
  const running = engine.run("get pods -w", undefined, (stream, text) => seen.push(`${stream}:${text}`));
  const { id } = wire.sent[0];
  assert.equal((wire.sent[0] as { line: string }).line, "kubectl get pods -w");
  wire.answer({ id, type: "output", stream: "stdout", text: "NAME\n" });
  running.cancel();
  assert.equal((wire.sent[1] as { target: number }).target, id);
  wire.answer({ id, type: "result", value: { stdout: "NAME\n", stderr: "", code: 130 } });
  assert.equal((await running.done).code, 130);
  assert.deepEqual(seen, ["stdout:NAME\n"]);
});

test("another protocol is refused", async () => {
  const wire = new Pipe(), engine = new Engine(wire);
  const init = engine.init({ nodes: 3, masters: 1, seed: 1 });
  wire.answer({ id: wire.sent[0].id, type: "result", value: { protocol: 99, version: "", wasmBytes: 0 } });
  await assert.rejects(init, /protocol 99/);
});

test("a worker that breaks answers everybody and says so", async () => {
  const wire = new Pipe(), engine = new Engine(wire);
  let panic = "";
  engine.onpanic = (message, commands) => { panic = `${message} ${commands}`; };
  const waiting = engine.call({ op: "stats" });
  wire.onerror!({ message: "out of memory" } as ErrorEvent);
  await assert.rejects(waiting, /out of memory/);
  assert.equal(panic, "out of memory -1");
});
