// The page inside an embedding page's frame: the panels its author asked for, in as little room as 360 by 400. What it has
// of its own is the arrangement; the panels are the page's.

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import { cluster } from "../cluster.ts";
import type { Tabernetes } from "../embed-api.ts";
import { t } from "../i18n/index.ts";
import { openLessons } from "../lessons.ts";
import { sayInto } from "../live-region.ts";
import { Panel } from "../panels/panel.ts";
import { answer } from "./answering.ts";
import { shareModule } from "./module-sharing.ts";
import "./full-page.ts";
import { forLesson, panelNames, readEmbedParams } from "./page-params.ts";
import type { PanelName } from "./page-params.ts";
import { say } from "./page-texts.ts";
import css from "./page.css";

const params = readEmbedParams(location.search);
const has = (panel: PanelName) => params.panels.has(panel);
type Sheet = typeof app.sheet;
/** Panels that share the room under the stage in a narrow frame; a lesson wants all of it, so then the stage is one of them. */
const sheets: readonly [Sheet, PanelName, () => string][] = [
  ["lesson", "lesson", () => t("tab.lesson")], ["stage", "stage", () => say("stage")],
  ["do", "yaml", () => t("sheet.do")], ["inspect", "inspector", () => t("sheet.inspect")], ["terminal", "terminal", () => t("sheet.terminal")],
];
const shownSheets = () => sheets.filter(([, panel]) => has(panel) && (panel !== "stage" || has("lesson")));

class TabEmbed extends Panel {
  protected override topics = ["prefs", "tabs"] as Panel["topics"];

  /** The sheet that was chosen last, of those there are: what is selected on the stage may have none. */
  private sheet?: Sheet;

  protected override render(): TemplateResult {
    const shown = shownSheets();
    if (shown.some(([name]) => name === app.sheet)) this.sheet = app.sheet;
    const sheet = this.sheet ?? shown[shown.length - 1]?.[0];
    // Where there is no stage, the first panel is what the page is about.
    const chief = has("stage") ? "" : has("terminal") ? "terminal" : has("yaml") ? "yaml" : "inspector";
    // With a lesson it is all of them: a small frame shows one at a time.
    const all = has("lesson");
    const left = has("yaml") ? html`<tab-left></tab-left>` : html`<div class="pane"><tab-lesson></tab-lesson></div>`;
    const role = (panel: PanelName) => (panel === chief && !all ? "main" : nothing);
    const tab = (name: Sheet, text: string) => html`<button role="tab" data-sheet-tab=${name} aria-selected=${name === sheet} @click=${() => app.show({ sheet: name })}>${text}</button>`;
    return html`
      ${has("header") ? html`<tab-header></tab-header>` : nothing}
      <div class="room" role=${all ? "main" : nothing} data-choice=${sheet ?? ""} data-panels=${panelNames.filter(has).join(" ")} style=${arrangement()}>
        ${shown.length > 1 ? html`<nav class="choice" aria-label=${say("panels")}><div class="tabs" role="tablist" aria-label=${say("panels")}>${shown.map(([name, , text]) => tab(name, text()))}</div></nav>` : nothing}
        ${has("yaml") || has("lesson") ? html`<section class="left" role=${role("yaml")} aria-label=${t(has("yaml") ? "left.label" : "tab.lesson")}>${left}</section>` : nothing}
        ${has("stage") ? html`<div class="scene" role=${all ? "region" : "main"} aria-label=${t("stage.label")}><tab-stage></tab-stage></div>` : nothing}
        ${has("inspector") ? html`<section class="right" role=${role("inspector")} aria-label=${t("right.label")}><tab-inspector></tab-inspector></section>` : nothing}
        ${has("timeline") ? html`<tab-timeline></tab-timeline>` : nothing}
        ${has("terminal") ? html`<section class="bottom" role=${role("terminal")} aria-label=${t("bottom.label")}><tab-bottom></tab-bottom></section>` : nothing}
        <tab-banner></tab-banner>
      </div>
      <footer class="foot">
        ${has("header") ? nothing : html`<h1 class="sr-only">Tabernetes</h1>`}
        ${has("header") ? html`<span class="note">${say("note")}</span>` : html`<tab-clock></tab-clock>`}
        <span class="grow"></span>
        <tab-full-page></tab-full-page>
      </footer>
      <div class="sr-only" aria-live="polite" id="live"></div>`;
  }

  override firstUpdated(): void { sayInto(this.querySelector("#live")!); }
}

/** The grid of a wide frame, as values that page.css takes. The terminal takes the middle where there is no stage. */
function arrangement(): string {
  const middle = has("stage") ? "main" : has("terminal") ? "bottom" : "";
  const side = middle ? "clamp(236px, 28vw, 320px)" : "minmax(0, 1fr)";
  const columns: [string, string][] = [];
  // A lesson is read: it goes from top to bottom.
  const lesson = has("lesson");
  if (has("yaml") || lesson) columns.push(["left", lesson && middle ? "clamp(288px, 36vw, 400px)" : side]);
  if (middle) columns.push([middle, "minmax(0, 1fr)"]);
  if (has("inspector")) columns.push(["right", side]);
  const rows = [["minmax(0, 1fr)", columns.map(([area]) => area).join(" ")]];
  const across = (area: string) => columns.map(([column]) => (lesson && column === "left" ? column : area)).join(" ");
  if (has("timeline")) rows.push(["auto", across("time")]);
  if (has("terminal") && middle === "main") rows.push(["clamp(112px, 31vh, 240px)", across("bottom")]);
  return `--columns: ${columns.map(([, width]) => width).join(" ")}; --rows: ${rows.map(([height]) => height).join(" ")}; --areas: ${rows.map(([, areas]) => `"${areas}"`).join(" ")}`;
}

/** Starts the page; `start` boots the cluster, `fragment` is that of the address it opens with. */
export function show(api: Tabernetes, start: () => void, fragment: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  app.panels = params.panels;
  // Also later: a scenario's name may turn out to be a lesson's.
  app.on("tabs", () => { if (app.lesson) forLesson(params); });
  // The panels stand from the first picture on: what fills them comes by and by.
  if (has("lesson")) { app.lesson = true; app.left = app.sheet = "lesson"; }
  customElements.define("tab-app", TabEmbed);
  const wrong = params.complaints.map(([what, given]) => say(`wrong.${what}`, { given, names: panelNames.join(", ") }));
  cluster.share = shareModule;
  // The stage says when a frame is drawn; without one the panels have what they need a moment later.
  if (!has("stage")) app.on("frame", (frame) => void setTimeout(() => app.engine.ack(frame!.seq), 100));
  start();
  if (has("lesson")) void openLessons(params.lesson ?? "", fragment);
  if (wrong.length) {
    const before = app.trouble ? [app.trouble.message] : [];
    app.trouble = { title: t("params.title"), message: [...before, ...wrong].join("\n"), commands: 0 };
    app.emit("status");
  }
  if (params.origin) answer(params.origin, api);
}
