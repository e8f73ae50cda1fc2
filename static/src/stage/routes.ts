// The lines that messages and requests travel, as polylines in world units. Lines run in the gutters between things, so
// that none crosses a label.

import type { Layout, PartBox, Rect } from "./layout.ts";
import type { Model } from "../model.ts";

/** x0, y0, x1, y1, … */
export type Path = number[];

export function scaled(l: Layout, r: Rect): Rect {
  return { x: r.x * l.unit, y: r.y * l.unit, w: r.w * l.unit, h: r.h * l.unit };
}

/** The box of a part of the control plane: on the given node, else wherever it is first found. */
export function partBox(l: Layout, model: Model, name: string, host: string): PartBox | undefined {
  let any: PartBox | undefined;
  for (const hq of l.hq) {
    const part = hq.parts.find((p) => p.name === name);
    if (part && model.nodes.get(hq.node)?.view.name === host) return part;
    any ??= part;
  }
  return any;
}

/** A part → the kube-apiserver beside it. */
export function partToApi(l: Layout, part: PartBox, api: PartBox): Path {
  const p = scaled(l, part), a = scaled(l, api), u = l.unit;
  const py = p.y + p.h / 2, ay = a.y + a.h / 2, px = p.x + p.w / 2, ax = a.x + a.w / 2;
  if (part.y !== api.y && part.x === api.x) {
    // A list of parts: round the left side.
    const x = p.x - 4 * u;
    return [p.x, py, x, py, x, ay, a.x, ay];
  }
  if (Math.abs(py - ay) < a.h / 2) return px < ax ? [p.x + p.w, py, a.x, py] : [p.x, py, a.x + a.w, py];
  const above = py < ay, edge = above ? a.y : a.y + a.h;
  if (p.x + p.w < ax - 12 * u && p.x + p.w > a.x) return [p.x + p.w, py, ax - 34 * u, py, ax - 34 * u, edge];
  if (p.x > ax + 12 * u && p.x < a.x + a.w) return [p.x, py, ax + 34 * u, py, ax + 34 * u, edge];
  const x = Math.min(Math.max(px, a.x + 14 * u), a.x + a.w - 14 * u);
  return [x, above ? p.y + p.h : p.y, x, edge];
}

/** kube-apiserver → kubelet: past the band of Services to the bus above the plants, along it, down the gutter left of the node. */
export function apiToNode(l: Layout, api: PartBox, index: number, kubeletX: number, kubeletY: number): Path {
  const a = scaled(l, api), u = l.unit, hq = l.hq[0];
  const bus = l.floor + 6 * u, gutter = l.x[index] - lane(l);
  const x = a.x + a.w / 2, trunk = l.trunk * u, aside = l.balancer ? (l.balancer.y + l.balancer.h / 2) * u : (hq.y + hq.h + 4) * u;
  const down = Math.abs(trunk - x) < 1 ? [x, a.y + a.h, x, bus] : [x, a.y + a.h, x, aside, trunk, aside, trunk, bus];
  return [...down, gutter, bus, gutter, l.y[index] + kubeletY, l.x[index] + kubeletX, l.y[index] + kubeletY];
}

/** kube-apiserver → the load balancer before it. */
export function apiToBalancer(l: Layout, api: PartBox): Path {
  const a = scaled(l, api), x = a.x + a.w / 2;
  return [x, a.y + a.h, x, l.balancer!.y * l.unit];
}

/** One member of etcd → another: up into the lane below the names of the machines, along it, and down. */
export function peerToPeer(l: Layout, from: PartBox, to: PartBox): Path {
  const a = scaled(l, from), b = scaled(l, to), u = l.unit, lane = Math.min(a.y, b.y) - 2.5 * u;
  return [a.x + a.w / 2, a.y, a.x + a.w / 2, lane, b.x + b.w / 2, lane, b.x + b.w / 2, b.y];
}

/** Lines of both kinds share the gap between two nodes: each keeps near the node it belongs to. */
function lane(l: Layout): number { return Math.min(l.gapX * 0.28, 5); }

/** Service → kube-proxy of a node: down to the bus above the plants, along it, down the gutter right of the node. */
export function serviceToNode(l: Layout, service: Rect, index: number, proxyX: number, proxyY: number): Path {
  const s = scaled(l, service), bus = l.floor + 14 * l.unit;
  const gutter = l.x[index] + l.nodeW + lane(l);
  const x = s.x + s.w / 2;
  return [x, s.y + s.h, x, bus, gutter, bus, gutter, l.y[index] + proxyY, l.x[index] + proxyX, l.y[index] + proxyY];
}

export function usersToService(l: Layout, service: Rect): Path {
  const a = scaled(l, l.users), s = scaled(l, service), u = l.unit;
  const y = a.y + a.h / 2, sy = s.y + s.h / 2;
  const level = Math.abs(sy - y) < 2, away = a.x + a.w + 8 * u;
  // Others may stand between: pass over them.
  if (!l.services.some((o) => o.y === service.y && o.x < service.x)) return level ? [a.x + a.w, y, s.x, sy] : [a.x + a.w, y, away, y, away, sy, s.x, sy];
  const over = s.y - (level ? 5 : 4) * u;
  return [a.x + a.w, y, away, y, away, over, s.x + 16 * u, over, s.x + 16 * u, s.y];
}

/** Total length, and the point at a share of it. */
export function pathLength(p: Path): number {
  let sum = 0;
  for (let i = 2; i < p.length; i += 2) sum += Math.hypot(p[i] - p[i - 2], p[i + 1] - p[i - 1]);
  return sum;
}

export function pointAt(p: Path, length: number, share: number, out: { x: number; y: number }): void {
  let left = Math.max(0, Math.min(1, share)) * length;
  for (let i = 2; i < p.length; i += 2) {
    const dx = p[i] - p[i - 2], dy = p[i + 1] - p[i - 1], d = Math.hypot(dx, dy);
    if (left <= d || i + 2 >= p.length) {
      const f = d ? Math.min(1, left / d) : 0;
      out.x = p[i - 2] + dx * f; out.y = p[i - 1] + dy * f;
      return;
    }
    left -= d;
  }
}
