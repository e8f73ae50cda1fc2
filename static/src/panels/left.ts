// The left panel: what one can do. YAML, canary, load.

import { html } from "lit";
import { app } from "../app.ts";
import { t } from "../i18n/index.ts";
import { Panel } from "./panel.ts";
import { tabs } from "./tabs.ts";
import "./edit.ts";
import "./yaml.ts";
import "./canary.ts";
import "./load.ts";

class TabLeft extends Panel {
  protected override topics = ["prefs", "tabs"] as Panel["topics"];

  protected override render() {
    return html`
      ${tabs("left", app.left, [...(app.lesson ? [["lesson", t("tab.lesson")] as ["lesson", string]] : []), ["yaml", t("tab.yaml")], ["canary", t("tab.canary")], ["load", t("tab.load")], ...(app.editing ? [["edit", t("tab.edit")] as ["edit", string]] : [])], (left) => app.show({ left }), t("left.label"))}
      <div class="pane" role="tabpanel" id="left-panel" aria-labelledby="left-tab-${app.left}">
        ${app.lesson ? html`<tab-lesson ?hidden=${app.left !== "lesson"}></tab-lesson>` : ""}
        <tab-yaml ?hidden=${app.left !== "yaml"}></tab-yaml>
        ${app.editing ? html`<tab-edit ?hidden=${app.left !== "edit"}></tab-edit>` : ""}
        ${app.left === "canary" ? html`<tab-canary></tab-canary>` : ""}
        ${app.left === "load" ? html`<tab-load></tab-load>` : ""}
      </div>`;
  }
}
customElements.define("tab-left", TabLeft);
