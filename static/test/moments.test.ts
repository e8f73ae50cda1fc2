import assert from "node:assert/strict";
import { test } from "node:test";
import { commonMoment, forks, tree } from "../src/moments/branches.ts";
import { MarkBook } from "../src/moments/marks.ts";
import type { Branch, Mark } from "../src/protocol.ts";
import { beforeFirstCommand, atMoment, isSession } from "../src/sessions/text.ts";
import { moved, placeMarks, stride, zoomed } from "../src/timeline-layout.ts";

const branch = (id: number, parent: number, fork: number, end: number, current = false): Branch => ({ id, name: "", parent, fork: { ms: fork, after: fork, commands: fork / 10 }, end: { ms: end, after: end, commands: end / 10 }, commands: end / 10, current, lines: [] });
const mark = (at: number, kind: Mark["kind"] = "command"): Mark => ({ at, kind, text: `at ${at}`, record: at });
const ats = (book: MarkBook) => book.marks.map((m) => m.at);

test("the past knows what comes; a new branch does not; the old one knows it again", () => {
  const book = new MarkBook();
  book.apply({ full: true, branch: 0, now: 10, past: false, marks: [mark(5)] });
  book.apply({ full: false, branch: 0, now: 50, past: false, marks: [mark(20), mark(40)] });
  assert.deepEqual(ats(book), [5, 20, 40]);
  book.apply({ full: true, branch: 0, now: 25, past: true, marks: [mark(5), mark(20)] }); // back
  assert.deepEqual(ats(book), [5, 20, 40]);
  book.apply({ full: false, branch: 0, now: 45, past: true, marks: [mark(40)] }); // along the record
  assert.deepEqual(ats(book), [5, 20, 40]);
  book.apply({ full: true, branch: 0, now: 25, past: true, marks: [mark(5), mark(20)] });
  book.apply({ full: false, branch: 1, now: 25, past: false, marks: [] }); // a branch begins
  assert.deepEqual(ats(book), [5, 20]);
  book.apply({ full: false, branch: 1, now: 30, past: false, marks: [mark(26)] });
  assert.deepEqual(ats(book), [5, 20, 26]);
  book.apply({ full: true, branch: 0, now: 25, past: true, marks: [mark(5), mark(20)] }); // back on the old one
  assert.deepEqual(ats(book), [5, 20, 40]);
  assert.deepEqual([book.next(20, 1)?.at, book.next(20, -1)?.at, book.next(40, 1)], [40, 5, undefined]);
  book.clear();
  assert.deepEqual(ats(book), []);
});

test("of a session that was opened in its past the log tells what will be done", () => {
  const book = new MarkBook(), planned = (at: number): Mark => ({ ...mark(at), record: 0, text: `log ${at}` }), said = () => book.marks.map((m) => m.text);
  book.apply({ full: true, branch: 0, now: 25, past: true, marks: [mark(5), planned(25), planned(40), planned(60)] }); // at 25, before the command of then
  assert.deepEqual(said(), ["at 5", "log 25", "log 40", "log 60"]);
  book.apply({ full: false, branch: 0, now: 45, past: true, marks: [mark(25), mark(40), mark(41, "notice")] }); // along the record
  assert.deepEqual(said(), ["at 5", "at 25", "at 40", "at 41", "log 60"], "what has happened is told by what happened");
  book.apply({ full: true, branch: 0, now: 10, past: true, marks: [mark(5), planned(25), planned(40), planned(60)] }); // back
  assert.deepEqual(said(), ["at 5", "at 25", "at 40", "at 41", "log 60"], "what was seen stays known");
  book.apply({ full: false, branch: 0, now: 30, past: true, marks: [mark(25)] });
  book.apply({ full: false, branch: 1, now: 30, past: false, marks: [] });
  assert.deepEqual(said(), ["at 5", "at 25"], "another branch will have other commands");
  book.apply({ full: true, branch: 0, now: 70, past: false, marks: [mark(5), mark(25), mark(40), mark(41, "notice"), mark(62)] });
  assert.deepEqual(ats(book), [5, 25, 40, 41, 62], "at its end a branch has nothing to come");
});

test("of very many marks commands and faults stay, notices go", () => {
  const book = new MarkBook();
  book.apply({ full: true, branch: 0, now: 5000, past: false, marks: Array.from({ length: 1500 }, (_, i) => mark(i, i % 3 === 0 ? "fault" : "notice")) });
  assert.equal(book.marks.length, 1000);
  assert.equal(book.marks.filter((m) => m.kind === "fault").length, 500);
});

test("branches: forks on the line that is shown, the tree, where two part", () => {
  //  0 ──20──40──────100
  //       │   └ 2 ──30?    (2 left 0 at 40)
  //       └ 1 ──60──80     (1 left 0 at 20)
  //              └ 3       (3 left 1 at 60)
  const all = [branch(0, -1, 0, 100), branch(1, 0, 20, 80), branch(2, 0, 40, 70), branch(3, 1, 60, 90, true)];
  assert.deepEqual(forks(all, 3).map((f) => [f.at, f.to.id]), [[20, 0], [60, 1]]); // branch 2 left after 3's line had gone
  assert.deepEqual(forks(all, 0).map((f) => [f.at, f.to.id]), [[20, 1], [40, 2]]);
  assert.deepEqual(tree(all).map((x) => [x.branch.id, x.depth]), [[0, 0], [1, 1], [3, 2], [2, 1]]);
  assert.deepEqual([[3, 2], [2, 3], [3, 1], [0, 2], [1, 1]].map(([a, b]) => commonMoment(all, a, b).ms), [20, 20, 60, 40, 80]);
  assert.deepEqual(tree([branch(5, 4, 10, 20)]).map((x) => x.branch.id), [5]); // its parent was dropped
});

test("the timeline zooms around the pointer, within what there is", () => {
  const s = zoomed({ from: 0, to: 1000 }, 0.1, 500, 1000);
  assert.deepEqual(s, { from: 450, to: 550 });
  assert.deepEqual(zoomed(s, 100, 500, 1000), { from: 0, to: 1000 });
  assert.deepEqual(moved(s, -9999, 1000), { from: 0, to: 100 });
  assert.deepEqual(moved(s, 9999, 1000), { from: 900, to: 1000 });
  assert.ok(zoomed({ from: 0, to: 10 }, 1e-9, 5, 1000).to > 5);
  assert.deepEqual([100, 1000, 60_000, 3_600_000].map((to) => stride({ from: 0, to })), [1, 10, 500, 20_000]);
  // A crowd becomes single marks where one looks closer.
  const marks = [10, 10.5, 11, 900].map((at) => mark(at));
  assert.deepEqual(placeMarks(marks, { from: 0, to: 1000 }, 600, () => 30).map((p) => [p.more, p.first, p.last]), [[2, 10, 11], [0, 900, 900]]);
  assert.equal(placeMarks(marks, { from: 9, to: 12 }, 600, () => 30).length, 3);
});

test("a session's text: opened before its first command, or elsewhere", () => {
  const text = JSON.stringify({ tabernetes: 1, version: "x", nodes: 3, masters: 1, seed: 7, branches: [{ id: 0, parent: -1, end: "90 900 2", t: "30.5 20", n: "300 100", do: ["a", "b"] }, { id: 2, parent: 0, fork: "40 400 1", end: "80 800 2", t: "60", n: "600", do: ["c"] }], branch: 2, at: "80 800 2", hash: "ab" });
  assert.ok(isSession(text) && !isSession("kind: Pod") && !isSession('{"kind":"List"}'));
  const { at, hash, branches } = JSON.parse(beforeFirstCommand(text)) as { at: string; hash: string; branches: unknown[] };
  assert.deepEqual([at, hash, branches.length], ["30.5 300 0", "", 2]);
  assert.equal((JSON.parse(atMoment(text, { ms: 40.25, after: 400, commands: 1 })) as { at: string }).at, "40.25 400 1");
  assert.equal((JSON.parse(atMoment(text, { ms: 102338.165426, after: 4, commands: 1 })) as { at: string }).at, "102338.165426 4 1");
  assert.equal((JSON.parse(atMoment(text, { ms: 100, after: 4, commands: 1 })) as { at: string }).at, "100 4 1");
});
