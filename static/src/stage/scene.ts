// What the drawing routines share: the world, the eye, and small helpers for text and boxes.

import type { Model } from "../model.ts";
import type { Layout, Rect } from "./layout.ts";
import type { Palette } from "./palette.ts";

export interface Camera { x: number; y: number; /** CSS pixels per world unit */ k: number }

export interface Scene {
  model: Model; layout: Layout; camera: Camera; palette: Palette;
  width: number; height: number; dpr: number;
  /** What the mouse is on and what is selected, as refs. */
  hover: string; selection: string;
  wall: number; factory: boolean;
  /** A Service whose lines are drawn (hovered, selected or under load). */
  litServices: Set<number>;
  /** Service chosen by selection: pods behind it. */
  litPods: Set<number>;
}

export type Detail = "detail" | "compact" | "heat";

/** How closely nodes are drawn, by their width on the screen; a card whose text would be too small to read is not. */
export function detailOf(layout: Layout, camera: Camera): Detail {
  const w = layout.nodeW * camera.k;
  return w >= 128 && camera.k >= 0.85 ? "detail" : w >= 38 ? "compact" : "heat";
}

const family = 'system-ui, -apple-system, "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
export function font(px: number, weight = 400): string { return `${weight} ${px}px ${family}`; }

export type Ctx = CanvasRenderingContext2D;

export function box(ctx: Ctx, r: Rect, radius: number, fill: string | null, stroke: string | null, width = 1, dash?: number[]): void {
  ctx.beginPath();
  ctx.roundRect(r.x, r.y, r.w, r.h, Math.min(radius, r.w / 2, r.h / 2));
  if (fill) { ctx.fillStyle = fill; ctx.fill(); }
  if (stroke) {
    if (dash) ctx.setLineDash(dash);
    ctx.strokeStyle = stroke; ctx.lineWidth = width; ctx.stroke();
    if (dash) ctx.setLineDash([]);
  }
}

const widths = new Map<string, number>();
export function textWidth(ctx: Ctx, text: string): number {
  const key = ctx.font + text;
  let w = widths.get(key);
  if (w === undefined) {
    if (widths.size > 4000) widths.clear();
    widths.set(key, (w = ctx.measureText(text).width));
  }
  return w;
}

/** Text that never leaves its room: cut with an ellipsis. */
export function label(ctx: Ctx, text: string, x: number, y: number, room: number, color: string, f: string, align: CanvasTextAlign = "left"): number {
  ctx.font = f; ctx.fillStyle = color; ctx.textAlign = align; ctx.textBaseline = "middle";
  let w = textWidth(ctx, text);
  if (w > room) {
    let n = Math.max(1, Math.floor((text.length * room) / w) - 1);
    while (n > 1 && textWidth(ctx, text.slice(0, n) + "…") > room) n--;
    text = text.slice(0, n) + "…";
    w = textWidth(ctx, text);
  }
  ctx.fillText(text, x, y);
  return w;
}

/** A polyline with rounded corners. */
export function polyline(ctx: Ctx, p: number[], radius: number): void {
  ctx.beginPath();
  ctx.moveTo(p[0], p[1]);
  for (let i = 2; i + 3 < p.length; i += 2) {
    const r = Math.min(radius, Math.hypot(p[i] - p[i - 2], p[i + 1] - p[i - 1]) / 2, Math.hypot(p[i + 2] - p[i], p[i + 3] - p[i + 1]) / 2);
    ctx.arcTo(p[i], p[i + 1], p[i + 2], p[i + 3], r);
  }
  ctx.lineTo(p[p.length - 2], p[p.length - 1]);
  ctx.stroke();
}
