// A session that is being opened from the dialog: how far its replay is, and the way back.

import { html } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import { cluster } from "../cluster.ts";
import { t } from "../i18n/index.ts";

export function openingView(): TemplateResult {
  const r = app.travel.replaying, known = !!r && r.of > 0;
  return html`<span role="status">${t("time.opening")}</span><progress class="grow" aria-label=${t("time.replaying")} max=${known ? r.of : 1} .value=${known ? r.ms : 0}></progress><span class="mono small" aria-hidden="true">${known ? `${Math.min(99, Math.floor((100 * r.ms) / r.of))} %` : ""}</span>
    <button @click=${() => cluster.stopOpening?.()}>${t("time.stop")}</button>`;
}
