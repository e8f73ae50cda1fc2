// What is brought into the page: manifests, which are made fit to apply here and go into the editor, or a session file.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import { cluster } from "../cluster.ts";
import { open, stopped, toEditor } from "../sessions/page.ts";
import { isSession } from "../sessions/text.ts";
import type { Pane } from "./session.ts";
import { openingView } from "./session-opening.ts";
import { leftOut } from "./session-export.ts";
import type { Left } from "./session-export.ts";
import { say } from "./session-messages.ts";

const longestMiB = 16;
/** Characters that are shown: a text field with more is slow. */
const shownMost = 200_000;

/** The text of a file, if it is one and no larger than anything useful. */
export async function fileText(file: File): Promise<string> {
  if (file.size > longestMiB << 20) throw new Error(say("import.big", { max: longestMiB }));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch { throw new Error(say("import.binary")); }
}

export class ImportPane implements Pane {
  private text = ""; private error = ""; private busy = false; private over = false;
  private read?: { yaml: string; left: Left[] | null };

  constructor(private readonly again: () => void, private readonly close: () => void) {}

  open(): void { /* what was pasted stays */ }

  take(text: string): void {
    this.text = text; this.error = ""; this.read = undefined;
    if (text.trim() && !isSession(text)) void this.convert(); else this.again();
  }

  private async file(f: File | undefined): Promise<void> {
    if (!f) return;
    try { this.take(await fileText(f)); } catch (e) { this.error = (e as Error).message; this.again(); }
  }

  private async convert(): Promise<void> {
    this.busy = true; this.error = ""; this.again();
    try { this.read = await app.engine.call<{ yaml: string; left: Left[] | null }>({ op: "import", text: this.text }); } catch (e) { this.error = (e as Error).message; }
    this.busy = false;
    this.again();
  }

  private async openIt(): Promise<void> {
    this.busy = true; this.error = ""; this.again();
    try {
      await open(this.text);
      this.text = "";
      this.close();
    } catch (e) { if (!stopped(e as Error)) this.error = (e as Error).message; }
    this.busy = false;
    this.again();
  }

  private edit(): void {
    toEditor("imported.yaml", this.read!.yaml);
    this.close();
  }

  render() {
    const session = isSession(this.text), n = this.read ? this.read.yaml.split(/^---$/m).filter((d) => d.trim()).length : 0;
    const drop = (e: DragEvent) => { e.preventDefault(); e.stopPropagation(); this.over = false; void this.file(e.dataTransfer?.files[0]); this.again(); };
    return html`<p>${say("import.intro")}</p>
      <textarea class="drop ${this.over ? "over" : ""}" spellcheck="false" aria-label=${say("import.paste")} placeholder=${say("import.paste")} ?readonly=${this.text.length > shownMost} .value=${this.text.slice(0, shownMost)}
        @input=${(e: Event) => { this.text = (e.target as HTMLTextAreaElement).value; this.read = undefined; this.error = ""; this.again(); }}
        @dragover=${(e: DragEvent) => { e.preventDefault(); if (!this.over) { this.over = true; this.again(); } }} @dragleave=${() => { this.over = false; this.again(); }} @drop=${drop}></textarea>
      ${this.busy && cluster.stopOpening ? html`<div class="split">${openingView()}</div>` : html`<div class="split"><label class="pick">${say("import.file")}<input type="file" accept=".yaml,.yml,.json,.txt,text/*" @change=${(e: Event) => void this.file((e.target as HTMLInputElement).files?.[0])}></label>
        ${session ? html`<button class="primary" ?disabled=${this.busy || app.phase !== "ready"} @click=${() => void this.openIt()}>${say("import.openIt")}</button>`
          : this.read && n ? html`<button class="primary" @click=${() => this.edit()}>${say("import.edit")}</button>`
          : html`<button class="primary" ?disabled=${this.busy || !this.text.trim() || app.phase !== "ready"} @click=${() => void this.convert()}>${say("import.read")}</button>`}</div>`}
      ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}
      ${session && !this.error && !this.busy ? html`<p role="status">${say("import.open")}</p>` : nothing}
      ${this.read ? html`<p role="status">${n > 1 ? say("import.ready", { n }) : n ? say("import.one") : say("import.none")}</p>${leftOut(this.read.left, say("import.left"))}` : nothing}`;
  }
}
