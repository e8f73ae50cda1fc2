// A row of tabs as ARIA's pattern has it: one is in the tab order, arrow keys move between them.

import { html } from "lit";
import type { TemplateResult } from "lit";

export function tabs<T extends string>(id: string, current: T, all: [T, string][], choose: (to: T) => void, label: string): TemplateResult {
  const key = (e: KeyboardEvent) => {
    const step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    e.preventDefault();
    const i = all.findIndex(([name]) => name === current), to = all[(i + step + all.length) % all.length][0];
    choose(to);
    (e.currentTarget as HTMLElement).querySelector<HTMLElement>(`#${id}-tab-${to}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${label} @keydown=${key}>
    ${all.map(([name, text]) => html`<button role="tab" id="${id}-tab-${name}" aria-controls="${id}-panel" aria-selected=${name === current} tabindex=${name === current ? 0 : -1} @click=${() => choose(name)}>${text}</button>`)}
  </div>`;
}
