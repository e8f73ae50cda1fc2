// The geometry of an autoscaler's chart.

import assert from "node:assert/strict";
import { test } from "node:test";
import { amount, ceiling, chart, size, span, turns } from "../src/autoscaling-chart.ts";
import type { Autoscaling } from "../src/protocol.ts";

const minute = 60_000;
function history(steps: [at: number, value: number, desired: number, ready: number][]): Autoscaling {
  return { ref: "horizontalpodautoscalers/default/web", target: "deployments/default/web", min: 1, max: 10, metric: "cpu", unit: "%",
    at: steps.map((s) => s[0]), value: steps.map((s) => s[1]), goal: steps.map(() => 50), desired: steps.map((s) => s[2]), actual: steps.map((s) => s[2]), ready: steps.map((s) => s[3]) };
}

test("a line goes on until the next step and ends now", () => {
  const c = chart(history([[0, 20, 1, 1], [minute, 100, 4, 1]]), 2 * minute);
  const right = size.width - size.right, middle = (size.left + right) / 2;
  assert.equal(c.from, 0);
  assert.equal(c.to, 2 * minute);
  assert.match(c.value.path, new RegExp(`^M${size.left} [\\d.]+H${middle}V[\\d.]+H${right}$`));
  assert.ok(c.metric.y(100) < c.metric.y(20), "more is higher");
  assert.ok(c.replicas.top > c.metric.top + size.lane, "the lanes do not touch");
});

test("what was not known leaves a gap", () => {
  const c = chart(history([[0, -1, 0, 1], [minute, 30, 1, 1], [2 * minute, -1, 1, 1], [3 * minute, 40, 1, 1]]), 4 * minute);
  assert.equal(c.value.path.match(/M/g)!.length, 2);
});

test("only the newest stretch is shown, beginning with what was so before it", () => {
  const h = history([[0, 10, 1, 1], [minute, 300, 9, 1], [2 * minute, 20, 2, 2], [60 * minute, 30, 3, 2]]);
  const c = chart(h, 70 * minute);
  assert.equal(c.to - c.from, span.most);
  assert.ok(c.value.path.startsWith(`M${size.left} `));
  assert.equal(c.metric.max, ceiling(52.5), "the peak has left the chart");
  assert.ok(c.ticks.length >= 2 && c.ticks.length <= 5);
  for (const t of c.ticks) assert.ok(t.x >= size.left && t.x <= size.width - size.right);
});

test("an empty history draws nothing and breaks nothing", () => {
  const c = chart(history([]), 0);
  assert.equal(c.value.path, "");
  assert.deepEqual(turns(history([]), 5), []);
});

test("axes end in round numbers, amounts have units, unknown ones none", () => {
  assert.deepEqual([0.2, 1.2, 7, 52.5, 101, 950].map(ceiling), [1, 1.5, 8, 60, 150, 1000]);
  assert.equal(amount(249.6, "%"), "250 %");
  assert.equal(amount(200 * 1024 * 1024, "B"), "200Mi");
  assert.equal(amount(0.5, ""), "0.5");
  assert.equal(amount(-1, "%"), "");
});

test("the table names the turns, newest first", () => {
  assert.deepEqual(turns(history([[0, 1, 1, 1], [1, 2, 1, 1], [2, 3, 4, 1], [3, 4, 4, 4], [4, 5, 4, 4]]), 10), [4, 2, 0]);
});
