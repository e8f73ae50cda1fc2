// Small pieces that several panels show.

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import { palettes, hue } from "../stage/palette.ts";
import type { VersionStats, WorkloadView } from "../protocol.ts";
import { round, spanText } from "../time.ts";
import { t } from "../i18n/index.ts";

const palette = () => (app.dark ? palettes.dark : palettes.light);

export function hueColor(index: number): string { return index < 0 ? palette().dim : hue(palette(), index).stroke; }

/** The colour of the version that most of a workload's pods are of. */
export function hueVar(w: WorkloadView): string {
  const m = app.model;
  for (let i = m.versions.length - 1; i >= 0; i--) if (m.versions[i]?.workload === w.ref) return hueColor(m.versions[i].hue);
  return palette().dim;
}

export function percent(share: number): string { return `${round(share * 100, share > 0.999 || share < 0.001 ? 2 : 1)} %`; }

/** Each version with its share of requests, success and latency. */
/** Counts of the last seconds with the latencies of the whole run, where the engine keeps none for the seconds. */
export function withLatency(recent: Record<string, VersionStats>, whole: Record<string, VersionStats>): Record<string, VersionStats> {
  return Object.fromEntries(Object.entries(recent).map(([name, v]) => [name, v.p99Ms ? v : { ...v, p50Ms: whole[name]?.p50Ms ?? 0, p99Ms: whole[name]?.p99Ms ?? 0 }]));
}

export function versionTable(by: Record<string, VersionStats>): TemplateResult | typeof nothing {
  const rows = Object.entries(by).sort(([a], [b]) => (a < b ? -1 : 1)), all = rows.reduce((n, [, v]) => n + v.ok + v.failed, 0);
  if (!rows.length || !all) return nothing;
  // Where all are tags of one image, the tag says it.
  const alike = new Set(rows.map(([name]) => name.slice(0, Math.max(0, name.lastIndexOf(":"))))).size === 1;
  return html`<table class="versions"><thead><tr><th scope="col">${t("canary.version")}</th><th scope="col">%</th><th scope="col">${t("canary.success")}</th><th scope="col">${t("canary.latency")}</th></tr></thead>
    <tbody>${rows.map(([full, v]) => {
      const n = v.ok + v.failed, name = alike ? full.slice(full.lastIndexOf(":") + 1) : full, color = hueColor(app.model.hueOfLabel(full));
      return html`<tr><th scope="row"><i class="dot" style="background:${color}"></i>${name || "–"}</th><td>${round((100 * n) / all, 1)}</td>
        <td class=${v.failed ? "bad" : ""}>${n ? percent(v.ok / n) : "–"}</td><td>${v.p99Ms ? `${spanText(v.p50Ms)} / ${spanText(v.p99Ms)}` : "–"}</td></tr>`;
    })}</tbody></table>
    <div class="meter" aria-hidden="true">${rows.map(([name, v]) => html`<i style="flex:${v.ok};background:${hueColor(app.model.hueOfLabel(name))}"></i>`)}<i class="badbg" style="flex:${rows.reduce((n, [, v]) => n + v.failed, 0)}"></i></div>`;
}
