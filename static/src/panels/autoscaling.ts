// What an autoscaler has seen and done: a chart, and the same as a table for those who do not see it.

import { html, nothing, svg } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import { amount, chart, size, turns } from "../autoscaling-chart.ts";
import type { Line } from "../autoscaling-chart.ts";
import { t } from "../i18n/index.ts";
import type { Autoscaling } from "../protocol.ts";
import { ageText } from "../time.ts";
import { moment } from "./moment.ts";

/** Colour, width and dashes of each line: no two differ by colour alone. */
const looks: Record<"value" | "goal" | "desired" | "actual" | "ready", [string, number, string]> = {
  value: ["var(--blue)", 2, ""], goal: ["var(--dim)", 1.2, "5 3"], desired: ["var(--ink)", 1.4, "2 2.5"], actual: ["var(--dim)", 1.2, ""], ready: ["var(--ok)", 2.6, ""],
};
type Name = keyof typeof looks;

const stroke = (name: Name, l: Line) => svg`<path d=${l.path} fill="none" stroke=${looks[name][0]} stroke-width=${looks[name][1]} stroke-dasharray=${looks[name][2]} />`;

export function autoscalingChart(h: Autoscaling): TemplateResult {
  const c = chart(h, app.model.now), n = h.at.length - 1, low = size.top + size.lane, foot = c.height - 4, right = size.width - size.right;
  const text = (x: number, y: number, what: unknown, end = true) => svg`<text x=${x} y=${y} text-anchor=${end ? "end" : "middle"}>${what}</text>`;
  const now = { metric: h.metric, value: amount(h.value[n], h.unit) || t("hpa.unknown"), goal: amount(h.goal[n], h.unit), desired: h.desired[n] ?? 0, ready: Math.max(0, h.ready[n] ?? 0) };
  const key = (name: Name, label: string, value: unknown) => html`<span><svg width="22" height="8" aria-hidden="true">${stroke(name, { path: "M0 4H22" })}</svg>${label} <b>${value}</b></span>`;
  return html`<figure class="hpa">
    <svg viewBox="0 0 ${size.width} ${c.height}" role="img" aria-label=${t("hpa.alt", now)}>
      ${[c.metric, c.replicas].map((l, i) => svg`<rect x=${size.left} y=${l.top} width=${right - size.left} height=${size.lane} fill="var(--code)" />${text(size.left - 4, l.top + 8, i ? l.max : amount(l.max, h.unit))}${text(size.left - 4, l.top + size.lane, 0)}`)}
      ${c.ticks.map((k) => svg`<path d=${`M${k.x} ${size.top}V${low}M${k.x} ${c.replicas.top}V${c.replicas.top + size.lane}`} stroke="var(--line)" />${text(k.x, foot, k.at === 0 ? "0" : ageText(k.at), false)}`)}
      ${h.max <= c.replicas.max ? svg`<path d=${`M${size.left} ${c.replicas.y(h.max)}H${right}`} stroke="var(--bad)" stroke-dasharray="1 3" />` : nothing}
      ${stroke("goal", c.goal)}${stroke("value", c.value)}${stroke("actual", c.actual)}${stroke("ready", c.ready)}${stroke("desired", c.desired)}
    </svg>
    <figcaption>${key("value", h.metric, now.value)}${key("goal", t("hpa.goal"), now.goal)}${key("desired", t("hpa.desired"), now.desired)}${key("actual", t("hpa.actual"), Math.max(0, h.actual[n] ?? 0))}${key("ready", t("hpa.ready"), now.ready)}</figcaption>
    <details><summary>${t("hpa.table")}</summary><table><thead><tr><th scope="col">${t("hpa.time")}</th><th scope="col">${h.metric}</th><th scope="col">${t("hpa.desired")}</th><th scope="col">${t("hpa.ready")}</th></tr></thead>
      <tbody>${turns(h, 20).map((i) => html`<tr><th scope="row">${moment(h.at[i])}</th><td>${amount(h.value[i], h.unit) || "–"}</td><td>${h.desired[i]}</td><td>${Math.max(0, h.ready[i])}</td></tr>`)}</tbody></table></details>
  </figure>`;
}
