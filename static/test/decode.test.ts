import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame, decodeResult } from "../src/decode.ts";
import { Model } from "../src/model.ts";
import type { Frame, TrafficStats, Why } from "../src/protocol.ts";
import { frame, node, service, workload } from "./frames.ts";

test("what Go leaves null is empty", () => {
  const f = decodeFrame({
    ...frame({ full: true }), nodes: [{ ...node(1, "node-1"), taints: null, components: null }], services: [{ ...service(2, "s"), selector: null, endpoints: null }], workloads: [{ ...workload(3, "w"), labels: null }],
    removedNodes: null, removedServices: null, removedWorkloads: null, pulses: null, requests: null, marks: null,
  } as unknown as Frame);
  const m = new Model();
  m.apply(f, 0);
  assert.deepEqual(m.nodes.get(1)!.view.components, []);
  assert.deepEqual(m.services.get(2)!.endpoints, []);
  assert.deepEqual(m.workloads.get(3)!.labels, {});
  assert.deepEqual(f.pulses, []);
});

test("answers are decoded by what was asked", () => {
  const why = decodeResult("why", { ref: "pods/a", summary: "", chain: null, history: null, advice: null, scheduler: { at: 0, message: "", rows: [{ node: "n", scores: null }] } }) as Why;
  assert.deepEqual([why.chain, why.history, why.advice, why.scheduler!.rows[0].scores], [[], [], [], []]);
  const stats = decodeResult("trafficStats", { sent: 0, ok: 0, failed: 0, byVersion: null, reasons: null, services: null }) as TrafficStats;
  assert.deepEqual([stats.byVersion, stats.reasons, stats.services], [{}, {}, []]);
  assert.deepEqual(decodeResult("events", null), []);
  assert.equal(decodeResult("pause", null), null);
});
