// The page inside an embedding page's frame: the panels its author asked for, in as little room as 360 by 400. What it has
// of its own is the arrangement; the panels are the page's.

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import { cluster } from "../cluster.ts";
import type { Tabernetes } from "../embed-api.ts";
import { t } from "../i18n/index.ts";
import { sayInto } from "../live-region.ts";
import { Panel } from "../panels/panel.ts";
import { answer } from "./answering.ts";
import { shareModule } from "./module-sharing.ts";
import { fullPage, panelNames, readEmbedParams } from "./page-params.ts";
import type { PanelName } from "./page-params.ts";
import { say } from "./page-texts.ts";
import css from "./page.css";

const params = readEmbedParams(location.search);
const has = (panel: PanelName) => params.panels.has(panel);
type Sheet = typeof app.sheet;
/** Panels that share the room under the stage in a narrow frame. */
const sheets: readonly [Sheet, PanelName][] = [["do", "yaml"], ["inspect", "inspector"], ["terminal", "terminal"]];
const shown = sheets.filter(([, panel]) => has(panel));

class TabEmbed extends Panel {
  protected override topics = ["prefs", "tabs"] as Panel["topics"];

  protected override render(): TemplateResult {
    const sheet = shown.some(([name]) => name === app.sheet) ? app.sheet : shown[shown.length - 1]?.[0];
    // Where there is no stage, the first panel is what the page is about.
    const chief = has("stage") ? "" : has("terminal") ? "terminal" : has("yaml") ? "yaml" : "inspector";
    const role = (panel: PanelName) => (panel === chief ? "main" : nothing);
    const tab = (name: Sheet) => html`<button role="tab" aria-selected=${name === sheet} @click=${() => app.show({ sheet: name })}>${t(`sheet.${name}`)}</button>`;
    return html`
      ${has("header") ? html`<tab-header></tab-header>` : nothing}
      <div class="room" data-choice=${sheet ?? ""} data-panels=${[...params.panels].join(" ")} style=${arrangement()}>
        ${shown.length > 1 ? html`<nav class="choice" aria-label=${say("panels")}><div class="tabs" role="tablist" aria-label=${say("panels")}>${shown.map(([name]) => tab(name))}</div></nav>` : nothing}
        ${has("yaml") ? html`<section class="left" role=${role("yaml")} aria-label=${t("left.label")}><tab-left></tab-left></section>` : nothing}
        ${has("stage") ? html`<main aria-label=${t("stage.label")}><tab-stage></tab-stage></main>` : nothing}
        ${has("inspector") ? html`<section class="right" role=${role("inspector")} aria-label=${t("right.label")}><tab-inspector></tab-inspector></section>` : nothing}
        ${has("timeline") ? html`<tab-timeline></tab-timeline>` : nothing}
        ${has("terminal") ? html`<section class="bottom" role=${role("terminal")} aria-label=${t("bottom.label")}><tab-bottom></tab-bottom></section>` : nothing}
        <tab-banner></tab-banner>
      </div>
      <footer class="foot">
        ${has("header") ? nothing : html`<h1 class="sr-only">Tabernetes</h1>`}
        ${has("header") ? html`<span class="note">${say("note")}</span>` : html`<tab-clock></tab-clock>`}
        <span class="grow"></span>
        <a href=${fullPage(location.href, app.lang)} target="_blank" rel="noopener" title=${say("full.title")}>${say("full")} <span aria-hidden="true">↗</span></a>
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
  if (has("yaml")) columns.push(["left", side]);
  if (middle) columns.push([middle, "minmax(0, 1fr)"]);
  if (has("inspector")) columns.push(["right", side]);
  const rows = [["minmax(0, 1fr)", columns.map(([area]) => area).join(" ")]];
  const across = (area: string) => columns.map(() => area).join(" ");
  if (has("timeline")) rows.push(["auto", across("time")]);
  if (has("terminal") && middle === "main") rows.push(["clamp(112px, 31vh, 240px)", across("bottom")]);
  return `--columns: ${columns.map(([, width]) => width).join(" ")}; --rows: ${rows.map(([height]) => height).join(" ")}; --areas: ${rows.map(([, areas]) => `"${areas}"`).join(" ")}`;
}

/** Starts the page; `start` boots the cluster. */
export function show(api: Tabernetes, start: () => void): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  app.panels = params.panels;
  customElements.define("tab-app", TabEmbed);
  const wrong = params.complaints.map(([what, given]) => say(`wrong.${what}`, { given, names: panelNames.join(", ") }));
  cluster.share = shareModule;
  // The stage says when a frame is drawn; without one the panels have what they need a moment later.
  if (!has("stage")) app.on("frame", (frame) => void setTimeout(() => app.engine.ack(frame!.seq), 100));
  start();
  if (wrong.length) {
    const before = app.trouble ? [app.trouble.message] : [];
    app.trouble = { title: t("params.title"), message: [...before, ...wrong].join("\n"), commands: 0 };
    app.emit("status");
  }
  if (params.origin) answer(params.origin, api);
}
