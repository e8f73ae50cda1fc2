// The clock's menu: other steps than to the next write, and running until something holds.

import { html, nothing, render } from "lit";
import { app } from "../app.ts";
import { messages } from "../i18n/messages.ts";
import { namespaceFlag } from "../actions.ts";
import type { StepBy } from "../moments/travel.ts";
import { title } from "../panels/summary.ts";

export const say = messages({
  en: {
    label: "Steps, and running until something holds", step: "Step to the next", event: "event", "event.note": "a message arrives, a timer fires", write: "write", "write.note": "something is stored, or noted in the journal",
    object: "change of {name}", objectNone: "change of what is selected", "object.note": "within an hour of virtual time", until: "Run until", "until.note": "A kubectl wait or rollout status line. It runs as fast as possible and stops the moment it holds.",
    run: "Run", line: "Line", keys: "The Step button repeats the last kind.",
  },
  zh: {
    label: "单步方式，以及运行到条件成立", step: "单步到下一次", event: "事件", "event.note": "消息到达或定时器触发", write: "写入", "write.note": "有内容被存储或记入日志",
    object: "{name} 的变化", objectNone: "所选对象的变化", "object.note": "在一小时虚拟时间之内", until: "运行直到", "until.note": "一行 kubectl wait 或 rollout status。以最快速度运行，条件一成立就停下。",
    run: "运行", line: "命令", keys: "“单步”按钮会重复上次的方式。",
  },
});

/** Lines that wait for what is selected, or else for anything there is. */
export function waits(selection: string): string[] {
  const [resource, namespace, name] = selection.split("/"), ns = name ? namespaceFlag(namespace) : "", it = name ?? namespace, limit = " --timeout=1h";
  switch (resource) {
    case "pods": return [`kubectl wait --for=condition=Ready pod/${it}${ns}${limit}`, `kubectl wait --for=delete pod/${it}${ns}${limit}`];
    case "nodes": return [`kubectl wait --for=condition=Ready node/${it}${limit}`, `kubectl wait --for=condition=Ready=false node/${it}${limit}`];
    case "deployments": return [`kubectl rollout status deployment/${it}${ns}${limit}`, `kubectl wait --for=condition=Available deployment/${it}${ns}${limit}`];
    case "statefulsets": case "daemonsets": return [`kubectl rollout status ${resource.slice(0, -1)}/${it}${ns}${limit}`];
    case "jobs": return [`kubectl wait --for=condition=Complete job/${it}${ns}${limit}`];
  }
  const first = [...app.model.workloads.values()].filter((w) => w.kind === "Deployment" && w.namespace !== "kube-system").slice(0, 6);
  return [...first.map((w) => `kubectl rollout status deployment/${w.name}${namespaceFlag(w.namespace)}${limit}`), `kubectl wait --for=condition=Ready node --all${limit}`, `kubectl wait --for=condition=Ready pod --all${limit}`];
}

const css = `
.clock-menu { position: fixed; inset: auto; margin: 0; border: 1px solid var(--line); border-radius: 12px; background: var(--panel); color: var(--ink); box-shadow: var(--shadow); width: min(400px, calc(100vw - 20px)); padding: 12px 14px 14px; }
.clock-menu h2 { font-size: 13px; margin: 14px 0 6px; } .clock-menu h2:first-of-type { margin-top: 0; }
.clock-menu .steps3 { display: grid; gap: 4px; }
.clock-menu .steps3 button { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; text-align: left; white-space: normal; }
.clock-menu small { color: var(--dim); font-size: 11.5px; }
.clock-menu form { display: flex; gap: 6px; } .clock-menu input { font: 12px var(--mono); }`;

let menu: HTMLElement | undefined;

/** It covers nothing but itself: whoever steps wants to see what happens. */
export function openClockMenu(anchor: HTMLElement): void {
  menu?.remove();
  const d = (menu = document.createElement("div"));
  d.className = "clock-menu";
  d.popover = "auto";
  d.setAttribute("role", "dialog");
  d.setAttribute("aria-label", say("label"));
  const close = () => d.hidePopover();
  const chosen = () => (app.selection && !/^(requests|records|components|headquarters)\//.test(app.selection) ? title(app.selection).name : "");
  const step = (by: StepBy) => { app.travel.stepBy = by; void app.travel.step(by); };
  const choice = (by: StepBy, text: string, note: string, off = false) => html`<button ?disabled=${off || app.phase !== "ready"} aria-pressed=${app.travel.stepBy === by} @click=${() => step(by)}><span>${text}</span><small>${note}</small></button>`;
  const run = (e: SubmitEvent) => {
    e.preventDefault();
    const line = String(new FormData(e.target as HTMLFormElement).get("line")).trim();
    close();
    if (line) void app.travel.runUntil(line.startsWith("kubectl ") ? line : `kubectl ${line}`).catch(() => {});
  };
  const draw = () => {
    const name = chosen(), lines = waits(app.selection);
    render(html`<style>${css}</style>
    <h2>${say("step")}</h2><div class="steps3">
      ${choice("event", say("event"), say("event.note"))}${choice("write", say("write"), say("write.note"))}
      ${choice("object", name ? say("object", { name }) : say("objectNone"), say("object.note"), !name)}</div>
    <p class="note">${say("keys")}</p>
    <h2>${say("until")}</h2>
    <form @submit=${run}><input name="line" class="mono" aria-label=${say("line")} list="waits" spellcheck="false" autocomplete="off" .value=${lines[0]}><button class="primary">${say("run")}</button></form>
    <datalist id="waits">${lines.map((l) => html`<option value=${l}></option>`)}</datalist>
    ${lines.length > 1 ? html`<div class="buttons">${lines.slice(0, 3).map((l) => html`<button class="link mono small" @click=${() => { d.querySelector<HTMLInputElement>("input")!.value = l; }}>${l}</button>`)}</div>` : nothing}
    <p class="note">${say("until.note")}</p>`, d);
  };
  draw();
  const offs = [app.on("time", draw), app.on("selection", draw)];
  d.addEventListener("toggle", (e) => {
    if ((e as ToggleEvent).newState !== "closed") return;
    const inside = d.contains(document.activeElement);
    for (const off of offs) off();
    d.remove();
    if (inside) anchor.focus();
  });
  document.body.append(d);
  d.showPopover();
  d.querySelector<HTMLElement>("button:not(:disabled)")?.focus();
  const a = anchor.getBoundingClientRect(), b = d.getBoundingClientRect();
  d.style.left = `${Math.max(10, Math.min(innerWidth - b.width - 10, a.left - 120))}px`;
  d.style.top = `${a.bottom + 6 + b.height < innerHeight ? a.bottom + 6 : Math.max(10, a.top - b.height - 6)}px`;
}
