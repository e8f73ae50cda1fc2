// When a step's checks are asked: only when the picture changed, one question at a time, at most four in a second, and less
// often where answers take long: a question must not slow the clock it asks about.

import type { Frame } from "../protocol.ts";

/** The shortest time between two questions, and how many times as long as an answer took must pass before the next. */
export const gapMs = 250, share = 10;

export interface Clock { now(): number; later(f: () => void, ms: number): number; cancel(timer: number): void }
export const wallClock: Clock = { now: () => performance.now(), later: (f, ms) => window.setTimeout(f, ms), cancel: (t) => clearTimeout(t) };

export class Watch {
  private seen = ""; private asked = ""; private asking = false; private timer = 0; private from = 0; private on = false;

  constructor(private readonly ask: () => Promise<void>, private readonly clock: Clock = wallClock) {}

  /** The picture as it is. Of a replay no frame tells until it has arrived, so nothing is asked meanwhile. */
  frame(f: Pick<Frame, "revision" | "now" | "after" | "branch">): void {
    this.seen = `${f.branch} ${f.after} ${f.revision} ${f.now}`;
    this.soon();
  }

  start(): void { this.on = true; this.asked = ""; this.soon(); }
  stop(): void { this.on = false; this.clock.cancel(this.timer); this.timer = 0; }

  private soon(): void {
    if (!this.on || this.asking || this.timer || !this.seen || this.seen === this.asked) return;
    this.timer = this.clock.later(() => { this.timer = 0; void this.go(); }, Math.max(0, this.from - this.clock.now()));
  }

  private async go(): Promise<void> {
    if (!this.on) return;
    const began = this.clock.now();
    this.asked = this.seen;
    this.asking = true;
    try { await this.ask(); } catch { /* an answer that was given up: the next picture asks again */ }
    this.asking = false;
    const now = this.clock.now();
    this.from = Math.max(began + gapMs, now + (now - began) * share);
    this.soon();
  }
}
