// The geometry of an autoscaler's chart: two lanes over one stretch of virtual time, the metric above, the replicas below.

import type { Autoscaling } from "./protocol.ts";
import { bytesText, round } from "./time.ts";

/** How much virtual time the chart shows at most, and at least, in ms. */
export const span = { most: 20 * 60_000, least: 2 * 60_000 };
export const size = { width: 320, lane: 74, gap: 22, left: 34, right: 6, top: 6, bottom: 16 };

export interface Lane { top: number; y(v: number): number; max: number }
export interface Line { /** an SVG path of steps; gaps where nothing was known */ path: string }
export interface Chart {
  from: number; to: number; x(at: number): number; metric: Lane; replicas: Lane; height: number;
  value: Line; goal: Line; desired: Line; actual: Line; ready: Line; ticks: { x: number; at: number }[];
}

/** A round number at or above n, for the top of an axis. */
export function ceiling(n: number): number {
  if (n <= 1) return 1;
  const p = 10 ** Math.floor(Math.log10(n));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((k) => k * p).find((c) => c >= n)!;
}

export function chart(h: Autoscaling, now: number): Chart {
  const n = h.at.length, to = Math.max(now, n ? h.at[n - 1] : 0), from = Math.max(Math.min(n ? h.at[0] : to, to - span.least), to - span.most, 0);
  const w = size.width - size.left - size.right, x = (at: number) => size.left + (w * (Math.max(at, from) - from)) / Math.max(1, to - from);
  // What is to the left of the window still says with what it begins.
  const first = Math.max(0, h.at.findLastIndex((at) => at <= from));
  const seen = (list: number[]) => list.slice(first);
  const lane = (top: number, max: number): Lane => ({ top, max, y: (v) => top + size.lane * (1 - Math.min(v, max) / max) });
  const metric = lane(size.top, ceiling(1.05 * Math.max(1e-3, ...seen(h.value), ...seen(h.goal))));
  const replicas = lane(size.top + size.lane + size.gap, ceiling(Math.max(h.min, ...seen(h.desired), ...seen(h.actual), 2)));
  const line = (list: number[], y: (v: number) => number): Line => {
    let path = "", open = false;
    for (let i = first; i < n; i++) {
      const v = list[i], x0 = round(x(h.at[i]), 1), x1 = round(x(i + 1 < n ? h.at[i + 1] : to), 1);
      if (v < 0) { open = false; continue; }
      path += `${open ? "V" : `M${x0} `}${round(y(v), 1)}H${x1}`;
      open = true;
    }
    return { path };
  };
  const step = [1, 2, 5, 10].map((m) => m * 60_000).find((s) => (to - from) / s <= 4) ?? 10 * 60_000;
  const ticks = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push({ at, x: x(at) });
  return {
    from, to, x, metric, replicas, height: size.top + 2 * size.lane + size.gap + size.bottom, ticks,
    value: line(h.value, metric.y), goal: line(h.goal, metric.y),
    desired: line(h.desired, replicas.y), actual: line(h.actual, replicas.y), ready: line(h.ready, replicas.y),
  };
}

/** A value of the metric with its unit; "" when it is not known. */
export function amount(v: number | undefined, unit: Autoscaling["unit"]): string {
  if (v === undefined || v < 0) return "";
  if (unit === "B") return bytesText(v);
  return unit ? `${round(v, 0)} %` : round(v, v < 10 ? 2 : 0);
}

/** The steps worth reading: those in which the wish changed, and the newest; at most `most`, newest first. */
export function turns(h: Autoscaling, most: number): number[] {
  const out: number[] = [];
  for (let i = h.at.length - 1; i >= 0 && out.length < most; i--) {
    if (i === h.at.length - 1 || i === 0 || h.desired[i] !== h.desired[i - 1]) out.push(i);
  }
  return out;
}
