// A lesson that somebody takes: its cluster, its steps one after the other, what was predicted, and the way back. It knows no
// page; the panel shows it and gives it a host.
//
// The learner's cluster is the lesson's memory: where a step begins is a moment of the session, and going back there is a
// replay and a new branch. So nothing that anybody did is ever lost, and a step can be begun again however broken it is.
// The page keeps that session with all others; the lesson remembers which one it is.

import type { Branch, CheckResult, Frame, Lesson, LessonStep, LineResult } from "../protocol.ts";
import type { Call } from "../engine.ts";
import type { ClusterConfig } from "../protocol.ts";
import { Pace } from "./pace.ts";
import { sumOf } from "./progress.ts";
import type { Place, Saved, StepState } from "./progress.ts";
import { Watch, wallClock } from "./watch.ts";
import type { Clock } from "./watch.ts";

/** What a lesson needs of the page. */
export interface Host {
  call<T>(call: Call): Promise<T>;
  line(line: string, files: Record<string, string>, told: (line: string) => void, output: (stream: "stdout" | "stderr", text: string) => void): Promise<LineResult | null>;
  /** A new cluster in the place of the present one; its clock stands. */
  replace(config: ClusterConfig): Promise<void>;
  /** A session that was kept, in the place of the present one; false if it is not to be had as it was. The clock stands. */
  reopen(record: string, config: ClusterConfig): Promise<boolean>;
  /** Which record keeps the present session. */
  record(): string;
  /** Hears of every frame; the answer ends it. */
  onframe(f: (frame: Frame) => void): () => void;
  write(kind: "command" | "stdout" | "stderr" | "note", text: string): void;
  /** The clock's speed that was chosen last. */
  speed(): number;
  /** Chooses it; the clock hears of it when it is to run. */
  choose(speed: number): void;
  /** A line of the clock or the load, in words. */
  told(line: string): string;
  /** Between two lines that are shown. */
  pace(): Promise<void>;
  keep(saved: Saved): void;
  changed(what: "step" | "checks" | "state"): void;
}

export type Busy = "" | "cluster" | "setup" | "back" | "showing" | "ahead";

export class Play {
  /** -1 the introduction; as many as there are steps: the end. */
  step = -1;
  /** What is looked at: no later than `step`. */
  view = -1;
  finished = false;
  busy: Busy = "cluster";
  /** The line that is carried out, of so many. */
  under = { line: "", n: 0, of: 0 };
  results: CheckResult[] = [];
  /** What went wrong, as the engine says it; `again`: the beginning of the step would mend it. */
  trouble?: { text: string; again: boolean };
  /** The moment that is shown comes before the branch's end: what holds there does not count. */
  past = false;
  /** The cluster that is shown is not the lesson's any more. */
  lost = false;
  /** The cluster could not be brought back as it was: the steps before were made again from their solutions. */
  remade = false;

  readonly pace: Pace;
  readonly states: StepState[];
  private readonly sum: string;
  private readonly watch: Watch;
  private frame?: Frame;
  private off = () => {};
  private over = false;
  private record = "";
  private waitsForAnswer = false; private ran = true;
  private following = 0;

  constructor(readonly lesson: Lesson, readonly files: Record<string, string>, private readonly host: Host, clock: Clock = wallClock) {
    this.states = lesson.steps.map(() => ({ hints: 0, done: false, shown: false }));
    this.sum = sumOf(files);
    this.pace = new Pace(host);
    this.watch = new Watch(() => this.ask(), clock);
  }

  get current(): LessonStep | undefined { return this.lesson.steps[this.step]; }
  /** The step that is looked at is the one to do. */
  get here(): boolean { return this.view === this.step; }
  done(i: number): boolean { const s = this.lesson.steps[i]; return !!s && (s.read ? i < this.step : this.states[i].done); }
  /** The question of a step is to be answered first. */
  asks(i: number): boolean { return !!this.lesson.steps[i]?.predict && this.states[i].answer === undefined; }
  /** Something was done since the step began, which could be undone. */
  get moved(): boolean { const at = this.states[this.step]?.since, f = this.frame; return !!at && !!f && (f.branch !== at.branch || f.commands !== at.commands); }
  /** The learner may go on. */
  get mayGoOn(): boolean {
    const s = this.current;
    return !this.busy && !this.lost && (!s || (s.read ? !this.asks(this.step) : this.states[this.step].done));
  }

  /** Makes the cluster and carries out the setup; with what was kept, goes on where that stopped. */
  async begin(saved?: Saved): Promise<void> {
    this.off = this.host.onframe((f) => this.see(f));
    const usable = saved?.sum === this.sum && saved.step >= 0 ? saved : undefined;
    if (saved) this.finished = saved.finished;
    if (usable) {
      this.lesson.steps.forEach((s, i) => { const kept = usable.steps[s.id]; if (kept) this.states[i] = { ...kept }; });
      this.states.forEach((s, i) => { if (s.answer !== undefined && !(this.lesson.steps[i].predict && s.answer < this.lesson.steps[i].predict.options.length)) s.answer = undefined; });
    }
    const to = usable ? Math.min(usable.step, this.lesson.steps.length) : -1;
    if (usable?.record && (await this.reopen(usable.record))) {
      this.step = this.view = to;
      if (usable.speed !== undefined) this.host.choose(usable.speed);
      return this.resume();
    }
    await this.setUp();
    if (to < 0) { if (!this.trouble) await this.pace.play(1); return; }
    this.remade = true;
    await this.ahead(to);
  }

  private async reopen(record: string): Promise<boolean> {
    this.turn("cluster");
    try { return await this.host.reopen(record, this.lesson.cluster); } catch { return false; }
  }

  private async setUp(): Promise<void> {
    this.turn("cluster");
    await this.host.replace(this.lesson.cluster);
    await this.lines(this.lesson.setup, "setup", false);
    this.turn("");
  }

  /** Lines to their ends, one after the other; false if one failed. */
  private async lines(list: readonly string[], busy: Busy, paced: boolean): Promise<boolean> {
    this.trouble = undefined;
    for (const [i, line] of list.entries()) {
      if (this.over) return false;
      this.under = { line, n: i + 1, of: list.length };
      this.turn(busy);
      if (paced) await this.host.pace();
      const clock = /^(advance|settle|load)\s/.test(line);
      if (clock) this.host.write("note", this.host.told(line));
      try {
        const r = await this.host.line(line, this.files, (told) => this.host.write("command", told), (stream, text) => this.host.write(stream, text));
        if (r && r.code !== 0) throw new Error(r.stderr.trim() || `${line}: exit code ${r.code}`);
      } catch (e) {
        this.trouble = { text: (e as Error).message, again: this.step >= 0 };
        this.turn("");
        return false;
      }
    }
    this.turn("");
    return true;
  }

  /** Goes on after a reload. */
  private async resume(): Promise<void> {
    this.turn("");
    this.host.changed("step");
    const s = this.current;
    if (!s) return this.pace.play(1);
    const state = this.states[this.step];
    if (!state.since) return this.enter(this.step);
    if (state.done && s.speed > 0) return this.pace.play();
    await this.go(s);
    if (!state.done) this.watch.start();
  }

  /** The learner goes on: to the first step, the next one, the end. */
  async next(): Promise<void> {
    if (!this.mayGoOn) return;
    if (this.step < this.lesson.steps.length) await this.enter(this.step + 1);
  }

  private async enter(i: number): Promise<void> {
    this.watch.stop();
    this.step = this.view = i;
    this.results = []; this.trouble = undefined;
    if (i >= this.lesson.steps.length) {
      this.finished = true;
      await this.pace.back().catch(() => {});
      this.save();
      this.host.changed("step");
      return;
    }
    const s = this.lesson.steps[i];
    this.states[i] = { ...this.states[i], done: false, shown: false, since: undefined };
    this.host.changed("step");
    try {
      this.ran = this.frame?.playing ?? true;
      if (s.speed === 0 || this.asks(i)) await this.host.call({ op: "pause" });
      this.states[i].since = await this.place();
      await this.go(s);
    } catch (e) { this.fail(e as Error); }
    this.save();
    if (!s.read) this.watch.start();
  }

  /** Lets the clock run as the step wants it, once its question is answered. */
  private async go(s: LessonStep): Promise<void> {
    this.waitsForAnswer = this.asks(this.step);
    const stands = this.waitsForAnswer || s.speed === 0;
    if (stands) await this.host.call({ op: "pause" });
    return stands || (s.speed < 0 && !this.ran) ? this.pace.back() : s.speed > 0 ? this.pace.lend(s.speed) : this.pace.play();
  }

  /** Where the session is now: of the first frame that tells. */
  private place(): Promise<Place> {
    return new Promise<Place>((resolve, reject) => {
      const off = this.host.onframe((f) => { off(); resolve(placeOf(f)); });
      // Any request is followed by a frame.
      this.host.call({ op: "stats" }).catch((e: Error) => { off(); reject(e); });
    });
  }

  async answer(option: number): Promise<void> {
    const i = this.view, s = this.lesson.steps[i];
    if (!s?.predict || this.states[i].answer !== undefined || !s.predict.options[option]) return;
    this.states[i].answer = option;
    this.save();
    this.host.changed("state");
    if (i !== this.step) return;
    if (this.waitsForAnswer) await this.go(s).catch((e: Error) => this.fail(e));
    if (!s.read && !this.states[i].done) this.watch.start();
  }

  hint(): void {
    const i = this.view, s = this.lesson.steps[i];
    if (!s || this.states[i].hints >= s.hints.length) return;
    this.states[i].hints++;
    this.save();
    this.host.changed("state");
  }

  /** Carries out the solution, so that one sees it. */
  async showMe(): Promise<void> {
    const s = this.current;
    if (!s || s.read || this.busy || this.asks(this.step) || this.states[this.step].done) return;
    const i = this.step;
    this.states[i].shown = true;
    await this.lines(s.solution, "showing", true);
    if (this.step === i) { await this.ask().catch(() => {}); this.save(); }
  }

  /** The beginning of a step again: of this one, or of an earlier one. What was done since stays a branch. */
  async again(i = this.step): Promise<boolean> {
    const at = this.states[i]?.since;
    if (!at || this.busy) return false;
    this.watch.stop();
    this.trouble = undefined;
    this.turn("back");
    try {
      const exact = { ms: at.ms, after: at.after, commands: at.commands };
      await this.host.call({ op: "checkout", branch: at.branch, ...exact }).catch(() => this.host.call({ op: "seek", ...exact }));
      const list = await this.host.call<Branch[]>({ op: "branch" });
      const branch = list.find((b) => b.current)?.id ?? at.branch;
      for (let k = i; k < this.states.length; k++) this.states[k] = { ...this.states[k], done: false, shown: false, since: undefined };
      this.states[i].since = { ...at, branch };
      this.step = this.view = i;
      this.results = [];
      this.turn("");
      this.host.changed("step");
      await this.go(this.lesson.steps[i]);
    } catch (e) {
      this.fail(e as Error);
      return false;
    }
    this.save();
    if (!this.lesson.steps[i].read) this.watch.start();
    return true;
  }

  /** Makes the steps before another one from their solutions: for a teacher, and after a session that cannot be opened. */
  async ahead(to: number): Promise<void> {
    const last = this.lesson.steps.length;
    for (let i = Math.max(this.step, 0); i < Math.min(to, last); i++) {
      if (this.step !== i) await this.enter(i);
      const s = this.lesson.steps[i];
      this.watch.stop();
      if (!s.read && !this.states[i].done) {
        if (!(await this.lines(s.solution, "ahead", false))) { if (!this.over) this.watch.start(); return; }
        this.states[i].shown = this.states[i].done = true;
      }
    }
    await this.enter(Math.min(to, last));
  }

  /** A lesson from its beginning; what was predicted and done is forgotten. */
  async afresh(): Promise<void> {
    this.watch.stop();
    this.states.forEach((_, i) => { this.states[i] = { hints: 0, done: false, shown: false }; });
    this.step = this.view = -1;
    this.lost = this.remade = false;
    try { await this.setUp(); if (!this.trouble) await this.pace.play(1); } catch (e) { this.fail(e as Error); }
    this.save();
    this.host.changed("step");
  }

  /** The lesson's cluster in the place of one that took its. */
  async retake(): Promise<void> {
    this.lost = false;
    const to = this.step;
    if (this.record && (await this.reopen(this.record))) return this.resume();
    this.step = this.view = -1;
    try { await this.setUp(); } catch (e) { return this.fail(e as Error); }
    if (to >= 0) { this.remade = true; await this.ahead(to); }
  }

  look(view: number): void {
    if (view < -1 || view > this.step) return;
    this.view = view;
    this.host.changed("step");
  }

  /** Another cluster has taken the place of the lesson's, by somebody else's doing. */
  lose(): void {
    if (this.lost || this.busy === "cluster") return;
    this.lost = true;
    this.watch.stop();
    this.slow();
    this.host.changed("state");
  }

  end(): void {
    this.over = true;
    this.watch.stop();
    this.slow();
    this.off();
  }

  /** Whoever is no longer in the step has their own speed. */
  private slow(): void { void this.pace.back().catch(() => {}); }

  // ---- what the cluster tells ----

  private see(f: Frame): void {
    const before = this.frame;
    this.frame = f;
    if (this.past !== f.past) { this.past = f.past; this.host.changed("state"); }
    if (this.busy === "cluster" || this.lost) return;
    if (before && (f.commands !== before.commands || f.branch !== before.branch)) this.host.changed("state");
    const since = this.states[this.step]?.since;
    if (since && !f.past && this.busy !== "back" && f.after < since.after) return void this.follow();
    if (!f.past) this.watch.frame(f);
  }

  /** The learner went back to before the step and began a branch there: the step begins where the branch does. */
  private async follow(): Promise<void> {
    const n = ++this.following, i = this.step;
    const list = await this.host.call<Branch[]>({ op: "branches" }).catch(() => [] as Branch[]);
    const now = list.find((b) => b.current), since = this.states[i]?.since;
    if (n !== this.following || i !== this.step || !now || !since || this.busy) return;
    if (now.parent < 0) return this.lose();
    if (now.fork.after < since.after) this.states[i].since = { ...now.fork, branch: now.id };
    if (this.frame) this.watch.frame(this.frame);
  }

  /** Asks the checks of the step, and takes note when all of them hold. */
  private async ask(): Promise<void> {
    const i = this.step, s = this.current, state = this.states[i];
    if (!s || s.read || !state.since || state.done || this.past || this.lost) return;
    const { ms, after, commands } = state.since;
    const results = await this.host.call<CheckResult[]>({ op: "checks", step: i, since: { ms, after, commands } });
    if (i !== this.step || this.states[i] !== state || this.over) return;
    const before = this.results;
    this.results = results;
    // Who has not answered yet is not shown the outcome, not even as a check that holds.
    if (this.asks(i)) return;
    const changed = results.some((r, k) => r.ok !== before[k]?.ok || r.got.en !== before[k]?.got.en || r.got.zh !== before[k]?.got.zh);
    if (results.length && results.every((r) => r.ok) && this.busy !== "showing") {
      state.done = true;
      this.watch.stop();
      this.trouble = undefined;
      void this.pace.done().catch(() => {});
      this.save();
      this.host.changed("checks");
    } else if (changed) this.host.changed("checks");
  }

  // ---- keeping ----

  /** Keeps how far the learner is. */
  save(): void {
    if (this.over || this.lost || this.busy === "cluster" || this.busy === "setup") return;
    this.record = this.host.record();
    this.host.keep(this.saved());
  }

  saved(): Saved {
    const steps: Saved["steps"] = {};
    this.lesson.steps.forEach((s, i) => { steps[s.id] = this.states[i]; });
    return { v: 1, sum: this.sum, step: this.step, of: this.lesson.steps.length, title: this.lesson.title, finished: this.finished, steps, record: this.record, speed: this.pace.owed };
  }

  private turn(busy: Busy): void { this.busy = busy; this.host.changed("state"); }
  private fail(e: Error): void {
    this.busy = "";
    if (/^given up/.test(e.message)) return;
    this.trouble = { text: e.message, again: false };
    this.host.changed("state");
  }
}

const placeOf = (f: Frame): Place => ({ ms: f.now, after: f.after, commands: f.commands, branch: f.branch });
