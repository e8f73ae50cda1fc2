// A time as a link to its moment: where the page has a timeline, a click on a time takes its handle there.

import { html } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import { t } from "../i18n/index.ts";
import { clockText } from "../time.ts";

/** `text` as a link to `ms`, or as it is if the record has no such moment or nothing leads back from there. */
export function moment(ms: number, text = clockText(ms)): TemplateResult {
  const line = document.querySelector<HTMLElement>("tab-timeline");
  if (!line?.offsetWidth || !(ms >= 0 && ms <= app.travel.end)) return html`<span class="mono">${text}</span>`;
  const go = t("time.go", { at: clockText(ms) });
  return html`<button class="link mono" title=${go} aria-label=${go.includes(text) ? go : `${text}, ${go}`} @click=${() => {
    if (app.phase !== "ready") return;
    app.travel.to(ms);
    // As when the handle is taken by hand: arrow keys go on from there.
    requestAnimationFrame(() => line.querySelector<HTMLElement>(".tl-handle")?.focus({ preventScroll: true }));
  }}>${text}</button>`;
}

/** A time of which only the second is known. */
export const toTheSecond = (ms: number): string => clockText(ms).replace(/\.\d+$/, "");
