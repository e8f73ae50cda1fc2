// Says that there is a new version of the page; loaded when there is one.

import { html } from "lit";
import { lang } from "../i18n/index.ts";
import { Panel } from "../panels/panel.ts";

const texts = {
  en: { label: "New version", text: "There is a new version of this page.", reload: "Reload", later: "Later" },
  zh: { label: "新版本", text: "本页面有新版本。", reload: "重新加载", later: "以后" },
};
const css = `
tab-update { position: fixed; z-index: 60; left: 50%; bottom: 16px; translate: -50% 0; max-width: calc(100vw - 24px); }
tab-update > div { display: flex; align-items: center; gap: 10px; padding: 8px 8px 8px 14px; border: 1px solid var(--line); border-radius: 10px; background: var(--panel); box-shadow: var(--shadow); }
tab-update button { white-space: nowrap; }
`;

class TabUpdate extends Panel {
  protected override topics = ["prefs"] as Panel["topics"];
  registration?: ServiceWorkerRegistration;

  protected override render() {
    const t = texts[lang()];
    return html`<style>${css}</style><div role="status" aria-label=${t.label}>${t.text}
      <button class="primary" @click=${this.reload}>${t.reload}</button><button @click=${() => this.remove()}>${t.later}</button></div>`;
  }

  /** The waiting version takes over first, so that what is loaded is all of it. */
  private reload = (): void => {
    const waiting = this.registration?.waiting;
    if (!waiting) return location.reload();
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    waiting.postMessage("take-over");
  };
}
customElements.define("tab-update", TabUpdate);

export function offer(registration: ServiceWorkerRegistration): void {
  const shown = document.querySelector<TabUpdate>("tab-update") ?? document.createElement("tab-update") as TabUpdate;
  shown.registration = registration;
  if (!shown.isConnected) document.body.append(shown);
}
