// Brand, the cluster in a word, the clock, language, colours, Apply.

import { html, svg } from "lit";
import { app } from "../app.ts";
import type { Theme } from "../app.ts";
import { clockText } from "../time.ts";
import { t } from "../i18n/index.ts";
import { openLessons } from "../lessons.ts";
import { Panel } from "./panel.ts";
import "./new-cluster.ts";
import type { TabNewCluster } from "./new-cluster.ts";

export const speeds = [0.01, 0.1, 0.5, 1, 2, 5, 10, 50, 100, 1000, 0];
const icon = (path: string) => html`<svg viewBox="0 0 16 16" width="13" height="13" fill="currentColor" aria-hidden="true">${svg`<path d=${path}/>`}</svg>`;
const icons = { play: "M4 2.500v11l9-5.500z", pause: "M3.500 2.500h3.200v11H3.500zM9.300 2.500h3.200v11H9.300z", settle: "M11.500 2.500H13v11h-1.500zM3 2.500v11L11 8z", step: "M3 2.500h2v11H3zM7 2.500v11L14 8z" };

class TabHeader extends Panel {
  protected override topics = ["prefs", "frame", "status"] as Panel["topics"];

  private theme(): void {
    const next: Record<Theme, Theme> = { auto: app.dark ? "light" : "dark", light: "dark", dark: "light" };
    app.setTheme(next[app.theme]);
  }

  private async session(): Promise<void> { (await import("../lazy/session.ts")).openSession("link"); }

  private apply(): void {
    app.show({ left: "yaml", sheet: "do" });
    document.querySelector<HTMLElement>("tab-yaml")?.dispatchEvent(new CustomEvent("open"));
  }

  protected override render() {
    const m = app.model, workers = m.nodes.size ? [...m.nodes.values()].reduce((n, e) => n + (e.view.role === "worker" ? 1 : 0), 0) : app.config.nodes;
    return html`<header>
      <h1 title=${t("brand.tagline")}><svg viewBox="0 0 32 32" width="20" height="20" aria-hidden="true"><path d="M16 2 28 8 31 21 22 31H10L1 21 4 8z" fill="var(--blue)"/><path d="M8 12h7v7H8zM17 12h7v7h-7zM12.500 21h7v5h-7z" fill="var(--panel)"/></svg>Tabernetes</h1>
      <button class="pill" title=${t("cluster.new")} @click=${() => this.querySelector<TabNewCluster>("tab-new-cluster")!.open()}>
        ${t("cluster.summary", { masters: m.nodes.size ? m.nodes.size - workers : app.config.masters, workers })} <span aria-hidden="true">▾</span></button>
      <span class="grow"></span>
      <tab-clock></tab-clock>
      <span class="grow"></span>
      <button class="pill lessons" ?hidden=${app.embedded} title=${t("lessons.title")} @click=${() => void openLessons()}>${t("lessons")}</button>
      <button class="pill" lang=${app.lang === "en" ? "zh-CN" : "en"} title=${t("lang.label")} @click=${() => app.setLang(app.lang === "en" ? "zh" : "en")}>${t("lang.switch")}</button>
      <button class="pill round" title=${t("theme.label", { theme: t(`theme.${app.theme}`) })} aria-label=${t("theme.label", { theme: t(`theme.${app.theme}`) })} @click=${this.theme}>◐</button>
      <button class="pill share" title=${t("session.title")} @click=${() => void this.session()}>${t("session.open")}</button>
      <button class="primary" ?hidden=${!app.has("yaml")} @click=${this.apply}>${t("apply")}</button>
      <tab-new-cluster></tab-new-cluster>
    </header>`;
  }
}

class TabClock extends Panel {
  protected override topics = ["prefs", "frame", "status"] as Panel["topics"];

  private toggle(): void {
    void app.ask(app.model.playing ? { op: "pause" } : { op: "play", speed: app.speed });
  }

  /** What is not needed at once: other steps, running until something holds. */
  private async more(e: Event): Promise<void> {
    const button = e.currentTarget as HTMLElement;
    (await import("../lazy/clock-menu.ts")).openClockMenu(button);
  }

  private speed(e: Event): void {
    app.speed = Number((e.target as HTMLSelectElement).value);
    void app.ask({ op: "speed", speed: app.speed });
  }

  protected override render() {
    const m = app.model, off = app.phase !== "ready";
    return html`<div class="clock" role="group" aria-label=${t("clock.bar")}>
      <button class=${m.playing ? "on" : ""} ?disabled=${off} title=${t(m.playing ? "clock.pause" : "clock.play")} aria-label=${t(m.playing ? "clock.pause" : "clock.play")} @click=${this.toggle}>${icon(m.playing ? icons.pause : icons.play)}</button>
      <button ?disabled=${off} title=${t("clock.step.title")} @click=${() => void app.travel.step()}>${icon(icons.step)} <span class="w">${t("clock.step")}</span></button>
      <button class="narrow" ?disabled=${off} title=${t("clock.more")} aria-label=${t("clock.more")} aria-haspopup="dialog" @click=${(e: Event) => void this.more(e)}>▾</button>
      <select ?disabled=${off} aria-label=${t("clock.speed")} title=${t("clock.speed")} @change=${this.speed}>
        ${(speeds.includes(app.speed) ? speeds : [app.speed, ...speeds]).map((s) => html`<option value=${s} ?selected=${s === app.speed} .selected=${s === app.speed}>${s === 0 ? t("clock.max") : s + "×"}</option>`)}
      </select>
      <button ?disabled=${off} title=${t("clock.advance.title", { n: "1 min" })} @click=${() => app.ask({ op: "advance", seconds: 60 })}>${t("clock.advance", { n: "1m" })}</button>
      <button ?disabled=${off} title=${t("clock.settle.title")} @click=${() => app.ask({ op: "settle", maxSeconds: 3600 })}>${icon(icons.settle)} <span class="w">${t("clock.settle")}</span></button>
      <span class="time ${m.past ? "back" : ""}" title=${t("clock.now")} role="timer" aria-label=${t("clock.now")}>${clockText(m.now)}${m.busy ? html`<i class="busy" title=${t("clock.busy")}></i>` : ""}</span>
    </div>`;
  }
}

customElements.define("tab-clock", TabClock);
customElements.define("tab-header", TabHeader);
