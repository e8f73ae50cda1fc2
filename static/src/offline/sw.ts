// The service worker: after one visit the page works without a network. It keeps every file of one version of the page,
// each checked against the hash that the build wrote (finish.mjs puts the list before this script), and answers from them.
//
// Versions never mix. A version is kept whole in a cache of its own, or not at all: one file that is not what the list says
// ends the installation, and the version before stays. A new version waits until the page says "take-over", which a person
// asked for; files that did not change are taken over without a download. The version before is kept until the next, for
// tabs that still show it and have not yet loaded their editor.

import { inOrder } from "./packed.ts";

type Entry = [path: string, integrity: string];
interface Kept { version: string; files: Entry[]; engine: Entry[] }
interface Extendable extends Event { waitUntil(done: Promise<unknown>): void }
interface Fetching extends Extendable { request: Request; respondWith(r: Promise<Response>): void }
interface Scope {
  tabernetesKept?: Kept;
  registration: { scope: string };
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", f: (event: Extendable) => void): void;
  addEventListener(type: "fetch", f: (event: Fetching) => void): void;
  addEventListener(type: "message", f: (event: Extendable & { data: unknown }) => void): void;
}
const self = globalThis as unknown as Scope;

const kept = self.tabernetesKept ?? { version: "none", files: [], engine: [] };
const base = self.registration.scope;
const known = new Set([...kept.files, ...kept.engine].map(([path]) => path));

/** Caches belong to the host, which may hold several copies of this page: the scope tells them apart. */
const prefix = `tabernetes ${base} `;
const current = prefix + kept.version;
/** Where a cache keeps its own list: what it holds, by hash. */
const list = base + "kept.json";
/** As finish.mjs: such a name never means anything else. */
const hashed = /-[A-Z0-9]{8}\.[^/]*$/;
const atOnce = 4;

const ours = async (): Promise<string[]> => (await caches.keys()).filter((name) => name.startsWith(prefix));
const match = (cache: Cache, path: string): Promise<Response | undefined> => cache.match(base + path, { ignoreVary: true });

/** What was kept before under the same path with the same content. */
async function before(): Promise<(entry: Entry) => Promise<Response | undefined>> {
  const where = new Map<string, Cache>();
  for (const name of await ours()) {
    const cache = await caches.open(name);
    for (const [path, integrity] of await cache.match(list).then((r) => r?.json() as Promise<Entry[]> | undefined).catch(() => undefined) ?? []) where.set(path + " " + integrity, cache);
  }
  return async ([path, integrity]) => { const cache = where.get(path + " " + integrity); return cache && match(cache, path); };
}

/** Without what describes the journey: the body is unpacked now, and an answer that was redirected may open no page. */
function plain(r: Response): Response {
  const headers = new Headers(r.headers);
  for (const name of ["content-encoding", "content-length", "vary", "set-cookie"]) headers.delete(name);
  return new Response(r.body, { headers });
}

async function keep(): Promise<void> {
  const cache = await caches.open(current), old = await before(), queue = [...kept.files];
  const get = async (entry: Entry): Promise<void> => {
    const [path, integrity] = entry, url = base + path;
    if (await match(cache, path)) return; // of an installation that was broken off
    let response = await old(entry);
    if (!response) {
      response = await fetch(url, { integrity, credentials: "omit", cache: hashed.test(path) ? "default" : "no-cache" });
      if (!response.ok) throw new Error(`${url}: ${response.status}`);
      response = plain(response);
    }
    await cache.put(url, response);
  };
  const one = async (): Promise<void> => { for (let entry = queue.shift(); entry; entry = queue.shift()) await get(entry); };
  const [form] = await Promise.all([engine(get), ...Array.from({ length: atOnce }, one)]);
  await cache.put(list, new Response(JSON.stringify([...kept.files, form])));
}

/** The engine in one form, as the page's worker loads it. */
async function engine(get: (entry: Entry) => Promise<void>): Promise<Entry> {
  let failed: unknown = new Error("no engine");
  for (const name of await inOrder(kept.engine.map(([path]) => path), base)) {
    const entry = kept.engine.find(([path]) => path === name)!;
    try {
      await get(entry);
      return entry;
    } catch (e) { failed = e; } // the host may lack this form
  }
  throw failed;
}

/** All but this version and the one before it. */
async function forget(): Promise<void> {
  const others = (await ours()).filter((name) => name !== current);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
}

async function answer(path: string, request: Request): Promise<Response> {
  const now = await match(await caches.open(current), path);
  if (now) return now;
  // A part of another version, wanted by a tab that shows it.
  if (hashed.test(path)) for (const name of await ours()) {
    const then = await match(await caches.open(name), path);
    if (then) return then;
  }
  return fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(forget().then(() => self.clients.claim())));
self.addEventListener("message", (event) => {
  if (event.data === "take-over") event.waitUntil(self.skipWaiting());
  if (event.data === "claim") event.waitUntil(self.clients.claim()); // a page that was loaded past the service worker
});
self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || request.headers.has("range") || !(url.origin + url.pathname).startsWith(base)) return;
  let path = (url.origin + url.pathname).slice(base.length);
  if (path === "index.html") path = "";
  if (known.has(path) || hashed.test(path)) event.respondWith(answer(path, request));
});
