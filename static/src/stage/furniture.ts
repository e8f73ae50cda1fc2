// Draws the users, the Services and the tray, in furniture pixels.

import type { Scene, Ctx } from "./scene.ts";
import { box, font, label, textWidth } from "./scene.ts";
import { drawTiles } from "./nodes.ts";
import { tilesFor } from "./layout.ts";
import { round } from "../time.ts";
import { t } from "../i18n/index.ts";

/** An address and ports as a client writes them: IPv6 stands in brackets. */
export function addressOf(ip: string, ports: string): string {
  return ports ? `${ip.includes(":") ? `[${ip}]` : ip}:${ports}` : ip;
}

export function drawBand(ctx: Ctx, s: Scene): void {
  const { palette: p, model, layout: l } = s;
  // Users: what comes from outside.
  let rps = 0;
  for (const v of model.services.values()) rps += v.rps;
  const u = l.users;
  box(ctx, u, 20, p.plant, p.line);
  label(ctx, t("stage.users"), u.x + u.w / 2, u.y + 13, u.w - 12, p.ink, font(11.5, 600), "center");
  label(ctx, rps ? t("stage.rps", { n: round(rps, 0) }) : t("stage.noLoad"), u.x + u.w / 2, u.y + 28, u.w - 12, p.dim, font(10.5), "center");

  if (!l.services.length) {
    const x = (u.x + u.w + l.tray.x) / 2;
    label(ctx, t("stage.noServices"), x, u.y + u.h / 2, l.tray.x - u.x - u.w - 20, p.dim, font(11.5), "center");
  }
  for (const b of l.services) {
    const v = model.services.get(b.service);
    if (!v) continue;
    const selected = s.selection === v.ref, hover = s.hover === v.ref;
    box(ctx, b, 20, p.plant, selected ? p.select : hover ? p.blue : p.line, selected || hover ? 2 : 1);
    ctx.font = font(12, 600);
    const nameRoom = b.w - 24, full = Math.min(textWidth(ctx, v.name), nameRoom);
    const port = v.clusterIP && v.clusterIP !== "None" ? addressOf(v.clusterIP, v.ports.replace(/\/.*|,.*/g, "")) : "";
    ctx.font = font(10.5);
    const together = port && full + 7 + textWidth(ctx, port) < nameRoom;
    const start = together ? b.x + b.w / 2 - (full + 7 + textWidth(ctx, port)) / 2 : b.x + b.w / 2 - full / 2;
    label(ctx, v.name, start, b.y + 13, nameRoom, p.ink, font(12, 600));
    if (together) label(ctx, port, start + full + 7, b.y + 13.5, nameRoom, p.dim, font(10.5));
    // Second line: endpoints, then requests and what fails of them; one colour each.
    const parts: [string, string][] = [[t("stage.endpoints", { ready: v.ready }), v.ready ? p.dim : p.bad]];
    if (v.notReady) parts.push([t("stage.endpoints.not", { n: v.notReady }), p.dim]);
    if (v.rps) parts.push([t("stage.rps", { n: round(v.okPerSec + v.failPerSec, 0) }), p.dim]);
    const all = v.okPerSec + v.failPerSec;
    if (all > 0 && v.failPerSec > 0) parts.push([t("stage.failing", { n: round((100 * v.failPerSec) / all, 0) }), p.bad]);
    ctx.font = font(10.5);
    let wide = parts.reduce((sum, [x]) => sum + textWidth(ctx, x) + 9, -9);
    while (wide > nameRoom && parts.length > 1) wide -= textWidth(ctx, parts.splice(parts.length > 2 ? 1 : 0, 1)[0][0]) + 9;
    let x = b.x + b.w / 2 - wide / 2;
    for (const [text, color] of parts) x += label(ctx, text, x, b.y + 28, nameRoom, color, font(10.5)) + 9;
  }
  if (l.moreServices > 0) {
    // Where some are left out there are two rows: the place under the users is free.
    label(ctx, t("stage.more", { n: l.moreServices }), u.x + u.w / 2, u.y + u.h + 28, u.w, p.dim, font(10.5), "center");
  }

  // Pods that no node has taken.
  const tray = l.tray, n = model.tray.used;
  box(ctx, tray, 12, n ? p.plant : null, s.hover === "tray" ? p.blue : n ? p.dim : p.line, 1, [4, 4]);
  const text = `${t("stage.tray")} · ${n || t("stage.tray.none")}`;
  ctx.font = font(10.5);
  if (!n) { label(ctx, textWidth(ctx, text) > tray.w - 12 ? t("stage.tray") : text, tray.x + tray.w / 2, tray.y + tray.h / 2, tray.w - 12, p.dim, font(10.5), "center"); return; }
  label(ctx, text, tray.x + 10, tray.y + 10, tray.w - 16, p.ink, font(10.5, 600));
  drawTiles(ctx, s, -1, model.tray, trayArea(s), tilesFor(tray.w - 20, 20, model.tray.high), 1);
}

export function trayArea(s: Scene): { x: number; y: number; w: number; h: number } {
  const tray = s.layout.tray;
  return { x: tray.x + 10, y: tray.y + 18, w: tray.w - 20, h: 20 };
}
