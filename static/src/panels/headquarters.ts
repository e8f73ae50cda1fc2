// The right panel about the control plane: members, the last election, Leases, the load balancer, and what became of the
// newest writes; and about one part of it.

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import type { Action } from "../actions.ts";
import type { ControlPlane, Leadership, Master, Write } from "../protocol.ts";
import { electionText, fate, headline, memberDown, partWord, workerPart } from "../stage/control.ts";
import { lostFor } from "../stage/headquarters.ts";
import { ageText, clockText } from "../time.ts";
import { t } from "../i18n/index.ts";
import { moment, toTheSecond } from "./moment.ts";
import "./scheduler.ts";
import type { Key } from "../i18n/index.ts";

const prefix = "control-plane-";
const go = (ref: string, text: string) => html`<button class="link" @click=${() => app.select(ref, "summary")}>${text}</button>`;

/** Everything there is to know about the headquarters. */
export function headquarters(): TemplateResult {
  const m = app.model, c = m.control;
  if (!c) return html`<p class="note">…</p>`;
  const h = headline(c, m.now, lostFor({ model: m }));
  return html`<p class="say ${h.kind === "bad" ? "bad" : ""}">${h.text}</p>${members(c)}${election(c)}${writes(c)}${leases(c)}${balancer(c)}`;
}

/** A column for each member: there are few of them, and much to say of each. */
export function members(c: ControlPlane): TemplateResult {
  const short = c.masters.every((m) => m.name.startsWith(prefix));
  const row = (key: Key, value: (m: Master) => unknown) => html`<tr><th scope="row">${t(key)}</th>${c.masters.map((m) => html`<td>${value(m)}</td>`)}</tr>`;
  const brief = (name: string) => (short ? name.replace(prefix, "") : name) || "–";
  return html`<h3>${t("cp.members")}</h3><div class="across" tabindex="0" role="region" aria-label=${t("cp.members")}><table class="members">
    <thead><tr><th scope="col">${short ? prefix : ""}</th>${c.masters.map((m) => html`<th scope="col">${go(`components/etcd@${m.name}`, brief(m.name))}</th>`)}</tr></thead><tbody>
    ${row("cp.role", (m) => { const w = partWord(m, "etcd", undefined); return html`<span class=${w.bad ? "bad" : w.leads ? "lead" : ""}>${w.sign} ${w.word}</span>`; })}
    ${row("cp.term", (m) => m.etcd.term)}
    ${row("cp.vote", (m) => brief(m.etcd.vote))}
    ${row("cp.last", (m) => m.etcd.last)}
    ${row("cp.commit", (m) => m.etcd.commit)}
    ${row("cp.applied", (m) => m.etcd.applied)}
    ${row("cp.revision", (m) => m.etcd.revision)}
    ${row("cp.pending", (m) => (memberDown(m) ? "–" : m.etcd.pending + (m.etcd.queued ? ` (${m.etcd.queued})` : "")))}
    ${c.masters.some((m) => m.etcd.alarms?.length) ? row("cp.alarms", (m) => m.etcd.alarms?.join(" ") ?? "") : nothing}
    </tbody></table></div>`;
}

export function election(c: ControlPlane): TemplateResult | typeof nothing {
  if (!c.election || c.masters.length < 2) return nothing;
  return html`<h3>${t("cp.election")}</h3><p>${moment(c.election.at)} ${electionText(c)}</p>`;
}

export function writes(c: ControlPlane): TemplateResult | typeof nothing {
  if (!c.writes.length) return nothing;
  const sign = (w: Write) => (w.state === "committed" ? "✓" : w.state === "lost" || w.state === "refused" ? "✕" : "…");
  return html`<h3>${t("cp.writes")}</h3><ul class="writes">${[...c.writes].reverse().slice(0, 6).map((w) => html`<li><div><b aria-hidden="true" class=${w.code ? "bad" : ""}>${sign(w)}</b> <span class="mono">${w.line}</span></div><p>${fate(w, false)}</p></li>`)}</ul>`;
}

export function leases(c: ControlPlane): TemplateResult | typeof nothing {
  if (!c.leases.length) return nothing;
  return html`<h3>${t("cp.leases")}</h3><table class="leases"><thead><tr><th scope="col">${t("cp.lease")}</th><th scope="col">${t("cp.holder")}</th><th scope="col">${t("cp.changes")}</th><th scope="col">${t("field.since")}</th></tr></thead>
    <tbody>${c.leases.map((l) => html`<tr><th scope="row">${l.name}</th><td>${l.host ? go(`components/${l.name}@${l.host}`, l.host.replace(prefix, "…-")) : t("none")}</td><td>${l.transitions}</td><td class="mono">${toTheSecond(Math.max(0, l.acquired))}</td></tr>`)}</tbody></table>`;
}

function balancer(c: ControlPlane): TemplateResult | typeof nothing {
  if (!c.balanced) return nothing;
  return html`<h3>${t("stage.balancer")}</h3><ul class="plain">${c.masters.map((m) => html`<li>${go(`components/kube-apiserver@${m.name}`, `kube-apiserver@${m.name}`)}<span class=${m.endpoint ? "dim" : "bad"}>${m.endpoint ? "✓" : "✕"} ${t(m.endpoint ? "stage.inRotation" : "stage.outOfRotation")}</span></li>`)}</ul>`;
}

/** What runs on a machine. */
export function parts(name: string, power: boolean, m: Master | undefined): TemplateResult {
  const c = app.model.control, list = m?.components ?? ["kubelet", "kube-proxy"].map((x) => workerPart(c, `${x}@${name}`));
  return html`<h3>${t("cp.parts")}</h3><ul class="plain">${list.map((x) => { const w = partWord(m, x.name, power ? x : { up: false, leader: false }, c, app.model.now); return html`<li>${go(`components/${x.name}@${name}`, x.name)}<span class=${w.bad ? "bad" : "dim"}>${w.sign} ${w.word || "✓"}</span></li>`; })}</ul>`;
}

/** What one part has to say for itself, below its state. */
export function partDetails(c: ControlPlane, part: string): TemplateResult | typeof nothing {
  if (part === "etcd") return html`${members(c)}${election(c)}${writes(c)}`;
  if (part === "kube-apiserver") return html`${balancer(c)}${writes(c)}`;
  return html`${leases(c)}${part === "kube-scheduler" ? html`<scheduler-config></scheduler-config>` : nothing}`;
}

/** A component's Lease, as rows of facts. */
export function leaseFacts(l: Leadership | undefined): [Key, unknown][] {
  if (!l) return [];
  return [["cp.holder", html`<span class="mono small">${l.holder || t("none")}</span>`], ["cp.changes", l.transitions], ["field.since", html`<span class="mono">${clockText(Math.max(0, l.acquired))}</span>`], ["cp.renewed", ageText(Math.max(0, app.model.now - l.renewed))]];
}

/** Kill, start, pause and continue, of a machine or of a component of one. */
export function processActions(what: string, up: boolean, paused: boolean, machine: boolean): Action[] {
  if (!up) return [{ text: t(machine ? "act.restore" : "act.start"), line: "restart " + what }];
  const out: Action[] = [{ text: t(machine ? "act.cut" : "act.kill"), line: "kill " + what, danger: true }];
  out.push(paused ? { text: t("act.continue"), line: "continue " + what } : { text: t("act.freeze"), line: "pause " + what, danger: true });
  if (!machine) out.push({ text: t("act.reboot"), line: "restart " + what });
  return out;
}
