// Where things stand on the stage, for whoever wants to point at them: the counterpart of hit.ts.

import type { Scene } from "./scene.ts";
import { detailOf } from "./scene.ts";
import type { NodeEntry } from "../model.ts";
import { PodState } from "../protocol.ts";
import type { Rect, Tiles } from "./layout.ts";
import { tilesFor } from "./layout.ts";
import { cardParts } from "./card.ts";
import { chipText, compactArea, tilesOf } from "./nodes.ts";
import { trayArea } from "./furniture.ts";

/**
 * The places, in CSS pixels of the canvas, of what a reference means: "nodes/node-1", "services/default/web", "pods/default/web-*",
 * "components/etcd@control-plane-1", "components/etcd" (of every machine); what owns pods stands where they do. A "*" at the
 * end is any ending. At most `most`.
 */
export function locate(s: Scene, ref: string, most: number): Rect[] {
  const { layout: l, camera: c, model: m } = s, out: Rect[] = [];
  const furniture = (r: Rect): Rect => ({ x: r.x * l.unit * c.k + c.x, y: r.y * l.unit * c.k + c.y, w: r.w * l.unit * c.k, h: r.h * l.unit * c.k });
  const world = (r: Rect): Rect => ({ x: r.x * c.k + c.x, y: r.y * c.k + c.y, w: r.w * c.k, h: r.h * c.k });
  const open = ref.endsWith("*"), stem = open ? ref.slice(0, -1) : ref, means = (x: string) => (open ? x.startsWith(stem) : x === stem);
  const kind = ref.slice(0, ref.indexOf("/"));
  if (kind === "services") {
    for (const b of l.services) if (out.length < most && means(m.services.get(b.service)?.ref ?? "")) out.push(furniture(b));
    return out;
  }
  if (kind === "nodes") {
    for (const hq of l.hq) if (out.length < most && means("nodes/" + (m.nodes.get(hq.node)?.view.name ?? ""))) out.push(furniture(hq));
    l.order.forEach((id, i) => { if (out.length < most && means("nodes/" + (m.nodes.get(id)?.view.name ?? ""))) out.push(world({ x: l.x[i], y: l.y[i], w: l.nodeW, h: l.nodeH })); });
    return out;
  }
  if (kind === "components") {
    const [program, machine] = stem.slice("components/".length).split("@"), on = (name: string) => machine === undefined || (open ? name.startsWith(machine) : name === machine);
    for (const hq of l.hq) if (on(m.nodes.get(hq.node)?.view.name ?? "")) for (const part of hq.parts) if (part.name === program && out.length < most) out.push(furniture(part));
    if (program === "kubelet" || program === "kube-proxy") {
      const chips = cardParts(l.nodeW, l.nodeH).chips, near = chips > 0 && detailOf(l, c) === "detail";
      // Each is a chip of its node's card, where the card is near enough to have them; as wide as its text, about.
      const w = [...chipText(s, program)].reduce((n, x) => n + (x > "\u2e80" ? 10.5 : 5.6), 16);
      l.order.forEach((id, i) => {
        if (out.length >= most || !on(m.nodes.get(id)?.view.name ?? "")) return;
        out.push(world(near ? { x: l.x[i] + (program === "kubelet" ? 12 : l.nodeW - 12 - w), y: l.y[i] + chips, w, h: 20 } : { x: l.x[i], y: l.y[i], w: l.nodeW, h: l.nodeH }));
      });
    }
    return out;
  }
  for (const slot of pods(s, kind, stem, open, most)) {
    const r = podRect(s, slot);
    if (r && !out.some((o) => o.x === r.x && o.y === r.y)) out.push(r);
  }
  return out;

  function podRect(s: Scene, slot: number): Rect | undefined {
    const id = m.node[slot], entry = m.entry(id), place = m.place[slot];
    if (!entry || place < 0) return undefined;
    if (id < 0) { const a = trayArea(s), r = tile(a, tilesFor(a.w, a.h, m.tray.high), place); return r && furniture(r); }
    const i = l.indexOf.get(id);
    if (i === undefined) return undefined;
    const card = { x: l.x[i], y: l.y[i], w: l.nodeW, h: l.nodeH }, detail = detailOf(l, c);
    if (detail === "heat") return world(card);
    if (detail === "compact") { const a = compactArea(world(card)); return tile(a, tilesOf(m, entry, a.w, a.h), place) ?? world(card); }
    const p = cardParts(l.nodeW, l.nodeH).pods, a = { x: card.x + p.x, y: card.y + p.y, w: p.w, h: p.h }, r = tile(a, tilesOf(m, entry as NodeEntry, a.w, a.h), place);
    return r ? world(r) : world(card);
  }
}

function tile(area: Rect, t: Tiles, place: number): Rect | undefined {
  const row = Math.floor(place / t.columns);
  if (row >= t.rows) return undefined;
  return { x: area.x + (place % t.columns) * (t.size + t.gap), y: area.y + row * (t.size + t.gap), w: t.size, h: t.size };
}

/** Slots of the pods that a reference means; of something that owns pods, those that are named after it. */
function pods(s: Scene, kind: string, stem: string, open: boolean, most: number): number[] {
  const m = s.model, out: number[] = [], path = stem.slice(kind.length + 1), own = kind === "pods";
  const owners = new Set<number>();
  if (!own) for (const w of m.workloads.values()) if (open ? w.ref.startsWith(stem) : w.ref === stem) owners.add(w.id);
  for (let slot = 0; slot < m.slots && out.length < most; slot++) {
    if (m.state[slot] === PodState.Gone) continue;
    const name = m.names[slot];
    if (own ? (open ? name.startsWith(path) : name === path) : owners.size ? owners.has(m.workload[slot]) : name.startsWith(open ? path : path + "-")) out.push(slot);
  }
  return out;
}
