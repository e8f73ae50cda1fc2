// The timeline: what happened on it, a handle that goes to any moment of it, the forks of its branches, and the strip that
// says so while one looks at the past.

import { html, nothing, svg } from "lit";
import { app } from "../app.ts";
import { cluster } from "../cluster.ts";
import { t } from "../i18n/index.ts";
import { told } from "../i18n/told.ts";
import { forks } from "../moments/branches.ts";
import type { Mark } from "../protocol.ts";
import { clockText } from "../time.ts";
import { moved, placeMarks, stride, zoomed } from "../timeline-layout.ts";
import type { Placed, Span } from "../timeline-layout.ts";
import { Panel } from "./panel.ts";

/** Names of marks are cut at so many pixels. */
const longest = 204;
const brief = (text: string) => told(text).replace(/^kubectl /, "").replace(/^apply -f -.*/, "apply").replace(" deployment/", " ").replace(/ --replicas=(\d+).*/, " → $1");
const wide = (text: string) => [...text].reduce((n, c) => n + (c.charCodeAt(0) > 0x2e80 ? 11 : 6), 0);

const forkSign = html`<svg viewBox="0 0 12 12" width="11" height="11" fill="none" stroke="currentColor" stroke-width="1.4" aria-hidden="true">${svg`<path d="M3 4v4M3 7c0-2 6-1 6-3.500"/><circle cx="3" cy="2.500" r="1.500"/><circle cx="3" cy="9.500" r="1.500"/><circle cx="9" cy="2.300" r="1.500"/>`}</svg>`;

class TabTimeline extends Panel {
  protected override topics = ["prefs", "frame", "time", "status"] as Panel["topics"];
  private width = 800;
  /** The part that is shown; without it all of it. */
  private span?: Span;
  private dragging = -1; private fingers = new Map<number, number>();
  private hide = 0; private told?: object;

  private get rail(): HTMLElement { return this.querySelector(".tl-rail")!; }
  private get all(): Span { return { from: 0, to: Math.max(1, app.travel.end) }; }
  private get shown(): Span { return this.span ?? this.all; }

  override firstUpdated(): void {
    new ResizeObserver(() => { this.width = Math.max(60, this.rail.clientWidth); this.requestUpdate(); }).observe(this.rail);
    this.rail.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
  }

  // ---- where the pointer is, in time ----

  private at(x: number): number {
    const r = this.rail.getBoundingClientRect(), s = this.shown;
    return s.from + Math.max(0, Math.min(1, (x - r.left) / r.width)) * (s.to - s.from);
  }

  private down(e: PointerEvent): void {
    if ((e.target as Element).closest("button") || e.button > 0 || app.phase !== "ready") return;
    this.rail.setPointerCapture(e.pointerId);
    this.fingers.set(e.pointerId, e.clientX);
    if (this.fingers.size === 1) { this.dragging = e.pointerId; app.travel.to(this.at(e.clientX), false); }
    this.querySelector<HTMLElement>(".tl-handle")!.focus({ preventScroll: true });
    e.preventDefault();
  }

  private move(e: PointerEvent): void {
    const last = this.fingers.get(e.pointerId);
    if (last === undefined) return;
    this.fingers.set(e.pointerId, e.clientX);
    if (this.fingers.size === 2) {
      // Two fingers: the span grows or shrinks with their distance.
      const other = [...this.fingers].find(([id]) => id !== e.pointerId)![1], was = Math.abs(last - other), is = Math.abs(e.clientX - other);
      if (was > 8 && is > 8) this.zoom(was / is, this.at((e.clientX + other) / 2));
    } else if (e.pointerId === this.dragging) app.travel.to(this.at(e.clientX), false);
  }

  private up(e: PointerEvent): void {
    if (!this.fingers.delete(e.pointerId) || e.pointerId !== this.dragging) return;
    this.dragging = -1;
    app.travel.to(app.travel.now);
  }

  private wheel(e: WheelEvent): void {
    e.preventDefault();
    const s = this.shown;
    if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) this.look(moved(s, (e.deltaX / this.width) * (s.to - s.from), app.travel.end));
    else this.zoom(Math.exp(e.deltaY * (e.ctrlKey ? 0.01 : 0.0016)), this.at(e.clientX));
  }

  private zoom(factor: number, around = app.travel.now): void { this.look(zoomed(this.shown, factor, around, app.travel.end)); }

  private look(span: Span): void {
    this.span = span.to - span.from >= app.travel.end * 0.999 ? undefined : span;
    this.requestUpdate();
  }

  private key(e: KeyboardEvent): void {
    const x = app.travel, one = stride(this.shown) * (e.shiftKey ? 10 : 1);
    const to = (ms: number | undefined) => { if (ms !== undefined) x.to(ms); };
    switch (e.key) {
      case "ArrowRight": case "ArrowUp": to(x.now + one); break;
      case "ArrowLeft": case "ArrowDown": to(x.now - one); break;
      case "PageUp": to(x.book.next(x.now, -1)?.at ?? 0); break;
      case "PageDown": to(x.book.next(x.now, 1)?.at ?? x.end); break;
      case "Home": to(0); break;
      case "End": to(x.end); break;
      case "+": case "=": this.zoom(0.5); break;
      case "-": this.zoom(2); break;
      case "0": this.look(this.all); break;
      default: return;
    }
    e.preventDefault();
  }

  /** A mark tells why; one that stands for several opens up until each stands alone; one of the future is gone to. */
  private choose(p: Placed): void {
    const spread = p.last - p.first, s = this.shown;
    if (p.more && spread > 0 && spread / (s.to - s.from) < 0.5) {
      const room = Math.max(spread * 0.6, 20);
      return this.look(moved({ from: p.first - room, to: p.last + room }, 0, app.travel.end));
    }
    if (p.mark.at > app.travel.now || !p.mark.record) app.travel.to(p.mark.at);
    if (p.mark.record) app.select(`records/${p.mark.record}`, "why"); else this.awaited = p.mark.at;
  }

  /** A mark that only the log tells of has its record when its moment is shown. */
  private awaited = -1;
  private await(): void {
    const m = app.travel.wish < 0 && this.awaited >= 0 && app.travel.book.marks.find((x) => x.record && x.at === this.awaited);
    if (!m) return;
    this.awaited = -1;
    app.select(`records/${m.record}`, "why");
  }

  protected override willUpdate(): void {
    // What is shown goes along with the clock.
    const s = this.span, now = app.travel.now;
    if (s && this.dragging < 0 && (now > s.to || now < s.from)) this.span = moved(s, now > s.to ? now - s.to + (s.to - s.from) * 0.1 : now - s.from - (s.to - s.from) * 0.1, app.travel.end);
    this.await();
    const n = app.travel.notice;
    if (n !== this.told) {
      this.told = n;
      clearTimeout(this.hide);
      if (n) this.hide = window.setTimeout(() => { if (app.travel.notice === n) app.travel.tell(undefined); }, n.action ? 15_000 : 6000);
    }
  }

  protected override render() {
    const x = app.travel, s = this.shown, size = s.to - s.from, off = app.phase !== "ready", past = app.model.past || x.wish >= 0 && x.wish < x.end;
    const pos = (ms: number) => `${(((ms - s.from) / size) * 100).toFixed(3)}%`, name = x.current?.name;
    return html`
      ${past ? this.pastStrip() : nothing}
      <nav class="timeline" aria-label=${t("timeline.label")}>
        <div class="tl-side">
          <button class="icon" ?disabled=${off || !app.model.commands} title="${t("time.undo")} (Ctrl+Z)" aria-label=${t("time.undo")} @click=${() => void x.undo()}>↶</button>
          <button class="icon" ?disabled=${off || !x.canRedo} title="${t("time.redo")} (Ctrl+Shift+Z)" aria-label=${t("time.redo")} @click=${() => void x.redo()}>↷</button>
        </div>
        <div class="tl-rail" @pointerdown=${this.down} @pointermove=${this.move} @pointerup=${this.up} @pointercancel=${this.up}>
          <div class="rail"></div>
          <div class="rail done" style="width:clamp(0%, ${pos(x.now)}, 100%)"></div>
          ${x.replaying && x.replaying.of > 0 ? html`<progress class="tl-progress" aria-label=${t("time.replaying")} max=${x.replaying.of} .value=${x.replaying.ms}></progress>` : nothing}
          ${this.forks(pos, s)}
          ${placeMarks(x.book.marks, s, this.width, (text) => Math.min(wide(brief(text)), longest)).map((p) => this.mark(p))}
          ${x.now >= s.from && x.now <= s.to ? html`<div class="tl-handle ${past ? "back" : ""}" style="left:${pos(x.now)}" role="slider" tabindex="0" aria-label=${t("time.handle")} aria-valuemin="0" aria-valuemax=${Math.round(x.end)} aria-valuenow=${Math.round(x.now)}
            aria-valuetext=${clockText(x.now)} aria-disabled=${off} title=${t("time.handle.title")} @keydown=${this.key}>${x.wish >= 0 ? html`<output>${clockText(x.now)}${this.progressText()}</output>` : nothing}</div>` : nothing}
        </div>
        <div class="tl-side">
          <button class="icon tl-zoom" title=${t("time.zoomIn")} aria-label=${t("time.zoomIn")} @click=${() => this.zoom(0.4)}>+</button>
          <button class="icon tl-zoom" ?disabled=${!this.span} title=${t("time.zoomAll")} aria-label=${t("time.zoomAll")} @click=${() => this.look(this.all)}>⤢</button>
          <button class="pill tl-branch" title=${t("time.branches")} @click=${() => app.show({ bottom: "branches", sheet: "terminal" })}>${forkSign} <span class="sr-only">${t("time.branches")}: </span><span class="nm">${x.current ? name || t("time.branch", { n: x.current.id + 1 }) : t("time.branch", { n: 1 })}</span>${x.branches.length > 1 ? html` <b>${x.branches.length}</b>` : nothing}</button>
        </div>
        ${cluster.stopOpening ? html`<div class="tl-notice" role="status"><span>${t("time.opening")}</span><button @click=${cluster.stopOpening}>${t("time.stop")}</button></div>`
        : x.until ? html`<div class="tl-notice" role="status"><span class="mono">${x.until.line}</span><button @click=${() => x.until?.running.cancel()}>${t("time.stop")}</button></div>`
        : x.notice ? html`<div class="tl-notice"><span>${x.notice.text}</span>${x.notice.action ? html`<button @click=${x.notice.run}>${x.notice.action}</button>` : nothing}<button class="icon" aria-label=${t("dismiss")} @click=${() => x.tell(undefined)}>✕</button></div>` : nothing}
      </nav>`;
  }

  private progressText(): string {
    const r = app.travel.replaying;
    return r && r.of > 0 ? ` · ${Math.min(99, Math.floor((100 * r.ms) / r.of))} %` : "";
  }

  private pastStrip() {
    const x = app.travel, off = app.phase !== "ready" || x.wish >= 0;
    return html`<section class="past" aria-label=${t("time.past.label")}><span><b>◷ <span class="past-note">${t("time.past")} </span><span class="past-brief">${t("time.past.label")} </span>${t("time.pastAt", { at: clockText(x.now), end: clockText(x.end) })}</b> <span class="past-note">${t("time.past.note")}</span></span>
      <span class="past-do"><button ?disabled=${off} @click=${() => void x.fork()}>${t("time.continue")}</button><button class="primary" @click=${() => void x.present()}>${t("time.present")}</button></span></section>`;
  }

  private mark(p: Placed) {
    const edge = p.align === "start" ? "lead" : p.align === "end" ? "tail" : "", m: Mark = p.mark, ahead = m.at > app.travel.now || !m.record;
    return html`<button class="mark ${m.kind} ${edge} ${ahead ? "ahead" : ""}" style="left:${(p.at * 100).toFixed(2)}%" title="${clockText(m.at)} ${told(m.text)}${p.more ? ` (+${p.more})` : ""}"
      aria-label="${brief(m.text)}, ${clockText(m.at)}${p.more ? ` +${p.more}` : ""}${ahead ? `, ${t("time.ahead")}` : ""}" @click=${() => this.choose(p)}><i></i>${p.named ? html`<span style="max-width:${longest}px">${brief(m.text)}</span>` : nothing}</button>`;
  }

  private forks(pos: (ms: number) => string, s: Span) {
    const x = app.travel;
    if (x.branches.length < 2) return nothing;
    const at = new Map<number, string[]>();
    for (const f of forks(x.branches, app.model.branch)) {
      if (f.at < s.from || f.at > s.to) continue;
      const key = Math.round(((f.at - s.from) / (s.to - s.from)) * this.width / 8);
      at.set(key, [...(at.get(key) ?? []), f.to.name || t("time.branch", { n: f.to.id + 1 })]);
    }
    return [...at].map(([key, names]) => html`<button class="fork" style="left:${pos(s.from + ((key * 8) / this.width) * (s.to - s.from))}" title=${t("time.forks", { names: names.join(", ") })} aria-label=${t("time.forks", { names: names.join(", ") })} @click=${() => app.show({ bottom: "branches", sheet: "terminal" })}>${forkSign}</button>`);
  }
}
customElements.define("tab-timeline", TabTimeline);

/** Undo and redo by keyboard, where no text is being written. */
addEventListener("keydown", (e) => {
  if (!(e.ctrlKey || e.metaKey) || e.altKey || app.phase !== "ready" || e.defaultPrevented) return;
  const redo = e.key.toLowerCase() === "y" || (e.key.toLowerCase() === "z" && e.shiftKey);
  if (!redo && e.key.toLowerCase() !== "z") return;
  if ((e.composedPath()[0] as Element).closest?.("input:not([type=range]), textarea, select, [contenteditable], .xterm, dialog")) return;
  e.preventDefault();
  void (redo ? app.travel.redo() : app.travel.undo());
});
