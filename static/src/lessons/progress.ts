// How far somebody is in a lesson, kept in this browser: the step, where each one began, what was predicted, and which record
// keeps the session (sessions/keeper.ts), so that a reload goes on where it stopped. What is read back is looked at like a stranger's: whoever can write into
// this storage can only make a lesson begin anew.

import type { Moment } from "../protocol.ts";

/** A moment and the branch it is on. */
export interface Place extends Moment { branch: number }
export interface StepState {
  since?: Place;
  /** index of the option that was chosen */ answer?: number;
  /** how many hints were asked for */ hints: number;
  done: boolean; /** its solution was shown */ shown: boolean;
}
export interface Saved {
  v: 1; /** of the lesson's files: another one does not go on with this cluster */ sum: string;
  /** index of the step, as many as there are at the end; -1 the introduction */ step: number;
  of: number; title: { en: string; zh: string }; finished: boolean;
  steps: Record<string, StepState>;
  /** of the sessions that are kept; "" none */ record: string;
  /** the learner's, while the step has one of its own */ speed?: number;
}

const prefix = "tabernetes.lesson.", filesKey = "tabernetes.lesson-files";
/** The key of a lesson that came from no address: no lesson has such a name. */
export const ownKey = "own:";
type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export function browserShelf(): Shelf | null {
  try { return localStorage; } catch { return null; }
}

/** Of a page in another page's frame: what it knows is gone with it. */
export function memoryShelf(): Shelf {
  const all = new Map<string, string>();
  return { getItem: (key) => all.get(key) ?? null, setItem: (key, value) => void all.set(key, value), removeItem: (key) => void all.delete(key) };
}

export class Progress {
  /** Null: nothing is kept. */
  constructor(private readonly on: Shelf | null) {}

  load(key: string): Saved | undefined {
    try { return check(JSON.parse(this.on?.getItem(prefix + key) ?? "null")); } catch { return undefined; }
  }

  /** False if this browser keeps nothing. */
  save(key: string, saved: Saved): boolean {
    try { this.on?.setItem(prefix + key, JSON.stringify(saved)); return !!this.on; } catch { return false; } // full
  }

  forget(key: string): void { try { this.on?.removeItem(prefix + key); } catch { /* nothing was kept */ } }

  /** The files of a lesson that came from no address: the newest one only. */
  keepOwn(files: Record<string, string>): void { try { this.on?.setItem(filesKey, JSON.stringify(files)); } catch { /* too large: a reload asks for it again */ } }
  own(): Record<string, string> | undefined {
    try {
      const files = JSON.parse(this.on?.getItem(filesKey) ?? "null") as unknown;
      if (!files || typeof files !== "object" || Object.values(files).some((x) => typeof x !== "string")) return undefined;
      return files as Record<string, string>;
    } catch { return undefined; }
  }
}

const number = (x: unknown, min = 0): x is number => typeof x === "number" && Number.isFinite(x) && x >= min;
const text = (x: unknown): x is string => typeof x === "string";

/** What is fit to go on with. */
export function check(x: unknown): Saved | undefined {
  const s = x as Saved;
  if (!s || s.v !== 1 || !text(s.sum) || !number(s.step, -1) || !number(s.of) || typeof s.steps !== "object" || !s.steps || !text(s.title?.en) || !text(s.title?.zh)) return undefined;
  const steps: Saved["steps"] = {};
  for (const [id, y] of Object.entries(s.steps).slice(0, 100)) {
    if (!y || typeof y !== "object") return undefined;
    const at = y.since, since = at && number(at.ms) && number(at.after) && number(at.commands) && number(at.branch) ? { ms: at.ms, after: at.after, commands: at.commands, branch: at.branch } : undefined;
    steps[id] = { since, answer: number(y.answer) ? y.answer : undefined, hints: number(y.hints) ? y.hints : 0, done: y.done === true, shown: y.shown === true };
  }
  return { v: 1, sum: s.sum, step: s.step, of: s.of, title: { en: s.title.en, zh: s.title.zh }, finished: s.finished === true, steps, record: text(s.record) ? s.record : "", ...(number(s.speed) ? { speed: s.speed } : {}) };
}

/** Tells whether files are those that were seen before: FNV-1a, for a change by an author, not against a forger. */
export function sumOf(files: Record<string, string>): string {
  let h = 0x811c9dc5;
  for (const name of Object.keys(files).sort()) for (const c of `${name}\0${files[name]}\0`) h = Math.imul(h ^ c.codePointAt(0)!, 0x01000193);
  return (h >>> 0).toString(16);
}
