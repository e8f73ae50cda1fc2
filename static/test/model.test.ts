import assert from "node:assert/strict";
import { test } from "node:test";
import { Model } from "../src/model.ts";
import { PodState } from "../src/protocol.ts";
import { frame, node, pods, service, workload } from "./frames.ts";

function twoNodes(): Model {
  const m = new Model();
  m.apply(frame({ full: true, nodes: [node(1, "node-1"), node(2, "node-2")] }), 0);
  return m;
}
const placesOf = (m: Model, id: number) => [...m.nodes.get(id)!.places].filter((s) => s >= 0);

test("a pod keeps its place while others come and go", () => {
  const m = twoNodes();
  m.apply(frame({ pods: pods([0, 1, 2].map((slot) => ({ slot, node: 1, state: PodState.Ready, name: `default/p${slot}` }))) }), 0);
  assert.deepEqual(placesOf(m, 1), [0, 1, 2]);
  m.apply(frame({ pods: pods([{ slot: 1, node: 1, state: PodState.Gone }]) }), 10);
  assert.equal(m.place[0], 0);
  assert.equal(m.place[2], 2, "the pod behind the gap stays");
  m.apply(frame({ pods: pods([{ slot: 7, node: 1, state: PodState.Creating, name: "default/p7" }]) }), 20);
  assert.equal(m.place[7], 1, "a new pod takes the gap");
});

test("a pod without a node waits in the tray and leaves it when bound", () => {
  const m = twoNodes();
  m.apply(frame({ pods: pods([{ slot: 0, node: -1, state: PodState.Pending, name: "default/p" }]) }), 0);
  assert.equal(m.tray.used, 1);
  m.apply(frame({ pods: pods([{ slot: 0, node: 2, state: PodState.Creating }]) }), 0);
  assert.equal(m.tray.used, 0);
  assert.equal(m.nodes.get(2)!.used, 1);
  assert.equal(m.slotNamed("default/p"), 0, "its name outlives the frame that gave it");
});

test("a gone pod leaves a ghost and frees its slot for another name", () => {
  const m = twoNodes();
  m.apply(frame({ pods: pods([{ slot: 0, node: 1, state: PodState.Ready, name: "default/old" }]) }), 0);
  m.apply(frame({ pods: pods([{ slot: 0, node: 1, state: PodState.Gone }]) }), 5);
  assert.equal(m.ghosts.length, 1);
  assert.equal(m.slotNamed("default/old"), -1);
  m.apply(frame({ pods: pods([{ slot: 0, node: 2, state: PodState.Creating, name: "default/new" }]) }), 6);
  assert.equal(m.slotNamed("default/new"), 0);
  assert.equal(m.sweepGhosts(10_000), false);
});

test("gone and born in one frame: the later row of a slot wins", () => {
  const m = twoNodes();
  m.apply(frame({ pods: pods([{ slot: 0, node: 1, state: PodState.Ready, name: "default/old" }]) }), 0);
  m.apply(frame({ pods: pods([{ slot: 0, node: 1, state: PodState.Gone }, { slot: 0, node: 2, state: PodState.Pending, name: "default/new" }]) }), 0);
  assert.equal(m.nodes.get(1)!.used, 0);
  assert.equal(m.nodes.get(2)!.used, 1);
});

test("a full frame replaces everything", () => {
  const m = twoNodes();
  m.apply(frame({ pods: pods([{ slot: 0, node: 1, state: PodState.Ready, name: "default/p" }]), services: [service(5, "s")], workloads: [workload(6, "w")] }), 0);
  m.apply(frame({ full: true, nodes: [node(9, "node-9")] }), 0);
  assert.deepEqual([...m.nodes.keys()], [9]);
  assert.equal(m.services.size + m.workloads.size, 0);
  assert.equal(m.slotNamed("default/p"), -1);
  assert.equal(m.ghosts.length, 0);
});

test("one image at one tag has one hue, whichever Deployment runs it", () => {
  const m = new Model();
  m.apply(frame({
    full: true, nodes: [node(1, "node-1")], workloads: [workload(1, "hello-stable", { image: "r/hello:1.0" }), workload(2, "hello-canary", { image: "r/hello:2.0" })],
    pods: pods([], [[0, "deployments/default/hello-stable", "1.0", "a"], [1, "deployments/default/hello-canary", "2.0", "b"], [2, "deployments/default/hello-stable", "2.0", "c"]]),
  }), 0);
  assert.equal(m.versions[1].hue, m.versions[2].hue);
  assert.notEqual(m.versions[0].hue, m.versions[1].hue);
});

test("150,000 pods are applied quickly and without losing one", () => {
  const m = new Model(), n = 5000, rows = [];
  for (let i = 0; i < 150_000; i++) rows.push({ slot: i, node: 1 + (i % n), state: PodState.Ready, name: `default/web-${i}` });
  m.apply(frame({ full: true, nodes: Array.from({ length: n }, (_, i) => node(i + 1, `node-${i + 1}`)), pods: pods(rows) }), 0);
  let used = 0;
  for (const e of m.nodes.values()) used += e.used;
  assert.equal(used, 150_000);
  assert.equal(m.nodes.get(1)!.high, 30);
});
