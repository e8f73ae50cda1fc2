// What happened and what will: the marks of every branch that was seen. Going back makes the cluster anew, which knows nothing
// of what comes; the book does, so that one can see from the past where one came from.

import type { Frame, Mark } from "../protocol.ts";

const most = 1000;

export class MarkBook {
  private readonly kept = new Map<number, Mark[]>();
  private branch = -1;
  private now = 0;
  /** Of the branch that is shown, in order: what happened up to now, then what is known to come. */
  marks: Mark[] = [];

  apply(frame: Pick<Frame, "full" | "branch" | "now" | "past" | "marks">): void {
    if (frame.branch !== this.branch) {
      this.kept.set(this.branch, this.marks);
      // A branch that is new begins where it is: what it shares with the one that was left lies behind it.
      this.marks = this.kept.get(frame.branch) ?? this.marks.filter((m) => m.at <= frame.now);
      this.branch = frame.branch;
    }
    // A full frame tells everything up to its moment.
    if (!frame.full && !frame.marks.length && frame.past) {
      this.now = frame.now;
      this.marks = this.marks.filter((m) => m.record || m.at >= frame.now);
      return;
    }
    const known = new Set(frame.marks.map((m) => m.record));
    const before = frame.full ? [] : this.marks.filter((m) => m.at <= this.now && m.record && !known.has(m.record));
    // In the past the rest is still to come; the end of a branch has nothing after it. What was seen happen is known better than
    // the log alone tells it, and what only the log tells is over when its time has come.
    const ahead = frame.past ? this.marks.filter((m) => m.at > (frame.full ? frame.now : this.now) && !known.has(m.record) && (m.record || m.at > frame.now)) : [];
    const seen = new Set(ahead.map((m) => (m.record && m.kind !== "notice" ? m.at : -1)));
    this.marks = [...before, ...frame.marks.filter((m) => m.record || !seen.has(m.at)), ...ahead].sort((a, b) => a.at - b.at || a.record - b.record);
    if (this.marks.length > most) this.thin();
    this.now = frame.now;
  }

  /** Nodes that change their mind go first: there are most of them and they matter least. */
  private thin(): void {
    let over = this.marks.length - most;
    this.marks = this.marks.filter((m) => m.kind !== "notice" || over-- <= 0).slice(-most);
  }

  /** The nearest mark before or after a moment. */
  next(from: number, direction: 1 | -1): Mark | undefined {
    return direction > 0 ? this.marks.find((m) => m.at > from + 0.5) : this.marks.filter((m) => m.at < from - 0.5).pop();
  }

  /** Another session: nothing of this one is known. */
  clear(): void { this.kept.clear(); this.marks = []; this.branch = -1; this.now = 0; }
}
