// Draws the lines that things travel on, behind everything else.

import { apiToBalancer, apiToNode, partToApi, serviceToNode, usersToService } from "./routes.ts";
import { cardParts } from "./card.ts";
import { polyline } from "./scene.ts";
import type { Ctx, Scene } from "./scene.ts";

/** Above this many nodes the lines to them would only be a haze: the bus alone is drawn. */
const maxLinedNodes = 60;

export function drawLines(ctx: Ctx, s: Scene, heat: boolean): void {
  const { layout: l, palette: p, model } = s, u = l.unit, k = s.camera.k;
  ctx.lineWidth = Math.max(1.3 * Math.min(u, 1.5), 0.8 / k);
  ctx.strokeStyle = p.hqLine;
  const c = cardParts(l.nodeW, l.nodeH), y = c.chips ? c.chips + 10 : 19;
  const lead = l.hq[0]?.parts.find((x) => x.name === "kube-apiserver");
  if (lead && l.order.length <= maxLinedNodes) {
    for (let i = 0; i < l.order.length; i++) {
      const entry = model.nodes.get(l.order[i]);
      ctx.globalAlpha = entry?.view.power ? 0.8 : 0.3;
      // Before several API servers stands the load balancer: lines to the nodes start there.
      polyline(ctx, apiToNode(l, lead, i, heat ? 0 : 12, y).slice(l.balancer ? 4 : 0), 12 * Math.min(u, 2));
    }
    ctx.globalAlpha = 1;
  }
  // Behind Services, so that a line stops at the first box it meets.
  ctx.strokeStyle = p.dark ? "#3a4552" : "#cfcfc4";
  for (const b of l.services) {
    const v = model.services.get(b.service);
    if (!v) continue;
    if (v.rps > 0 || s.litServices.has(b.service)) polyline(ctx, usersToService(l, b), 8 * u);
    if (!s.litServices.has(b.service) || l.order.length > maxLinedNodes) continue;
    const nodes = new Set<number>();
    for (const slot of v.endpoints) { const i = l.indexOf.get(model.node[slot]); if (i !== undefined) nodes.add(i); }
    for (const i of nodes) polyline(ctx, serviceToNode(l, b, i, heat ? l.nodeW : l.nodeW - 12, y), 12 * Math.min(u, 2));
  }
}

export function drawPartLines(ctx: Ctx, s: Scene): void {
  const { layout: l, palette: p } = s;
  ctx.strokeStyle = p.hqLine;
  ctx.lineWidth = 1.4 * l.unit;
  for (const hq of l.hq) {
    const api = hq.parts.find((x) => x.name === "kube-apiserver");
    if (!api) continue;
    if (l.balancer) {
      const on = s.model.masterNamed(s.model.nodes.get(hq.node)?.view.name ?? "")?.endpoint !== false;
      if (!on) { ctx.setLineDash([3 * l.unit, 3 * l.unit]); ctx.globalAlpha = 0.6; }
      polyline(ctx, apiToBalancer(l, api), 0);
      ctx.setLineDash([]); ctx.globalAlpha = 1;
    }
    if (hq.style === "list" || hq.style === "mini") continue;
    for (const part of hq.parts) if (part !== api) polyline(ctx, partToApi(l, part, api), 9 * l.unit);
  }
}
