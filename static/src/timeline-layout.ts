// Where the marks of the timeline stand, and which names there is room for.

import type { Mark } from "./protocol.ts";

export interface Placed { mark: Mark; /** 0 to 1 */ at: number; named: boolean; /** marks that stand on the same spot */ more: number; /** how the name stands to its mark: at the edges it would leave the line */ align: "start" | "middle" | "end" }

/** Marks nearer than `apart` pixels become one; a name is shown if it has `room` pixels before the next. Faults get their names first, then the newest. */
export function placeMarks(marks: Mark[], now: number, width: number, textWidth: (text: string) => number, apart = 9): Placed[] {
  const span = Math.max(now, 1), out: Placed[] = [];
  for (const mark of marks) {
    const at = Math.max(0, Math.min(1, mark.at / span)), last = out[out.length - 1];
    if (last && (at - last.at) * width < apart) {
      last.more++;
      // A fault is what one looks for: it gives the spot its name.
      if (mark.kind === "fault" || last.mark.kind === "notice") last.mark = mark;
    } else out.push({ mark, at, named: false, more: 0, align: "middle" });
  }
  const taken: [number, number][] = [];
  const order = out.map((_, i) => i).sort((a, b) => Number(out[b].mark.kind === "fault") - Number(out[a].mark.kind === "fault") || b - a);
  for (const i of order) {
    const x = out[i].at * width, w = textWidth(out[i].mark.text) + 10;
    out[i].align = x - w / 2 < 0 ? "start" : x + w / 2 > width ? "end" : "middle";
    const from = out[i].align === "start" ? x - 8 : out[i].align === "end" ? x - w + 8 : x - w / 2;
    if (taken.every(([a, b]) => from + w <= a || from >= b)) { out[i].named = true; taken.push([from, from + w]); }
  }
  return out;
}
