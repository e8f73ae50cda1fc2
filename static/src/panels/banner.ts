// What went wrong, over the stage: an engine that stopped and is being restored, or a call that was refused.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import { cluster } from "../cluster.ts";
import { t } from "../i18n/index.ts";
import { Panel } from "./panel.ts";

class TabBanner extends Panel {
  protected override topics = ["prefs", "status"] as Panel["topics"];

  protected override render() {
    const x = app.trouble;
    if (!x) return nothing;
    return html`<div class="banner" role="alert">
      <div><b>${x.title}</b><p>${x.message}</p>${x.commands > 0 ? html`<p class="note">${t("panic.restoring", { n: x.commands })}</p>` : nothing}</div>
      ${app.phase === "dead" ? html`<button class="primary" @click=${() => void cluster.restart().catch(() => {})}>${t("panic.dead")}</button>`
        : html`<button @click=${() => { app.trouble = undefined; app.emit("status"); }}>${t("dismiss")}</button>`}
    </div>`;
  }
}
customElements.define("tab-banner", TabBanner);
