// The editor of kubectl edit. It stays while its command waits, whatever panel is shown meanwhile. CodeMirror is loaded
// for it; until it is there, and where it cannot be loaded, a plain textarea does.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import type { Editing } from "../editing.ts";
import { t } from "../i18n/index.ts";
import type { Editor } from "../lazy/editor.ts";
import { Panel } from "./panel.ts";

class TabEdit extends Panel {
  protected override topics = ["prefs", "tabs"] as Panel["topics"];
  private editor?: Editor; private shown?: Editing; private times = 0;

  override firstUpdated(): void {
    void import("../lazy/editor.ts").then(({ createEditor }) => {
      if (!app.editing || !this.isConnected) return;
      this.editor = createEditor(this.querySelector<HTMLElement>(".code")!, app.editing.text, {
        dark: app.dark, label: t("edit.label"), changed: (text) => this.typed(text), apply: () => this.leave(true),
      });
      this.editor.focus();
      this.requestUpdate();
    }, () => {});
  }

  protected override updated(): void {
    const e = app.editing;
    this.editor?.setDark(app.dark);
    if (!e || (e === this.shown && e.times === this.times)) return;
    this.shown = e; this.times = e.times;
    this.editor?.set(e.text);
    app.say(t(e.again ? "edit.again" : "edit.opened", { line: e.line }));
    if (this.editor) this.editor.focus(); else this.querySelector("textarea")?.focus();
  }

  private typed(text: string): void {
    const e = app.editing;
    if (!e || e.text === text) return;
    const was = e.dirty;
    e.text = text;
    if (was !== e.dirty) this.requestUpdate();
  }

  private leave(save: boolean): void {
    const e = app.editing;
    if (e?.state === "over") { if (!save) app.closeEditing(e); }
    else e?.leave(save).catch((error: Error) => {
      app.trouble = { title: t("error.title"), message: error.message, commands: 0 };
      app.emit("status");
    });
  }

  /** Leaves without saving; asks if something would be lost. */
  private cancel(): void {
    if (app.editing?.dirty && app.editing.state !== "sent") this.querySelector("dialog")!.showModal(); else this.leave(false);
  }

  private key(e: KeyboardEvent): void {
    if (e.defaultPrevented || e.isComposing || this.querySelector("dialog")!.open) return;
    const save = (e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === "s";
    if (!save && e.key !== "Escape") return;
    e.preventDefault();
    if (!save) this.cancel(); else if (app.editing?.state === "open") this.leave(true);
  }

  protected override render() {
    const e = app.editing, close = () => this.querySelector("dialog")!.close();
    if (!e) return nothing;
    return html`<div class="yaml" @keydown=${this.key}>
      <h2>${e.line}</h2>
      <p class="mono small dim">${e.name}</p>
      <div class="code" ?inert=${e.state === "sent"}>
        ${this.editor ? nothing : html`<textarea spellcheck="false" aria-label=${t("edit.label")} .value=${e.text} @input=${(x: Event) => this.typed((x.target as HTMLTextAreaElement).value)}></textarea>`}
      </div>
      ${e.state === "over" ? html`<p class="note bad" role="status">${t("edit.over")}</p>` : html`<p class="note">${t("edit.hint")}</p>`}
      <div class="actions">
        <button ?disabled=${e.state === "sent"} @click=${() => this.cancel()}>${t(e.state === "over" ? "close" : "cancel")}</button>
        ${e.state === "over" ? nothing : html`<button class="primary" ?disabled=${e.state === "sent"} @click=${() => this.leave(true)}>${t("edit.save")}</button>`}
      </div>
      <dialog aria-labelledby="edit-discard" @close=${() => { if (app.editing) this.editor?.focus(); }}>
        <h2 id="edit-discard">${t("edit.discard")}</h2>
        <div class="actions"><button @click=${() => { close(); this.leave(false); }}>${t("edit.leave")}</button><button class="primary" autofocus @click=${close}>${t("edit.keep")}</button></div>
      </dialog>
    </div>`;
  }
}
customElements.define("tab-edit", TabEdit);
