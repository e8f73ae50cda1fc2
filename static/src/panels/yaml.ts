// The manifest editor. CodeMirror comes with its first focus, or with the first example; before that a plain textarea
// holds the text, so that nothing has to be waited for.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import { t } from "../i18n/index.ts";
import { exampleText, examples } from "../examples.ts";
import { problems } from "../problems.ts";
import type { Problem } from "../problems.ts";
import type { LineResult } from "../protocol.ts";
import type { Editor } from "../lazy/editor.ts";
import { Panel } from "./panel.ts";

class TabYaml extends Panel {
  protected override topics = ["prefs", "status"] as Panel["topics"];
  private editor?: Editor;
  private opening?: Promise<void>;
  private result?: LineResult; private problems: Problem[] = []; private busy = false; private chosen = "";

  override firstUpdated(): void {
    this.addEventListener("open", () => void this.openIt().then(() => this.editor?.focus()));
    this.addEventListener("example", (e) => void this.load((e as CustomEvent<string>).detail));
    this.addEventListener("text", (e) => void this.put((e as CustomEvent<{ name: string; text: string }>).detail));
    app.on("prefs", () => this.editor?.setDark(app.dark));
  }

  private openIt(): Promise<void> {
    return (this.opening ??= (async () => {
      const host = this.querySelector<HTMLElement>(".code")!;
      const { createEditor } = await import("../lazy/editor.ts");
      this.editor = createEditor(host, app.editor.text, {
        dark: app.dark, label: t("yaml.editor"),
        changed: (text) => { app.editor.text = text; if (this.problems.length) { this.problems = []; this.editor?.mark([]); this.requestUpdate(); } },
        apply: () => void this.apply(),
      });
      this.requestUpdate();
    })());
  }

  /** Shows a text that came from somewhere else. */
  private async put({ name, text }: { name: string; text: string }): Promise<void> {
    app.editor.name = name;
    app.editor.text = text;
    this.chosen = ""; this.result = undefined; this.problems = [];
    await this.openIt();
    this.editor?.set(text);
    this.requestUpdate();
  }

  private async load(file: string): Promise<void> {
    if (!file) return;
    this.chosen = file;
    try {
      const text = await exampleText(file);
      app.editor.name = file;
      app.editor.text = text;
      this.result = undefined; this.problems = [];
      await this.openIt();
      this.editor?.set(text);
    } catch (e) {
      app.trouble = { title: t("error.title"), message: (e as Error).message, commands: 0 };
      app.emit("status");
    }
    this.requestUpdate();
  }

  private async apply(): Promise<void> {
    if (this.busy || !app.editor.text.trim()) return;
    this.busy = true; this.result = undefined;
    this.requestUpdate();
    const text = app.editor.text;
    this.result = await app.run("kubectl apply -f -", { "-": text });
    this.busy = false;
    this.problems = problems(this.result.stderr, text);
    this.editor?.mark(this.problems);
    app.say(this.result.code ? this.result.stderr : `${t("yaml.ok")}. ${this.result.stdout}`);
    this.requestUpdate();
  }

  protected override render() {
    const r = this.result;
    return html`<div class="yaml">
      <div class="line"><select aria-label=${t("yaml.examples")} .value=${this.chosen} @change=${(e: Event) => void this.load((e.target as HTMLSelectElement).value)}>
          <option value="">${t("yaml.choose")}</option>
          ${examples.map((x) => html`<option value=${x.file} ?selected=${x.file === this.chosen}>${t(x.name)}</option>`)}
        </select>
        <button class="primary" ?disabled=${this.busy || app.phase === "loading"} @click=${() => void this.apply()}>${t("yaml.apply")}</button></div>
      <p class="cmd">kubectl apply -f -</p>
      <div class="code" @focusin=${() => void this.openIt()}>
        ${this.editor ? nothing : html`<textarea spellcheck="false" aria-label=${t("yaml.editor")} placeholder=${t("yaml.hint")} .value=${app.editor.text}
          @input=${(e: Event) => { app.editor.text = (e.target as HTMLTextAreaElement).value; }}></textarea>`}
      </div>
      ${r ? html`<div class="result ${r.code ? "bad" : "ok"}" role="status">
        ${r.stdout.trim() ? html`<pre>${r.stdout.trim()}</pre>` : nothing}
        ${this.problems.length ? this.problems.map((p) => html`<button class="problem" @click=${() => this.editor?.goTo(p.line)}>${p.line ? html`<b>${t("yaml.line", { n: p.line })}</b> ` : nothing}${p.message}</button>`)
          : r.stderr.trim() ? html`<pre>${r.stderr.trim()}</pre>` : nothing}
      </div>` : this.editor ? html`<p class="note">${t("yaml.hint")}</p>` : nothing}
    </div>`;
  }
}
customElements.define("tab-yaml", TabYaml);
