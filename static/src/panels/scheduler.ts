// The configuration of kube-scheduler, in the inspector of that component: read, changed, taken back. Each is a line of the
// terminal; errors are kube-scheduler's own.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import { t } from "../i18n/index.ts";
import { Panel } from "./panel.ts";

class SchedulerConfig extends Panel {
  protected override topics = ["prefs"] as Panel["topics"];
  private text = ""; private inForce = ""; private error = ""; private busy = false;

  override connectedCallback(): void { super.connectedCallback(); void this.load(); }

  /** What is in force; nobody need see the line that asks. */
  private async load(): Promise<void> {
    const r = await app.engine.run("kube-scheduler --write-config-to -").done.catch(() => undefined);
    if (!r || r.code) return;
    if (this.text === this.inForce) this.text = r.stdout;
    this.inForce = r.stdout;
    this.requestUpdate();
  }

  private async apply(line: string, files?: Record<string, string>): Promise<void> {
    this.busy = true;
    this.requestUpdate();
    const r = await app.run(line, files);
    this.busy = false;
    this.error = r.code ? r.stderr.replace(/^error: /, "").trim() : "";
    if (!r.code) {
      this.text = this.inForce;
      app.say(t("sched.applied"));
      await this.load();
    }
    this.requestUpdate();
  }

  protected override render() {
    return html`<h3 id="sched-title">${t("sched.title")}</h3><p class="note">${t("sched.note")}</p>
      <textarea class="config" rows="18" spellcheck="false" aria-labelledby="sched-title" aria-invalid=${this.error ? "true" : "false"} aria-describedby="sched-error" .value=${this.text}
        @input=${(e: Event) => { this.text = (e.target as HTMLTextAreaElement).value; this.requestUpdate(); }}></textarea>
      <p id="sched-error" class="note bad" role="alert">${this.error || nothing}</p>
      <div class="actions">
        <button ?disabled=${this.busy} @click=${() => this.apply("kube-scheduler")}>${t("sched.reset")}</button>
        <button class="primary" ?disabled=${this.busy || this.text === this.inForce} @click=${() => this.apply("kube-scheduler --config -", { "-": this.text })}>${t("yaml.apply")}</button>
      </div>
      <p class="cmd">kube-scheduler --config -</p>`;
  }
}
customElements.define("scheduler-config", SchedulerConfig);
