import assert from "node:assert/strict";
import { test } from "node:test";
import { Editing } from "../src/editing.ts";
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

test("whether the clock runs is known with the answer, before any frame tells it", async () => {
  const wire = new Pipe(), engine = new Engine(wire), told: boolean[] = [];
  engine.onclock = (playing) => { told.push(playing); };
  const pause = engine.call({ op: "pause" }), play = engine.call({ op: "play", speed: 2 }), refused = engine.call({ op: "play", speed: -1 });
  wire.answer({ id: wire.sent[0].id, type: "result", value: null });
  wire.answer({ id: wire.sent[1].id, type: "result", value: null });
  wire.answer({ id: wire.sent[2].id, type: "error", message: "no" });
  await Promise.all([pause, play]);
  await assert.rejects(refused);
  assert.deepEqual(told, [false, true]);
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

test("a line at a terminal opens an editor and reads keys; without one it is told so", async () => {
  const wire = new Pipe(), engine = new Engine(wire), seen: string[] = [];
  engine.run("get pods");
  assert.equal((wire.sent[0] as { terminal: boolean }).terminal, false);
  const running = engine.run("edit deployment/web", undefined, undefined, { edit: (name, text) => seen.push(name, text), keys: (raw) => seen.push(raw ? "raw keys" : "keys") });
  const { id } = wire.sent[1];
  assert.equal((wire.sent[1] as { terminal: boolean }).terminal, true);
  wire.answer({ id, type: "edit", name: "/tmp/a.yaml", text: "kind: X\n" });
  wire.answer({ id, type: "keys" });
  wire.answer({ id, type: "keys", raw: true });
  assert.deepEqual(seen, ["/tmp/a.yaml", "kind: X\n", "keys", "raw keys"]);
  void running.edited("kind: Y\n");
  void running.edited();
  running.input("ls");
  const sent = wire.sent.slice(2).map(({ id: _, ...rest }) => rest);
  assert.deepEqual(sent, [{ op: "edited", of: id, text: "kind: Y\n" }, { op: "edited", of: id, text: undefined }, { op: "input", of: id, line: "ls" }]);
});

test("what was typed into an editor outlives its command", async () => {
  let refuse = false;
  const saved: (string | undefined)[] = [];
  const editing = () => new Editing("kubectl edit cm a", (text) => (saved.push(text), refuse ? Promise.reject(new Error("too long")) : Promise.resolve()), "canary", () => {});
  let e = editing();
  e.open("/tmp/a.yaml", "a");
  await e.leave(false);
  await e.leave(true); // it was left already
  assert.deepEqual(saved, [undefined]);
  assert.equal(e.end(true), true);
  e = editing();
  e.open("/tmp/a.yaml", "a");
  e.text = "b";
  refuse = true;
  await assert.rejects(e.leave(true), /too long/);
  assert.deepEqual([e.state, e.text], ["open", "b"]);
  assert.equal(e.end(true), false); // Ctrl-C in the terminal
  e = editing();
  e.open("/tmp/a.yaml", "a");
  e.text = "b";
  refuse = false;
  await e.leave(true);
  e.open("/tmp/b.yaml", "# wrong\nb");
  assert.deepEqual([e.again, e.dirty, e.state], [true, true, "open"]);
  e.text = "c";
  await e.leave(true);
  e.open("/tmp/c.yaml", "# the next object\nd");
  assert.deepEqual([e.again, e.dirty], [false, false]);
  assert.equal(e.end(true), true);
});
