// What the page knows of the cluster: the sum of all frames. Pods are columns of numbers indexed by slot, so that a
// cluster of 150,000 of them costs a few megabytes and a frame touches only what changed.

import { PodState } from "./protocol.ts";
import type { ControlPlane, Frame, Master, NodeView, PodColumns, RequestView, ServiceView, WorkloadView } from "./protocol.ts";

/** A node and the places of its pods: a pod keeps its place while it lives. */
export interface NodeEntry { view: NodeView; /** pod slot by place, -1 free */ places: Int32Array; used: number; lowest: number; /** places beyond this were never taken since the node was last empty */ high: number }

export interface VersionInfo { workload: string; label: string; hash: string; hue: number; /** without its tag */ image: string }

/** A pod that is gone, drawn for a moment where it was. */
export interface Ghost { node: number; place: number; hue: number; label: string; since: number }

export const ghostMs = 900;
const maxGhosts = 120;
/** Up to so many nodes a frame tells each renewal of a lease (engine/stage). */
const leasesTold = 50;

export class Model {
  frames = 0;
  /** Virtual milliseconds since the cluster's start. */
  now = 0; playing = false; speed = 1; settled = false; busy = false; revision = 0;
  /** The moment that is shown: events and commands before it, its branch and where that ends. */
  after = 0; commands = 0; branch = 0; end = 0; past = false;
  totals: Frame["totals"] = { nodes: 0, pods: 0, ready: 0, pending: 0, failed: 0, apiPerSec: 0 };
  readonly nodes = new Map<number, NodeEntry>();
  readonly workloads = new Map<number, WorkloadView>();
  readonly services = new Map<number, ServiceView>();
  versions: VersionInfo[] = [];
  /** The newest failed request by reason: what a "why" link asks about. */
  readonly failures = new Map<string, RequestView>();
  ghosts: Ghost[] = [];
  control?: ControlPlane;
  /** Since when (virtual) no leader has had a majority; -1 one has. */
  lostSince = -1;

  // Pods by slot.
  node = new Int32Array(0); place = new Int32Array(0); workload = new Int32Array(0); version = new Int32Array(0);
  state = new Uint8Array(0); restarts = new Uint16Array(0); at = new Float64Array(0);
  names: string[] = []; reasons: string[] = [];
  /** Wall time of the last change, for motion. */
  touched = new Float64Array(0);
  /** Slots without a node, by place in the tray. */
  tray: NodeEntry = emptyEntry();
  slots = 0;
  private readonly slotOf = new Map<string, number>();
  private readonly hues = new Map<string, number>();

  /** Rises when nodes, masters or Services come, go or change their text: the layout must be made anew. */
  structure = 0;
  /** Nodes whose pods changed since the stage last asked. */
  readonly dirty = new Set<number>();

  apply(frame: Frame, wall: number): void {
    if (frame.full) this.clear();
    this.frames++;
    this.now = frame.now; this.playing = frame.playing; this.speed = frame.speed;
    this.settled = frame.settled; this.busy = frame.busy; this.revision = frame.revision; this.totals = frame.totals;
    this.after = frame.after; this.commands = frame.commands; this.branch = frame.branch; this.end = frame.end; this.past = frame.past;
    for (const v of frame.nodes) {
      const old = this.nodes.get(v.id);
      if (!old || old.view.zone !== v.zone || old.view.components.length !== v.components.length) this.structure++;
      if (old) old.view = v; else this.nodes.set(v.id, { ...emptyEntry(), view: v });
      this.dirty.add(v.id);
    }
    for (const id of frame.removedNodes) { this.nodes.delete(id); this.structure++; }
    for (const w of frame.workloads) this.workloads.set(w.id, w);
    for (const id of frame.removedWorkloads) this.workloads.delete(id);
    for (const s of frame.services) { if (!this.services.has(s.id)) this.structure++; this.services.set(s.id, s); }
    for (const id of frame.removedServices) { this.services.delete(id); this.structure++; }
    this.applyPods(frame.pods, wall, frame.full);
    if (frame.control) {
      const before = this.control?.masters.length;
      this.control = frame.control;
      if (before !== this.control.masters.length) this.structure++;
      if (this.control.quorum) this.lostSince = -1; else if (this.lostSince < 0) this.lostSince = frame.now;
    }
    for (const r of frame.requests) if (!r.ok) this.failures.set(r.reason, r);
  }

  private applyPods(p: PodColumns, wall: number, full: boolean): void {
    for (const [index, ref, label, hash] of p.versions) {
      this.versions[index] = { workload: ref, label, hash, ...this.hueOf(ref, label) };
    }
    let top = this.slots;
    for (const s of p.slot) if (s >= top) top = s + 1;
    this.grow(top);
    for (let i = 0; i < p.slot.length; i++) {
      const slot = p.slot[i], was = this.state[slot], from = this.node[slot], to = p.node[i], state = p.state[i];
      if (was !== PodState.Gone && (state === PodState.Gone || from !== to)) this.leave(slot, state === PodState.Gone && !full, wall);
      if (p.name[i]) {
        if (this.names[slot]) this.slotOf.delete(this.names[slot]);
        this.names[slot] = p.name[i];
        this.slotOf.set(p.name[i], slot);
      }
      this.state[slot] = state; this.node[slot] = to; this.workload[slot] = p.workload[i]; this.version[slot] = p.version[i];
      this.restarts[slot] = p.restarts[i]; this.at[slot] = p.at[i]; this.reasons[slot] = p.reason[i];
      this.touched[slot] = full ? 0 : wall;
      if (state === PodState.Gone) { this.slotOf.delete(this.names[slot]); this.names[slot] = ""; continue; }
      if (was === PodState.Gone || from !== to || this.place[slot] < 0) this.enter(slot);
      this.dirty.add(to);
    }
  }

  private enter(slot: number): void {
    const entry = this.entry(this.node[slot]);
    if (!entry) { this.place[slot] = -1; return; }
    let at = entry.lowest;
    while (at < entry.places.length && entry.places[at] >= 0) at++;
    if (at === entry.places.length) {
      const bigger = new Int32Array(Math.max(8, at * 2)).fill(-1);
      bigger.set(entry.places);
      entry.places = bigger;
    }
    entry.places[at] = slot;
    entry.lowest = at + 1;
    entry.used++;
    if (at >= entry.high) entry.high = at + 1;
    this.place[slot] = at;
  }

  private leave(slot: number, ghost: boolean, wall: number): void {
    const id = this.node[slot], entry = this.entry(id), at = this.place[slot];
    this.place[slot] = -1;
    if (!entry || at < 0 || entry.places[at] !== slot) return;
    entry.places[at] = -1;
    entry.used--;
    if (at < entry.lowest) entry.lowest = at;
    // Tiles may grow again only when the node is empty or half of its places are: else every pod that ends would move all.
    let top = entry.high;
    while (top > 0 && entry.places[top - 1] < 0) top--;
    if (top <= entry.high / 2) entry.high = top;
    this.dirty.add(id);
    if (ghost && this.ghosts.length < maxGhosts) {
      const v = this.versions[this.version[slot]];
      this.ghosts.push({ node: id, place: at, hue: v?.hue ?? 0, label: v?.label ?? "", since: wall });
    }
  }

  entry(node: number): NodeEntry | undefined {
    return node < 0 ? this.tray : this.nodes.get(node);
  }

  /** When the node last renewed its lease, -1 unknown: of many nodes the engine does not tell every renewal. */
  leaseOf(v: NodeView): number { return this.nodes.size > leasesTold && v.power && v.ready === "True" ? -1 : v.lease; }

  /** Places to make room for on every card, so that tiles are alike; where nodes are many, each has its own. */
  get places(): number {
    if (this.placesOf !== this.frames) {
      this.placesOf = this.frames;
      this.most = 8;
      if (this.nodes.size <= 64) for (const e of this.nodes.values()) if (e.high > this.most) this.most = e.high;
    }
    return this.most;
  }
  private placesOf = -1; private most = 8;

  /** Drops ghosts that have had their moment; true while some are left. */
  sweepGhosts(wall: number): boolean {
    if (this.ghosts.length) this.ghosts = this.ghosts.filter((g) => wall - g.since < ghostMs);
    return this.ghosts.length > 0;
  }

  slotNamed(name: string): number { return this.slotOf.get(name) ?? -1; }

  nodeNamed(name: string): NodeEntry | undefined {
    for (const e of this.nodes.values()) if (e.view.name === name) return e;
    return undefined;
  }

  masterNamed(name: string): Master | undefined { return this.control?.masters.find((m) => m.name === name); }

  workloadOf(ref: string): WorkloadView | undefined {
    for (const w of this.workloads.values()) if (w.ref === ref) return w;
    return undefined;
  }

  serviceOf(ref: string): ServiceView | undefined {
    for (const s of this.services.values()) if (s.ref === ref) return s;
    return undefined;
  }

  /** The version with this label, whatever workload has it: for statistics, which are named by label. */
  hueOfLabel(name: string): number {
    // "hello-app:1.0" or only "1.0".
    const at = name.lastIndexOf(":"), label = at < 0 ? name : name.slice(at + 1), image = at < 0 ? "" : name.slice(0, at);
    let any = -1;
    for (const v of this.versions) {
      if (!v || v.label !== label) continue;
      if (!image || v.image === image || v.image.endsWith("/" + image)) return v.hue;
      any = v.hue;
    }
    return any;
  }

  /** Slots of a workload's living pods. */
  podsOf(workload: number): number[] {
    const out: number[] = [];
    for (let s = 0; s < this.slots; s++) if (this.state[s] !== PodState.Gone && this.workload[s] === workload) out.push(s);
    return out;
  }

  private hueOf(ref: string, label: string): { hue: number; image: string } {
    // One image at one tag has one hue wherever it runs: the canary's 2.0 is the stable Deployment's 2.0 after promotion.
    const image = this.workloadOf(ref)?.image.replace(/@.*$/, "").replace(/:[^/:]*$/, "") ?? ref;
    const key = image + ":" + label;
    let hue = this.hues.get(key);
    if (hue === undefined) this.hues.set(key, (hue = this.hues.size));
    return { hue, image };
  }

  private grow(slots: number): void {
    this.slots = Math.max(this.slots, slots);
    if (slots <= this.node.length) return;
    const size = Math.max(64, slots, this.node.length * 2);
    const i32 = (a: Int32Array) => { const b = new Int32Array(size); b.set(a); return b; };
    const f64 = (a: Float64Array) => { const b = new Float64Array(size); b.set(a); return b; };
    this.node = i32(this.node); this.workload = i32(this.workload); this.version = i32(this.version);
    const place = new Int32Array(size).fill(-1); place.set(this.place); this.place = place;
    const state = new Uint8Array(size); state.set(this.state); this.state = state;
    const restarts = new Uint16Array(size); restarts.set(this.restarts); this.restarts = restarts;
    this.at = f64(this.at); this.touched = f64(this.touched);
  }

  private clear(): void {
    this.nodes.clear(); this.workloads.clear(); this.services.clear();
    this.versions = []; this.ghosts = []; this.names = []; this.reasons = [];
    this.control = undefined; this.lostSince = -1;
    this.failures.clear(); this.slotOf.clear(); this.hues.clear();
    this.state.fill(0); this.place.fill(-1); this.slots = 0; this.tray = emptyEntry();
    this.structure++;
  }
}

function emptyEntry(): NodeEntry {
  return { view: undefined as unknown as NodeView, places: new Int32Array(0), used: 0, lowest: 0, high: 0 };
}

