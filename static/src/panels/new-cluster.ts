// The dialog that makes another cluster.

import { html } from "lit";
import { app } from "../app.ts";
import { cluster } from "../cluster.ts";
import { limits } from "../params.ts";
import { t } from "../i18n/index.ts";
import { Panel } from "./panel.ts";

export class TabNewCluster extends Panel {
  protected override topics = ["prefs"] as Panel["topics"];

  open(): void { this.requestUpdate(); this.querySelector("dialog")!.showModal(); }

  private create(e: SubmitEvent): void {
    const form = new FormData(e.target as HTMLFormElement);
    const config = { nodes: Number(form.get("nodes")), masters: Number(form.get("masters") ?? 1), seed: Number(form.get("seed")) };
    void cluster.reset(config).catch((error: Error) => {
      app.trouble = { title: t("error.title"), message: error.message, commands: 0 };
      app.emit("status");
    });
  }

  protected override render() {
    const number = (name: "nodes" | "seed", text: string) => html`<label>${text}
      <input name=${name} type="number" required step="1" min=${limits[name][0]} max=${limits[name][1]} .value=${String(app.config[name])}></label>`;
    return html`<dialog aria-labelledby="new-cluster-title" @click=${(e: Event) => { if (e.target === e.currentTarget) (e.currentTarget as HTMLDialogElement).close(); }}>
      <form method="dialog" @submit=${this.create}>
        <h2 id="new-cluster-title">${t("cluster.new.title")}</h2>
        <div class="row3">${number("nodes", t("cluster.nodes"))}
          <label>${t("cluster.masters")}<select name="masters">${[1, 3, 5, 7].map((n) => html`<option value=${n} ?selected=${n === app.config.masters}>${n}</option>`)}</select></label>
          ${number("seed", t("cluster.seed"))}</div>
        <p class="note">${t("cluster.new.note")}</p>
        <div class="actions"><button type="button" @click=${() => this.querySelector("dialog")!.close()}>${t("cancel")}</button><button class="primary">${t("cluster.create")}</button></div>
      </form></dialog>`;
  }
}
customElements.define("tab-new-cluster", TabNewCluster);
