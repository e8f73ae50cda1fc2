// What stands at a point of the stage.

import type { Scene } from "./scene.ts";
import { detailOf } from "./scene.ts";
import type { NodeEntry } from "../model.ts";
import type { Rect, Tiles } from "./layout.ts";
import { nodeAt, tilesFor } from "./layout.ts";
import { cardParts } from "./card.ts";
import { compactArea, tilesOf } from "./nodes.ts";
import { trayArea } from "./furniture.ts";

/** The ref at a point in CSS pixels of the canvas, "" for the ground. */
export function hit(s: Scene, px: number, py: number): string {
  const { layout: l, camera: c, model: m } = s;
  const x = (px - c.x) / c.k, y = (py - c.y) / c.k, fx = x / l.unit, fy = y / l.unit;
  const inside = (r: Rect) => fx >= r.x && fx <= r.x + r.w && fy >= r.y && fy <= r.y + r.h;
  for (const b of l.services) if (inside(b)) return m.services.get(b.service)?.ref ?? "";
  if (inside(l.tray)) {
    const a = trayArea(s), slot = tileAt(m.tray, a, tilesFor(a.w, a.h, m.tray.high), fx, fy);
    return slot >= 0 ? "pods/" + m.names[slot] : "";
  }
  if (l.headline && inside(l.headline)) return "headquarters/";
  if (l.balancer && inside(l.balancer)) return "headquarters/";
  for (const hq of l.hq) {
    if (!inside(hq)) continue;
    const name = m.nodes.get(hq.node)?.view.name ?? "";
    for (const part of hq.parts) if (inside(part)) return `components/${part.name}@${name}`;
    return "nodes/" + name;
  }
  const index = nodeAt(l, x, y);
  if (index < 0) return "";
  const entry = m.nodes.get(l.order[index]);
  if (!entry) return "";
  const detail = detailOf(l, c);
  if (detail === "detail") {
    const p = cardParts(l.nodeW, l.nodeH).pods, area = { x: l.x[index] + p.x, y: l.y[index] + p.y, w: p.w, h: p.h };
    const slot = tileAt(entry, area, tilesOf(m, entry, area.w, area.h), x, y);
    if (slot >= 0) return "pods/" + m.names[slot];
  } else if (detail === "compact") {
    const area = compactArea({ x: l.x[index] * c.k + c.x, y: l.y[index] * c.k + c.y, w: l.nodeW * c.k, h: l.nodeH * c.k });
    const slot = tileAt(entry, area, tilesOf(m, entry, area.w, area.h), px, py);
    if (slot >= 0) return "pods/" + m.names[slot];
  }
  return "nodes/" + entry.view.name;
}

function tileAt(entry: NodeEntry, area: Rect, t: Tiles, x: number, y: number): number {
  const col = Math.floor((x - area.x + t.gap / 2) / (t.size + t.gap)), row = Math.floor((y - area.y + t.gap / 2) / (t.size + t.gap));
  if (col < 0 || row < 0 || col >= t.columns || row >= t.rows) return -1;
  const place = row * t.columns + col;
  return place < entry.places.length ? entry.places[place] : -1;
}
