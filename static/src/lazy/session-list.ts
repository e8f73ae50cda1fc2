// The sessions that this browser keeps.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import { cluster } from "../cluster.ts";
import { lang } from "../i18n/index.ts";
import { copyName, keeper, openRecord, stopped, troubleText } from "../sessions/page.ts";
import { duplicate, store } from "../sessions/store.ts";
import type { Kept } from "../sessions/store.ts";
import { bytesText, clockText } from "../time.ts";
import type { Pane } from "./session.ts";
import { openingView } from "./session-opening.ts";
import { say } from "./session-messages.ts";

function age(ms: number): string {
  const m = Math.floor(ms / 60_000);
  return m < 1 ? say("age.now") : m < 60 ? say("age.minutes", { n: m }) : m < 2880 ? say("age.hours", { n: Math.floor(m / 60) }) : say("age.days", { n: Math.floor(m / 1440) });
}

export class ListPane implements Pane {
  private list?: Kept[]; private held = new Set<string>(); private error = ""; private opening = "";
  private editing = ""; private deleting = "";

  constructor(private readonly again: () => void, private readonly close: () => void) {}

  open(): void { this.editing = this.deleting = this.opening = ""; void this.refresh(); }

  private async refresh(): Promise<void> {
    try {
      await keeper?.save();
      this.list = (await (await store()).list()).filter((k) => k.commands || k.name || k.id === keeper?.id);
      this.held = new Set((await navigator.locks?.query())?.held?.map((l) => l.name ?? ""));
      this.error = keeper?.failed ? troubleText(keeper.failed) : "";
    } catch (e) { this.error = troubleText(e as Error); this.list = []; }
    this.again();
  }

  private async change(f: () => Promise<unknown>): Promise<void> {
    this.editing = this.deleting = "";
    try { await f(); } catch (e) { this.error = troubleText(e as Error); }
    await this.refresh();
  }

  private async load(id: string): Promise<void> {
    this.opening = id; this.again();
    try {
      await openRecord(id);
      this.close();
    } catch (e) { if (!stopped(e as Error)) this.error = (e as Error).message; }
    this.opening = "";
    this.again();
  }

  render() {
    return html`<p>${say("list.intro")}</p>${this.error ? html`<p class="warnbox" role="alert">${this.error}</p>` : nothing}
      ${this.list && !this.list.length && !this.error ? html`<p class="note">${say("list.none")}</p>` : nothing}
      <ul class="kept">${(this.list ?? []).map((k) => this.row(k))}</ul>`;
  }

  private row(k: Kept) {
    const name = k.name || say("list.unnamed", { date: new Date(k.created).toLocaleString(lang() === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium", timeStyle: "short" }) }), now = k.id === keeper?.id;
    const rename = (e: SubmitEvent) => { e.preventDefault(); const text = String(new FormData(e.target as HTMLFormElement).get("name")).trim().slice(0, 80); void this.change(async () => (await store()).rename(k.id, text)); };
    return html`<li>${this.editing === k.id
        ? html`<form class="line" @submit=${rename}><input name="name" maxlength="80" aria-label=${say("list.name")} .value=${k.name}><button class="primary">${say("list.save")}</button></form>`
        : html`<b>${name}</b>`}
      <span class="tag">${now ? `● ${say("list.now")}` : this.held.has(`tabernetes.session.${k.id}`) ? say("list.elsewhere") : nothing}</span>
      <span class="note">${say("list.facts", { nodes: k.nodes, commands: k.commands, size: k.bytes < 1024 ? `${k.bytes} B` : `${bytesText(k.bytes)}B`, at: clockText(k.now) })}${k.branches > 1 ? say("list.branches", { n: k.branches }) : nothing} · ${say("list.changed", { age: age(Date.now() - k.changed) })}</span>
      ${k.lines.length ? html`<span class="mono">${k.lines.join(" · ")}</span>` : nothing}
      <div class="do">${this.deleting === k.id ? html`<button class="danger" @click=${() => void this.change(async () => (await store()).remove(k.id))}>${say("list.sure")}</button><button @click=${() => this.set({ deleting: "" })}>${say("list.keep")}</button>`
        : this.opening === k.id && cluster.stopOpening ? openingView()
        : html`<button ?disabled=${now || !!this.opening || app.phase === "loading"} aria-label="${say("list.open")}: ${name}" @click=${() => void this.load(k.id)}>${this.opening === k.id ? say("list.opening") : say("list.open")}</button>
          <button aria-label="${say("list.rename")}: ${name}" @click=${() => this.set({ editing: k.id })}>${say("list.rename")}</button>
          <button aria-label="${say("list.copy")}: ${name}" @click=${() => void this.change(async () => duplicate(await store(), k.id, () => copyName(name)))}>${say("list.copy")}</button>
          <button class="danger" ?disabled=${now} aria-label="${say("list.delete")}: ${name}" @click=${() => this.set({ deleting: k.id })}>${say("list.delete")}</button>`}</div></li>`;
  }

  private set(change: { editing?: string; deleting?: string }): void {
    Object.assign(this, { editing: "", deleting: "" }, change);
    this.again();
    if (change.editing) requestAnimationFrame(() => document.querySelector<HTMLInputElement>("tab-session .kept input")?.select());
  }
}
