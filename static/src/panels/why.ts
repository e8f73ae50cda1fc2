// The chain of causes: effect first, cause under it, each with its time and revision, each a link.

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import type { Remedy, SchedulerRow, Why, WhyStep } from "../protocol.ts";
import { round } from "../time.ts";
import { t } from "../i18n/index.ts";
import { told } from "../i18n/told.ts";
import { moment } from "./moment.ts";
import { title } from "./summary.ts";

/** Rows beyond this are not worth a person's eye; the chosen and the best come first. */
const maxRows = 60;

export function whyView(w: Why): TemplateResult {
  const nothingKnown = !w.summary && !w.chain.length && !w.history.length && !w.scheduler;
  return html`
    ${w.summary ? html`<p class="say">${told(w.summary)}</p>` : nothing}
    ${nothingKnown ? html`<p class="note">${t("why.none")}</p>` : nothing}
    ${w.scheduler?.remedies?.length ? html`<h3>${t("why.remedies")}</h3><ul class="advice">${w.scheduler.remedies.map((r) => html`<li>${remedy(r)}</li>`)}</ul>` : nothing}
    ${w.chain.length ? html`<h3>${t("why.chain")}</h3>${chain(w.chain)}` : nothing}
    ${w.advice.length ? html`<h3>${t("why.advice")}</h3><ul class="advice">${w.advice.map((a) => html`<li>${told(a)}</li>`)}</ul>` : nothing}
    ${w.scheduler ? html`<h3>${t("why.scheduler")}</h3><p class="mono small">${w.scheduler.profile === "default-scheduler" ? nothing : html`${w.scheduler.profile}: `}${told(w.scheduler.message)}</p>
      ${w.scheduler.preempted?.length ? html`<p class="note">${t("why.preempted", { pods: w.scheduler.preempted.join(", ") })}</p>` : nothing}
      ${schedulerTable(w.scheduler.rows)}` : nothing}
    ${w.history.some((h) => !w.chain.some((c) => c.at === h.at && c.text === h.text)) ? html`<h3>${t("why.history")}</h3>${chain(w.history)}` : nothing}`;
}

function chain(steps: WhyStep[]): TemplateResult {
  return html`<ol class="why">${steps.map((s) => html`<li class=${/fail|fault|kill|lost|evict|error|timeout|dead/i.test(s.kind) || /lost power|\bfailed\b|timed? ?out/i.test(s.text) ? "bad" : ""}>
    ${s.ref && s.ref !== app.selection ? html`<button class="link" @click=${() => app.select(s.ref, "why")}>${told(s.text || s.kind)}</button>` : html`<span>${told(s.text || s.kind)}</span>`}
    <div class="dim">${moment(s.at)}${s.actor ? ` · ${s.actor}` : ""}${s.revision ? ` · ${t("why.revision", { n: s.revision })}` : ""}${s.ref ? html` · ${title(s.ref).name}` : nothing}</div></li>`)}</ol>`;
}

function remedy(r: Remedy): string {
  return t(r.kind === "node" && !r.what ? "why.remedy.another" : `why.remedy.${r.kind}`, { what: r.what, nodes: r.nodes.join(", ") });
}

function schedulerTable(rows: SchedulerRow[]): TemplateResult {
  const sorted = [...rows].sort((a, b) => Number(b.chosen) - Number(a.chosen) || b.total - a.total).slice(0, maxRows);
  return html`<table class="sched"><thead><tr><th scope="col">${t("why.node")}</th><th scope="col">${t("why.verdict")}</th><th scope="col">${t("why.score")}</th></tr></thead><tbody>
    ${sorted.map((r) => html`<tr class=${r.chosen ? "chosen" : r.plugin ? "no" : ""}><th scope="row"><button class="link" @click=${() => app.select("nodes/" + r.node)}>${told(r.node)}</button></th>
      <td>${r.chosen ? html`<b>✓ ${t("why.chosen")}</b>` : told(r.verdict)}${r.plugin ? html`<div class="dim">${r.plugin}</div>` : nothing}</td>
      <td>${r.plugin ? "" : round(r.total, 0)}</td></tr>
      ${r.scores.length ? html`<tr class="more"><td colspan="3"><details><summary>${t("why.scores")}</summary><table class="scores"><thead><tr><th scope="col">${t("why.plugin")}</th><th scope="col">${t("why.raw")}</th><th scope="col">${t("why.normalized")}</th><th scope="col">${t("why.weighted")}</th></tr></thead><tbody>
        ${r.scores.map((x) => html`<tr><th scope="row">${x.plugin}</th><td>${round(x.raw, 0)}</td><td>${round(x.normalized, 0)}</td><td>${round(x.weighted, 0)} <span class="dim">×${x.weight}</span></td></tr>`)}</tbody></table></details></td></tr>` : nothing}`)}
    ${rows.length > sorted.length ? html`<tr><td colspan="3" class="dim">${t("stage.more", { n: rows.length - sorted.length })}</td></tr>` : nothing}
  </tbody></table>`;
}
