import assert from "node:assert/strict";
import { test } from "node:test";
import { Play } from "../src/lessons/play.ts";
import type { Host } from "../src/lessons/play.ts";
import type { Saved } from "../src/lessons/progress.ts";
import type { Branch, CheckResult, Frame, Lesson, LessonStep, Moment } from "../src/protocol.ts";
import { HandClock } from "./lesson-watch.test.ts";

const both = (text: string) => ({ en: text, zh: text });
const step = (id: string, more: Partial<LessonStep> = {}): LessonStep => ({ id, title: both(id), text: both(""), after: both(""), hints: [both("one"), both("two")], teacher: both(""), point: [], checks: [{ id: "c", text: both("c") }], solution: [`kubectl do ${id}`], read: false, speed: 1, ...more });
const reading = (id: string) => step(id, { read: true, checks: [], solution: [], hints: [], speed: -1 });
const predicted = { question: both("?"), options: [{ text: both("a"), right: true }, { text: both("b"), right: false }], answer: both("a") };
const lesson = (...steps: LessonStep[]): Lesson => ({ id: "x", order: 1, minutes: 1, title: both("X"), summary: both(""), cluster: { nodes: 1, masters: 1, seed: 1, addons: false }, files: [], setup: ["kubectl apply -f a.yaml", "settle 60s"], intro: both(""), teacher: both(""), steps, end: { title: both(""), text: both("") } });

/** A cluster that knows moments, branches and lines; a check holds when the line of its step was given since the step began. */
class World {
  readonly clock = new HandClock();
  readonly log: string[] = [];
  readonly kept: Saved[] = [];
  frame: Frame = { now: 0, after: 0, commands: 0, branch: 0, playing: false, speed: 1, past: false, revision: 1 } as Frame;
  lines: { line: string; after: number }[] = [];
  branches: { id: number; parent: number; fork: Moment; lines: World["lines"] }[] = [{ id: 0, parent: -1, fork: { ms: 0, after: 0, commands: 0 }, lines: [] }];
  fail = "";
  /** The sessions that are kept, and which one this is. */
  static readonly shelf = new Map<string, Pick<World, "lines" | "branches" | "frame">>(); static records = 0;
  own = "";
  /** As the page has it: what was chosen, or what a clock that runs tells. */
  speed = 1;
  readonly ears = new Set<(f: Frame) => void>();
  readonly host: Host = {
    call: async <T>(c: Parameters<Host["call"]>[0]) => this.call(c) as T,
    line: async (line, _files, told) => {
      if (this.fail && line.includes(this.fail)) return { stdout: "", stderr: "error: no", code: 1 };
      if (!/^(settle|advance|load)/.test(line)) told(line);
      this.type(line);
      return { stdout: "", stderr: "", code: 0 };
    },
    replace: async (config) => {
      this.log.push(`new ${config.nodes}`);
      this.own = `r${++World.records}`;
      this.lines = []; this.branches = this.branches.slice(0, 1); this.frame = { ...this.frame, now: 0, after: 0, commands: 0, branch: 0, past: false };
      this.tell({ playing: false });
    },
    reopen: async (record) => {
      this.log.push(`open ${record}`);
      const there = World.shelf.get(record);
      if (!there) return false;
      Object.assign(this, structuredClone(there));
      this.own = record;
      this.tell({ playing: false });
      return true;
    },
    record: () => { World.shelf.set(this.own, structuredClone({ lines: this.lines, branches: this.branches, frame: this.frame })); return this.own; },
    onframe: (f) => { this.ears.add(f); return () => this.ears.delete(f); },
    write: (kind, text) => { this.log.push(`${kind}: ${text}`); }, told: (line) => line, speed: () => this.speed, choose: (speed) => { this.speed = speed; }, pace: () => Promise.resolve(),
    keep: (saved) => { this.kept.push(structuredClone(saved)); }, changed: () => {},
  };

  tell(change: Partial<Frame>): void { this.frame = { ...this.frame, ...change }; if (this.frame.playing) this.speed = this.frame.speed; for (const f of [...this.ears]) f(this.frame); }
  /** Somebody gives a line. */
  type(line: string): void {
    this.lines = [...this.lines, { line, after: this.frame.after }];
    this.tell({ commands: this.frame.commands + 1, after: this.frame.after + 10, now: this.frame.now + 1000, revision: this.frame.revision + 1 });
  }
  private list(): Branch[] { return this.branches.map((b) => ({ ...b, name: "", end: b.fork, commands: 0, current: b.id === this.frame.branch, lines: [] })); }
  private call(c: Parameters<Host["call"]>[0]): unknown {
    switch (c.op) {
      case "stats": queueMicrotask(() => this.tell({})); return {};
      case "pause": this.log.push("pause"); this.tell({ playing: false }); return null;
      case "speed": this.log.push(`speed ${c.speed}`); this.tell({ speed: c.speed }); return null;
      case "play": this.log.push(`play ${c.speed}`); this.tell({ playing: true, speed: c.speed }); return null;
      case "checks": return [{ ok: this.lines.some((l) => l.line === `kubectl do ${this.stepIds[c.step]}` && l.after >= c.since.after), got: both("nothing yet") }] satisfies CheckResult[];
      case "checkout": this.log.push(`checkout ${c.branch} ${c.after}`); this.lines = this.lines.filter((l) => l.after < c.after!); this.tell({ branch: c.branch, now: c.ms!, after: c.after!, commands: c.commands!, past: true, playing: false }); return this.list();
      case "branch": {
        const id = this.branches.length;
        this.branches = [...this.branches, { id, parent: this.frame.branch, fork: { ms: this.frame.now, after: this.frame.after, commands: this.frame.commands }, lines: [] }];
        this.tell({ branch: id, past: false });
        return this.list();
      }
      case "branches": return this.list();
    }
    throw new Error(`unexpected ${c.op}`);
  }
  stepIds: string[] = [];

  async begin(l: Lesson, saved?: Saved): Promise<Play> {
    this.stepIds = l.steps.map((s) => s.id);
    const p = new Play(l, { "scenario.yaml": "x" }, this.host, this.clock);
    await p.begin(saved);
    return p;
  }
  async see(): Promise<void> { this.tell({ now: this.frame.now + 1 }); await this.clock.pass(1000); }
}

test("a lesson sets up its cluster, and steps are done one after the other", async () => {
  const w = new World(), p = await w.begin(lesson(reading("look"), step("scale")));
  assert.deepEqual(w.log.slice(0, 2), ["new 1", "command: kubectl apply -f a.yaml"]);
  assert.equal(w.lines.length, 2);
  assert.equal(p.step, -1);
  await p.next();
  assert.equal(p.step, 0);
  assert.ok(p.mayGoOn, "a step to read");
  await p.next();
  await w.see();
  assert.equal(p.step, 1);
  assert.equal(p.mayGoOn, false);
  assert.deepEqual(p.results, [{ ok: false, got: both("nothing yet") }]);
  await p.next();
  assert.equal(p.step, 1, "not before its checks hold");
  w.type("kubectl do scale");
  await w.see();
  assert.ok(p.states[1].done && p.mayGoOn && !p.states[1].shown);
  await p.next();
  assert.ok(p.finished);
  assert.equal(p.step, 2);
});

test("a prediction comes before the outcome: the clock stands, nothing is shown, and nothing can be solved", async () => {
  const w = new World(), p = await w.begin(lesson(step("kill", { predict: predicted, speed: 5 })));
  await p.next();
  assert.ok(p.asks(0));
  assert.equal(w.frame.playing, false);
  await p.showMe();
  assert.equal(w.lines.length, 2, "show me waits");
  w.type("kubectl do kill");
  await w.see();
  assert.equal(p.states[0].done, false, "done before the guess: the outcome still waits for it");
  await p.answer(7);
  assert.ok(p.asks(0), "no such option");
  await p.answer(1);
  assert.equal(w.log.at(-1), "play 5");
  await w.see();
  assert.ok(p.states[0].done);
  await p.answer(0);
  assert.equal(p.states[0].answer, 1, "a guess is a guess");
});

test("show me runs the solution and says so; a line that fails is said, and the step can be begun again", async () => {
  const w = new World(), p = await w.begin(lesson(step("one"), step("two")));
  await p.next();
  await p.showMe();
  assert.ok(p.states[0].done && p.states[0].shown);
  await p.next();
  w.fail = "do two";
  await p.showMe();
  assert.deepEqual(p.trouble, { text: "error: no", again: true });
  assert.equal(p.states[1].done, false);
  w.fail = "";
  assert.ok(await p.again());
  assert.equal(p.trouble, undefined);
  await p.showMe();
  assert.ok(p.states[1].done);
});

test("back to the beginning of a step is a branch at the moment where it began", async () => {
  const w = new World(), p = await w.begin(lesson(step("one"), step("two"), step("three")));
  await p.next();
  const since = p.states[0].since!;
  assert.equal(p.moved, false);
  w.type("kubectl delete everything");
  assert.ok(p.moved);
  assert.ok(await p.again());
  assert.ok(w.log.includes(`checkout 0 ${since.after}`));
  assert.equal(w.frame.branch, 1);
  assert.equal(w.frame.past, false, "it is the present of a branch of its own: the clock does not replay what was undone");
  assert.equal(p.states[0].since!.branch, 1);
  assert.equal(p.states[0].since!.after, since.after);
  w.type("kubectl do one");
  await w.see();
  await p.next();
  w.type("kubectl do two");
  await w.see();
  await p.next();
  assert.ok(await p.again(0), "an earlier step too");
  assert.equal(p.step, 0);
  assert.deepEqual(p.states.map((s) => s.done), [false, false, false]);
  assert.equal(p.states[1].since, undefined);
});

test("who went back to before the step and began a branch there goes on from there", async () => {
  const w = new World(), p = await w.begin(lesson(step("one")));
  await p.next();
  const since = p.states[0].since!;
  w.tell({ past: true, after: since.after - 5, now: 1, playing: false });
  await w.clock.pass(1000);
  assert.ok(p.past && !p.lost);
  assert.equal(p.states[0].since!.after, since.after, "looking changes nothing");
  w.branches = [...w.branches, { id: 1, parent: 0, fork: { ms: 1, after: since.after - 5, commands: 2 }, lines: [] }];
  w.tell({ past: false, branch: 1 });
  await w.clock.pass(10);
  assert.deepEqual(p.states[0].since, { ms: 1, after: since.after - 5, commands: 2, branch: 1 });
  w.type("kubectl do one");
  await w.see();
  assert.ok(p.states[0].done);
});

test("in the past nothing is asked, and another cluster is noticed", async () => {
  const w = new World(), p = await w.begin(lesson(step("one")));
  await p.next();
  p.save();
  w.type("kubectl do one");
  w.tell({ past: true });
  p.results = [];
  await w.clock.pass(2000);
  assert.deepEqual(p.results, []);
  w.tell({ past: false, branch: 0, after: 1, now: 1, commands: 0 });
  await w.clock.pass(10);
  assert.ok(p.lost, "the first branch of another session");
  await p.retake();
  assert.ok(!p.lost);
  assert.equal(w.log.filter((l) => l.startsWith("open")).length, 1);
});

test("a reload goes on where it stopped: from the session, or else from the solutions of the steps before", async () => {
  const w = new World(), l = lesson(step("one", { predict: predicted }), step("two"), step("three")), p = await w.begin(l);
  await p.next();
  await p.answer(1);
  p.hint();
  w.type("kubectl do one");
  await w.see();
  await p.next();
  p.end();
  const saved = JSON.parse(JSON.stringify(w.kept.at(-1))) as Saved;

  const later = new World(), q = await later.begin(l, saved);
  assert.deepEqual(later.log.slice(0, 1), [`open ${saved.record}`]);
  assert.equal(q.step, 1);
  assert.deepEqual({ ...q.states[0], since: 0 }, { since: 0, answer: 1, hints: 1, done: true, shown: false });
  later.type("kubectl do two");
  await later.see();
  assert.ok(q.states[1].done);

  World.shelf.delete(saved.record);
  const other = new World();
  const r = await other.begin(l, saved);
  assert.equal(r.step, 1);
  assert.ok(r.remade);
  assert.ok(other.lines.some((x) => x.line === "kubectl do one"), "the step before was made from its solution");
  assert.equal(r.states[0].answer, 1);

  const changed = new World(), s = await changed.begin(l, { ...saved, sum: "another" });
  assert.equal(s.step, -1, "another lesson begins anew");
});

test("a teacher jumps ahead: the steps between are made", async () => {
  const w = new World(), p = await w.begin(lesson(reading("look"), step("one", { predict: predicted }), step("two"), step("three")));
  await p.next();
  await p.ahead(3);
  assert.equal(p.step, 3);
  assert.deepEqual(w.lines.map((l) => l.line), ["kubectl apply -f a.yaml", "settle 60s", "kubectl do one", "kubectl do two"]);
  assert.ok(p.states[3].since && !p.states[3].done);
});

test("a step's speed is lent: the learner's comes back when it is done, or left", async () => {
  const w = new World(), p = await w.begin(lesson(step("wait", { speed: 60 }), reading("read"), step("slow", { speed: 0.2 }), step("still", { speed: 0 }), step("last", { speed: 30 })));
  w.tell({ speed: 2 }); // the learner's own
  await p.next();
  assert.deepEqual([w.frame.speed, p.pace.lent, p.pace.hurries], [60, 60, true]);
  w.type("kubectl do wait");
  await w.see();
  assert.ok(p.states[0].done);
  assert.deepEqual([w.frame.speed, w.frame.playing, p.pace.lent, p.pace.given], [2, true, undefined, 2], "done: nobody reads at 60 times the speed");
  await p.next();
  assert.deepEqual([w.frame.speed, p.pace.given], [2, undefined], "a step without a speed has the learner's");
  await p.next();
  w.type("kubectl do slow");
  await w.see();
  assert.ok(p.states[2].done);
  assert.equal(w.frame.speed, 0.2, "slow motion lasts until the step is left");
  await p.next();
  assert.deepEqual([w.frame.playing, w.speed], [false, 2], "a clock that stands goes on as the learner had it");
  w.type("kubectl do still");
  await w.see();
  await p.next();
  assert.equal(w.frame.speed, 30);
  w.tell({ playing: false }); // and who pauses does not have it start again
  w.type("kubectl do last");
  await w.see();
  assert.ok(p.states[4].done);
  assert.deepEqual([w.frame.playing, w.speed], [false, 2]);
});

test("a step's speed is given back even when no picture has told yet that the clock runs", async () => {
  const w = new World(), p = await w.begin(lesson(step("wait", { speed: 60 }), step("next")));
  await p.next();
  // Pictures that come late: the clock stood when the last one was made.
  for (const ear of w.ears) ear({ ...w.frame, playing: false });
  w.lines = [...w.lines, { line: "kubectl do wait", after: w.frame.after }];
  for (const ear of w.ears) ear({ ...w.frame, playing: false, commands: w.frame.commands + 1, revision: w.frame.revision + 1 });
  await w.clock.pass(1000);
  assert.ok(p.states[0].done);
  assert.deepEqual([w.frame.playing, w.frame.speed, w.speed, p.pace.given], [true, 1, 1, 1]);
});

test("who chooses another speed in a step keeps it; who leaves in haste does not take it along", async () => {
  const w = new World(), p = await w.begin(lesson(step("one", { speed: 60 }), step("two", { speed: 60 })));
  await p.next();
  w.tell({ speed: 5 });
  w.type("kubectl do one");
  await w.see();
  assert.ok(p.states[0].done);
  assert.deepEqual([w.frame.speed, p.pace.given], [5, undefined]);
  await p.next();
  assert.equal(w.frame.speed, 60);
  p.end();
  await w.clock.pass(10);
  assert.deepEqual([w.frame.speed, w.speed], [5, 5]);
});

test("a reload in a step that hurries knows the learner's speed", async () => {
  const w = new World(), l = lesson(step("one", { speed: 60 }), step("two", { speed: -1 })), p = await w.begin(l);
  w.tell({ speed: 2 });
  await p.next();
  const saved = JSON.parse(JSON.stringify(w.kept.at(-1))) as Saved;
  assert.equal(saved.speed, 2);
  const later = new World();
  later.speed = 60; // what the session was kept with
  const q = await later.begin(l, saved);
  assert.equal(later.frame.speed, 60);
  later.type("kubectl do one");
  await later.see();
  assert.ok(q.states[0].done);
  assert.equal(later.frame.speed, 2);
  // And once it is done it is done.
  const done = JSON.parse(JSON.stringify(later.kept.at(-1))) as Saved, last = new World();
  assert.equal(done.speed, undefined);
  last.speed = 2;
  await last.begin(l, done);
  assert.deepEqual([last.frame.speed, last.frame.playing], [2, true]);
});
