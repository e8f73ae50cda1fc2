// Where the marks of the timeline stand, and which names there is room for.

import type { Mark } from "./protocol.ts";

export interface Placed { mark: Mark; /** 0 to 1 */ at: number; named: boolean; /** marks that stand on the same spot */ more: number }

/** Marks nearer than `apart` pixels become one; a name is shown if it has `room` pixels before the next. Newest names win. */
export function placeMarks(marks: Mark[], now: number, width: number, textWidth: (text: string) => number, apart = 9): Placed[] {
  const span = Math.max(now, 1), out: Placed[] = [];
  for (const mark of marks) {
    const at = Math.max(0, Math.min(1, mark.at / span)), last = out[out.length - 1];
    if (last && (at - last.at) * width < apart) {
      last.more++;
      // A fault is what one looks for: it gives the spot its name.
      if (mark.kind === "fault" || last.mark.kind === "notice") last.mark = mark;
    } else out.push({ mark, at, named: false, more: 0 });
  }
  let free = Infinity;
  for (let i = out.length - 1; i >= 0; i--) {
    const x = out[i].at * width, w = textWidth(out[i].mark.text) / 2 + 5;
    const right = Math.min(x + w, width);
    if (right <= free) { out[i].named = true; free = Math.min(right - 2 * w, x - w); }
  }
  return out;
}
