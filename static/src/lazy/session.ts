// The session's dialog: a link to it, the sessions that are kept, exporting, importing.

import { html } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import { cluster } from "../cluster.ts";
import { t } from "../i18n/index.ts";
import { Panel } from "../panels/panel.ts";
import { tabs } from "../panels/tabs.ts";
import { ExportPane } from "./session-export.ts";
import { ImportPane } from "./session-import.ts";
import { LinkPane } from "./session-link.ts";
import { ListPane } from "./session-list.ts";
import { say } from "./session-messages.ts";

export type SessionTab = "link" | "sessions" | "export" | "import";

/** A page of the dialog. */
export interface Pane { /** It is turned to. */ open(): void; render(): TemplateResult }

const css = `
tab-session dialog { width: min(620px, 94vw); padding: 0; max-height: min(720px, 92dvh); overflow: hidden; } tab-session dialog[open] { display: flex; flex-direction: column; }
tab-session .top { display: flex; align-items: flex-end; border-bottom: 1px solid var(--line); } tab-session .top .tabs { flex: 1; border: 0; } tab-session .top > button { border: 0; background: none; margin: 4px 8px; }
tab-session .sheet { padding: 14px 18px 18px; overflow: auto; } tab-session .sheet p + p, tab-session .sheet p + .actions { margin-top: 8px; }
tab-session .linkfield { width: 100%; height: 76px; font: 11px/1.5 var(--mono); background: var(--code); border: 1px solid var(--line); border-radius: 8px; padding: 7px 10px; resize: none; overflow-wrap: anywhere; color: var(--dim); }
tab-session .check { color: var(--ink); font-size: 13px; margin: 6px 0; } tab-session .split { display: flex; align-items: center; justify-content: space-between; gap: 12px; margin-top: 8px; } tab-session .warnbox { background: var(--past-bg); border-radius: 8px; padding: 6px 10px; margin-top: 8px; font-size: 12.5px; }
tab-session .kept { list-style: none; padding: 0; margin-top: 10px; } tab-session .kept > li { padding: 9px 0; border-top: 1px solid var(--line); display: grid; grid-template-columns: 1fr auto; gap: 2px 12px; } tab-session .kept .mono { font-size: 11px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; grid-column: 1 / 3; color: var(--dim); } tab-session .kept .note { grid-column: 1 / 3; } tab-session .kept b { overflow-wrap: anywhere; } tab-session .kept .do { align-items: center; display: flex; flex-wrap: wrap; gap: 5px; grid-column: 1 / 3; } tab-session .kept .do button { min-height: 25px; padding: 1px 10px; font-size: 12px; } tab-session .tag { font-size: 11.5px; color: var(--link); font-weight: 600; white-space: nowrap; }
tab-session .ways { list-style: none; padding: 0; } tab-session .ways li { display: flex; justify-content: space-between; align-items: center; gap: 14px; padding: 9px 0; border-top: 1px solid var(--line); } tab-session .ways li:first-child { border: 0; } tab-session .ways p { margin: 0; }
tab-session .drop { width: 100%; height: 170px; font: 11.5px/1.5 var(--mono); background: var(--code); border: 1.5px dashed var(--line); border-radius: 8px; padding: 9px 11px; resize: vertical; margin-top: 10px; } tab-session .drop.over { border-color: var(--blue); }
tab-session .pick { margin: 0; border: 1px solid var(--line); border-radius: 7px; background: var(--bg); padding: 4px 10px; color: var(--ink); font-size: 13px; cursor: pointer; } tab-session .pick:hover { background: var(--hover); } tab-session .pick:focus-within { outline: 2px solid var(--blue); } tab-session .pick input { position: absolute; width: 1px; height: 1px; opacity: 0; }
tab-session .left-out { margin: 8px 0 0; padding-left: 18px; font-size: 12px; max-height: 160px; overflow: auto; } tab-session .left-out li { overflow-wrap: anywhere; }`;

class TabSession extends Panel {
  protected override topics = ["prefs", "status", "kept", "time"] as Panel["topics"];
  private tab: SessionTab = "link";
  private readonly again = () => this.requestUpdate();
  private readonly panes: Record<SessionTab, Pane> = { link: new LinkPane(this.again), sessions: new ListPane(this.again, () => this.close()), export: new ExportPane(this.again), import: new ImportPane(this.again, () => this.close()) };

  open(tab: SessionTab, text?: string): void {
    this.tab = tab;
    if (text !== undefined) (this.panes.import as ImportPane).take(text);
    void this.updateComplete.then(() => {
      const d = this.querySelector("dialog")!;
      if (!d.open) d.showModal();
      this.panes[tab].open();
      this.requestUpdate();
    });
    this.requestUpdate();
  }

  close(): void { this.querySelector("dialog")?.close(); }

  private turn(tab: SessionTab): void { this.tab = tab; this.panes[tab].open(); this.requestUpdate(); }

  protected override render() {
    return html`<style>${css}</style><dialog aria-label=${say("title")} @click=${(e: Event) => { if (e.target === e.currentTarget) this.close(); }}>
      <div class="top">${tabs<SessionTab>("session", this.tab, [["link", say("link")], ...(cluster.keeps ? [["sessions", say("sessions")] as ["sessions", string]] : []), ["export", say("export")], ["import", say("import")]], (tab) => this.turn(tab), say("title"))}
        <button class="icon" aria-label=${t("close")} title=${t("close")} @click=${() => this.close()}>✕</button></div>
      <div class="sheet" role="tabpanel" id="session-panel" aria-labelledby="session-tab-${this.tab}">${this.panes[this.tab].render()}</div></dialog>`;
  }
}
customElements.define("tab-session", TabSession);

let dialog: TabSession | undefined;

/** `text`: what is to be imported. */
export function openSession(tab: SessionTab, text?: string): void {
  if (!dialog) { dialog = document.createElement("tab-session") as TabSession; document.body.append(dialog); }
  app.emit("kept");
  dialog.open(tab, text);
}
