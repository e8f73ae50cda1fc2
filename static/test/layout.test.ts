import assert from "node:assert/strict";
import { test } from "node:test";
import { cardParts } from "../src/stage/card.ts";
import { layOut, nodeAt, partNames, sortNaturally, tilesFor } from "../src/stage/layout.ts";
import type { LayoutInput, Rect } from "../src/stage/layout.ts";
import { pathLength, pointAt } from "../src/stage/routes.ts";
import { actorPart } from "../src/stage/motion.ts";
import { placeMarks } from "../src/timeline-layout.ts";

function input(nodes: number, width: number, height: number, masters = 1, services = 2, zones = 3): LayoutInput {
  return {
    width, height, services: Array.from({ length: services }, (_, i) => i + 1),
    masters: Array.from({ length: masters }, (_, i) => ({ id: 10_000 + i, parts: partNames })),
    workers: Array.from({ length: nodes }, (_, i) => ({ id: i, name: `node-${i + 1}`, zone: zones ? "abc"[i % zones] : "" })),
  };
}
const inside = (r: Rect, w: number, h: number) => r.x >= -0.5 && r.y >= -0.5 && r.x + r.w <= w + 0.5 && r.y + r.h <= h + 0.5;
const apart = (a: Rect, b: Rect) => a.x + a.w <= b.x + 0.01 || b.x + b.w <= a.x + 0.01 || a.y + a.h <= b.y + 0.01 || b.y + b.h <= a.y + 0.01;

for (const [nodes, w, h, masters] of [[3, 690, 480, 1], [3, 390, 380, 1], [1, 690, 480, 1], [7, 690, 480, 1], [40, 690, 480, 1], [3, 690, 480, 3], [3, 390, 380, 3], [3, 1100, 700, 3], [3, 1200, 700, 5], [3, 690, 480, 5], [3, 390, 380, 5], [3, 690, 480, 7], [3, 390, 380, 7], [1000, 690, 480, 1], [5000, 690, 480, 1], [0, 690, 480, 1]]) {
  test(`${nodes} nodes, ${masters} masters in ${w}×${h}: nothing overlaps, nothing is outside`, () => {
    const l = layOut(input(nodes, w, h, masters)), u = l.unit;
    const furniture = [...l.hq, ...(l.balancer ? [l.balancer, l.headline!] : []), ...l.services, l.users, l.tray].map((r) => ({ x: r.x * u, y: r.y * u, w: r.w * u, h: r.h * u }));
    for (const [i, a] of furniture.entries()) {
      assert.ok(inside(a, l.width, l.height), `furniture ${i} is outside: ${JSON.stringify(a)} in ${l.width}×${l.height}`);
      for (const b of furniture.slice(i + 1)) assert.ok(apart(a, b), `${JSON.stringify(a)} overlaps ${JSON.stringify(b)}`);
    }
    for (const hq of l.hq) for (const [i, p] of hq.parts.entries()) {
      assert.ok(p.x >= hq.x && p.x + p.w <= hq.x + hq.w && p.y + p.h <= hq.y + hq.h, `${p.name} leaves its headquarters`);
      for (const q of hq.parts.slice(i + 1)) assert.ok(apart(p, q), `${p.name} overlaps ${q.name}`);
    }
    const seen = new Set<string>();
    for (let i = 0; i < nodes; i++) {
      assert.ok(inside({ x: l.x[i], y: l.y[i], w: l.nodeW, h: l.nodeH }, l.width + 1, l.height + 1), `node ${i} is outside`);
      assert.ok(l.y[i] > l.floor, "nodes stand below the furniture");
      const cell = `${l.x[i].toFixed(1)},${l.y[i].toFixed(1)}`;
      assert.ok(!seen.has(cell), "two nodes on one spot");
      seen.add(cell);
    }
  });
}

test("several masters stand behind a load balancer, their doors nearest to it", () => {
  assert.equal(layOut(input(3, 690, 480, 1)).balancer, undefined);
  for (const width of [390, 690, 1400]) {
    const l = layOut(input(3, width, 480, 3));
    for (const hq of l.hq) {
      assert.ok(l.balancer!.y > hq.y + hq.h);
      if (hq.style === "list" || hq.style === "mini") assert.equal(hq.parts.at(-1)!.name, "kube-apiserver");
      assert.equal(hq.parts.length, partNames.length);
    }
  }
});

test("three nodes fill the viewport at their own size", () => {
  const l = layOut(input(3, 690, 480));
  assert.equal(l.unit, 1);
  assert.ok(l.height <= 480 + 1, `height ${l.height}`);
  assert.ok(l.nodeW > 150 && l.y[0] === l.y[2]);
});

test("a point finds its node, gaps find none", () => {
  const l = layOut(input(1000, 690, 480));
  for (const i of [0, 1, 333, 999]) assert.equal(nodeAt(l, l.x[i] + l.nodeW / 2, l.y[i] + l.nodeH / 2), i);
  assert.equal(nodeAt(l, l.x[0] + l.nodeW + l.gapX / 2, l.y[0] + 1), -1);
  assert.equal(nodeAt(l, -50, -50), -1);
});

test("node-2 stands before node-10", () => {
  assert.deepEqual(sortNaturally(["node-10", "node-2", "a", "node-1"], (x) => x), ["a", "node-1", "node-2", "node-10"]);
});

test("tiles always hold what is asked, until they are specks", () => {
  for (const [w, h, n] of [[180, 130, 8], [180, 130, 30], [120, 40, 110], [60, 20, 12]]) {
    const t = tilesFor(w, h, n);
    assert.ok(t.columns * t.rows >= n, `${w}×${h} for ${n}: ${JSON.stringify(t)}`);
    assert.ok(t.columns * (t.size + t.gap) - t.gap <= w && t.rows * (t.size + t.gap) - t.gap <= h);
  }
});

test("a card leaves out what does not fit, pods last", () => {
  for (const h of [60, 104, 120, 150, 200, 260]) assert.ok(cardParts(200, h).pods.h > 15, `no room for pods at ${h}`);
  assert.equal(cardParts(200, 104).chips, 0);
  assert.ok(cardParts(200, 240).footer > 0);
});

test("a point walks its path at even speed", () => {
  const p = [0, 0, 10, 0, 10, 10], out = { x: 0, y: 0 };
  assert.equal(pathLength(p), 20);
  pointAt(p, 20, 0.75, out);
  assert.deepEqual(out, { x: 10, y: 5 });
  pointAt(p, 20, 2, out);
  assert.deepEqual(out, { x: 10, y: 10 });
});

test("actors are drawn as the part they belong to", () => {
  assert.deepEqual(actorPart("kubelet@node-3"), { part: "kubelet", host: "node-3" });
  assert.deepEqual(actorPart("deployment-controller@control-plane-1"), { part: "kube-controller-manager", host: "control-plane-1" });
  assert.deepEqual(actorPart("cloud-node-lifecycle-controller@control-plane-1"), { part: "cloud-controller-manager", host: "control-plane-1" });
  assert.equal(actorPart("kube-apiserver@control-plane-1").part, "kube-apiserver");
  assert.equal(actorPart("kubectl").part, "user");
  assert.equal(actorPart("martian").part, "");
});

test("marks that would touch become one, and names never overlap", () => {
  const marks = Array.from({ length: 50 }, (_, i) => ({ at: i * 20, kind: i === 7 ? ("fault" as const) : ("command" as const), text: `event ${i}`, record: i }));
  const placed = placeMarks(marks, { from: 0, to: 1000 }, 600, (s) => s.length * 6);
  const named = placed.filter((p) => p.named).map((p) => {
    const w = p.mark.text.length * 6, from = p.align === "start" ? p.at * 600 : p.align === "end" ? p.at * 600 - w : p.at * 600 - w / 2;
    return { from, to: from + w };
  });
  for (let i = 1; i < named.length; i++) assert.ok(named[i].from >= named[i - 1].to, "names overlap");
  assert.equal(placed.reduce((n, p) => n + 1 + p.more, 0), 50);
});
