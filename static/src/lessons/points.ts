// What a step points at: rings around things on the stage, panels and buttons. They lie over the page, take no click, and are
// moved with the thing. Whoever does not see them reads the list in the panel, and hears it of the panels and buttons
// themselves (aria-describedby).

import type names from "../../../scenarios/lesson/points.json";
import type { TabStage } from "../stage/stage.ts";
import { app } from "../app.ts";
import { t } from "../i18n/index.ts";
import { say } from "./messages.ts";

/** The parts of the page that a step can point at: what lint holds lessons against. */
type Panel = keyof typeof names.panel;
type Button = keyof typeof names.button;
type Part = `panel:${Panel}` | `button:${Button}`;

/** More rings than this for one thing would be noise. */
const mostRings = 24;

/** A reference of a lesson as the stage knows it. */
export function stageRef(point: string): string | undefined {
  if (/^(panel|button):/.test(point)) return undefined;
  return point.startsWith("component:") ? "components/" + point.slice("component:".length) : point;
}

const visible = (e: Element | null | undefined): e is HTMLElement => !!e && e.getClientRects().length > 0;
const tab = (id: string) => document.getElementById(id);
const sheet = (name: string) => document.querySelector(`[data-sheet-tab="${name}"]`);
const stageOf = () => document.querySelector<TabStage>("tab-stage");

/** The element that stands for a panel or a button; where it is hidden, what opens it. */
export function element(point: string): HTMLElement | undefined {
  const first = (...list: (Element | null | undefined)[]) => list.find(visible), part = point as Part;
  switch (part) {
    case "panel:stage": return first(stageOf(), sheet("stage"));
    case "panel:terminal": return first(document.querySelector("tab-terminal"), tab("bottom-tab-terminal"), sheet("terminal"));
    case "panel:events": return first(document.querySelector("tab-events"), tab("bottom-tab-events"), sheet("terminal"));
    case "panel:editor": return first(document.querySelector("tab-yaml"), tab("left-tab-yaml"), sheet("do"));
    case "panel:traffic": return first(document.querySelector("tab-load"), tab("left-tab-load"), sheet("do"));
    case "panel:canary": return first(document.querySelector("tab-canary"), tab("left-tab-canary"), sheet("do"));
    case "panel:inspector": return first(document.querySelector("tab-inspector"), sheet("inspect"));
    case "panel:why": return first(tab("right-tab-why"), document.querySelector("tab-inspector"), sheet("inspect"));
    case "panel:timeline": return first(document.querySelector("tab-timeline .timeline"));
    case "button:play": case "button:pause": return first(document.querySelector("tab-clock .clock > button"));
    case "button:step": return first(...[...document.querySelectorAll("tab-clock .clock > button")].filter((b) => (b as HTMLElement).title === t("clock.step.title")));
    case "button:speed": return first(document.querySelector("tab-clock .clock > select"));
    // Where there is no timeline, the lesson's own way back stands for it.
    case "button:undo": return first([...document.querySelectorAll("tab-timeline button")].find((b) => b.textContent?.trim() === "↶"), document.querySelector("tab-lesson .again"));
    case "button:apply": return first(document.querySelector("tab-yaml .primary"), document.querySelector("tab-header header > button.primary"), sheet("do"));
    default: part satisfies never; return undefined; // of a newer lesson, or of nobody who had it linted
  }
}

/** Shows what a point means: selects it, or opens the panel. */
export function goTo(point: string): void {
  const ref = stageRef(point);
  if (ref) {
    const one = first(ref);
    if (one) app.select(one);
    showStage();
    return;
  }
  switch (point as Part) {
    case "panel:stage": showStage(); break;
    case "panel:terminal": app.show({ bottom: "terminal", sheet: "terminal" }); break;
    case "panel:events": app.show({ bottom: "events", sheet: "terminal" }); break;
    case "panel:editor": case "button:apply": app.show({ left: "yaml", sheet: "do" }); break;
    case "panel:traffic": app.show({ left: "load", sheet: "do" }); break;
    case "panel:canary": app.show({ left: "canary", sheet: "do" }); break;
    case "panel:why": app.show({ right: "why", sheet: "inspect" }); break;
    case "panel:inspector": app.show({ sheet: "inspect" }); break;
  }
  requestAnimationFrame(() => {
    const e = element(point);
    (e?.matches("button, select, [tabindex]") ? e : e?.querySelector<HTMLElement>("button, select, textarea, [tabindex='0']"))?.focus();
  });
}

/** Where the lesson and the stage have no room beside each other. */
function showStage(): void {
  if (!visible(stageOf()) && visible(sheet("stage"))) app.show({ sheet: "stage" });
}

/** Whether a point can be shown at all: an embedded page has the panels that its author chose. */
export function shows(point: string): boolean {
  return stageRef(point) ? !!stageOf() || !!document.querySelector("tab-inspector") : !point.startsWith("panel:") || !!element(point);
}

/** The first object that a reference with an open end means. */
function first(ref: string): string | undefined {
  if (!ref.endsWith("*") && !/^components\/[^@]*$/.test(ref)) return ref;
  const m = app.model, stem = ref.replace(/\*$/, "");
  if (ref.startsWith("components/")) {
    for (const e of m.nodes.values()) for (const c of e.view.components) if (`components/${c.name}@${e.view.name}`.startsWith(stem)) return `components/${c.name}@${e.view.name}`;
    return undefined;
  }
  if (ref.startsWith("pods/")) { const n = m.names.find((x) => x && ("pods/" + x).startsWith(stem)); return n && "pods/" + n; }
  for (const s of m.services.values()) if (s.ref.startsWith(stem)) return s.ref;
  for (const w of m.workloads.values()) if (w.ref.startsWith(stem)) return w.ref;
  for (const e of m.nodes.values()) if (("nodes/" + e.view.name).startsWith(stem)) return "nodes/" + e.view.name;
  return undefined;
}

/** What a point is called in the list. */
export function pointName(point: string): string {
  const ref = stageRef(point);
  if (!ref) {
    const name = say(`at.${point.slice(point.indexOf(":") + 1) as Panel | Button}`);
    return element(point) ? name : say(point.startsWith("panel:") ? "at.absent" : "at.none", { name });
  }
  const name = ref.replace(/^components\//, "").replace(/\/default\//, "/"), stage = stageOf();
  if (!stage) return say("at.noStage", { name });
  // A stage that is hidden draws nothing that could be counted.
  if (!visible(stage)) return name;
  const n = stage.locate?.(ref, mostRings).length ?? 0;
  return n > 1 ? say("at.many", { name, n: n >= mostRings ? `${n}+` : n }) : n ? name : say("at.none", { name });
}

export class Rings {
  private readonly layer: HTMLElement;
  private readonly note: HTMLElement;
  private points: readonly string[] = [];
  private described: HTMLElement[] = [];
  private asked = 0; private stage?: HTMLElement; private text = "";
  private readonly soon = () => { this.asked ||= requestAnimationFrame(() => { this.asked = 0; this.place(); }); };
  private offs: (() => void)[] = [];

  constructor() {
    this.layer = Object.assign(document.createElement("div"), { className: "lesson-rings" });
    this.layer.setAttribute("aria-hidden", "true");
    this.note = Object.assign(document.createElement("span"), { id: "lesson-points-here", hidden: true });
    document.body.append(this.layer, this.note);
    addEventListener("resize", this.soon);
    this.offs = [app.on("tabs", this.soon), app.on("selection", this.soon), app.on("prefs", this.soon), app.on("status", this.soon)];
  }

  /** `text`: what whoever reaches a pointed panel or button by keyboard hears. */
  show(points: readonly string[], text: string): void {
    if (this.text === text && points.length === this.points.length && points.every((p, i) => p === this.points[i])) return this.soon();
    this.points = points;
    this.text = text;
    this.note.textContent = text;
    this.soon();
  }

  remove(): void {
    cancelAnimationFrame(this.asked);
    removeEventListener("resize", this.soon);
    for (const off of this.offs) off();
    this.stage?.removeEventListener("drawn", this.soon);
    this.describe([]);
    this.layer.remove();
    this.note.remove();
  }

  private place(): void {
    const stage = stageOf();
    if (stage && stage !== this.stage) {
      this.stage?.removeEventListener("drawn", this.soon);
      stage.addEventListener("drawn", this.soon);
      this.stage = stage;
    }
    const rings: { x: number; y: number; w: number; h: number; on: string }[] = [], targets: HTMLElement[] = [];
    for (const p of this.points) {
      const ref = stageRef(p);
      if (ref && stage && visible(stage)) {
        const at = stage.getBoundingClientRect();
        for (const r of stage.locate(ref, mostRings)) {
          // Only what is in sight.
          const x = r.x + r.w / 2, y = r.y + r.h / 2;
          if (x > 0 && y > 0 && x < at.width && y < at.height - 34) rings.push({ x: at.left + r.x - 3, y: at.top + r.y - 3, w: r.w + 6, h: r.h + 6, on: "thing" });
        }
      } else {
        const e = !ref ? element(p) : first(ref) ? sheet("stage") : undefined;
        if (!visible(e)) continue;
        targets.push(e);
        const b = e.getBoundingClientRect(), large = p.startsWith("panel:") && b.height > 60, d = large ? -3 : 3;
        rings.push({ x: b.left - d, y: b.top - d, w: b.width + 2 * d, h: b.height + 2 * d, on: large ? "panel" : "button" });
      }
    }
    while (this.layer.children.length > rings.length) this.layer.lastElementChild!.remove();
    while (this.layer.children.length < rings.length) this.layer.append(document.createElement("i"));
    rings.forEach((r, i) => {
      const e = this.layer.children[i] as HTMLElement;
      if (e.className !== r.on) e.className = r.on;
      e.style.transform = `translate(${r.x.toFixed(1)}px, ${r.y.toFixed(1)}px)`;
      e.style.width = r.w.toFixed(1) + "px";
      e.style.height = r.h.toFixed(1) + "px";
    });
    this.describe(targets);
  }

  private describe(targets: HTMLElement[]): void {
    for (const e of this.described) if (!targets.includes(e)) e.removeAttribute("aria-describedby");
    for (const e of targets) if (e.getAttribute("aria-describedby") !== this.note.id) e.setAttribute("aria-describedby", this.note.id);
    this.described = targets;
  }
}
