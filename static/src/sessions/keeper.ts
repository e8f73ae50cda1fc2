// Keeps the session of this tab as it grows. A command, a branch, another moment are written at once; mere clock time at most
// a second late. One tab writes one record: a tab that was duplicated finds the record locked, and goes on with a copy.

import type { Branch } from "../protocol.ts";
import type { Kept, Store } from "./store.ts";
import { newId } from "./store.ts";

/** What the keeper has to know of the page. */
export interface Page {
  /** The session's text, from the engine. */
  text(): Promise<string>;
  /** Where the session stands; undefined while there is none. `changes` rises with commands, branches and jumps. */
  state(): { changes: string; moment: string; config: { nodes: number; masters: number; seed: number }; commands: number; now: number; speed: number; branches: Branch[] } | undefined;
  deflate(text: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Remembers for this tab which record is its own. */
  mark(id: string): void;
  /** Storage failed, or works again (undefined). */
  trouble(e: Error | undefined): void;
  wall(): number;
  later(ms: number, f: () => void): void;
}

const clockMs = 1000;
/** Writing may take such a share of the time. */
const share = 10;

export class Keeper {
  id = "";
  /** The newest text that is kept. */
  text = "";
  readonly owner = newId();
  private created = 0;
  private changes = ""; private moment = "";
  private saving = false; private asked = false; private due = 0; private rest = 0;
  private lock?: () => void;
  failed?: Error;

  constructor(private readonly page: Page, private readonly store: () => Promise<Store>, private readonly locks: LockManager | undefined) {}

  /** Takes the record of this tab; if another tab has it, or it is gone, what is done from now on goes to a new one. */
  async begin(id: string): Promise<void> {
    this.id = "";
    if (id && await this.claim(id)) {
      await (await this.store()).take(id, this.owner);
      this.id = id;
    } else this.id = newId();
    this.created = this.page.wall();
    this.changes = this.moment = "";
    if (!this.lock) await this.claim(this.id);
    this.page.mark(this.id);
  }

  /** Another session from now on, in a record of its own, or in the one it has. */
  async turn(id = ""): Promise<void> {
    this.lock?.();
    this.lock = undefined;
    await this.begin(id);
  }

  /** Holds a record for as long as this page lives. Without locks the record's owner decides, when it is written. */
  private async claim(id: string): Promise<boolean> {
    if (!this.locks) return true;
    // A page that is reloaded gives its lock back a moment after the new one begins.
    for (let tries = 0; tries < 4; tries++) {
      const got = await new Promise<boolean>((resolve) => {
        void this.locks!.request(`tabernetes.session.${id}`, { ifAvailable: true }, (lock) => {
          resolve(!!lock);
          return lock ? new Promise<void>((release) => { this.lock = release; }) : undefined;
        }).catch(() => resolve(true));
      });
      if (got) return true;
      if (tries < 3) await new Promise<void>((r) => this.page.later(100, r));
    }
    return false;
  }

  /** Something may have changed; called with every frame. */
  look(): void {
    const s = this.page.state();
    if (!s || !this.id) return;
    const rest = this.rest - this.page.wall(), changed = s.changes !== this.changes;
    // Also while clock time waits for its turn: under load that may be long in coming.
    if (changed && rest <= 0) return void this.save();
    if (this.asked || (!changed && s.moment === this.moment)) return;
    this.asked = true;
    this.page.later(Math.max(0, rest, changed ? 0 : this.due - this.page.wall()), () => { this.asked = false; void this.save(); });
  }

  /** Writes what is new now; resolves when it is written. */
  async save(): Promise<void> {
    if (this.saving) return;
    const s = this.page.state();
    if (!s || !this.id || (s.changes === this.changes && s.moment === this.moment)) return;
    this.saving = true;
    const began = this.page.wall();
    try {
      const text = await this.page.text();
      this.text = text;
      const packed = await this.page.deflate(text);
      const kept: Kept = {
        id: this.id, name: "", created: this.created, changed: this.page.wall(), bytes: packed.byteLength, ...s.config, commands: s.branches.reduce((n, b) => n + b.commands - b.fork.commands, 0) || s.commands, branches: s.branches.length, now: s.now, speed: s.speed,
        lines: s.branches.flatMap((b) => b.lines).slice(-3).map((l) => l.slice(0, 200)), owner: this.owner,
      };
      const store = await this.store();
      if (!(await store.put(kept, packed))) {
        // Another tab writes this record: both go on, each in its own.
        await this.turn();
        await store.put({ ...kept, id: this.id }, packed);
      }
      this.changes = s.changes; this.moment = s.moment;
      if (this.failed) { this.failed = undefined; this.page.trouble(undefined); }
    } catch (e) {
      // The engine may be down for a moment, or the disk full: it is tried again.
      this.rest = this.page.wall() + (e instanceof DOMException ? 10 : 1) * clockMs;
      if (e instanceof DOMException) {
        const first = this.failed?.name !== e.name;
        this.failed = e;
        if (first) this.page.trouble(e);
      }
    }
    const took = this.page.wall() - began;
    this.due = this.page.wall() + Math.max(clockMs - took, took * share);
    this.saving = false;
    this.look();
  }
}
