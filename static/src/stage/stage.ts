// The stage: two canvases (what stands still, what moves), the mouse and the fingers, and the rule that nothing is drawn
// while nothing moves.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import { t } from "../i18n/index.ts";
import type { Frame } from "../protocol.ts";
import type { NodeEntry } from "../model.ts";
import { Panel } from "../panels/panel.ts";
import { palettes } from "./palette.ts";
import { layOut, partNames } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { detailOf } from "./scene.ts";
import type { Camera, Scene } from "./scene.ts";
import { font, label } from "./scene.ts";
import { HeatMap } from "./heatmap.ts";
import { Motion } from "./motion.ts";
import { drawLines, drawPartLines } from "./lines.ts";
import { headline, partWord } from "./control.ts";
import { addressOf, drawBand } from "./furniture.ts";
import { drawBalancer, drawHeadline, drawHqFrame, drawHqParts, lostFor } from "./headquarters.ts";
import { drawCard, drawCompact, nodeStatus } from "./nodes.ts";
import { hit } from "./hit.ts";
import { locate } from "./locate.ts";
import type { Rect } from "./layout.ts";
import { stateText, zoneText } from "./podstyle.ts";
import { cluster } from "../cluster.ts";
import { clockText } from "../time.ts";
import "./tree.ts";
import "./legend.ts";
import "../panels/faults.ts";

const settleMs = 240;
/** The strip at the bottom for the legend and the buttons. */
const strip = 34;

export class TabStage extends Panel {
  protected override topics = ["prefs", "status", "time"] as Panel["topics"];
  private base!: HTMLCanvasElement; private over!: HTMLCanvasElement;
  private layout?: Layout; private layoutKey = ""; private crowded = false;
  private camera: Camera = { x: 0, y: 0, k: 1 };
  /** The camera follows the layout until somebody moves it. */
  private following = true;
  private readonly heat = new HeatMap(); private readonly motion = new Motion();
  private hover = ""; private focusRef = "";
  private stale = true; private movingUntil = 0; private asked = 0; private unacked = 0;
  private idlers: (() => void)[] = [];
  private readonly calm = matchMedia("(prefers-reduced-motion: reduce)");
  private pointers = new Map<number, { x: number; y: number }>(); private dragged = false;
  private listed = false;
  /** The strip at the bottom, and above it the faults in force. */
  private get floorH(): number { return strip + (this.querySelector<HTMLElement>("tab-faults")?.offsetHeight ?? 0); }
  /** JavaScript time of the last frames, for the frame budget. */
  readonly frameMs = new Float64Array(64); private frameAt = 0;

  override firstUpdated(): void {
    this.base = this.querySelector<HTMLCanvasElement>(".base")!;
    this.over = this.querySelector<HTMLCanvasElement>(".over")!;
    new ResizeObserver(() => this.invalidate()).observe(this);
    app.on("frame", (frame) => this.frame(frame!));
    new ResizeObserver(() => this.invalidate()).observe(this.querySelector("tab-faults")!);
    app.on("selection", () => this.invalidate());
    app.on("prefs", () => { this.layoutKey = ""; this.invalidate(); });
    this.over.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
  }

  /** Resolves when nothing is left to draw. */
  idle(): Promise<void> {
    return new Promise((resolve) => { this.idlers.push(resolve); this.ask(); });
  }

  private frame(frame: Frame): void {
    const wall = performance.now(), l = this.ensureLayout();
    if (frame.full) { this.motion.clear(); this.following = true; }
    if (l && !this.calm.matches && !document.hidden) this.motion.add(frame, app.model, l, wall, this.lastNow, detailOf(l, this.camera), this.camera.k);
    this.lastNow = frame.now;
    this.unacked = frame.seq;
    // A hidden page gets no animation frames, but its engine goes on.
    setTimeout(() => this.ack(), document.hidden ? 200 : 400);
    if (!this.calm.matches && frame.pods.slot.length) this.movingUntil = wall + settleMs;
    if (this.shows(frame)) this.invalidate(); else this.ask();
  }

  /** Whether a frame changes anything that stands on the stage; ages are told in seconds. */
  private shows(f: Frame): boolean {
    const words = `${f.revision} ${f.totals.apiPerSec.toFixed(1)} ${Math.floor(f.now / 1000)}`, same = words === this.words;
    this.words = words;
    return !same || f.full || !!f.control || f.nodes.length + f.services.length + f.workloads.length + f.pods.slot.length + f.removedNodes.length + f.removedServices.length + f.removedWorkloads.length > 0;
  }
  private words = "";
  private lastNow = 0;

  private ack(): void {
    if (!this.unacked) return;
    const seq = this.unacked;
    this.unacked = 0;
    app.engine.ack(seq);
  }

  private invalidate(): void { this.stale = true; this.ask(); }

  private ask(): void {
    if (!this.asked && this.base) this.asked = requestAnimationFrame(() => this.tick());
  }

  private ensureLayout(): Layout | undefined {
    const m = app.model, w = this.clientWidth, h = this.clientHeight - this.floorH;
    if (!w || h <= 0 || !m.nodes.size) return undefined;
    // A Service that is selected or under load is shown even where there is no room for all.
    let wanted = "";
    if (this.crowded) for (const s of m.services.values()) if (s.rps > 0 || s.ref === app.selection) wanted += s.id + " ";
    const key = `${w}x${h}:${m.structure}:${wanted}`;
    if (key === this.layoutKey && this.layout) return this.layout;
    this.layoutKey = key;
    const masters = [], workers = [];
    for (const e of m.nodes.values()) {
      if (e.view.role === "control-plane") masters.push({ id: e.view.id, parts: e.view.components.map((c) => c.name).filter((n) => partNames.includes(n)), name: e.view.name });
      else workers.push({ id: e.view.id, name: e.view.name, zone: e.view.zone });
    }
    masters.sort((a, b) => (a.name < b.name ? -1 : 1));
    // The API's own Service is everybody's neighbour: it stands last.
    const services = [...m.services.values()].sort((a, b) => rank(a.name, a.namespace) - rank(b.name, b.namespace) || a.id - b.id);
    const shown = services.filter((s) => rank(s.name, s.namespace) < 2 || services.length < 2);
    const input = { width: w, height: h, masters, workers, services: shown.map((s) => s.id) };
    this.layout = layOut(input);
    this.crowded = this.layout.moreServices > 0;
    if (this.crowded) {
      const first = shown.filter((s) => s.rps > 0 || s.ref === app.selection);
      this.layout = layOut({ ...input, services: [...first, ...shown.filter((s) => !first.includes(s))].map((s) => s.id) });
    }
    this.motion.clear();
    if (this.following) this.fit();
    return this.layout;
  }

  fit(): void {
    const l = this.layout;
    if (!l) return;
    const h = this.clientHeight - this.floorH, k = Math.min(this.clientWidth / l.width, h / l.height);
    this.camera = { k, x: (this.clientWidth - l.width * k) / 2, y: Math.max(0, (h - l.height * k) / 2) };
    this.following = true;
    this.invalidate();
  }

  private scene(l: Layout, wall: number): Scene {
    const m = app.model, lit = new Set<number>(), pods = new Set<number>();
    for (const s of m.services.values()) {
      const chosen = app.selection === s.ref || this.hover === s.ref;
      if (chosen || s.rps > 0) lit.add(s.id);
      if (chosen) for (const slot of s.endpoints) pods.add(slot);
    }
    const w = app.selection.startsWith("pods/") || app.selection.startsWith("nodes/") ? undefined : m.workloadOf(app.selection);
    if (w && w.current <= 2000) for (const slot of m.podsOf(w.id)) pods.add(slot);
    return {
      model: m, layout: l, camera: this.camera, palette: app.dark ? palettes.dark : palettes.light, width: this.clientWidth, height: this.clientHeight,
      dpr: Math.min(devicePixelRatio || 1, 2.5), hover: this.focusRef || this.hover, selection: app.selection, wall, factory: app.lang === "zh", litServices: lit, litPods: pods,
    };
  }

  private tick(): void {
    const began = performance.now();
    this.asked = 0;
    const l = this.ensureLayout();
    if (!l) { this.ack(); this.rest(); return; }
    const s = this.scene(l, performance.now());
    const ghosts = app.model.sweepGhosts(s.wall), settling = s.wall < this.movingUntil || ghosts;
    if (this.stale || settling) {
      this.drawBase(s);
      this.dispatchEvent(new Event("drawn"));
      if (this.hover) this.querySelector(".tip")!.textContent = describe(this.hover);
    }
    this.stale = false;
    const ctx = prepare(this.over, s);
    world(ctx, s);
    // What travels passes under the boxes between headquarters and the plants, so that it hides none of their text.
    ctx.save();
    ctx.beginPath();
    ctx.rect(-s.camera.x / s.camera.k, -s.camera.y / s.camera.k, s.width / s.camera.k, s.height / s.camera.k);
    for (const b of [l.users, l.tray, ...l.services]) ctx.roundRect(b.x * l.unit, b.y * l.unit, b.w * l.unit, b.h * l.unit, (b === l.tray ? 12 : 20) * l.unit);
    ctx.clip("evenodd");
    const moving = this.motion.draw(ctx, s.palette, s.wall, s.camera.k, l.unit);
    ctx.restore();
    this.ack();
    this.frameMs[this.frameAt++ % this.frameMs.length] = performance.now() - began;
    if (moving || settling) this.ask(); else if (!this.asked) this.rest();
  }

  /** Where what a reference means stands now, in CSS pixels of this element; see locate.ts. "drawn" tells when that may have changed. */
  locate(ref: string, most = 30): Rect[] {
    const l = this.ensureLayout();
    return l ? locate(this.scene(l, 0), ref, most) : [];
  }

  private rest(): void {
    for (const f of this.idlers.splice(0)) f();
  }

  /** Draws what is seen now, what moves on it too, with any context that has the calls; `dpr`: pixels of it for one of CSS. */
  picture(ctx: CanvasRenderingContext2D, dpr: number): { width: number; height: number } {
    const l = this.ensureLayout(), width = this.clientWidth, height = this.clientHeight;
    if (!l) return { width, height };
    const s = { ...this.scene(l, performance.now()), dpr, hover: "" };
    screen(ctx, s);
    this.paint(ctx, s);
    world(ctx, s);
    this.motion.draw(ctx, s.palette, s.wall, s.camera.k, l.unit);
    screen(ctx, s);
    return { width, height };
  }

  private drawBase(s: Scene): void { this.paint(prepare(this.base, s), s); }

  private paint(ctx: CanvasRenderingContext2D, s: Scene): void {
    const l = s.layout, m = s.model, k = s.camera.k;
    const detail = detailOf(l, s.camera), heat = detail === "heat";
    ctx.fillStyle = s.palette.bg;
    ctx.fillRect(0, 0, s.width, s.height);
    world(ctx, s);
    drawLines(ctx, s, heat);
    const left = -s.camera.x / k - l.nodeW, right = (s.width - s.camera.x) / k, top = -s.camera.y / k - l.nodeH, bottom = (s.height - s.camera.y) / k;
    if (heat) {
      this.heat.update(m, l, s.palette, m.dirty);
      this.heat.draw(ctx, k);
    } else {
      if (detail === "compact") screen(ctx, s);
      for (let i = 0; i < l.order.length; i++) {
        const x = l.x[i], y = l.y[i];
        if (x < left || x > right || y < top || y > bottom) continue;
        const entry = m.nodes.get(l.order[i]);
        if (!entry) continue;
        if (detail === "detail") drawCard(ctx, s, entry, x, y);
        else drawCompact(ctx, s, entry, { x: x * k + s.camera.x, y: y * k + s.camera.y, w: l.nodeW * k, h: l.nodeH * k });
      }
      world(ctx, s);
      // The far view catches up when it is next needed.
    }
    if (heat || l.order.length <= 40) m.dirty.clear();
    for (const z of l.zones) label(ctx, zoneText(z.text), z.x, z.y, 240 / k, s.palette.dim, font(11 / Math.min(k, 1)));
    if (heat) this.outline(ctx, s);
    drawFurniture(ctx, s);
  }

  /** Nodes that are selected, pointed at or in trouble get an outline that shows from any distance. */
  private outline(ctx: CanvasRenderingContext2D, s: Scene): void {
    const l = s.layout, k = s.camera.k;
    const mark = (ref: string | NodeEntry, color: string, width: number) => {
      const e = typeof ref !== "string" ? ref : ref.startsWith("nodes/") ? s.model.nodeNamed(ref.slice(6)) : undefined;
      const i = e ? l.indexOf.get(e.view.id) : undefined;
      if (i === undefined) return;
      ctx.strokeStyle = color; ctx.lineWidth = width / k;
      ctx.strokeRect(l.x[i] - 2 / k, l.y[i] - 2 / k, l.nodeW + 4 / k, l.nodeH + 4 / k);
    };
    let troubled = 0;
    for (const e of s.model.nodes.values()) if ((!e.view.power || e.view.ready !== "True") && ++troubled <= 300) mark(e, s.palette.bad, 1.2);
    if (s.hover) mark(s.hover, s.palette.blue, 1.5);
    if (s.selection.startsWith("pods/")) {
      const slot = s.model.slotNamed(s.selection.slice(5)), e = slot >= 0 ? s.model.nodes.get(s.model.node[slot]) : undefined;
      if (e) mark("nodes/" + e.view.name, s.palette.select, 2.5);
    } else mark(s.selection, s.palette.select, 2.5);
  }

  // ---- mouse, fingers, keyboard ----

  private at(e: PointerEvent | WheelEvent | MouseEvent): { x: number; y: number } {
    const r = this.over.getBoundingClientRect();
    return { x: e.clientX - r.left, y: e.clientY - r.top };
  }

  private wheel(e: WheelEvent): void {
    if (!this.layout) return;
    e.preventDefault();
    const p = this.at(e);
    // A pinch on a touchpad comes as a wheel with ctrl; two fingers sideways pan.
    if (!e.ctrlKey && Math.abs(e.deltaX) > Math.abs(e.deltaY)) { this.camera.x -= e.deltaX; this.following = false; this.invalidate(); return; }
    this.zoom(Math.exp(-e.deltaY * (e.ctrlKey ? 0.01 : 0.0016)), p.x, p.y);
  }

  zoom(factor: number, px = this.clientWidth / 2, py = this.clientHeight / 2): void {
    const l = this.layout, c = this.camera;
    if (!l) return;
    const least = Math.min(this.clientWidth / l.width, this.clientHeight / l.height) * 0.7;
    const k = Math.max(least, Math.min(2.6, c.k * factor));
    c.x = px - ((px - c.x) * k) / c.k; c.y = py - ((py - c.y) * k) / c.k; c.k = k;
    this.following = false;
    this.invalidate();
  }

  private down(e: PointerEvent): void {
    this.over.setPointerCapture(e.pointerId);
    this.pointers.set(e.pointerId, this.at(e));
    this.dragged = false;
  }

  private move(e: PointerEvent): void {
    const p = this.at(e), last = this.pointers.get(e.pointerId);
    if (!last) { this.point(p); return; }
    const dx = p.x - last.x, dy = p.y - last.y;
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== e.pointerId)![1];
      const was = Math.hypot(last.x - other.x, last.y - other.y), is = Math.hypot(p.x - other.x, p.y - other.y);
      if (was > 5) this.zoom(is / was, (p.x + other.x) / 2, (p.y + other.y) / 2);
      this.dragged = true;
    } else if (this.dragged || Math.hypot(dx, dy) > 4) {
      this.dragged = true;
      this.camera.x += dx; this.camera.y += dy;
      this.following = false;
      this.invalidate();
    } else return;
    this.pointers.set(e.pointerId, p);
  }

  private up(e: PointerEvent): void {
    this.pointers.delete(e.pointerId);
    const l = this.layout;
    if (this.dragged || !l || e.type !== "pointerup") return;
    const p = this.at(e);
    app.select(hit(this.scene(l, 0), p.x, p.y));
  }

  private point(p: { x: number; y: number } | null): void {
    const l = this.layout, ref = p && l ? hit(this.scene(l, 0), p.x, p.y) : "";
    const tip = this.querySelector<HTMLElement>(".tip")!;
    tip.hidden = !ref;
    this.over.style.cursor = ref ? "pointer" : "default";
    if (p && ref) {
      if (ref !== this.hover) tip.textContent = describe(ref);
      const x = Math.min(p.x + 14, this.clientWidth - tip.offsetWidth - 8), y = p.y + 18 + tip.offsetHeight > this.clientHeight ? p.y - tip.offsetHeight - 8 : p.y + 18;
      tip.style.transform = `translate(${Math.max(4, x)}px, ${y}px)`;
    }
    if (ref !== this.hover) { this.hover = ref; this.invalidate(); }
  }

  /** A session is being opened: it may be long, and anybody's. */
  private reopening(r: { ms: number; of: number }) {
    return html`<span>${t("time.replaying")} · ${clockText(r.ms)} / ${clockText(r.of)}</span><progress max=${r.of || 1} .value=${r.ms} aria-label=${t("time.replaying")}></progress>
      <button @click=${() => cluster.giveUp()}>${t("time.giveUp")}</button>`;
  }

  protected override render() {
    const share = app.total ? Math.round((100 * app.loaded) / app.total) : 0;
    const waiting = app.phase === "loading" || app.phase === "starting";
    return html`
      <canvas class="base" aria-hidden="true"></canvas>
      <canvas class="over" aria-hidden="true"
        @pointerdown=${this.down} @pointermove=${this.move} @pointerup=${this.up} @pointercancel=${this.up}
        @pointerleave=${() => this.point(null)}></canvas>
      ${waiting ? html`
        <div class="skeleton" role="status">
          <div class="sk-hq"></div><div class="sk-band"><i></i><i></i><i></i></div>
          <div class="sk-nodes"><i></i><i></i><i></i></div>
          <div class="sk-note">
            ${app.travel.replaying ? this.reopening(app.travel.replaying) : html`<span>${t(app.phase === "loading" ? "stage.loading" : "stage.starting")}${share ? ` · ${share} %` : app.loaded ? ` · ${(app.loaded / 1048576).toFixed(1)} MB` : ""}</span>
            <progress max="100" value=${share || nothing} aria-label=${t("stage.loading")}></progress>`}
          </div>
        </div>` : nothing}
      <tab-faults></tab-faults>
      <tab-legend></tab-legend>
      <div class="tip" hidden></div>
      <tab-tree class=${this.listed ? "listed" : ""} @look=${(e: CustomEvent<string>) => { this.focusRef = e.detail; this.invalidate(); }}></tab-tree>
      <div class="zoom" role="group" aria-label=${t("stage.label")}>
        <button class="icon" title=${t("stage.tree")} aria-label=${t("stage.tree")} aria-pressed=${this.listed} @click=${() => { this.listed = !this.listed; this.requestUpdate(); }}>☰</button>
        <button class="icon zoomer" title=${t("stage.zoomOut")} aria-label=${t("stage.zoomOut")} @click=${() => this.zoom(1 / 1.5)}>−</button>
        <button class="icon zoomer" title=${t("stage.zoomIn")} aria-label=${t("stage.zoomIn")} @click=${() => this.zoom(1.5)}>+</button>
        <button class="icon wide" @click=${() => this.fit()}>${t("stage.fit")}</button>
      </div>`;
  }
}

function rank(name: string, namespace: string): number {
  return name === "kubernetes" && namespace === "default" ? 2 : namespace === "kube-system" ? 1 : 0;
}

/** Frames of headquarters, the lines in them, the parts on the lines. */
function drawFurniture(ctx: CanvasRenderingContext2D, s: Scene): void {
  const u = s.layout.unit;
  ctx.save(); ctx.scale(u, u);
  drawHeadline(ctx, s);
  for (const hq of s.layout.hq) drawHqFrame(ctx, s, hq);
  ctx.restore();
  drawPartLines(ctx, s);
  ctx.save(); ctx.scale(u, u);
  for (const hq of s.layout.hq) drawHqParts(ctx, s, hq);
  drawBalancer(ctx, s);
  drawBand(ctx, s);
  ctx.restore();
}

function prepare(canvas: HTMLCanvasElement, s: Scene): CanvasRenderingContext2D {
  const w = Math.round(s.width * s.dpr), h = Math.round(s.height * s.dpr);
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
  const ctx = canvas.getContext("2d")!;
  ctx.setTransform(s.dpr, 0, 0, s.dpr, 0, 0);
  ctx.globalAlpha = 1;
  if (canvas.classList.contains("over")) ctx.clearRect(0, 0, s.width, s.height);
  return ctx;
}
function world(ctx: CanvasRenderingContext2D, s: Scene): void {
  const { x, y, k } = s.camera, d = s.dpr;
  ctx.setTransform(k * d, 0, 0, k * d, x * d, y * d);
}
function screen(ctx: CanvasRenderingContext2D, s: Scene): void { ctx.setTransform(s.dpr, 0, 0, s.dpr, 0, 0); }

/** One or two lines about anything, for the tooltip and the tree. */
export function describe(ref: string): string {
  const m = app.model, name = ref.slice(ref.indexOf("/") + 1);
  if (ref.startsWith("pods/")) {
    const slot = m.slotNamed(name);
    return slot < 0 ? name : `${name.slice(name.indexOf("/") + 1)}\n${stateText(m.state[slot], m.reasons[slot])}`;
  }
  if (ref.startsWith("nodes/")) {
    const e = m.nodeNamed(name);
    return e ? `${name}\n${nodeStatus(e).text}` : name;
  }
  if (ref.startsWith("components/")) {
    const [part, host] = name.split("@"), w = partWord(m.masterNamed(host), part, m.nodeNamed(host)?.view.components.find((c) => c.name === part), m.control, m.now);
    return `${part}\n${host}${w.word ? ` · ${w.sign} ${w.word}` : ""}`;
  }
  if (ref === "headquarters/") return m.control ? headline(m.control, m.now, lostFor({ model: m })).text : t("stage.hq");
  const s = m.serviceOf(ref);
  if (s) return `${s.name} · ${s.type}\n${addressOf(s.clusterIP, s.ports)}`;
  return name;
}

customElements.define("tab-stage", TabStage);
