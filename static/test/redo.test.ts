import assert from "node:assert/strict";
import { test } from "node:test";
import type { App } from "../src/app.ts";
import { Travel } from "../src/moments/travel.ts";
import type { Branch, Moment } from "../src/protocol.ts";

const at = (ms: number, after: number, commands: number): Moment => ({ ms, after, commands });
const branch = (id: number, parent: number, fork: Moment, current = false): Branch =>
  ({ id, name: "", parent, fork, end: at(90_000, 900, 3), commands: 3, current, lines: [] });

/** A page whose engine answers an undo with these branches, and what it was asked. */
function page(model: object, afterUndo: Branch[]) {
  const asked: object[] = [];
  const call = (r: { op: string }) => {
    asked.push(r);
    return Promise.resolve(r.op === "undo" ? { line: "scale deployment web --replicas=5", branches: afterUndo } : afterUndo);
  };
  const app = { model, engine: { call }, ask: call, say() {}, emit() {}, on: (_: string, fn: () => void) => { queueMicrotask(fn); return () => {}; } };
  return { travel: new Travel(app as unknown as App), asked };
}

const trunk = branch(0, -1, at(0, 0, 0));

test("redo goes back to the very moment that undo left, not to its millisecond", async () => {
  // Several events and a command may come in one millisecond: 15000.25 is no moment by itself.
  const { travel, asked } = page({ branch: 0, now: 15_000.25, after: 321, commands: 2, past: true, end: 90_000 }, [trunk, branch(1, 0, at(9000, 100, 1), true)]);
  travel.branches = [{ ...trunk, current: true }];
  assert.equal(await travel.undo(), true);
  assert.equal(travel.canRedo, true);
  assert.equal(await travel.redo(), true);
  assert.deepEqual(asked, [{ op: "undo" }, { op: "checkout", branch: 0, ms: 15_000.25, after: 321, commands: 2 }]);
});

test("redo at the end of a branch is its end, wherever that is", async () => {
  const { travel, asked } = page({ branch: 0, now: 90_000, after: 900, commands: 3, past: false, end: 90_000 }, [trunk, branch(1, 0, at(9000, 100, 1), true)]);
  travel.branches = [{ ...trunk, current: true }];
  await travel.undo();
  await travel.redo();
  assert.deepEqual(asked[1], { op: "checkout", branch: 0 });
});

test("redo of an undo on a branch that went with it is on its parent", async () => {
  const fork = at(20_000, 400, 2);
  for (const [shown, want] of [
    [{ now: 30_000, after: 500, commands: 2, past: false }, fork], [{ now: 25_000, after: 450, commands: 2, past: true }, fork],
    [{ now: 15_000, after: 321, commands: 2, past: true }, at(15_000, 321, 2)], [{ now: 5000, after: 90, commands: 1, past: true }, at(5000, 90, 1)],
  ] as const) {
    const { travel, asked } = page({ branch: 1, end: 30_000, ...shown }, [trunk, branch(2, 0, at(9000, 100, 1), true)]);
    travel.branches = [trunk, branch(1, 0, fork, true)];
    await travel.undo();
    await travel.redo();
    assert.deepEqual(asked[1], { op: "checkout", branch: 0, ...want });
  }
});
