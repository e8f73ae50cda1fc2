import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { gzipSync } from "node:zlib";
import { formatOf, inOrder, unpacked } from "../src/offline/packed.ts";

const base = "https://example.org/play/", names = ["engine-AAAAAAAA.wasm.gz", "engine-AAAAAAAA.wasm"] as const;
const real = globalThis.fetch, realCaches = globalThis.caches;
const answer = (status: number, encoding = "") => {
  const asked: string[] = [];
  globalThis.fetch = (async (url: URL, init: RequestInit) => { asked.push(`${init.method} ${url.href}`); return new Response(null, { status, headers: encoding ? { "content-encoding": encoding } : {} }); }) as unknown as typeof fetch;
  return asked;
};
afterEach(() => { globalThis.fetch = real; globalThis.caches = realCaches; });

test("the module as it is goes first where the host packs it better than gzip", async () => {
  const asked = answer(200, "br");
  assert.deepEqual(await inOrder(names, base), [...names].reverse());
  assert.deepEqual(asked, ["HEAD https://example.org/play/engine-AAAAAAAA.wasm"]);
});

test("otherwise the packed form", async () => {
  for (const [status, encoding] of [[200, ""], [200, "gzip"], [404, "br"], [405, ""]] as const) {
    answer(status, encoding);
    assert.deepEqual(await inOrder(names, base), names);
  }
  globalThis.fetch = (async () => { throw new Error("offline"); }) as unknown as typeof fetch;
  assert.deepEqual(await inOrder(names, base), names);
});

test("nobody is asked where there is no choice", async () => {
  const asked = answer(200, "br");
  assert.deepEqual(await inOrder(["engine-AAAAAAAA.wasm"], base), ["engine-AAAAAAAA.wasm"]);
  assert.deepEqual(await inOrder([], base), []);
  assert.deepEqual(asked, []);
});

test("what is kept goes before all", async () => {
  const asked = answer(200, "");
  globalThis.caches = { match: async (url: URL) => url.href.endsWith(".wasm") ? new Response("kept") : undefined } as unknown as CacheStorage;
  assert.deepEqual(await inOrder(names, base), [...names].reverse());
  assert.deepEqual(asked, []);
});

const stream = (bytes: Uint8Array, step: number) => new ReadableStream<Uint8Array>({
  start(c) { for (let i = 0; i < bytes.length; i += step) c.enqueue(bytes.subarray(i, i + step)); c.close(); },
});
const whole = async (s: ReadableStream<Uint8Array>) => new Uint8Array(await new Response(s as unknown as BodyInit).arrayBuffer());

test("a packed file is unpacked, unless the browser has done it", async () => {
  const module = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 7, 7, 7]), packed = new Uint8Array(gzipSync(module));
  for (const step of [1, 3, 5, 100]) {
    assert.deepEqual(await whole(await unpacked(stream(packed, step), "e.wasm.gz")), module);
    assert.deepEqual(await whole(await unpacked(stream(module, step), "e.wasm.gz")), module);
    assert.deepEqual(await whole(await unpacked(stream(module, step), "e.wasm")), module);
  }
  await assert.rejects(whole(await unpacked(stream(packed.subarray(0, 12), 5), "e.wasm.gz")));
  await assert.rejects(whole(await unpacked(stream(new Uint8Array([1, 2]), 5), "e.wasm.gz")));
});

test("formats go by the end of a name", () => {
  assert.deepEqual(["a.br", "a.gz", "a.wasm", "br", "a.br.js"].map(formatOf), ["brotli", "gzip", undefined, undefined, undefined]);
});
