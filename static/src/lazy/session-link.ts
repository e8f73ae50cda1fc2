// The link: the session in the fragment of this page's address, or a short one where the host keeps sessions.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import { longestLink, longForChat, pack } from "../sessions/link.ts";
import { beforeFirstCommand } from "../sessions/text.ts";
import { clockText } from "../time.ts";
import type { Pane } from "./session.ts";
import { say } from "./session-messages.ts";

/** The session as a link of this page. */
export async function makeLink(options: { start?: boolean; branch?: number } = {}): Promise<{ link: string; payload: string }> {
  const { text } = await app.engine.call<{ text: string }>({ op: "session", branch: options.branch });
  const payload = await pack(options.start ? beforeFirstCommand(text) : text), home = new URL("./", location.href);
  return { link: `${home.href}#s=${payload}`, payload };
}

interface Host { max: number; days: number }

export class LinkPane implements Pane {
  private link = ""; private payload = ""; private error = ""; private note = "";
  private start = false; private whole = true; private at = 0;
  private host?: Host | null; private short = ""; private busy = false;

  constructor(private readonly again: () => void) {}

  open(): void {
    this.at = app.model.now;
    this.start = false;
    void this.make();
    if (this.host === undefined) void this.ask();
  }

  private async make(): Promise<void> {
    this.note = this.error = this.short = "";
    try {
      const made = await makeLink({ start: this.start, branch: this.whole ? undefined : app.model.branch });
      this.link = made.link; this.payload = made.payload;
    } catch (e) { this.link = this.payload = ""; this.error = (e as Error).message; }
    this.again();
  }

  /** Whether this host makes short links: a static one answers with nothing of the kind. */
  private async ask(): Promise<void> {
    this.host = null;
    try {
      const r = await fetch(new URL("api/links", document.baseURI), { headers: { accept: "application/json" } });
      if (!r.ok || !/json/.test(r.headers.get("content-type") ?? "")) return;
      const { max, days } = (await r.json()) as Host;
      if (Number.isFinite(max)) this.host = { max, days };
      this.again();
    } catch { /* no such host */ }
  }

  private async shorten(): Promise<void> {
    this.busy = true; this.note = ""; this.again();
    try {
      const r = await fetch(new URL("api/links", document.baseURI), { method: "POST", headers: { "content-type": "text/plain" }, body: this.payload });
      const answer = (await r.json().catch(() => ({}))) as { path?: string; error?: { message?: string } };
      if (!r.ok || !answer.path) throw new Error(answer.error?.message ?? String(r.status));
      this.short = new URL(answer.path, document.baseURI).href;
      await this.copy(this.short);
    } catch (e) { this.note = say("link.short.failed", { host: location.host, message: (e as Error).message }); }
    this.busy = false;
    this.again();
  }

  private async copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.note = say("link.copied");
    } catch {
      const field = document.querySelector<HTMLTextAreaElement>(this.short ? "tab-session input.short" : "tab-session .linkfield");
      field?.focus();
      field?.select();
      this.note = say("link.copyFailed");
    }
    app.say(this.note);
    this.again();
  }

  render() {
    const n = this.link.length, long = this.payload.length > longestLink, branches = app.travel.branches.length, h = this.host;
    const set = (change: Partial<{ start: boolean; whole: boolean }>) => { Object.assign(this, change); void this.make(); };
    const radio = (start: boolean, text: string) => html`<label class="check"><input type="radio" name="moment" .checked=${this.start === start} @change=${() => set({ start })}> ${text}</label>`;
    return html`<p>${say("link.intro")}</p>
      ${radio(false, say("link.moment", { at: clockText(this.at) }))}${radio(true, say("link.start"))}
      ${branches > 1 ? html`<label class="check"><input type="checkbox" .checked=${this.whole} @change=${(e: Event) => set({ whole: (e.target as HTMLInputElement).checked })}> ${say("link.branches", { n: branches })}</label>` : nothing}
      ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : long ? html`<p class="warnbox" role="alert">${say("link.tooLong", { n })}</p>` : html`
        <textarea class="linkfield" readonly aria-label=${say("link.field")} .value=${this.link} @focus=${(e: Event) => (e.target as HTMLTextAreaElement).select()}></textarea>
        ${n > longForChat ? html`<p class="warnbox">${say("link.chat", { n })}</p>` : nothing}
        <div class="split"><span class="note" role="status">${this.note || (n > longForChat ? "" : say("link.length", { n }))}</span><button class="primary" ?disabled=${!n} @click=${() => void this.copy(this.link)}>${say("link.copy")}</button></div>`}
      ${h ? html`<h2 style="margin-top:14px">${say("link.short.made")}</h2>
        ${this.short ? html`<input class="mono short" readonly aria-label=${say("link.short.made")} .value=${this.short}>` : html`<div class="line"><p class="note">${this.payload.length > h.max ? say("link.short.big", { host: location.host, max: h.max }) : h.days ? say("link.short.note", { host: location.host, days: h.days }) : say("link.short.forever", { host: location.host })}</p>
          <button ?disabled=${this.busy || !n || this.payload.length > h.max} @click=${() => void this.shorten()}>${say("link.short")}</button></div>`}` : nothing}`;
  }
}
