import assert from "node:assert/strict";
import { test } from "node:test";
import { entries, folder, fromText, manifestsOf } from "../src/lessons/files.ts";
import { progressIn } from "../src/lessons/carry.ts";
import { memoryShelf, ownKey, Progress, sumOf } from "../src/lessons/progress.ts";
import type { Saved } from "../src/lessons/progress.ts";
import { commandsOf } from "../src/lessons/texts.ts";
import { say } from "../src/lessons/messages.ts";
import { pack } from "../src/sessions/link.ts";
import { Memory } from "../src/sessions/memory.ts";

test("the list of lessons: what is an entry, in its order", () => {
  const texts = { en: "a", zh: "b" }, good = { id: "one", order: 2, minutes: 3, title: texts, summary: texts, files: ["scenario.yaml", "en.md", "zh.md"] };
  assert.deepEqual(entries([good, { ...good, id: "zero", order: 1 }]).map((e) => e.id), ["zero", "one"]);
  for (const bad of [null, 7, {}, { ...good, id: "../x" }, { ...good, id: "A" }, { ...good, order: "1" }, { ...good, title: "x" }, { ...good, files: ["../../secret"] }, { ...good, files: ["a/b.yaml"] }, { ...good, files: Array(36).fill("a.yaml") }]) assert.deepEqual(entries([bad]), [], JSON.stringify(bad));
  assert.deepEqual(entries({}), []);
});

test("only folders of this host are fetched", () => {
  const base = "https://host.example/play/?lesson=x";
  assert.equal(folder("./lessons/canary", base).href, "https://host.example/play/lessons/canary/");
  assert.equal(folder("/l/scenario.yaml?a#b", base).href, "https://host.example/l/");
  for (const bad of ["https://evil.example/l/", "//evil.example/l", "javascript:alert(1)", "data:text/plain,x", "file:///etc/", "https://host.example:444/l/", "http://host.example/l/", "blob:https://host.example/1", "https://"]) assert.throws(() => folder(bad, base), bad);
});

test("one text holds all files", () => {
  assert.deepEqual(fromText("words before\n-- scenario.yaml --\nid: x\n-- en.md --\n# X\n\n-- a/b/zh.md --\n# 某\n"), { "scenario.yaml": "id: x\n", "en.md": "# X\n\n", "zh.md": "# 某\n" });
  assert.deepEqual(fromText("-- a.yaml --\r\nx\r\n"), { "a.yaml": "x\r\n" });
  assert.throws(() => fromText("id: x"));
  assert.throws(() => fromText("-- a.yaml --\n" + "x".repeat(2_000_000)));
  assert.throws(() => fromText(Array.from({ length: 60 }, (_, i) => `-- f${i}.yaml --\nx\n`).join("")));
  assert.equal(Object.getPrototypeOf(fromText("-- __proto__ --\nx\n-- a.yaml --\ny")), Object.prototype);
});

test("the manifests that a scenario's lines read", () => {
  assert.deepEqual(manifestsOf("setup:\n- kubectl apply -f hello.yaml\n- kubectl apply --filename=a.yaml,b.yml\n- kube-scheduler --config s.yaml\nsolution:\n- kubectl logs web -f\n- kubectl apply -f ../x.yaml\n- kubectl delete -f hello.yaml"), ["hello.yaml", "a.yaml", "b.yml", "s.yaml"]);
});

test("lines of a block: no comments, no prompts", () => {
  assert.equal(commandsOf("$ kubectl get pods\n# then\nkubectl get nodes  \n\n"), "kubectl get pods\nkubectl get nodes");
  assert.equal(commandsOf("# nothing"), "");
});

class Shelf {
  readonly kept = new Map<string, string>();
  constructor(private readonly room = Infinity) {}
  getItem(k: string): string | null { return this.kept.get(k) ?? null; }
  setItem(k: string, v: string): void { if (v.length > this.room) throw new Error("QuotaExceededError"); this.kept.set(k, v); }
  removeItem(k: string): void { this.kept.delete(k); }
}

test("progress is kept, and what is read back is looked at", () => {
  const shelf = new Shelf(), p = new Progress(shelf), state = { since: { ms: 1, after: 2, commands: 3, branch: 0 }, answer: 1, hints: 2, done: true, shown: false };
  const saved: Saved = { v: 1, sum: "a", step: 1, of: 3, title: { en: "A", zh: "甲" }, finished: false, steps: { one: state }, record: "r1" };
  assert.ok(p.save("x", saved));
  assert.deepEqual(p.load("x"), saved);
  for (const bad of ["", "{", "null", "7", "[]", '{"v":2}', JSON.stringify({ ...saved, step: "1" }), JSON.stringify({ ...saved, step: null }), JSON.stringify({ ...saved, steps: null }), JSON.stringify({ ...saved, title: 1 })]) {
    shelf.kept.set("tabernetes.lesson.bad", bad);
    assert.equal(p.load("bad"), undefined, bad);
  }
  shelf.kept.set("tabernetes.lesson.odd", JSON.stringify({ ...saved, steps: { one: { since: { ms: "x" }, answer: -1, hints: "many", done: "yes" } } }));
  assert.deepEqual(p.load("odd")!.steps.one, { since: undefined, answer: undefined, hints: 0, done: false, shown: false });
  for (const [speed, read] of [[2, 2], [0, 0], [-1, undefined], ["fast", undefined]]) {
    shelf.kept.set("tabernetes.lesson.pace", JSON.stringify({ ...saved, speed }));
    assert.equal(p.load("pace")!.speed, read);
  }
  assert.equal(new Progress(null).save("x", saved), false);
  assert.equal(new Progress(new Shelf(10)).save("x", saved), false);
  const q = new Progress(new Shelf());
  q.save(ownKey, saved);
  q.keepOwn({ "a.yaml": "x" });
  assert.deepEqual([q.load(ownKey), q.own()], [saved, { "a.yaml": "x" }], "files and how far somebody is in them are two things");
  assert.notEqual(sumOf({ a: "1" }), sumOf({ a: "2" }));
});

test("the lessons' panel says everything in both languages, with the same values", () => {
  const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
  const { en, zh } = say.catalogues;
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    assert.deepEqual(holes(zh[key]), holes(en[key]), key);
    assert.ok(zh[key].trim() && en[key].trim(), key);
  }
});

test("progress in an address: what was packed, or nothing", async () => {
  const saved: Saved = { v: 1, sum: "a", step: 1, of: 3, title: { en: "A", zh: "甲" }, finished: false, steps: { one: { since: { ms: 1, after: 2, commands: 3, branch: 0 }, answer: 1, hints: 2, done: true, shown: false } }, record: "" };
  assert.deepEqual(await progressIn("#s=abc&lesson=" + (await pack(JSON.stringify(saved)))), saved);
  for (const none of ["", "#s=abc", "#s=abc&play=1", "#lesson=" + (await pack(JSON.stringify(saved)))]) assert.equal(await progressIn(none), undefined, none);
  for (const bad of ["", "x", "<script>", await pack("{"), await pack("null"), await pack(JSON.stringify({ ...saved, v: 2 })), (await pack(JSON.stringify(saved))).slice(0, -8), await pack(JSON.stringify({ ...saved, sum: "x".repeat(1 << 20) })), "A".repeat(1 << 20)]) {
    assert.equal(await progressIn("#s=abc&lesson=" + bad), undefined, bad.slice(0, 40));
  }
});

test("in another page's frame progress and sessions are in memory, and few", async () => {
  const p = new Progress(memoryShelf()), saved: Saved = { v: 1, sum: "a", step: 0, of: 1, title: { en: "A", zh: "甲" }, finished: true, steps: {}, record: "" };
  assert.ok(p.save("x", saved));
  assert.deepEqual([p.load("x"), p.load("y")], [saved, undefined]);
  p.forget("x");
  assert.equal(p.load("x"), undefined);
  const m = new Memory(), kept = (id: string) => ({ id, name: "", created: 0, changed: 0, bytes: 1, nodes: 1, masters: 1, seed: 1, commands: 0, branches: 1, now: 0, speed: 1, lines: [], owner: "" });
  for (let i = 0; i < 20; i++) { await m.put(kept(`r${i}`), new Uint8Array([i])); await m.put(kept("mine"), new Uint8Array([i])); }
  assert.equal((await m.list()).length, 6);
  assert.equal((await m.get("mine"))?.text[0], 19, "what is written stays");
  assert.equal(await m.get("r0"), undefined);
  await m.remove("mine");
  assert.equal(await m.take("mine"), false);
});
