import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { Keeper } from "../src/sessions/keeper.ts";
import type { Page } from "../src/sessions/keeper.ts";
import { deflate, inflate, LinkError, longestLink, pack, payload, tail, unpack } from "../src/sessions/link.ts";
import type { LinkFault } from "../src/sessions/link.ts";
import type { Kept, Store } from "../src/sessions/store.ts";

const url = (b: Buffer) => b.toString("base64url");
const fault = (f: LinkFault) => (e: unknown) => e instanceof LinkError && e.fault === f;

test("a link holds its session, whatever is in it", async () => {
  for (const text of ["{}", "中文 – \u0000 \" \\ \ud83d\ude00", JSON.stringify({ do: Array.from({ length: 3000 }, (_, i) => `scale deployment/web --replicas=${i}`) })]) assert.equal(await unpack(await pack(text)), text);
  assert.match(await pack("x".repeat(1000)), /^[A-Za-z0-9_-]+$/);
  assert.equal(payload("#s=abc"), "abc");
  assert.equal(payload("#manifest=abc"), undefined);
  assert.equal(payload("#s=abc&play=1&lesson=x"), "abc");
  assert.deepEqual([...tail("#s=abc&play=1&lesson=x")], [["play", "1"], ["lesson", "x"]]);
  for (const none of ["#s=abc", "#play=1", "#manifest=a&play=1", ""]) assert.deepEqual([...tail(none)], [], none);
  assert.throws(() => payload("#s2=abc"), fault("unknown"));
});

test("links that are no links: each has its own error", async () => {
  const good = await pack(JSON.stringify({ tabernetes: 1, text: Array.from({ length: 200 }, (_, i) => `line ${i * 7919}`) }));
  await assert.rejects(unpack(""), fault("empty"));
  await assert.rejects(unpack("<script>alert(1)</script>"), fault("alphabet"));
  await assert.rejects(unpack("a".repeat(longestLink + 1)), fault("longLink"));
  for (const cut of [0.3, 0.6, 0.9, 0.99]) await assert.rejects(unpack(good.slice(0, Math.floor(good.length * cut / 4) * 4)), fault("truncated"), `cut at ${cut}`);
  await assert.rejects(unpack(url(Buffer.from([0x07, 1, 2, 3]))), fault("damaged")); // there is no such block
  await assert.rejects(unpack(url(deflateRawSync(Buffer.from([0xff, 0xfe, 0xc3, 0x28])))), fault("damaged")); // no UTF-8
});

test("a link that would unpack to more than there is room for is left in time", async () => {
  const bomb = deflateRawSync(Buffer.alloc(180 << 20), { level: 9 });
  assert.ok(url(bomb).length < longestLink, "the bomb is small enough to be a link");
  await assert.rejects(unpack(url(bomb)), fault("longText"));
  assert.equal((await inflate(new Uint8Array(deflateRawSync(Buffer.alloc(100))), 100)).length, 100);
  await assert.rejects(inflate(new Uint8Array(deflateRawSync(Buffer.alloc(101))), 100), fault("longText"));
});

test("mutated links: an error or another text, nothing else, and soon", async () => {
  const good = Buffer.from(await deflate(JSON.stringify({ tabernetes: 1, do: Array.from({ length: 40 }, (_, i) => `get pods -n ${i * 31}`) })));
  let seed = 12345;
  const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  for (let i = 0; i < 500; i++) {
    const b = Buffer.from(good);
    for (let n = random(4); n >= 0; n--) b[random(b.length)] = random(256);
    await unpack(url(b)).then((text) => assert.equal(typeof text, "string"), (e) => assert.ok(e instanceof LinkError, String(e)));
  }
});

/** A store in memory, and a page whose time passes when it is told. */
class Memory implements Store {
  all = new Map<string, { kept: Kept; text: Uint8Array<ArrayBuffer> }>();
  puts = 0; full = false;
  async list() { return [...this.all.values()].map((x) => x.kept); }
  async get(id: string) { return this.all.get(id); }
  async put(kept: Kept, text: Uint8Array<ArrayBuffer>) {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    const there = this.all.get(kept.id);
    if (there && there.kept.owner !== kept.owner) return false;
    this.puts++;
    this.all.set(kept.id, { kept: there ? { ...kept, name: there.kept.name } : kept, text });
    return true;
  }
  async take(id: string, owner: string) { const x = this.all.get(id); if (x) x.kept = { ...x.kept, owner }; return !!x; }
  async rename(id: string, name: string) { const x = this.all.get(id); if (x) x.kept = { ...x.kept, name }; }
  async remove(id: string) { this.all.delete(id); }
}

/** Locks as a browser has them: `holders` is shared by the pages of one browser. */
function locks(holders: Set<string>): LockManager {
  return { request: (name: string, _: unknown, f: (lock: unknown) => Promise<void> | undefined) => {
    if (holders.has(name)) return Promise.resolve(f(null));
    holders.add(name);
    return Promise.resolve(f({ name })).then(() => { holders.delete(name); });
  } } as unknown as LockManager;
}

function tab(store: Memory, holders: Set<string> | undefined) {
  const due: { at: number; f: () => void }[] = [];
  const it = {
    wall: 1_000_000, commands: 0, after: 0, marked: "", trouble: undefined as Error | undefined, gone: false, asked: 0,
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 50) {
        it.wall += 50;
        for (const d of due.splice(0)) if (d.at <= it.wall) d.f(); else due.push(d);
        for (let i = 0; i < 40; i++) await Promise.resolve();
      }
    },
    keeper: undefined as unknown as Keeper,
    async look() { it.keeper.look(); for (let i = 0; i < 60; i++) await Promise.resolve(); },
  };
  const page: Page = {
    text: async () => { it.asked++; return JSON.stringify({ commands: it.commands, after: it.after }); },
    state: () => (it.gone ? undefined : { changes: String(it.commands), moment: String(it.after), config: { nodes: 3, masters: 1, seed: 1 }, commands: it.commands, now: it.after, speed: 1, branches: [] }),
    deflate: async (text) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>, mark: (id) => { it.marked = id; }, trouble: (e) => { it.trouble = e; },
    wall: () => it.wall, later: (ms, f) => void due.push({ at: it.wall + ms, f }),
  };
  it.keeper = new Keeper(page, async () => store, holders && locks(holders));
  return it;
}
const read = (store: Memory, id: string) => JSON.parse(new TextDecoder().decode(store.all.get(id)!.text)) as { commands: number; after: number };

test("commands are kept at once, clock time once a second", async () => {
  const store = new Memory(), t = tab(store, new Set());
  await t.keeper.begin("");
  await t.look();
  assert.equal(store.puts, 1);
  t.commands = 1;
  await t.look();
  assert.deepEqual([store.puts, read(store, t.marked).commands], [2, 1]);
  for (let i = 1; i <= 60; i++) { t.after = i; await t.look(); await t.pass(50); } // three seconds of frames
  assert.ok(store.puts >= 4 && store.puts <= 6, `${store.puts} writes`);
  await t.pass(1100);
  assert.equal(read(store, t.marked).after, 60);
  const quiet = store.puts;
  for (let i = 0; i < 20; i++) { await t.look(); await t.pass(100); }
  assert.equal(store.puts, quiet, "a clock that stands writes nothing");
  // A command does not wait for the clock time that waits for its turn.
  t.after = 61;
  await t.look();
  t.after = 62;
  await t.look();
  t.commands = 2;
  await t.look();
  assert.equal(read(store, t.marked).commands, 2);
});

test("a duplicated tab goes on with a copy; the first keeps its record", async () => {
  const store = new Memory(), holders = new Set<string>(), first = tab(store, holders), second = tab(store, holders);
  await first.keeper.begin("");
  first.commands = 1;
  await first.look();
  const begun = second.keeper.begin(first.marked);
  await second.pass(600);
  await begun;
  assert.notEqual(second.marked, first.marked);
  second.commands = 5; first.commands = 2;
  await second.look(); await first.look();
  assert.deepEqual([read(store, first.marked).commands, read(store, second.marked).commands], [2, 5]);
  // A reload: the old page's lock is gone, the new one takes the record.
  holders.clear();
  const again = tab(store, holders);
  await again.keeper.begin(first.marked);
  assert.equal(again.marked, first.marked);
});

test("without locks the record's owner decides", async () => {
  const store = new Memory(), first = tab(store, undefined), second = tab(store, undefined);
  await first.keeper.begin("");
  first.commands = 1;
  await first.look();
  const id = first.marked;
  await second.keeper.begin(id);
  assert.equal(second.marked, id);
  second.commands = 7; first.commands = 3;
  await second.look(); await first.look(); await first.look();
  assert.notEqual(first.marked, id, "the first found its record taken");
  assert.deepEqual([read(store, id).commands, read(store, first.marked).commands], [7, 3]);
});

test("a full disk is told once and tried again", async () => {
  const store = new Memory(), t = tab(store, new Set());
  store.full = true;
  await t.keeper.begin("");
  t.commands = 1;
  await t.look();
  assert.equal(t.trouble?.name, "QuotaExceededError");
  const asked = t.asked;
  for (let i = 0; i < 20; i++) { t.after++; await t.look(); await t.pass(50); }
  assert.ok(t.asked <= asked + 1, "not with every frame");
  store.full = false;
  await t.pass(11_000);
  await t.look();
  await t.pass(200);
  assert.equal(t.trouble, undefined);
  assert.equal(read(store, t.marked).commands, 1);
});

test("another session gets a record of its own", async () => {
  const store = new Memory(), t = tab(store, new Set());
  await t.keeper.begin("");
  t.commands = 4;
  await t.look();
  const old = t.marked;
  await store.rename(old, "mine");
  await t.keeper.turn();
  t.commands = 1;
  await t.look();
  assert.notEqual(t.marked, old);
  assert.deepEqual([read(store, old).commands, read(store, t.marked).commands, store.all.get(old)!.kept.name], [4, 1, "mine"]);
});
