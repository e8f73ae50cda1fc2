import assert from "node:assert/strict";
import { test } from "node:test";
import { ailments, behind, fate, headline, logShares, logWindow, newsMs, partWord, quorumLost, voters, workerPart } from "../src/stage/control.ts";
import { draftLine } from "../src/panels/faults.ts";
import type { ControlPlane, EtcdMember, Master, Write } from "../src/protocol.ts";
import { Model } from "../src/model.ts";
import { frame } from "./frames.ts";

const programs = ["etcd", "kube-apiserver", "kube-scheduler"];
function master(i: number, etcd: Partial<EtcdMember> = {}, more: Partial<Master> = {}): Master {
  return {
    name: `control-plane-${i}`, power: true, endpoint: true, components: programs.map((name) => ({ name, up: true, leader: i === 1 })),
    etcd: { id: String(i), role: i === 1 ? "leader" : "follower", term: 2, vote: "control-plane-1", follows: "control-plane-1", last: 100, commit: 100, applied: 100, revision: 90, pending: 0, queued: 0, ...etcd }, ...more,
  };
}
function plane(masters: Master[], more: Partial<ControlPlane> = {}): ControlPlane {
  return { masters, leader: "control-plane-1", quorum: true, revision: 90, leases: [], balanced: masters.length > 1, faults: [], writes: [], ...more };
}
const off = (i: number) => master(i, { role: "stopped" }, { power: false });
const write = (more: Partial<Write>): Write => ({ line: "kubectl scale deployment web --replicas=3", at: 1000, state: "logged", done: false, ...more });

test("a majority that is down is said at once; one of three is not yet one", () => {
  assert.equal(quorumLost(plane([master(1), master(2), off(3)])), false);
  assert.equal(quorumLost(plane([master(1), off(2), off(3)])), true);
  assert.equal(quorumLost(plane([off(1)])), true);
  const h = headline(plane([master(1), off(2), off(3)]), 5000, 0);
  assert.equal(h.kind, "bad");
  assert.match(h.text, /^2 of 3 members are down: no quorum/);
  assert.match(headline(plane([master(1), master(2), off(3)]), 5000, 0).text, /1 of 3 members down: still a majority, but no other may fail/);
  // A process that stands still helps nobody.
  const paused = master(2);
  paused.components[0] = { name: "etcd", up: true, paused: true, leader: false };
  assert.deepEqual(voters(plane([master(1), paused, off(3)])), { all: 3, down: 2 });
});

test("a worker's kubelet is known by what was done to it", () => {
  const c = plane([master(1)], { faults: [{ line: "pause kubelet@node-1", undo: "continue kubelet@node-1", at: 0, op: "pause", name: "kubelet@node-1" }] });
  assert.equal(partWord(undefined, "kubelet", workerPart(c, "kubelet@node-1")).sign, "‖");
  assert.equal(partWord(undefined, "kubelet", workerPart(c, "kubelet@node-2")).word, "");
});

test("who does not hear the leader does not agree, and a Lease that ran out makes no leader", () => {
  const c = plane([master(1), master(2), master(3, { role: "candidate", follows: "" })], { leases: [{ name: "kube-scheduler", holder: "control-plane-1_x", host: "control-plane-1", transitions: 0, acquired: 0, renewed: 10_000 }] });
  assert.equal(headline(c, 5000, 0).text, "control-plane-3 does not hear the leader; 2 of 3 members agree");
  assert.equal(partWord(c.masters[0], "kube-scheduler", undefined, c, 20_000).sign, "★");
  assert.equal(partWord(c.masters[0], "kube-scheduler", undefined, c, 26_000).word, "lease ran out");
  c.masters[0].clockMs = -5000;
  assert.equal(partWord(c.masters[0], "kube-scheduler", undefined, c, 26_000).sign, "★", "its clock is slow");
});

test("a learner has no vote", () => {
  assert.deepEqual(voters(plane([master(1), master(2, { role: "learner" })])), { all: 1, down: 0 });
});

test("without a leader it is an election, and a partition when it lasts", () => {
  const c = plane([master(1, { role: "follower" }), master(2, { role: "candidate", term: 3 }), off(3)], { quorum: false, leader: "" });
  assert.match(headline(c, 5000, 800).text, /^Election: control-plane-2 asks for votes \(term 3\)/);
  assert.equal(headline(c, 9000, 9000).kind, "bad");
});

test("an election is news for a while, with who voted and who was not heard", () => {
  const c = plane([off(1), master(2, { role: "leader", term: 3 }), master(3, { term: 3 })], { leader: "control-plane-2", election: { term: 3, leader: "control-plane-2", at: 60_000, granted: ["control-plane-2", "control-plane-3"], refused: null } });
  assert.equal(headline(c, 61_000, 0).text, "Term 3: control-plane-2 was elected by control-plane-2, control-plane-3; not heard: control-plane-1");
  assert.doesNotMatch(headline(c, 60_000 + newsMs + 1, 0).text, /elected/);
});

test("the write in flight: news while it hangs, and when its client was told something else than what is", () => {
  const c = (w: Write) => plane([master(1), master(2), master(3)], { writes: [w] });
  assert.equal(headline(c(write({})), 1100, 0).kind, "calm", "a write that takes no time is no news");
  assert.match(headline(c(write({ index: 101, on: ["control-plane-1"] })), 3000, 0).text, /entry 101 on the disk of control-plane-1, not committed yet/);
  const after = write({ done: true, code: 1, ended: 8000, state: "committed", revision: 91, answer: "error: etcdserver: request timed out" });
  assert.match(headline(c(after), 9000, 0).text, /was committed at revision 91, though its client was told: error: etcdserver: request timed out/);
  assert.equal(headline(c(after), 8000 + newsMs, 0).kind, "calm");
  assert.match(fate(write({ done: true, code: 1, state: "lost", answer: "x" })), /is lost: it was only in the log of a leader that is gone/);
  assert.match(fate(write({ done: true, code: 1, state: "refused", answer: "x" })), /was not committed, it is in no log: x/);
  assert.equal(fate(write({ done: true, state: "committed", revision: 7 })), "Committed at revision 7");
});

test("the bars show one stretch of the log, so that a member that lags is shorter", () => {
  const c = plane([master(1, { last: 205, commit: 200, applied: 200 }), master(2, { last: 205, commit: 200, applied: 200 }), master(3, { last: 150, commit: 200, applied: 150 })]);
  const w = logWindow(c), a = logShares(c.masters[0].etcd, w), b = logShares(c.masters[2].etcd, w);
  assert.equal(w.to, 205);
  assert.equal(a.last, 1);
  assert.ok(a.commit < a.last && a.applied === a.commit);
  assert.ok(b.last < a.applied && b.commit === b.last, "what is committed elsewhere is not on this disk");
  assert.equal(behind(c, c.masters[2].etcd), 50);
  assert.equal(behind(c, c.masters[0].etcd), 0);
});

test("leaders, those that stand by, paused and stopped ones are told apart by sign and word", () => {
  const m = master(2), word = (name: string) => partWord(m, name, undefined);
  assert.deepEqual(word("kube-scheduler"), { sign: "", word: "standby", bad: false, leads: false });
  assert.deepEqual(partWord(master(1), "kube-scheduler", undefined), { sign: "★", word: "leader", bad: false, leads: true });
  assert.equal(partWord(master(1), "etcd", undefined).sign, "★");
  m.components[0] = { name: "etcd", up: true, paused: true, leader: false };
  assert.equal(word("etcd").sign, "‖");
  m.components[2] = { name: "kube-scheduler", up: false, leader: false };
  assert.equal(word("kube-scheduler").word, "down");
  assert.equal(partWord(off(3), "kube-apiserver", undefined).bad, true);
});

test("what ails a machine is read from the faults in force", () => {
  const f = (line: string) => { const [op, name, to] = line.split(" "); return { line, undo: "", at: 0, op, name, to: op === "cut" || op === "link" ? to : undefined }; };
  const c = plane([master(1)], { faults: [f("cut node-1,node-2 * both"), f("disk control-plane-1 500ms"), f("clock node-2 -90s"), f("link node-3 node-4 80ms")] });
  assert.deepEqual(ailments(c, "node-2"), ["cut off", "clock -90s"]);
  assert.deepEqual(ailments(c, "control-plane-1"), ["disk +500ms"]);
  assert.deepEqual(ailments(c, "node-4"), ["bad link"]);
  assert.deepEqual(ailments(c, "node-5"), []);
});

test("the form writes the lines that the engine reads", () => {
  const d = { name: "node-1", kind: "cut" as const, to: "*", both: true, ms: 80, loss: 10, seconds: -90 };
  assert.deepEqual((["cut", "link", "disk", "full", "clock"] as const).map((kind) => draftLine({ ...d, kind })), ["cut node-1 * both", "link node-1 * 80ms 10% both", "disk node-1 80ms", "disk node-1 full", "clock node-1 -90s"]);
});

test("the model keeps the control plane between frames and knows since when nobody leads", () => {
  const m = new Model();
  m.apply(frame({ full: true, control: plane([master(1)]) }), 0);
  m.apply(frame({ now: 10 }), 0);
  assert.equal(m.control?.leader, "control-plane-1");
  m.apply(frame({ now: 20, control: plane([master(1)], { quorum: false }) }), 0);
  m.apply(frame({ now: 30, control: plane([master(1)], { quorum: false }) }), 0);
  assert.equal(m.lostSince, 20);
  m.apply(frame({ now: 40, control: plane([master(1)]) }), 0);
  assert.equal(m.lostSince, -1);
});
