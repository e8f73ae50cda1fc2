// Where things stand on the timeline: the part of time it shows, the marks, and which names there is room for.

import type { Mark } from "./protocol.ts";

/** The part of time that is shown, in virtual milliseconds. */
export interface Span { from: number; to: number }

/** Nearer than this nobody looks: two events of one request are a quarter of a millisecond apart. */
export const shortest = 2;

/** The span made larger or smaller around a moment, within 0 and `end`. */
export function zoomed(s: Span, factor: number, around: number, end: number): Span {
  const size = Math.max(shortest, Math.min(end, (s.to - s.from) * factor)), share = (around - s.from) / Math.max(1e-9, s.to - s.from);
  return moved({ from: around - size * share, to: around + size * (1 - share) }, 0, end);
}

/** The span moved by so much, as far as there is room. */
export function moved(s: Span, by: number, end: number): Span {
  const size = s.to - s.from, from = Math.max(0, Math.min(Math.max(0, end - size), s.from + by));
  return { from, to: from + size };
}

/** A round amount of time that is about a hundredth of what is shown: what an arrow key moves. */
export function stride(s: Span): number {
  const raw = Math.max(0.5, (s.to - s.from) / 100), ten = 10 ** Math.floor(Math.log10(raw));
  return ten * (raw / ten >= 5 ? 5 : raw / ten >= 2 ? 2 : 1);
}

export interface Placed {
  mark: Mark; /** 0 to 1 */ at: number; named: boolean; /** marks that stand on the same spot */ more: number; /** the moments of those */ first: number; last: number;
  /** how the name stands to its mark: at the edges it would leave the line */ align: "start" | "middle" | "end";
}

/** Marks nearer than `apart` pixels become one; a name is shown if it has `room` pixels before the next. Faults get their names first, then the newest. */
export function placeMarks(marks: readonly Mark[], span: Span, width: number, textWidth: (text: string) => number, apart = 9): Placed[] {
  const size = Math.max(span.to - span.from, 1e-6), out: Placed[] = [];
  for (const mark of marks) {
    if (mark.at < span.from || mark.at > span.to) continue;
    const at = (mark.at - span.from) / size, last = out[out.length - 1];
    if (last && (at - last.at) * width < apart) {
      last.more++;
      last.last = mark.at;
      // A fault is what one looks for: it gives the spot its name.
      if (mark.kind === "fault" || last.mark.kind === "notice") last.mark = mark;
    } else out.push({ mark, at, named: false, more: 0, first: mark.at, last: mark.at, align: "middle" });
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
