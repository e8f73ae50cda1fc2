// The summary of what is selected: the facts, and the actions where the thing is.

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import { namespaceFlag, nodeActions, podActions, serviceActions, workloadActions } from "../actions.ts";
import type { Action } from "../actions.ts";
import { en } from "../i18n/en.ts";
import { t } from "../i18n/index.ts";
import type { Key } from "../i18n/index.ts";
import type { Autoscaling, NodeView, ServiceView, WorkloadView } from "../protocol.ts";
import { stateText } from "../stage/podstyle.ts";
import { ageText, bytesText, round } from "../time.ts";
import { ailments, partWord, workerPart } from "../stage/control.ts";
import { autoscalingChart } from "./autoscaling.ts";
import { faultForm } from "./faults.ts";
import { headquarters, leaseFacts, partDetails, parts, processActions } from "./headquarters.ts";
import { moment } from "./moment.ts";
import { hueColor } from "./parts.ts";

const kinds: Record<string, string> = { pods: "Pod", nodes: "Node", services: "Service", deployments: "Deployment", replicasets: "ReplicaSet", horizontalpodautoscalers: "HorizontalPodAutoscaler", components: "", headquarters: "", requests: "", records: "" };

export function title(ref: string): { kind: string; name: string } {
  const [resource, ...rest] = ref.split("/");
  const name = rest.join("/").replace(/^default\//, "");
  return { kind: kinds[resource] ?? resource, name: resource === "headquarters" ? t("cp.title") : resource === "components" ? name.split("@")[0] : resource === "requests" ? t("load.request", { n: name }) : resource === "records" ? `#${name}` : name };
}

type Row = [Key, unknown];
function facts(rows: Row[]): TemplateResult {
  return html`<dl class="facts">${rows.map(([key, value]) => (value === undefined || value === "" ? nothing : html`<dt>${t(key)}</dt><dd>${value}</dd>`))}</dl>`;
}
function link(ref: string, text?: string): TemplateResult {
  return html`<button class="link" @click=${() => app.select(ref)}>${text ?? title(ref).name}</button>`;
}

/** Buttons, and under them the kubectl line of the one that is pointed at; all lines for those who cannot point. */
function buttons(actions: Action[]): TemplateResult {
  const ready = app.phase === "ready", first = actions.find((a) => a.line)?.line ?? "";
  const tell = (e: Event, a: Action) => {
    const line = (e.currentTarget as HTMLElement).parentElement!.nextElementSibling!;
    line.textContent = a.line || t("act.noKubectl");
  };
  return html`<div class="buttons">${actions.map((a) => html`<button class=${a.danger ? "danger" : ""} ?disabled=${!ready || a.off}
    @mouseenter=${(e: Event) => tell(e, a)} @focus=${(e: Event) => tell(e, a)} @click=${() => act(a)}>${a.text}</button>`)}</div><p class="cmd" .textContent=${first}></p>
    <details><summary>${t("act.stands")}</summary>${actions.map((a) => html`<p class="cmd">${a.text}: ${a.line || t("act.noKubectl")}</p>`)}</details>`;
}

function act(a: Action): void {
  // What only prints is of no use where its print is not seen: a phone shows one panel at a time.
  if (/^kubectl (describe|logs|rollout history)\b/.test(a.line)) app.show({ bottom: "terminal", sheet: "terminal" });
  if (a.run) a.run(); else void app.run(a.line);
}

/** `scaling` is what the engine told of the autoscaler that is selected, or that scales what is selected. */
export function summary(ref: string, scaling?: Autoscaling): TemplateResult {
  const m = app.model, name = ref.slice(ref.indexOf("/") + 1);
  if (ref.startsWith("headquarters/")) return headquarters();
  if (ref.startsWith("components/")) return component(name);
  if (ref.startsWith("nodes/")) { const e = m.nodeNamed(name); return e ? node(e.view) : gone(); }
  if (ref.startsWith("pods/")) return pod(name);
  const s = m.serviceOf(ref);
  if (s) return service(s);
  const w = m.workloadOf(ref);
  if (w) return html`${workload(w)}${scaling ? html`<h3>${t("hpa.title")} ${link(scaling.ref)}</h3>${autoscalingChart(scaling)}` : nothing}`;
  return scaling ? autoscaler(scaling) : gone();
}

function autoscaler(h: Autoscaling): TemplateResult {
  const [, ns, name] = h.ref.split("/"), flag = namespaceFlag(ns);
  return html`${facts([["hpa.target", h.target ? link(h.target) : t("none")], ["hpa.bounds", `${h.min} – ${h.max}`]])}${autoscalingChart(h)}
    ${buttons([{ text: t("act.describe"), line: `kubectl describe hpa ${name}${flag}` }, { text: t("act.delete"), line: `kubectl delete hpa ${name}${flag}`, danger: true }])}`;
}
function again(): void { document.querySelector<HTMLElement & { requestUpdate(): void }>("tab-inspector")?.requestUpdate(); }
function gone(): TemplateResult { return html`<p class="note">${t("select.gone")}</p>`; }

function component(name: string): TemplateResult {
  const [part, host] = name.split("@"), state = app.model.nodeNamed(host)?.view.components.find((c) => c.name === part);
  const nick = `nick.${part}` in en ? t(`nick.${part}` as Key) : "", c = app.model.control, master = app.model.masterNamed(host);
  const mine = master ? master.components.find((x) => x.name === part) : workerPart(c, name), power = app.model.nodeNamed(host)?.view.power !== false;
  const word = partWord(master, part, master ? state : power ? mine : { up: false, leader: false }, c, app.model.now);
  return html`${nick ? html`<p class="note">${nick}</p>` : nothing}${facts([
    ["field.component", link("nodes/" + host, host)], ["field.state", html`<b class=${word.bad ? "bad" : ""}>${word.sign} ${word.word || "✓"}</b>`],
    ["field.revision", part === "etcd" ? app.model.revision : undefined], ...leaseFacts(c?.leases.find((l) => l.name === part)), ["field.requests", part === "kube-apiserver" ? t("stage.calls", { n: round(app.model.totals.apiPerSec, 1) }) : undefined],
  ])}${mine && power ? buttons(processActions(name, mine.up, !!mine.paused, false)) : nothing}
  ${part === "etcd" ? html`<p class="cmd">etcdctl endpoint status -w table</p>` : nothing}${c ? partDetails(c, part) : nothing}`;
}

function node(v: NodeView): TemplateResult {
  const m = app.model, master = m.masterNamed(v.name), ails = ailments(m.control, v.name), share = (x: { capacity: number; requested: number }) => (x.capacity ? ` (${round((100 * x.requested) / x.capacity, 0)} %)` : "");
  return html`${facts([
    ["field.power", html`<b class=${v.power ? "" : "bad"}>${t(v.power ? "power.on" : "power.off")}</b>`],
    ["field.api", html`<b class=${v.ready === "True" ? "" : "bad"}>${t(`stage.ready.${v.ready}`)}</b>${v.cordoned ? ` · ${t("stage.cordoned")}` : ""}`],
    ["field.trouble", ails.length ? html`<b class="bad">${ails.join(", ")}</b>` : ""], ["field.role", v.role], ["field.zone", v.zone], ["field.pods", `${m.nodes.get(v.id)?.used ?? v.pods} / ${v.maxPods}`],
    ["field.cpu", `${round(v.cpu.requested, 2)} / ${round(v.cpu.capacity, 2)}${share(v.cpu)}`], ["field.memory", `${bytesText(v.memory.requested)} / ${bytesText(v.memory.capacity)}${share(v.memory)}`],
    ["field.lease", m.leaseOf(v) < 0 ? "" : ageText(m.now - m.leaseOf(v))], ["field.taints", v.taints.length ? html`<span class="mono small">${v.taints.join("\n")}</span>` : t("none")],
  ])}${buttons(nodeActions(v))}${faultForm(v.name, again)}${parts(v.name, v.power, master)}
  ${v.role === "control-plane" ? html`<button class="wide" @click=${() => app.select("headquarters/", "summary")}>${t("cp.title")}</button>` : nothing}
  ${v.power ? nothing : html`<button @click=${() => void app.ask({ op: "advance", seconds: 360 })}>${t("act.skip6")}</button>`}`;
}

function pod(name: string): TemplateResult {
  const m = app.model, slot = m.slotNamed(name);
  if (slot < 0) return gone();
  const [namespace, short] = name.split("/"), v = m.versions[m.version[slot]], w = m.workloads.get(m.workload[slot]), n = m.node[slot] >= 0 ? m.nodes.get(m.node[slot])?.view : undefined;
  return html`${facts([
    ["field.state", html`<b>${stateText(m.state[slot], m.reasons[slot])}</b>`], ["field.since", moment(m.at[slot])],
    ["field.version", v ? html`<i class="dot" style="background:${hueColor(v.hue)}"></i>${v.label}` : ""], ["field.workload", w?.ref ? link(w.ref, `${w.kind} ${w.name}`) : ""],
    ["field.node", n ? link("nodes/" + n.name, n.name) : t("none")], ["field.restarts", m.restarts[slot]],
  ])}${buttons(podActions(namespace, short))}
  <button class="wide" @click=${() => app.show({ right: "why" })}>${t("tab.why")}?</button>`;
}

function service(s: ServiceView): TemplateResult {
  const owners = new Set(s.endpoints.map((slot) => app.model.workload[slot]));
  return html`${facts([
    ["field.type", s.type], ["field.ip", html`<span class="mono">${s.clusterIP}</span>`], ["field.ports", s.ports],
    ["field.endpoints", `${t("stage.endpoints", { ready: s.ready })}${s.notReady ? `, ${t("stage.endpoints.not", { n: s.notReady })}` : ""}`],
    ["field.selector", html`<span class="mono small">${Object.entries(s.selector).map(([k, v]) => `${k}=${v}`).join(", ")}</span>`],
    ["select.workloads", html`${[...owners].map((id) => app.model.workloads.get(id)).filter((w) => w?.ref).map((w) => html`${link(w!.ref, w!.name)} `)}`],
    ["field.requests", s.rps ? `${t("stage.rps", { n: round(s.okPerSec + s.failPerSec, 0) })}${s.failPerSec ? `, ${t("stage.failing", { n: round((100 * s.failPerSec) / (s.okPerSec + s.failPerSec), 0) })}` : ""}` : ""],
  ])}${buttons(serviceActions(s.namespace, s.name))}`;
}

/** What the slider and the image field were last set to, while they are being changed. */
const draft = { ref: "", replicas: -1, image: "" };

function workload(w: WorkloadView): TemplateResult {
  if (draft.ref !== w.ref) Object.assign(draft, { ref: w.ref, replicas: -1, image: "" });
  const ns = namespaceFlag(w.namespace), target = `${w.kind.toLowerCase()}/${w.name}`;
  const replicas = draft.replicas >= 0 ? draft.replicas : w.desired, image = draft.image || w.image;
  const scale = `kubectl scale ${target} --replicas=${replicas}${ns}`, setImage = `kubectl set image ${target} ${w.container}=${image}${ns}`;
  const runScale = () => { void app.run(scale); draft.replicas = -1; };
  return html`${facts([
    ["field.rollout", html`<b class=${w.state === "failed" ? "bad" : ""}>${t(`rollout.${w.state}`)}</b>${w.paused ? ` · ⏸` : ""}`],
    ["field.image", html`<span class="mono small">${w.image}</span>`], ["field.ready", `${w.ready} / ${w.desired}`], ["field.updated", w.updated], ["field.available", w.available], ["field.revision", w.revision || ""],
  ])}
  <label for="replicas">${t("field.replicas")} <output>${replicas}</output></label>
  <div class="line"><input id="replicas" type="range" min="0" max=${Math.max(20, w.desired * 2)} .value=${String(replicas)} @input=${(e: Event) => { draft.replicas = Number((e.target as HTMLInputElement).value); again(); }}><button class="primary" ?disabled=${replicas === w.desired} @click=${runScale}>${t("act.scale")}</button></div>
  <p class="cmd">${scale}</p>
  ${w.kind === "Deployment" ? html`<label for="image">${t("field.image")}</label><div class="line"><input id="image" class="mono" spellcheck="false" .value=${image} @input=${(e: Event) => { draft.image = (e.target as HTMLInputElement).value.trim(); again(); }}><button class="primary" ?disabled=${image === w.image} @click=${() => { void app.run(setImage); draft.image = ""; }}>${t("act.setImage")}</button></div>
    <p class="cmd">${setImage}</p>
    <button class="wide" ?hidden=${!app.has("yaml")} @click=${() => app.show({ left: "canary", sheet: "do" })}>${t("act.canary")}</button>` : nothing}
  ${buttons(workloadActions(w))}`;
}
