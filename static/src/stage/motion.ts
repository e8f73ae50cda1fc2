// Things that travel: API messages (blue pulses) and requests (dots in the colour of the version that answers).
//
// Messages take a quarter of a millisecond of virtual time, far too little to see at 1×. So a pulse is shown for at least
// minPulseMs of real time, and one that leaves an actor after another arrived there waits for it: a chain of messages is
// seen hand to hand. Where that would lag too far behind, the wait is dropped; where there are too many, some are left out.

import type { ControlPlane, Frame, Pulse, RequestView } from "../protocol.ts";
import type { Model, NodeEntry } from "../model.ts";
import type { Layout } from "./layout.ts";
import { cardParts } from "./card.ts";
import { apiToNode, partBox, partToApi, pathLength, peerToPeer, pointAt, serviceToNode, scaled, usersToService } from "./routes.ts";
import type { Path } from "./routes.ts";
import { compactArea, tilesOf } from "./nodes.ts";
import { hue } from "./palette.ts";
import type { Palette } from "./palette.ts";
import type { Ctx, Detail } from "./scene.ts";

export interface Mote {
  path: Path; length: number; start: number; duration: number;
  kind: "pulse" | "request" | "ballot"; hue: number; /** share of the way after which it turns red; 2 never */ failAt: number;
}

const minPulseMs = 260, maxPulseMs = 900, maxPulses = 90, maxLagMs = 1400;
const requestMs = 850, failLingerMs = 350, maxRequests = 70;
const controllerManager = /controller|namespace|garbage|endpoint|replica|deployment|attach|lifecycle/;

/** An actor's name ("kubelet@node-3", "deployment-controller@control-plane-1") → the part it is drawn as, and its host. */
export function actorPart(actor: string): { part: string; host: string } {
  const at = actor.lastIndexOf("@"), name = at < 0 ? actor : actor.slice(0, at), host = at < 0 ? "" : actor.slice(at + 1);
  const base = name.replace(/\/.*$/, "");
  if (/^etcd/.test(base)) return { part: "etcd", host };
  if (/^(kube-)?apiserver/.test(base)) return { part: "kube-apiserver", host };
  if (/^(kube-|default-)?scheduler/.test(base)) return { part: "kube-scheduler", host };
  if (/^cloud|^service-lb|^route/.test(base)) return { part: "cloud-controller-manager", host };
  if (/^kubelet/.test(base)) return { part: "kubelet", host };
  if (/^(kube-)?proxy/.test(base)) return { part: "kube-proxy", host };
  if (controllerManager.test(base)) return { part: "kube-controller-manager", host };
  if (/^(user|kubectl|client|page|outside)/.test(base)) return { part: "user", host };
  return { part: "", host };
}

export class Motion {
  motes: Mote[] = [];
  private readonly arrived = new Map<string, number>();
  private readonly nodeByName = new Map<string, number>();
  private namesOf?: Layout;
  /** Wall time the last frame came, to spread its messages over the time until the next. */
  private lastFrame = 0;

  add(frame: Frame, m: Model, l: Layout, wall: number, before: number, detail: Detail, k: number): void {
    const heat = detail === "heat";
    const span = Math.min(250, Math.max(16, wall - this.lastFrame)), virtual = Math.max(1e-6, frame.now - before);
    this.lastFrame = wall;
    if (this.namesOf !== l) {
      this.nodeByName.clear();
      l.order.forEach((id, i) => { const e = m.nodes.get(id); if (e) this.nodeByName.set(e.view.name, i); });
      this.namesOf = l;
    }
    const offset = (sent: number) => Math.max(0, Math.min(1, (sent - before) / virtual)) * span;
    const stride = Math.max(1, Math.ceil(frame.pulses.length / maxPulses));
    const room = maxPulses - this.motes.reduce((n, x) => n + (x.kind === "pulse" ? 1 : 0), 0);
    let used = 0;
    for (let i = 0; i < frame.pulses.length && used < room; i += stride) if (this.pulse(frame.pulses[i], m, l, wall, offset, frame.speed, heat)) used++;
    if (frame.control && !frame.full) this.ballots(frame.control, m, l, wall);
    const skip = Math.max(1, Math.ceil(frame.requests.length / maxRequests));
    let free = maxRequests - this.motes.reduce((n, x) => n + (x.kind === "request" ? 1 : 0), 0);
    for (let i = 0; i < frame.requests.length && free > 0; i++) {
      const r = frame.requests[i];
      // When only some can be shown, those that failed are.
      if (i % skip && r.ok) continue;
      if (this.request(r, m, l, wall + offset(r.sent), detail, k)) free--;
    }
  }

  /** An election that is new: each vote that was given travels from its member to the one elected. */
  private ballots(c: ControlPlane, m: Model, l: Layout, wall: number): void {
    const e = c.election;
    if (!e || e.term <= this.term) return;
    const known = this.term > 0;
    this.term = e.term;
    const to = partBox(l, m, "etcd", e.leader);
    if (!known || !to) return;
    for (const name of e.granted ?? []) {
      const from = partBox(l, m, "etcd", name);
      if (!from || from === to) continue;
      const path = peerToPeer(l, from, to);
      this.motes.push({ path, length: pathLength(path), start: wall, duration: 900, kind: "ballot", hue: 0, failAt: 2 });
    }
  }
  private term = 0;

  private pulse(p: Pulse, m: Model, l: Layout, wall: number, offset: (t: number) => number, speed: number, heat: boolean): boolean {
    const path = this.pulsePath(p, m, l, heat);
    if (!path) return false;
    const duration = Math.min(maxPulseMs, Math.max(minPulseMs, speed > 0 ? (p.arrive - p.sent) / speed : 0));
    let start = wall + offset(p.sent);
    const wait = this.arrived.get(p.from) ?? 0;
    if (wait > start && wait - wall < maxLagMs) start = wait;
    this.arrived.set(p.to, Math.max(this.arrived.get(p.to) ?? 0, start + duration));
    if (this.arrived.size > 2000) this.arrived.clear();
    this.motes.push({ path, length: pathLength(path), start, duration, kind: "pulse", hue: 0, failAt: 2 });
    return true;
  }

  private pulsePath(p: Pulse, m: Model, l: Layout, heat: boolean): Path | undefined {
    const from = actorPart(p.from), to = actorPart(p.to);
    const fromApi = from.part === "kube-apiserver";
    if (from.part === "etcd" && to.part === "etcd") {
      const a = partBox(l, m, "etcd", from.host), b = partBox(l, m, "etcd", to.host);
      return a && b && a !== b ? peerToPeer(l, a, b) : undefined;
    }
    if (!fromApi && to.part !== "kube-apiserver") return undefined;
    const api = partBox(l, m, "kube-apiserver", fromApi ? from.host : to.host), other = fromApi ? to : from;
    if (!api) return undefined;
    let path: Path;
    if (other.part === "user") {
      const u = scaled(l, l.users), a = scaled(l, api), y = u.y - 6 * l.unit;
      path = [u.x + u.w / 2, u.y, u.x + u.w / 2, y, a.x + 16 * l.unit, y, a.x + 16 * l.unit, a.y + a.h];
    } else if (other.part === "kubelet" || other.part === "kube-proxy") {
      const index = this.nodeByName.get(other.host);
      if (index === undefined) return undefined;
      const c = cardParts(l.nodeW, l.nodeH), y = c.chips ? c.chips + 10 : 19;
      path = apiToNode(l, api, index, heat ? 0 : 12, y);
    } else {
      const part = other.part && partBox(l, m, other.part, other.host);
      if (!part || part === api) return undefined;
      path = partToApi(l, part, api);
    }
    // Paths to nodes start at the kube-apiserver, all others end there.
    const outward = other.part === "kubelet" || other.part === "kube-proxy";
    return fromApi === outward ? path : reversed(path);
  }

  private request(r: RequestView, m: Model, l: Layout, start: number, detail: Detail, k: number): boolean {
    const box = l.services.find((s) => s.service === r.service);
    if (!box) return false;
    const inward = usersToService(l, box);
    const node = r.pod >= 0 && m.node[r.pod] >= 0 ? l.indexOf.get(m.node[r.pod]) : undefined;
    let path = inward, failAt = r.ok ? 2 : 1;
    if (node !== undefined) {
      const c = cardParts(l.nodeW, l.nodeH), entry = m.nodes.get(m.node[r.pod])!, nx = l.x[node], ny = l.y[node];
      path = [...inward];
      if (detail === "heat") path.push(...serviceToNode(l, box, node, l.nodeW, c.chips ? c.chips + 10 : 19));
      else {
        // Inside the card along its edge and above the row of pods, so that no text is covered.
        const pod = podTop(l, m, node, entry, m.place[r.pod], detail, k), above = pod.y - pod.gap;
        if (detail === "compact" || !c.chips) path.push(...serviceToNode(l, box, node, l.nodeW, above - ny));
        else path.push(...serviceToNode(l, box, node, l.nodeW - 12, c.chips + 10), nx + l.nodeW - 6, ny + c.chips + 10, nx + l.nodeW - 6, above);
        path.push(pod.x, above, pod.x, pod.y + pod.gap);
      }
      if (!r.ok) failAt = 0.72;
    }
    this.motes.push({ path, length: pathLength(path), start, duration: requestMs + (r.ok ? 0 : failLingerMs), kind: "request", hue: hueOf(m, r), failAt });
    return true;
  }

  /** Draws what is under way; the context is in world units. True while something is left. */
  draw(ctx: Ctx, p: Palette, wall: number, k: number, unit: number): boolean {
    // Where the whole stage is drawn smaller, so is what moves on it.
    k /= Math.max(0.55, Math.min(1, k * unit));
    if (!this.motes.length) return false;
    const at = { x: 0, y: 0 };
    let keep = 0;
    for (const mote of this.motes) {
      const f = (wall - mote.start) / mote.duration;
      if (f >= 1) continue;
      this.motes[keep++] = mote;
      if (f < 0) continue;
      const failed = f > mote.failAt * 0.8 || (mote.failAt === 1 && f > 0.6);
      pointAt(mote.path, mote.length, failed && mote.failAt <= 1 ? Math.min(1, f / 0.75) : f, at);
      if (mote.kind === "ballot") {
        // A slip with a tick on it.
        const w = 13 / k, h = 11 / k;
        ctx.fillStyle = p.part; ctx.strokeStyle = p.blue; ctx.lineWidth = 1.4 / k;
        ctx.beginPath(); ctx.roundRect(at.x - w / 2, at.y - h / 2, w, h, 2 / k); ctx.fill(); ctx.stroke();
        ctx.beginPath(); ctx.moveTo(at.x - 3 / k, at.y); ctx.lineTo(at.x - 0.6 / k, at.y + 2.4 / k); ctx.lineTo(at.x + 3.4 / k, at.y - 2.6 / k); ctx.stroke();
        continue;
      }
      if (mote.kind === "pulse") {
        ctx.globalAlpha = 0.95; ctx.fillStyle = p.blue;
        ctx.beginPath(); ctx.roundRect(at.x - 4.5 / k, at.y - 3 / k, 9 / k, 6 / k, 2 / k); ctx.fill();
        continue;
      }
      const color = failed ? p.bad : mote.hue < 0 ? p.dim : hue(p, mote.hue).stroke;
      ctx.fillStyle = color; ctx.globalAlpha = 0.22;
      ctx.beginPath(); ctx.arc(at.x, at.y, 7 / k, 0, 7); ctx.fill();
      ctx.globalAlpha = 1;
      if (failed) {
        ctx.strokeStyle = color; ctx.lineWidth = 2.2 / k; ctx.beginPath();
        ctx.moveTo(at.x - 4 / k, at.y - 4 / k); ctx.lineTo(at.x + 4 / k, at.y + 4 / k); ctx.moveTo(at.x + 4 / k, at.y - 4 / k); ctx.lineTo(at.x - 4 / k, at.y + 4 / k); ctx.stroke();
      } else { ctx.beginPath(); ctx.arc(at.x, at.y, 3.6 / k, 0, 7); ctx.fill(); }
    }
    this.motes.length = keep;
    ctx.globalAlpha = 1;
    return keep > 0;
  }

  clear(): void { this.motes.length = 0; this.arrived.clear(); }
}

function reversed(p: Path): Path {
  const out: Path = [];
  for (let i = p.length - 2; i >= 0; i -= 2) out.push(p[i], p[i + 1]);
  return out;
}

/** A request takes the colour of the pod that answered; where that is gone, of the version it is said to be. */
function hueOf(m: Model, r: RequestView): number {
  const version = r.pod >= 0 && r.pod < m.slots ? m.version[r.pod] : r.version;
  return m.versions[version]?.hue ?? (typeof r.version === "string" ? m.hueOfLabel(r.version) : -1);
}

/** The middle of a pod's upper edge, and half the gap above it, in world units. */
function podTop(l: Layout, m: Model, index: number, entry: NodeEntry, place: number, detail: Detail, k: number): { x: number; y: number; gap: number } {
  // Compact nodes are laid out in pixels of the screen.
  const z = detail === "compact" ? k : 1, area = detail === "compact" ? compactArea({ x: 0, y: 0, w: l.nodeW * k, h: l.nodeH * k }) : cardParts(l.nodeW, l.nodeH).pods;
  const tl = tilesOf(m, entry, area.w, area.h);
  const x = l.x[index] + (area.x + (place % tl.columns) * (tl.size + tl.gap) + tl.size / 2) / z;
  const y = l.y[index] + (area.y + Math.floor(place / tl.columns) * (tl.size + tl.gap)) / z;
  return { x, y: Math.min(y, l.y[index] + l.nodeH - 6), gap: tl.gap / 2 / z };
}
