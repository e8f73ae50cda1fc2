// What is broken: the list of faults in force, each with the line that mends it; and the form that breaks more.

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import { t } from "../i18n/index.ts";
import type { Key } from "../i18n/index.ts";
import { clockText } from "../time.ts";
import { Panel } from "./panel.ts";

class TabFaults extends Panel {
  protected override render() {
    const list = app.model.control?.faults ?? [];
    if (!list.length) return nothing;
    return html`<section class="faults" aria-label=${t("faults.label")}><b>${t("faults.label")}</b>
      <ul>${list.map((f) => html`<li title=${clockText(f.at)}><span class="mono">${f.line}</span><button title=${f.undo} aria-label="${t(undoKey(f.op))}: ${f.undo}" ?disabled=${app.phase !== "ready"} @click=${() => void app.run(f.undo)}>${t(undoKey(f.op))}</button></li>`)}</ul>
      ${list.length > 1 ? html`<button ?disabled=${app.phase !== "ready"} @click=${() => void mendAll()}>${t("faults.all")}</button>` : nothing}</section>`;
  }
}
customElements.define("tab-faults", TabFaults);

async function mendAll(): Promise<void> {
  for (const f of app.model.control?.faults ?? []) await app.run(f.undo);
}

function undoKey(op: string): Key {
  return op === "kill" ? "act.start" : op === "pause" ? "act.continue" : op === "cut" ? "act.heal" : "act.mend";
}

/** What can be done to a machine's links, disk and clock. */
const kinds = ["cut", "link", "disk", "full", "clock"] as const;
type FaultKind = (typeof kinds)[number];
const draft = { name: "", kind: "cut" as FaultKind, to: "*", both: true, ms: 80, loss: 0, seconds: 30 };

/** The line of what the form says. */
export function draftLine(d: typeof draft): string {
  switch (d.kind) {
    case "cut": return `cut ${d.name} ${d.to}${d.both ? " both" : ""}`;
    case "link": return `link ${d.name} ${d.to} ${d.ms}ms${d.loss ? ` ${d.loss}%` : ""}${d.both ? " both" : ""}`;
    case "disk": return `disk ${d.name} ${d.ms}ms`;
    case "full": return `disk ${d.name} full`;
    case "clock": return `clock ${d.name} ${d.seconds}s`;
  }
}

export function faultForm(name: string, again: () => void): TemplateResult {
  if (draft.name !== name) Object.assign(draft, { name, kind: "cut", to: "*", both: true });
  const set = (change: Partial<typeof draft>) => { Object.assign(draft, change); again(); };
  const number = (e: Event, low: number, high: number) => { const n = Number((e.target as HTMLInputElement).value); return Number.isFinite(n) ? Math.max(low, Math.min(high, n)) : low; };
  const links = draft.kind === "cut" || draft.kind === "link", line = draftLine(draft);
  const others = [...app.model.nodes.values()].map((e) => e.view).filter((v) => v.name !== name).sort((a, b) => (a.role === b.role ? 0 : a.role < b.role ? -1 : 1)).slice(0, 60);
  return html`<details class="breaker"><summary>${t("faults.more")}</summary>
    <div class="row2"><label>${t("faults.what")}<select @change=${(e: Event) => set({ kind: (e.target as HTMLSelectElement).value as FaultKind })}>${kinds.map((k) => html`<option value=${k} ?selected=${k === draft.kind}>${t(`faults.${k}`)}</option>`)}</select></label>
      ${links ? html`<label>${t("faults.to")}<select @change=${(e: Event) => set({ to: (e.target as HTMLSelectElement).value })}><option value="*" ?selected=${draft.to === "*"}>${t("faults.everybody")}</option>${others.map((v) => html`<option ?selected=${v.name === draft.to}>${v.name}</option>`)}</select></label>` : nothing}
      ${draft.kind === "link" || draft.kind === "disk" ? html`<label>${t("faults.ms")}<input type="number" min="1" max="60000" .value=${String(draft.ms)} @change=${(e: Event) => set({ ms: number(e, 1, 60000) })}></label>` : nothing}
      ${draft.kind === "link" ? html`<label>${t("faults.loss")}<input type="number" min="0" max="95" .value=${String(draft.loss)} @change=${(e: Event) => set({ loss: number(e, 0, 95) })}></label>` : nothing}
      ${draft.kind === "clock" ? html`<label>${t("faults.seconds")}<input type="number" min="-604800" max="604800" .value=${String(draft.seconds)} @change=${(e: Event) => set({ seconds: number(e, -604800, 604800) })}></label>` : nothing}</div>
    ${links ? html`<label class="check"><input type="checkbox" .checked=${draft.both} @change=${(e: Event) => set({ both: (e.target as HTMLInputElement).checked })}> ${t("faults.both")}</label>` : nothing}
    <div class="buttons"><button class="danger" ?disabled=${app.phase !== "ready"} @click=${() => void app.run(line)}>${t("faults.do")}</button></div><p class="cmd">${line}</p></details>`;
}
