// Draws worker nodes and their pods near (a card with care) and at middle distance (name and tiles).

import type { Model, NodeEntry } from "../model.ts";
import { ghostMs } from "../model.ts";
import type { Scene, Ctx } from "./scene.ts";
import { box, font, label, textWidth } from "./scene.ts";
import type { Rect, Tiles } from "./layout.ts";
import { tilesFor } from "./layout.ts";
import { cardParts } from "./card.ts";
import { hue } from "./palette.ts";
import { podLook, zoneText } from "./podstyle.ts";
import { app } from "../app.ts";
import { ailments } from "./control.ts";
import { ageText } from "../time.ts";
import { t } from "../i18n/index.ts";
import type { Key } from "../i18n/index.ts";

/** Room for at least eight keeps the first tiles from jumping when the next ones come. */
export function tilesOf(m: Model, entry: NodeEntry, w: number, h: number): Tiles {
  return tilesFor(w, h, Math.max(m.places, entry.high));
}

export function nodeStatus(entry: NodeEntry): { text: string; sign: string; bad: boolean } {
  const v = entry.view, ready = t(`stage.ready.${v.ready}` as Key);
  if (!v.power) return { text: t("stage.noPower", { ready }), sign: "⚡", bad: true };
  const ails = ailments(app.model.control, v.name);
  if (ails.length) return { text: `${ails.join(", ")} · API: ${ready}`, sign: "!", bad: true };
  if (v.ready !== "True") return { text: ready, sign: "○", bad: v.ready !== "" };
  return { text: v.cordoned ? `${ready} · ${t("stage.cordoned")}` : ready, sign: v.cordoned ? "⊘" : "●", bad: false };
}

/** A card at (x, y) in world units; the context is in world units too. */
export function drawCard(ctx: Ctx, s: Scene, entry: NodeEntry, x: number, y: number): void {
  const { palette: p, layout: l } = s, v = entry.view, w = l.nodeW, h = l.nodeH;
  const ref = "nodes/" + v.name, selected = s.selection === ref, hover = s.hover === ref;
  const status = nodeStatus(entry), dead = !v.power, c = cardParts(w, h);
  box(ctx, { x, y, w, h }, 14, p.plant, dead ? p.bad : selected ? p.select : hover ? p.blue : p.line, selected && !dead ? 2.2 : dead || hover ? 1.6 : 1, dead ? [5, 4] : undefined);
  if (dead && (selected || hover)) box(ctx, { x: x - 4, y: y - 4, w: w + 8, h: h + 8 }, 17, null, selected ? p.select : p.blue, selected ? 2.2 : 1.6);
  const zone = v.zone && w > 215 ? " · " + zoneText(v.zone) : "";
  ctx.font = font(12, 600);
  const nameW = Math.min(textWidth(ctx, v.name), w * 0.55);
  label(ctx, v.name, x + 14, y + c.header, w * 0.55, dead ? p.dim : p.ink, font(12, 600));
  const said = `${status.sign} ${status.text}${dead ? "" : zone}`, left = w - nameW - 34;
  let size = 10.5;
  for (ctx.font = font(size); size > 9 && textWidth(ctx, said) > left; ctx.font = font(size)) size -= 0.5;
  label(ctx, said, x + w - 13, y + c.header, left, status.bad ? p.bad : v.cordoned ? p.ink : p.dim, font(size), "right");
  ctx.globalAlpha = dead ? 0.5 : 1;
  if (c.chips) {
    const kubelet = chipText(s, "kubelet"), proxy = chipText(s, "kube-proxy");
    const room = w - 24 - 5;
    let size = 10.5, around = 16;
    for (ctx.font = font(size); size > 9 && textWidth(ctx, kubelet) + textWidth(ctx, proxy) + 2 * around > room; ctx.font = font(size)) { size -= 0.5; around = 11; }
    const kw = textWidth(ctx, kubelet) + around, pw = Math.min(textWidth(ctx, proxy) + around, room - kw);
    chip(ctx, s, kubelet, x + 12, y + c.chips, kw, size);
    chip(ctx, s, proxy, x + w - 12 - pw, y + c.chips, pw, size);
  }
  if (c.bars) {
    bar(ctx, s, t("stage.cpu"), v.cpu, x + 14, y + c.bars + 5, w - 28);
    bar(ctx, s, t("stage.memory"), v.memory, x + 14, y + c.bars + 20, w - 28);
  }
  if (c.footer) {
    const pods = entry.used === 1 ? t("stage.pod1") : t("stage.pods", { n: entry.used });
    const at = s.model.leaseOf(v), age = ageText(s.model.now - at);
    const lease = at < 0 ? "" : " · " + t(s.model.now - at > 15_000 ? "stage.lastLease" : "stage.lease", { age });
    label(ctx, pods + lease, x + 14, y + c.footer - 4, w - 28, p.dim, font(10.5));
  }
  const area: Rect = { x: x + c.pods.x, y: y + c.pods.y, w: c.pods.w, h: c.pods.h };
  drawTiles(ctx, s, v.id, entry, area, tilesOf(s.model, entry, area.w, area.h), s.camera.k);
  ctx.globalAlpha = 1;
}

export function chipText(s: Scene, name: "kubelet" | "kube-proxy"): string {
  const nick = t(`nick.${name}`);
  return nick && s.layout.nodeW > 205 ? `${name} ${nick}` : name;
}

function chip(ctx: Ctx, s: Scene, text: string, x: number, y: number, w: number, size: number): void {
  if (w < 20) return;
  box(ctx, { x, y, w, h: 20 }, 10, s.palette.bg, s.palette.line);
  label(ctx, text, x + w / 2, y + 10.5, w - 6, s.palette.dim, font(size), "center");
}

function bar(ctx: Ctx, s: Scene, name: string, v: { capacity: number; requested: number }, x: number, y: number, w: number): void {
  const { palette: p } = s;
  label(ctx, name, x, y, 34, p.dim, font(10.5));
  const bx = x + 33, bw = w - 33, share = v.capacity ? Math.min(1, v.requested / v.capacity) : 0;
  box(ctx, { x: bx, y: y - 4, w: bw, h: 7 }, 3.5, p.bg, p.line);
  if (share > 0) box(ctx, { x: bx, y: y - 4, w: Math.max(4, bw * share), h: 7 }, 3.5, p.bar, null);
}

/** A node at middle distance. The context is in CSS pixels; so are x, y, w, h. */
export function drawCompact(ctx: Ctx, s: Scene, entry: NodeEntry, r: Rect): void {
  const { palette: p } = s, v = entry.view, dead = !v.power, status = nodeStatus(entry);
  const ref = "nodes/" + v.name, selected = s.selection === ref, hover = s.hover === ref;
  box(ctx, r, Math.min(9, r.w * 0.12), p.plant, status.bad ? p.bad : selected ? p.select : hover ? p.blue : p.line, status.bad ? 1.4 : selected ? 2 : 1, dead ? [4, 3] : undefined);
  if (status.bad && (selected || hover)) box(ctx, { x: r.x - 3, y: r.y - 3, w: r.w + 6, h: r.h + 6 }, Math.min(11, r.w * 0.15), null, selected ? p.select : p.blue, selected ? 2 : 1.4);
  const small = r.w < 60, f = small ? 9 : 10.5, head = r.h > 26 ? (small ? 12 : 16) : 0;
  if (head) {
    const wide = r.w >= 118, sign = wide ? `${status.sign} ${status.text}` : status.bad || v.cordoned ? status.sign : "";
    ctx.font = font(f, 600);
    const room = r.w - (sign ? 22 : 12), tail = /\d+$/.exec(v.name)?.[0];
    const name = tail && textWidth(ctx, v.name) > room ? tail : v.name;
    const named = label(ctx, name, r.x + 6, r.y + head / 2 + 2, room, dead ? p.dim : p.ink, font(f, 600));
    if (sign) label(ctx, sign, r.x + r.w - 6, r.y + head / 2 + 2, wide ? r.w - named - 18 : 14, status.bad ? p.bad : p.dim, font(wide ? 10 : f), "right");
  }
  ctx.globalAlpha = dead ? 0.45 : 1;
  const area = compactArea(r);
  drawTiles(ctx, s, v.id, entry, area, tilesOf(s.model, entry, area.w, area.h), 1);
  ctx.globalAlpha = 1;
}

export function compactArea(r: Rect): Rect {
  const head = r.h > 26 ? (r.w < 60 ? 13 : 18) : 3, m = r.w < 60 ? 4 : 6;
  const air = r.h > 60 ? 4 : 1;
  return { x: r.x + m, y: r.y + head + air, w: r.w - 2 * m, h: r.h - head - m - air + 1 };
}

/** `k`: pixels on the screen per unit, which decides how much text a tile can carry. */
export function drawTiles(ctx: Ctx, s: Scene, node: number, entry: NodeEntry, area: Rect, tl: Tiles, k: number): void {
  const m = s.model, shown = Math.min(entry.high, tl.columns * tl.rows), alpha = ctx.globalAlpha;
  for (let i = 0; i < shown; i++) {
    const slot = entry.places[i];
    if (slot < 0) continue;
    const x = area.x + (i % tl.columns) * (tl.size + tl.gap), y = area.y + Math.floor(i / tl.columns) * (tl.size + tl.gap);
    const age = s.wall - m.touched[slot];
    // A change of state is a short brightening, never a loop.
    ctx.globalAlpha = alpha * (age < 200 ? 0.35 + 0.65 * (age / 200) : 1);
    drawTile(ctx, s, slot, x, y, tl.size, k, entry.view ? !entry.view.power : false);
  }
  ctx.globalAlpha = alpha;
  for (const g of m.ghosts) {
    if (g.node !== node || g.place >= tl.columns * tl.rows || entry.places[g.place] >= 0) continue;
    const x = area.x + (g.place % tl.columns) * (tl.size + tl.gap), y = area.y + Math.floor(g.place / tl.columns) * (tl.size + tl.gap);
    ctx.globalAlpha = alpha * Math.max(0, 0.7 * (1 - (s.wall - g.since) / ghostMs));
    box(ctx, { x, y, w: tl.size, h: tl.size }, tl.size * 0.2, null, s.palette.dim, 1, [3, 3]);
  }
  ctx.globalAlpha = alpha;
  if (entry.used > shown && tl.size * k > 8) {
    label(ctx, `+${entry.used - shown}`, area.x + area.w, area.y + area.h - 4, 40, s.palette.ink, font(10, 600), "right");
  }
}

function drawTile(ctx: Ctx, s: Scene, slot: number, x: number, y: number, size: number, k: number, dead: boolean): void {
  const { model: m, palette: p } = s, state = m.state[slot];
  const look = podLook(state, m.reasons[slot], dead), version = m.versions[m.version[slot]], h = hue(p, version?.hue ?? 0);
  const ref = s.selection.startsWith("pods/") && s.selection === "pods/" + m.names[slot];
  const hover = s.hover.startsWith("pods/") && s.hover === "pods/" + m.names[slot];
  const stroke = look.bad ? p.bad : look.dashed ? (look.faded ? h.stroke : p.dim) : h.stroke;
  const px = size * k, before = ctx.globalAlpha;
  if (look.faded) ctx.globalAlpha = before * 0.7;
  box(ctx, { x, y, w: size, h: size }, size * 0.2, look.hollow ? p.plant : h.fill, stroke, size > 24 ? 1.8 : size > 12 ? 1.3 : 1, look.dashed && px > 7 ? (size > 24 ? [3.5, 3] : [2, 2]) : undefined);
  ctx.globalAlpha = before;
  if (px < 9 && !look.hollow && state === 4) { ctx.fillStyle = h.stroke; ctx.fillRect(x + size * 0.15, y + size * 0.15, size * 0.7, size * 0.7); }
  if (ref || hover || s.litPods.has(slot)) {
    box(ctx, { x: x - 2.5, y: y - 2.5, w: size + 5, h: size + 5 }, size * 0.25, null, ref ? p.select : p.blue, ref ? 2.4 : 1.4);
  }
  const cx = x + size / 2, ink = look.bad ? p.bad : look.hollow ? p.dim : h.text;
  if (px >= 37) {
    label(ctx, version?.label || "pod", cx, y + size * 0.38, size - 5, ink, font(size * 0.245, 600), "center");
    // The border says "not yet" as well: where sign and word are too long, the word alone stays.
    const f = font(Math.min(9.5, size * 0.2)), both = `${look.sign} ${look.word}`;
    ctx.font = f;
    label(ctx, textWidth(ctx, both) > size - 4 ? look.word : both, cx, y + size * 0.72, size - 2, ink, f, "center");
  } else if (px >= 22) {
    label(ctx, version?.label || "", cx, y + size * 0.34, size - 3, ink, font(size * 0.3, 600), "center");
    label(ctx, look.sign, cx, y + size * 0.73, size, ink, font(size * 0.34, 600), "center");
  } else if (px >= 11 && look.sign) label(ctx, look.sign, cx, y + size * 0.53, size, ink, font(size * 0.62, 600), "center");
  if (m.restarts[slot] && px >= 34) {
    const text = "↻" + m.restarts[slot];
    label(ctx, text, x + size - 3, y + 5.5, size, p.bad, font(8, 600), "right");
  }
}
