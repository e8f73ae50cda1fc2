// Starts the page: preferences, panels, engine, window.tabernetes.

import { html } from "lit";
import { app, kept } from "./app.ts";
import type { Theme } from "./app.ts";
import { cluster } from "./cluster.ts";
import { chooseLang } from "./i18n/index.ts";
import { install } from "./embed-api.ts";
import { openLessons } from "./lessons.ts";
import { sayInto } from "./live-region.ts";
import { readParams } from "./params.ts";
import { Panel } from "./panels/panel.ts";
import type { TabStage } from "./stage/stage.ts";
import "./stage/stage.ts";
import "./panels/header.ts";
import "./panels/left.ts";
import "./panels/inspector.ts";
import "./panels/bottom.ts";
import "./panels/timeline.ts";
import "./panels/banner.ts";
import { t } from "./i18n/index.ts";

class TabApp extends Panel {
  protected override topics = ["prefs", "tabs"] as Panel["topics"];

  protected override render() {
    const tab = (name: typeof app.sheet, text: string) => html`<button role="tab" data-sheet-tab=${name} aria-selected=${app.sheet === name} @click=${() => (name === "lesson" && !app.lesson ? void openLessons() : app.show({ sheet: name }))}>${text}</button>`;
    return html`
      <tab-header></tab-header>
      <div class="body" data-sheet=${app.sheet}>
        <nav class="sheet-nav" aria-label=${t("left.label")}><div class="sheet-tabs tabs" role="tablist" aria-label=${t("left.label")}>${tab("lesson", t("tab.lesson"))}${tab("do", t("sheet.do"))}${tab("inspect", t("sheet.inspect"))}${tab("terminal", t("sheet.terminal"))}</div></nav>
        <aside class="left" aria-label=${t("left.label")}><tab-left></tab-left></aside>
        <main aria-label=${t("stage.label")}><tab-banner></tab-banner><tab-stage></tab-stage></main>
        <aside class="right" aria-label=${t("right.label")}><tab-inspector></tab-inspector></aside>
        <tab-timeline></tab-timeline>
        <section class="bottom" aria-label=${t("bottom.label")}><tab-bottom></tab-bottom></section>
      </div>
      <div class="sr-only" aria-live="polite" id="live"></div>`;
  }

  override firstUpdated(): void {
    sayInto(this.querySelector("#live")!);
  }
}

app.embedded = document.documentElement.dataset.page === "embed";
const params = readParams(location.search);
const theme = params.theme ?? kept("theme") ?? "auto";
app.setTheme((["light", "dark", "auto"].includes(theme) ? theme : "auto") as Theme);
app.setLang(chooseLang(params.lang ?? kept("lang"), navigator.languages));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => app.setTheme(app.theme));
// A short link is opened as the share link that it stands for.
const deadLink = location.hash.startsWith("#link=") ? await import("./shortlink.ts").then((s) => s.openShortLink()) : undefined;

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const api = install(async () => {
  const stage = document.querySelector<TabStage>("tab-stage");
  await cluster.ready;
  await frame();
  await stage?.idle();
  await frame();
});
for (const c of params.complaints) app.write("stderr", c + "\n");
// A phone shows one panel: first the one that says where to begin.
if (matchMedia("(max-width: 760px)").matches) app.show({ sheet: "inspect" });
// A link that holds a session, or a tab that was reloaded.
const had = (() => { try { return sessionStorage.getItem("tabernetes.session"); } catch { return null; } })();
// What comes after the session in it is read by who opens a lesson.
const fragment = location.hash;
const session = /^#s\d*=/.test(fragment) || (cluster.keeps && had) ? import("./sessions/page.ts").then((s) => s.opening(params.config, /[?&](nodes|masters|seed)=/.test(location.search))) : undefined;
function start(opening = session): void {
  if (params.complaints.length) app.trouble = { title: t("params.title"), message: params.complaints.join("\n"), commands: 0 };
  if (deadLink) app.trouble = deadLink;
  void cluster.boot(params.config, params.speed ?? 1, opening).catch(() => {});
  // What the address asks for beside a cluster was done already where a session goes on.
  if (/[?&#](scenario|manifest)/.test(location.search + location.hash)) void Promise.resolve(opening).then(async (o) => { if (!o) await (await import("./opening.ts")).openWith(location.search, location.hash); });
}
// In another page's frame the panels are those that its author chose.
if (app.embedded) void import("./embed/page.ts").then((m) => m.show(api, () => start(), fragment));
else {
  customElements.define("tab-app", TabApp);
  if (params.hold && !cluster.keeps) { cluster.hold = start; document.documentElement.dataset.only = "stage"; } else start();
  if (params.lesson !== null) void openLessons(params.lesson, fragment);
  void api.offline;
  // A file that is dropped anywhere is to be imported.
  addEventListener("dragover", (e) => { if (e.dataTransfer?.types.includes("Files")) e.preventDefault(); });
  addEventListener("drop", (e) => {
    const file = e.dataTransfer?.files[0];
    if (!file) return;
    e.preventDefault();
    void Promise.all([import("./lazy/session.ts"), import("./lazy/session-import.ts")]).then(async ([s, i]) => s.openSession("import", await i.fileText(file))).catch((x: Error) => app.fault(x));
  });
}
