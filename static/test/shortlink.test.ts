import assert from "node:assert/strict";
import { test } from "node:test";
import { resolve } from "../src/shortlink.ts";

const base = "https://example.org/play/", id = "abcdefghijklmnop";
const answers = (status: number, body: string, asked: string[] = []) => (async (url: URL) => { asked.push(url.href); return new Response(body, { status }); }) as unknown as typeof fetch;

test("a short link stands for the text that the host keeps", async () => {
  const asked: string[] = [];
  assert.equal(await resolve("#link=" + id, base, answers(200, "eNq-_0", asked)), "#s=eNq-_0");
  assert.deepEqual(asked, [`https://example.org/play/api/links/${id}`]);
});

test("an id that is none is not asked for", async () => {
  for (const odd of ["", "a", "../../lessons/index.json", "ABCDEFGHIJKLMNOP", id + "?x", id + "/..", "a".repeat(33), "//evil.example/aa", "%2e%2e%2fabcdefghijk"]) {
    const asked: string[] = [];
    await assert.rejects(resolve("#link=" + odd, base, answers(200, "abcd", asked)), /leads to no session/);
    assert.deepEqual(asked, []);
  }
});

test("what the host answers is looked at", async () => {
  await assert.rejects(resolve("#link=" + id, base, answers(404, "{}")), /leads to no session/);
  await assert.rejects(resolve("#link=" + id, base, answers(503, "{}")), /could not be fetched: 503/);
  for (const odd of ["", "<script>", "ab cd", "&s=x", "a".repeat(262_145)]) await assert.rejects(resolve("#link=" + id, base, answers(200, odd)), /is no session/);
  await assert.rejects(resolve("#link=" + id, base, (async () => { throw new Error("offline"); }) as unknown as typeof fetch), /could not be fetched: offline/);
});
