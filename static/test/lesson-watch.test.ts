import assert from "node:assert/strict";
import { test } from "node:test";
import { Watch, gapMs, share } from "../src/lessons/watch.ts";
import type { Clock } from "../src/lessons/watch.ts";

/** A clock that is turned by hand. */
export class HandClock implements Clock {
  private t = 0; private n = 0;
  private readonly due = new Map<number, { at: number; f: () => void }>();
  now(): number { return this.t; }
  later(f: () => void, ms: number): number { this.due.set(++this.n, { at: this.t + ms, f }); return this.n; }
  cancel(timer: number): void { this.due.delete(timer); }
  async pass(ms: number): Promise<void> {
    const end = this.t + ms;
    for (;;) {
      await settle();
      const next = [...this.due].filter(([, d]) => d.at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
      if (!next) break;
      this.due.delete(next[0]);
      this.t = Math.max(this.t, next[1].at);
      next[1].f();
    }
    this.t = end;
    await settle();
  }
}
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const frame = (now: number, branch = 0) => ({ revision: 1, now, after: now, branch });

test("checks are asked at most four times in a second, and only when the picture changed", async () => {
  const clock = new HandClock(), at: number[] = [];
  const w = new Watch(() => { at.push(clock.now()); return Promise.resolve(); }, clock);
  w.frame(frame(1));
  await clock.pass(1000);
  assert.deepEqual(at, [], "not before the step begins");
  w.start();
  for (let i = 0; i < 300; i++) { w.frame(frame(i + 10)); await clock.pass(10); }
  assert.ok(at.length >= 10, `${at.length} questions in three seconds`);
  for (let i = 1; i < at.length; i++) assert.ok(at[i] - at[i - 1] >= gapMs, `${at[i - 1]} → ${at[i]}`);
  await clock.pass(1000);
  const n = at.length;
  for (let i = 0; i < 100; i++) { w.frame(frame(309)); await clock.pass(10); }
  assert.equal(at.length, n, "the same picture is not asked about twice");
  w.frame(frame(309, 1));
  await clock.pass(300);
  assert.equal(at.length, n + 1, "another branch is another picture");
  w.stop();
  w.frame(frame(400));
  await clock.pass(1000);
  assert.equal(at.length, n + 1);
});

test("one question at a time, and slow answers are asked for less often", async () => {
  const clock = new HandClock();
  let open = 0, most = 0, asked = 0, release = () => {};
  const w = new Watch(() => { asked++; most = Math.max(most, ++open); return new Promise<void>((resolve) => { release = () => { open--; resolve(); }; }); }, clock);
  w.frame(frame(1));
  w.start();
  await clock.pass(0);
  assert.equal(asked, 1);
  for (let i = 2; i < 20; i++) { w.frame(frame(i)); await clock.pass(20); }
  assert.equal(asked, 1, "the answer is still to come");
  const took = clock.now();
  release();
  await clock.pass(took * share - 1);
  assert.equal(asked, 1, "a question that took long is not repeated at once");
  await clock.pass(1);
  assert.equal(asked, 2);
  assert.equal(most, 1);
});

test("an answer that was given up does not end the watch", async () => {
  const clock = new HandClock();
  let asked = 0;
  const w = new Watch(() => { asked++; return Promise.reject(new Error("given up: the clock was turned")); }, clock);
  w.frame(frame(1));
  w.start();
  await clock.pass(300);
  w.frame(frame(2));
  await clock.pass(300);
  assert.equal(asked, 2);
});
