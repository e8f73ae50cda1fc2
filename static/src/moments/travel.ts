// Going to other moments and branches. Asking for a moment may mean a replay that takes a while, so of many wishes (a handle
// that is dragged) only the newest counts, and what is under way may first arrive, so that one sees something on the way.

import type { App } from "../app.ts";
import type { Branch, Frame, LineResult, Moment, StepResult, Undone } from "../protocol.ts";
import type { Running } from "../engine.ts";
import { MarkBook } from "./marks.ts";
import { clockText } from "../time.ts";
import { t } from "../i18n/index.ts";

/** How long a replay is let be before a newer wish ends it. */
const patienceMs = 500;

export interface Notice { text: string; action?: string; run?: () => void }
export type StepBy = "event" | "write" | "object";

export class Travel {
  readonly book = new MarkBook();
  branches: Branch[] = [];
  /** The moment that was asked for and is not shown yet; -1 none. */
  wish = -1;
  /** How far the replay is that leads there. */
  replaying?: { ms: number; of: number };
  notice?: Notice;
  stepBy: StepBy = "write";
  /** The line that runs until its condition holds. */
  until?: { line: string; running: Running };

  private flight = 0; private since = 0; private flying = false;
  private branch = -1; private commands = 0; private past = false;
  private resume = false;
  /** Undos that can be taken back: where they began (`at`: before the branch's end), their lines, and the branch they made. */
  private undone?: { branch: number; at?: Moment; lines: string[]; on: number; commands: number };
  private busy = 0;

  constructor(private readonly app: App) {}

  get now(): number { return this.wish >= 0 ? this.wish : this.app.model.now; }
  get end(): number { return Math.max(this.app.model.end, this.app.model.now); }
  get current(): Branch | undefined { return this.branches.find((b) => b.id === this.app.model.branch); }

  frame(f: Frame): void {
    this.book.apply(f);
    const moved = f.branch !== this.branch, grew = f.commands !== this.commands;
    if (f.full) this.replaying = undefined;
    const begun = moved && this.past && !this.busy;
    if (moved || (grew && !f.past)) void this.refresh().then(() => { if (begun) this.begun(); });
    if (this.undone && !this.busy && (f.branch !== this.undone.on || f.commands !== this.undone.commands)) this.undone = undefined;
    this.branch = f.branch; this.commands = f.commands; this.past = f.past;
    if (moved || f.full) this.changed();
  }

  /** Another session has taken the place of this one. */
  forget(): void {
    this.book.clear();
    this.flight++;
    Object.assign(this, { branches: [], wish: -1, replaying: undefined, notice: undefined, undone: undefined, branch: -1, flying: false, resume: false, past: false });
    this.changed();
  }

  progress(ms: number, of: number): void {
    this.replaying = { ms, of };
    this.changed();
  }

  /** Shows another moment. `last`: this is where the handle was left, nothing newer comes. */
  to(ms: number, last = true): void {
    if (!this.past && this.app.model.playing) this.resume = true;
    this.wish = Math.max(0, Math.min(this.end, ms));
    this.changed();
    if (!this.flying || last || performance.now() - this.since > patienceMs) void this.fly();
  }

  private async fly(): Promise<void> {
    const n = ++this.flight, ms = this.wish, end = this.end;
    this.flying = true;
    this.since = performance.now();
    try {
      await this.shown(this.app.engine.call(ms >= end ? { op: "present" } : { op: "seek", ms }));
    } catch (e) {
      if (n === this.flight) this.app.fault(e as Error);
    }
    if (n !== this.flight) return; // a newer wish ended it
    this.flying = false;
    this.replaying = undefined;
    if (this.wish !== ms) return this.fly();
    this.wish = -1;
    this.changed();
  }

  /** Back to the end of the branch; the clock goes on if it ran when one left. */
  async present(): Promise<void> {
    const resume = this.resume;
    this.resume = false;
    this.to(this.end);
    if (resume) await this.app.ask({ op: "play", speed: this.app.speed });
  }

  /** Waits until the page has seen what an answer is about. */
  async shown<T>(done: Promise<T>): Promise<T> {
    const value = await done;
    await new Promise<void>((resolve) => {
      const off = this.app.on("frame", () => { off(); resolve(); });
      setTimeout(() => { off(); resolve(); }, 150);
    });
    return value;
  }

  async refresh(): Promise<void> {
    if (this.app.phase === "dead") return;
    const list = await this.app.engine.call<Branch[]>({ op: "branches" }).catch(() => undefined);
    if (Array.isArray(list)) this.know(list);
  }

  private know(list: Branch[]): void { this.branches = list; this.changed(); this.app.emit("kept"); }

  /** A request that answers with the branches; failures are shown. */
  async change(call: Parameters<App["engine"]["call"]>[0]): Promise<boolean> {
    this.busy++;
    try {
      const value = await this.app.ask<Branch[] | null>(call);
      if (value === undefined) return false;
      if (Array.isArray(value)) this.know(value); else await this.refresh();
      return true;
    } finally { this.busy--; }
  }

  async fork(): Promise<void> {
    this.resume = false;
    if (await this.change({ op: "branch" })) this.begun();
  }

  private begun(): void {
    const b = this.branches.find((x) => x.current);
    if (b && b.parent >= 0) this.tell({ text: t("time.begun", { at: clockText(b.fork.ms) }) });
  }

  async undo(): Promise<boolean> {
    const m = this.app.model, here = this.current, from: { branch: number; at?: Moment } = { branch: m.branch };
    if (m.past) from.at = { ms: m.now, after: m.after, commands: m.commands };
    this.busy++;
    try {
      const u = await this.shown(this.app.engine.call<Undone>({ op: "undo" }));
      this.know(u.branches);
      const on = u.branches.find((b) => b.current)!;
      // A branch on which nobody did anything is gone with the undo: what it showed is on its parent, up to where it began.
      if (here && !u.branches.some((b) => b.id === from.branch)) {
        from.branch = here.parent;
        if (!from.at || from.at.commands === here.fork.commands && from.at.after > here.fork.after) from.at = here.fork;
      }
      const lines = [...(this.undone?.lines ?? []), u.line], began = this.undone ?? from;
      this.undone = { branch: began.branch, at: began.at, lines, on: on.id, commands: this.app.model.commands };
      this.tell({ text: t("time.undone", { line: u.line, at: clockText(this.app.model.now) }), action: t("time.redo"), run: () => void this.redo() });
      return true;
    } catch (e) {
      this.tell({ text: (e as Error).message });
      return false;
    } finally { this.busy--; }
  }

  get canRedo(): boolean { return !!this.undone; }

  /** Goes back to where the undo began, and from there undoes one command less. */
  async redo(): Promise<boolean> {
    const u = this.undone;
    if (!u) return false;
    const lines = u.lines.slice(0, -1), line = u.lines[u.lines.length - 1];
    this.busy++;
    try {
      if (!(await this.change({ op: "checkout", branch: u.branch, ...u.at }))) return false;
      let last: Undone | undefined;
      for (let i = 0; i < lines.length; i++) last = await this.app.engine.call<Undone>({ op: "undo" });
      await this.shown(Promise.resolve());
      if (last) this.know(last.branches);
      this.undone = last && { ...u, lines, on: last.branches.find((b) => b.current)!.id, commands: this.app.model.commands };
      this.tell({ text: t("time.redone", { line }) });
      return true;
    } finally { this.busy--; }
  }

  async step(by: StepBy = this.stepBy): Promise<void> {
    const app = this.app, ref = by === "object" ? app.selection : undefined;
    if (app.model.playing) await app.ask({ op: "pause" });
    const s = await app.ask<StepResult>({ op: "step", by, ref });
    if (s) this.tell({ text: `${s.actor}: ${s.record || s.label}${s.ref ? ` · ${s.ref}` : ""}` });
  }

  /** Runs a `kubectl wait` line as fast as possible until it has ended. */
  runUntil(line: string): Promise<LineResult> {
    const app = this.app;
    app.write("command", line);
    app.remember(line);
    const running = app.engine.until(line, (stream, text) => app.write(stream, text)), mine = { line, running };
    this.until = mine;
    this.changed();
    const over = () => { if (this.until === mine) this.until = undefined; this.changed(); };
    running.done.then((r) => { over(); this.tell({ text: (r.stdout || r.stderr).trim().split("\n").pop() || t("time.until.over") }); },
      (e: Error) => { over(); app.write("stderr", e.message + "\n"); this.tell({ text: e.message }); });
    return running.done;
  }

  tell(notice: Notice | undefined): void {
    this.notice = notice;
    if (notice) this.app.say(notice.text);
    this.changed();
  }

  private changed(): void { this.app.emit("time"); }
}
