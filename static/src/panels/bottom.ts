// The bottom: the terminal, the events, the branches.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import type { Line } from "../app.ts";
import { t } from "../i18n/index.ts";
import type { EventInfo } from "../protocol.ts";
import type { Terminal } from "../lazy/terminal.ts";
import { moment, toTheSecond } from "./moment.ts";
import { Panel } from "./panel.ts";
import { tabs } from "./tabs.ts";

class TabBottom extends Panel {
  protected override topics = ["prefs", "tabs"] as Panel["topics"];

  protected override render() {
    return html`
      ${tabs("bottom", app.bottom, [["terminal", t("tab.terminal")], ["events", t("tab.events")], ["branches", t("tab.branches")]], (bottom) => app.show({ bottom }), t("bottom.label"))}
      <div class="pane" role="tabpanel" id="bottom-panel" aria-labelledby="bottom-tab-${app.bottom}">
        <tab-terminal ?hidden=${app.bottom !== "terminal"}></tab-terminal>
        ${app.bottom === "events" ? html`<tab-events></tab-events>` : app.bottom === "branches" ? this.branches() : nothing}
      </div>`;
  }

  private branches() {
    void import("../lazy/branches.ts");
    return html`<tab-branches></tab-branches>`;
  }
}

/** The end of what was written, as much of it as a person would scroll back: the terminal has more. */
function newest(lines: readonly Line[], most = 200, characters = 40_000): Line[] {
  const out: Line[] = [];
  for (let i = lines.length - 1; i >= 0 && out.length < most && characters > 0; i--) {
    const { kind, text } = lines[i];
    out.push({ kind, text: text.slice(-characters) });
    characters -= text.length;
  }
  return out.reverse();
}

class TabTerminal extends Panel {
  protected override topics = ["prefs"] as Panel["topics"];
  private terminal?: Terminal; private opening?: Promise<void>; private asked = 0;

  override firstUpdated(): void {
    // A line may print thousands of times: what is seen of it is drawn once a frame.
    app.on("transcript", () => { if (!this.host) this.asked ||= requestAnimationFrame(() => { this.asked = 0; this.requestUpdate(); }); });
    app.on("tabs", () => this.terminal?.fit());
    // Something is typed for the learner; a line end in it is Enter.
    this.addEventListener("type", (e) => void this.open().then(() => { this.terminal!.type((e as CustomEvent<string>).detail); this.terminal!.focus(); }));
  }

  private open(): Promise<void> {
    return (this.opening ??= (async () => {
      const { openTerminal } = await import("../lazy/terminal.ts");
      const host = document.createElement("div");
      host.className = "xterm-host";
      this.replaceHost(host);
      this.terminal = openTerminal(host);
      this.terminal.focus();
    })());
  }
  private host?: HTMLElement;
  private replaceHost(host: HTMLElement): void { this.host = host; this.requestUpdate(); this.performUpdate(); }

  protected override updated(): void {
    const box = this.querySelector(".transcript");
    if (box) box.scrollTop = box.scrollHeight;
  }

  private key(e: KeyboardEvent): void {
    if (e.key.length === 1 && !e.ctrlKey && !e.metaKey) { const c = e.key; e.preventDefault(); void this.open().then(() => this.terminal!.type(c)); }
    else if (e.key === "Enter") { e.preventDefault(); void this.open(); }
  }

  protected override render() {
    if (this.host) return html`${this.host}`;
    return html`<div class="transcript" role="log" aria-label=${t("term.label")} tabindex="0" @click=${() => void this.open()} @keydown=${this.key}>${newest(app.transcript).map((l) =>
        html`<span class=${l.kind}>${l.kind === "command" ? html`<u>~ $</u> ${l.text}\n` : l.kind === "note" ? l.text + "\n" : l.text}</span>`)}<span class="hint">${app.transcript.length ? "" : t("term.welcome") + "\n"}<u>~ $</u> <em>▌</em> ${t("term.open")}</span></div>`;
  }
}

class TabEvents extends Panel {
  protected override topics = ["prefs"] as Panel["topics"];
  private list: EventInfo[] = []; private poll = 0;
  private off = () => {};
  override connectedCallback(): void {
    super.connectedCallback();
    this.poll = window.setInterval(() => void this.refresh(), 1000);
    this.off = app.on("frame", (f) => { if (f!.full) void this.refresh(); });
    void this.refresh();
  }
  override disconnectedCallback(): void { super.disconnectedCallback(); this.off(); clearInterval(this.poll); }

  private async refresh(): Promise<void> {
    if (app.phase !== "ready" || document.hidden) return;
    this.list = await app.engine.call<EventInfo[]>({ op: "events", limit: 200 }).catch(() => this.list);
    this.requestUpdate();
  }

  protected override render() {
    if (!this.list.length) return html`<p class="note pad">${t("events.none")}</p>`;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("tab.events")}><table class="eventlist"><thead><tr>${(["events.age", "events.type", "events.reason", "events.object", "events.message"] as const).map((k) => html`<th scope="col">${t(k)}</th>`)}</tr></thead>
      <tbody>${this.list.map((e) => html`<tr class=${e.type === "Warning" ? "warn" : ""}><td>${moment(e.moment, toTheSecond(e.at))}</td><td>${e.type === "Warning" ? "⚠ " : ""}${e.type}</td><td>${e.reason}${e.count > 1 ? ` ×${e.count}` : ""}</td><td><button class="link" @click=${() => app.select(e.ref, "why")}>${e.object}</button></td><td>${e.message}</td></tr>`)}</tbody></table></div>`;
  }
}

customElements.define("tab-terminal", TabTerminal);
customElements.define("tab-events", TabEvents);
customElements.define("tab-bottom", TabBottom);
