// What the right panel says when nothing is selected: four things to begin with, and the workloads there are.

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import { openLessons } from "../lessons.ts";
import { t } from "../i18n/index.ts";

export function welcome(): TemplateResult {
  const m = app.model, list = [...m.workloads.values()].filter((w) => w.ref && w.namespace !== "kube-system");
  const first = list.find((w) => w.kind === "Deployment"), victim = [...m.nodes.values()].find((e) => e.view.role === "worker" && e.view.power);
  const example = () => { app.show({ left: "yaml", sheet: "do" }); document.querySelector("tab-yaml")?.dispatchEvent(new CustomEvent("example", { detail: "canary-by-replicas.yaml" })); };
  const start = (n: number, name: string, note: string, off: boolean, go: () => void) => html`<button class="start" ?hidden=${n % 2 && !app.has("yaml")} ?disabled=${off} @click=${go}><i>${n}</i><span><b>${name}</b><small>${note}</small></span></button>`;
  return html`<h2>${t("select.none")}</h2><p class="note">${t("select.hint")}</p>
    ${app.left === "lesson" ? nothing : html`<div class="starts">
      <button class="start" ?hidden=${app.embedded} @click=${() => void openLessons()}><i>?</i><span><b>${t("start.lesson")}</b><small>${t("start.lesson.note")}</small></span></button>
      ${start(1, t("start.apply"), t("start.apply.note"), false, example)}
      ${start(2, t("start.scale"), t("start.scale.note"), !first, () => first && app.select(first.ref, "summary"))}
      ${start(3, t("start.canary"), t("start.canary.note"), !first, () => app.show({ left: "canary", sheet: "do" }))}
      ${start(4, t("start.kill"), t("start.kill.note"), !victim, () => victim && app.select("nodes/" + victim.view.name, "summary"))}
    </div>`}
    ${list.length ? html`<h3>${t("select.workloads")}</h3><ul class="plain">${list.slice(0, 50).map((w) => html`<li><button class="link" @click=${() => app.select(w.ref, "summary")}>${w.name}</button>
      <span class="dim">${w.ready}/${w.desired} · <span class=${w.state === "failed" ? "bad" : ""}>${t(`rollout.${w.state}`)}</span></span></li>`)}</ul>` : nothing}`;
}
