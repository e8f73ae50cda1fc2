// The session of this page: where it comes from when the page opens (a link, or what this tab had), and that it is kept.

import { app } from "../app.ts";
import { cluster } from "../cluster.ts";
import type { ClusterConfig, Opened } from "../protocol.ts";
import { Keeper } from "./keeper.ts";
import { deflate, inflate, LinkError, longestText, payload, tail, unpack } from "./link.ts";
import { say } from "./messages.ts";
import { Memory } from "./memory.ts";
import { duplicate, store } from "./store.ts";
import type { Store } from "./store.ts";

/** What the page opens with. */
export interface Opening { text: string; config: ClusterConfig; /** the record of this tab that it is */ record?: string; /** it ran, that fast */ speed?: number }

const key = "tabernetes.session";
const mine = () => { try { return sessionStorage.getItem(key) ?? ""; } catch { return ""; } };
const mark = (id: string) => { try { if (id) sessionStorage.setItem(key, id); else sessionStorage.removeItem(key); } catch { /* a reload starts anew */ } };

/** What a session's text says it is made from; it is read properly by the engine. */
function configOf(text: string): ClusterConfig {
  try {
    const { nodes, masters, seed } = JSON.parse(text) as ClusterConfig;
    if ([nodes, masters, seed].every(Number.isFinite)) return { nodes, masters, seed };
  } catch { /* the engine says what is wrong */ }
  return app.config;
}

/** The session that this page should open with: the link's, or the one this tab had before it was reloaded. */
export async function opening(wish: ClusterConfig, explicit: boolean): Promise<Opening | undefined> {
  const linked = await fromLink(location.hash);
  if (linked !== null) return linked;
  const id = mine();
  if (!id) return undefined;
  try {
    const there = await (await store()).get(id);
    if (!there) return undefined;
    const { nodes, masters, seed, speed } = there.kept, config = { nodes, masters, seed };
    // An address that asks for another cluster gets it; the session stays in the list.
    if (explicit && (["nodes", "masters", "seed"] as const).some((k) => config[k] !== wish[k])) return undefined;
    return { text: await inflate(there.text, 2 * longestText), config, record: id, speed };
  } catch {
    return undefined; // what is wrong with the storage is said when the session is to be kept
  }
}

export const openingOf = (text: string): Opening => ({ text, config: configOf(text) });

/** null: the address holds no session. */
async function fromLink(hash: string): Promise<Opening | undefined | null> {
  try {
    const p = payload(hash);
    if (p === undefined) return null;
    // A link shows its moment; one that leads out of another page's frame goes on as it went on there.
    const play = tail(hash).get("play"), speed = Number(play);
    return { ...openingOf(await unpack(p)), speed: play && (speed === 0 || (speed >= 0.01 && speed <= 1000)) ? speed : undefined };
  } catch (e) {
    app.trouble = { title: say("link.title"), message: `${e instanceof LinkError ? say(`link.${e.fault}`) : (e as Error).message}`, commands: 0 };
    app.emit("status");
    return undefined;
  }
}

/** The address without the session in it: a reload goes on with this tab's record, and copying it does not mislead. */
export function clearAddress(): void {
  // In another page's frame there is no such record, and nobody sees the address.
  if (!app.embedded) forgetLink();
}

function forgetLink(): void {
  if (location.hash.startsWith("#s")) history.replaceState(null, "", location.pathname + location.search);
}

/** This tab has no session any more, and the address asks for none. */
export function leave(): void { if (cluster.keeps) mark(""); forgetLink(); }

/** A session could not be opened at all. */
export function refused(e: Error, record: boolean): void {
  if (cluster.keeps) mark("");
  app.fault(new Error(`${e.message}\n${say(record ? "session.refusedNow" : "link.instead")}`), say(record ? "session.refused" : "link.title"));
}

/** What became of a session that was opened: if it is not the same one, its manifests are there to go on with. */
export function tell(o: Opened): void {
  if (o.exact) return;
  app.fault(new Error(say("other.text", { why: o.why })), say("other.title", { version: o.version || "?" }));
  if (o.manifests) toEditor("session.yaml", o.manifests);
}

/** Puts manifests into the YAML editor. */
export function toEditor(name: string, text: string): void {
  app.show({ left: "yaml", sheet: "do" });
  document.querySelector("tab-yaml")?.dispatchEvent(new CustomEvent("text", { detail: { name, text } }));
}

/** What an engine that died is started again with: the session as it was kept last, whether a storage has it or not. */
export function again(): Opening | undefined {
  return keeper?.text ? { text: keeper.text, config: app.config, record: keeper.id, speed: app.model.playing ? app.speed : undefined } : undefined;
}

export let keeper: Keeper | undefined;

/** In another page's frame sessions are kept in memory alone. */
const memory = new Memory();
const shelf = (): Promise<Store> => (cluster.keeps ? store() : Promise.resolve(memory));

/** Keeps the session from now on. */
export async function keep(record?: string): Promise<void> {
  if (keeper) return void (record === keeper.id ? keeper.look() : await keeper.turn(record)); // the engine was started again
  let jumps = 0;
  const k = (keeper = new Keeper({
    text: async () => (await app.engine.call<{ text: string }>({ op: "session" })).text,
    state: () => {
      const m = app.model;
      if (app.phase !== "ready" || cluster.replacing || !m.nodes.size) return undefined;
      return {
        changes: `${jumps} ${m.branch} ${m.commands} ${m.past && !m.playing ? m.after : ""} ${m.playing}`, moment: `${m.after} ${m.now}`,
        config: app.config, commands: m.commands, now: m.now, speed: m.playing || m.busy ? m.speed : -1, branches: app.travel.branches,
      };
    },
    deflate, mark: cluster.keeps ? mark : () => {}, wall: () => Date.now(), later: (ms, f) => void setTimeout(f, ms), trouble,
  }, shelf, cluster.keeps ? navigator.locks : undefined));
  app.on("frame", (f) => { if (f!.full) jumps++; k.look(); });
  app.on("kept", () => { jumps++; k.look(); });
  // Who goes elsewhere may not come back to this page.
  document.addEventListener("visibilitychange", () => { if (document.hidden) void k.save(); });
  await k.begin(record ?? "");
  k.look();
  if (!cluster.keeps) return;
  // Records that nobody did anything in and no tab shows.
  void (async () => {
    const s = await store(), held = new Set((await navigator.locks?.query())?.held?.map((l) => l.name));
    for (const x of await s.list()) if (!x.commands && !x.name && x.id !== k.id && !held.has(`tabernetes.session.${x.id}`) && Date.now() - x.changed > 86_400_000) await s.remove(x.id);
  })().catch(() => {});
}

function trouble(e: Error | undefined): void {
  if (!e) { if (app.trouble?.title === say("keep.title")) { app.trouble = undefined; app.emit("status"); } return; }
  // Where nothing is kept by choice nobody needs an alarm: the list of sessions says so.
  if (/SecurityError|InvalidStateError|UnknownError|NotFoundError/.test(e.name)) return;
  app.fault(new Error(troubleText(e)), say("keep.title"));
}

export function troubleText(e: Error): string {
  return e.name === "QuotaExceededError" ? say("keep.quota") : /SecurityError|InvalidStateError|UnknownError/.test(e.name) ? say("keep.none") : say("keep.other", { message: e.message });
}

/** Opens another session in this tab: what is shown now is kept first. */
export async function open(text: string, record?: string): Promise<Opened> {
  const o = await cluster.replace(configOf(text), text, record, false, true);
  tell(o);
  return o;
}

/** Somebody thought better of opening it. */
export const stopped = (e: Error): boolean => e.message.startsWith("given up");

/** A session that is kept, and the record that this tab may go on with: its own, or a copy where another tab shows it. */
export async function kept(id: string): Promise<{ text: string; record?: string } | undefined> {
  const s = await shelf(), there = await s.get(id);
  if (!there) return undefined;
  const held = cluster.keeps && id !== keeper?.id && (await navigator.locks?.query())?.held?.some((l) => l.name === `tabernetes.session.${id}`);
  return { text: await inflate(there.text, 2 * longestText), record: held ? (await duplicate(s, id, copyName))?.id : id };
}

export async function openRecord(id: string): Promise<void> {
  const there = await kept(id);
  if (!there) return;
  try {
    await open(there.text, there.record);
  } catch (e) {
    if (there.record && there.record !== id) await (await store()).remove(there.record); // the copy that nobody needs
    throw e;
  }
}

export const copyName = (of: string) => (of ? say("copy.of", { name: of }) : say("copy.unnamed"));

// Another link, put into the address of a page that is open.
addEventListener("hashchange", () => void (async () => {
  if (location.hash.startsWith("#link=")) {
    const trouble = await (await import("../shortlink.ts")).openShortLink();
    if (trouble) { app.trouble = trouble; app.emit("status"); return; }
  }
  const o = location.hash.startsWith("#s") ? await fromLink(location.hash) : null;
  if (o) await open(o.text).catch((e: Error) => { if (!stopped(e)) throw e; }).then(clearAddress);
})().catch((e: Error) => app.fault(e, say("link.title"))));
