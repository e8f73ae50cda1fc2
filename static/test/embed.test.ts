import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { install } from "../src/embed-api.ts";
import { apiOf } from "../src/embed/client.ts";
import { limits, read } from "../src/embed/messages.ts";
import { methods } from "../src/embed/methods.ts";
import { fullPage, readEmbedParams } from "../src/embed/page-params.ts";
import { say } from "../src/embed/page-texts.ts";
import { posterTexts, posterTitle } from "../src/embed/poster-texts.ts";
import { atMost } from "../src/embed/throttle.ts";
import { examples } from "../src/examples.ts";
import { openingTexts, opening, maxManifest } from "../src/opening.ts";
import type { Opening } from "../src/opening.ts";
import { scenario } from "../src/scenario.ts";

const ask = (method: unknown, args: unknown = [], id: unknown = 1, more: object = {}) => read({ tabernetes: 1, id, method, args, ...more });
const error = (r: ReturnType<typeof read>) => (r && "error" in r ? r.error : "");

test("the frame's methods are those of window.tabernetes", () => {
  (globalThis as { window?: unknown }).window ??= {};
  const names: string[] = [];
  const walk = (o: object, before: string) => {
    for (const [name, d] of Object.entries(Object.getOwnPropertyDescriptors(o))) {
      if (d.get || typeof d.value === "function") names.push(before + name); else walk(d.value as object, `${before}${name}.`);
    }
  };
  walk(install(async () => {}), "");
  // Whether the page is kept for offline use is no embedding page's business.
  assert.deepEqual(names.filter((n) => n !== "offline").sort(), Object.keys(methods).sort());
  const asked: unknown[] = [], api = apiOf(async (...call) => { asked.push(call); }) as { clock: { advance(n: number): Promise<void> } };
  void api.clock.advance(3);
  assert.deepEqual(asked, [["clock.advance", [3]]]);
});

test("requests that are carried out", () => {
  assert.deepEqual(ask("kubectl", ["get pods"]), { id: 1, method: "kubectl", args: ["get pods"] });
  assert.deepEqual(ask("clock.play", [undefined]), { id: 1, method: "clock.play", args: [] });
  assert.deepEqual(read({ tabernetes: 1, id: 0, method: "stats" }), { id: 0, method: "stats", args: [] });
  assert.deepEqual(ask("reset", [{ nodes: 5 }]), { id: 1, method: "reset", args: [{ nodes: 5 }] });
  assert.deepEqual(ask("traffic.start", [{ service: "web", rps: 0.5 }]), { id: 1, method: "traffic.start", args: [{ service: "web", rps: 0.5 }] });
});

test("what is no request of ours is not even answered", () => {
  for (const m of [undefined, null, 0, "", "tabernetes", [], [1], { tabernetes: 2, id: 1, method: "stats" }, { tabernetes: "1", id: 1, method: "stats" }, { id: 1, method: "stats" }, new Map([["tabernetes", 1]]), new (class { tabernetes = 1; id = 1; method = "stats"; })()]) assert.equal(read(m), undefined);
  for (const id of [undefined, null, "1", -1, 0.5, NaN, 2 ** 53, {}, [1]]) assert.equal(read({ tabernetes: 1, id, method: "stats" }), undefined);
});

test("hostile requests get their error", () => {
  for (const method of ["constructor", "__proto__", "toString", "hasOwnProperty", "clock", "clock.__proto__", "clock.constructor", "traffic.start.call", "eval", "", 1, null, ["stats"], { toString: () => "stats" }]) assert.match(error(ask(method)), /no method/, String(method));
  for (const args of ["x", {}, { length: 1, 0: "get pods" }, 1, null]) assert.match(error(ask("kubectl", args)), /want a list/);
  assert.match(error(ask("kubectl", [])), /want a string/);
  assert.match(error(ask("kubectl", ["a", "b"])), /takes 1 arguments/);
  for (const bad of [1, null, {}, ["x"], true]) for (const method of ["run", "kubectl", "apply", "why", "killNode"]) assert.match(error(ask(method, [bad])), /want a string/);
  assert.match(error(ask("run", ["x".repeat(limits.line + 1)])), /at most 16384/);
  assert.match(error(ask("apply", ["x".repeat(limits.text + 1)])), /at most 1048576/);
  assert.match(error(ask("why", ["x".repeat(limits.name + 1)])), /at most 512/);
  for (const bad of [NaN, Infinity, -1, "1", 1e12, null, {}]) assert.match(error(ask("clock.advance", [bad])), /want a number/);
  for (const bad of [null, [], "x", new Map(), new Date()]) assert.match(error(ask("reset", [bad])), /want an object/);
  for (const bad of [{ nodes: 0 }, { nodes: 5001 }, { nodes: 1.5 }, { masters: 2 }, { seed: -1 }, { nodes: "3" }, { session: "x" }, JSON.parse('{"__proto__": {"nodes": 1}}')]) assert.notEqual(error(ask("reset", [bad])), "", JSON.stringify(bad));
  for (const bad of [{}, { service: "web" }, { service: 1, rps: 1 }, { service: "web", rps: 1e9 }, { service: "web", rps: 1, more: 1 }]) assert.notEqual(error(ask("traffic.start", [bad])), "");
  assert.match(error(ask("stats", [], 1, { origin: "https://elsewhere.example" })), /unknown field/);
  assert.ok(error(ask("x".repeat(100_000))).length < 200, "an error is short, whatever was sent");
});

test("panels and origin of an address", () => {
  const p = (q: string) => readEmbedParams(q);
  assert.deepEqual([...p("").panels], ["stage", "terminal"]);
  assert.deepEqual([...p("?panels=do,%20Inspector").panels], ["yaml", "inspector"]);
  assert.deepEqual([...p("?lesson=canary").panels].sort(), ["lesson", "stage", "terminal", "yaml"]);
  assert.deepEqual([...p("?lesson=canary&panels=stage").panels], ["stage", "lesson"], "a lesson is always seen");
  assert.deepEqual([...p("?panels=lesson").panels], ["lesson"]);
  assert.deepEqual([...p("?panels=header").panels], ["header", "stage", "terminal"], "bars alone are no page");
  assert.deepEqual(p("?panels=stage,map,constructor").complaints, [["panels", "map"], ["panels", "constructor"]]);
  assert.equal(p("?origin=https://docs.example").origin, "https://docs.example");
  for (const bad of ["*", "null", "docs.example", "https://docs.example/", "https://docs.example/a", "https://a@docs.example", "javascript:1", "file://", "HTTPS://docs.example", "https://docs.example:443"]) {
    assert.deepEqual([p("?origin=" + encodeURIComponent(bad)).origin, p("?origin=" + encodeURIComponent(bad)).complaints.length], ["", 1], bad);
  }
  assert.equal(fullPage("https://play.example/a/embed.html?scenario=canary&panels=stage&origin=https://x.example&nodes=4#manifest=a", "zh"), "https://play.example/a/?scenario=canary&nodes=4&lang=zh#manifest=a");
  const now = (more: Parameters<typeof fullPage>[2]) => fullPage("https://play.example/a/embed.html?lesson=canary&scenario=x&panels=stage&nodes=4&theme=dark#s=old", "en", more);
  assert.equal(now({ session: "abc", play: 0 }), "https://play.example/a/?theme=dark&lang=en#s=abc&play=0", "the session has its own size");
  assert.equal(now({ session: "abc", lesson: "services", progress: "x-_" }), "https://play.example/a/?theme=dark&lesson=services&lang=en#s=abc&lesson=x-_");
  assert.equal(now({ lesson: "services" }), "https://play.example/a/?theme=dark&lesson=services&lang=en", "a lesson has its own cluster");
  assert.equal(now({}), "https://play.example/a/?lesson=canary&scenario=x&nodes=4&theme=dark&lang=en#s=old");
});

test("what an address opens", async () => {
  const base = "https://play.example/a/embed.html";
  const open = (search: string, hash = "") => opening(search, hash, base) as Opening | undefined;
  assert.equal(open("?nodes=3"), undefined);
  assert.equal(open("?scenario=canary")?.file, "canary-by-replicas.yaml");
  assert.equal(await open("", "#manifest=a%3A%201%0A")?.manifests(), "a: 1\n");
  assert.equal(await open("", "#manifest=a%3A+1%2B1")?.manifests(), "a: 1+1");
  assert.equal(open("?manifest-src=x/web.yaml")?.file, "web.yaml");
  for (const src of ["x/-f.yaml", "x/a;b", "x/a%20b", "x/$(rm)", "x/", "x/a'b"]) assert.equal(open("?manifest-src=" + encodeURIComponent(src))?.file, "manifest.yaml", src);
  for (const src of ["https://elsewhere.example/a", "//elsewhere.example/a", "javascript:1", "data:text/plain,a", "blob:https://play.example/1", "https://play.example:444/a", "https://play.example@elsewhere.example/a"]) assert.throws(() => open("?manifest-src=" + encodeURIComponent(src)), /only files of/, src);
  for (const q of ["?scenario=", "?scenario=../index", "?scenario=Pods", "?scenario=https://elsewhere.example/lesson/"]) assert.throws(() => open(q), /no such scenario/);
  assert.deepEqual(opening("?scenario=self-healing", "", base), { lesson: "self-healing" }, "what no example is called may be a lesson");
  assert.equal(open("?scenario=canary")?.file, "canary-by-replicas.yaml", "an example goes before a lesson of its name");
  assert.throws(() => open("?scenario=canary&manifest=a"), /only one/);
  assert.throws(() => open("?scenario=canary&lesson=canary"), /only one/);
  assert.throws(() => open("", "#manifest=" + "x".repeat(maxManifest + 1)), /more than/);
});

test("a file without end is given up", async () => {
  let pulled = 0, cancelled = false;
  const endless = new ReadableStream<Uint8Array>({ pull(c) { pulled++; c.enqueue(new Uint8Array(65_536)); }, cancel() { cancelled = true; } });
  mock.method(globalThis, "fetch", async () => new Response(endless));
  await assert.rejects((opening("?manifest-src=a.yaml", "", "https://play.example/") as Opening).manifests(), /more than 262144 characters/);
  assert.ok(pulled < 20 && cancelled);
  mock.restoreAll();
});

test("every example is a scenario, by both its names", () => {
  for (const e of examples) {
    assert.equal(scenario(e.name.replace("example.", ""))?.file, e.file);
    assert.equal(scenario(e.file)?.file, e.file);
  }
  assert.equal(scenario("canary-by-replicas")?.file, "canary-by-replicas.yaml");
  assert.equal(scenario("guestbook")?.file, "guestbook-all-in-one.yaml", "the short name goes first");
});

test("the embeds' own texts are whole in every language", () => {
  const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
  for (const { en, zh } of [say.catalogues, openingTexts, posterTexts as unknown as Record<"en" | "zh", Record<string, string>>]) {
    const english = en as Record<string, string>, chinese = zh as Record<string, string>;
    assert.deepEqual(Object.keys(chinese).sort(), Object.keys(english).sort());
    for (const key of Object.keys(english)) assert.deepEqual(holes(chinese[key]), holes(english[key]), key);
  }
  assert.equal(posterTitle("zh", { caption: "", scenario: "", manifest: true, session: false }), posterTexts.zh.manifest);
  const poster = (lang: "en" | "zh", scenario: string, lesson: string | null) => posterTitle(lang, { caption: "", scenario, lesson, manifest: false, session: false });
  assert.equal(poster("en", "", "canary"), "Lesson: A canary");
  assert.equal(poster("en", "canary", null), "By replicas", "an example goes before a lesson of its name");
  assert.equal(poster("en", "pods", null), "Lesson: Pods");
  assert.equal(poster("zh", "", "pods"), "课程：容器组");
  assert.equal(poster("en", "", "./lessons/mine/"), "Lesson", "nobody knows its title before it is read");
  assert.equal(posterTitle("en", { caption: "Mine", scenario: "canary", manifest: false, session: false }), "Mine");
});

test("frames are told at once, then at most every quarter of a second, and the last is never lost", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const told: number[] = [];
  let now = 0;
  const tick = (ms: number) => { for (let i = 0; i < ms; i += 10) { now += 10; mock.timers.tick(10); } };
  const again = atMost(250, () => told.push(now));
  again();
  for (let i = 0; i < 50; i++) { tick(20); again(); }
  tick(1000);
  assert.equal(told[0], 0);
  for (let i = 1; i < told.length; i++) assert.ok(told[i] - told[i - 1] >= 250, told.join());
  assert.ok(told.length >= 5 && told[told.length - 1] >= 1000);
  const count = told.length;
  tick(1000);
  assert.equal(told.length, count, "nothing new, nothing told");
  mock.timers.reset();
});
