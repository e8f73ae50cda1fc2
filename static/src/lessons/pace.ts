// The clock's speed in a lesson. A step may bring one of its own, so that five minutes are ten seconds. It is lent: when what
// the step waits for has happened, or the step is left, the clock has the learner's speed again, and nobody reads while hours
// pass. Slow motion lasts until the step is left: there is more to see after the first moment that counts. Whoever chooses
// another speed meanwhile keeps that one.

import type { Call } from "../engine.ts";

/** What it needs of the page: the clock, and the speed that was chosen last. */
export interface Speeds { call<T>(call: Call): Promise<T>; speed(): number; choose(speed: number): void }

export class Pace {
  /** The learner's, while the step's is in force. */
  private mine?: number;
  private own = 0;
  /** The learner's, since it was given back because the step is done. */
  given?: number;

  constructor(private readonly host: Speeds) {}

  /** The step's speed, while it is in force. */
  get lent(): number | undefined { this.look(); return this.mine === undefined ? undefined : this.own; }
  /** The learner's, while the step's is in force: what a reload has to know. */
  get owed(): number | undefined { this.look(); return this.mine; }
  /** The step's is the faster one; 0 is as fast as possible. */
  get hurries(): boolean { return this.lent !== undefined && this.mine !== 0 && this.own > this.mine!; }

  /** Runs the clock at the step's speed. */
  async lend(speed: number): Promise<void> {
    this.look();
    const before = this.mine ?? this.host.speed();
    this.mine = this.given = undefined;
    await this.run(speed);
    if (speed !== before) { this.mine = before; this.own = speed; }
  }

  /** Runs the clock at the learner's speed. */
  async play(speed = this.owed ?? this.host.speed()): Promise<void> {
    this.mine = this.given = undefined;
    await this.run(speed);
  }

  /** The learner's speed again, whether the clock runs or stands. */
  async back(): Promise<void> {
    const speed = this.owed;
    this.mine = this.given = undefined;
    if (speed !== undefined) await this.run(speed, "speed");
  }

  /** As `back`, because the step is done: only what hurries. */
  async done(): Promise<void> {
    if (!this.hurries) return;
    const mine = this.mine, over = this.back();
    this.given = mine;
    await over;
  }

  /** Frames that were on their way tell the old speed, until the clock has answered. */
  private async run(speed: number, op: "play" | "speed" = "play"): Promise<void> {
    await this.host.call({ op, speed });
    this.host.choose(speed);
  }

  /** Another speed was chosen since. */
  private look(): void { if (this.mine !== undefined && this.host.speed() !== this.own) this.mine = undefined; }
}
