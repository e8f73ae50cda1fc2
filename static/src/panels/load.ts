// The load panel: requests to a Service, and how they fare.

import { html, nothing, svg } from "lit";
import { app } from "../app.ts";
import { t } from "../i18n/index.ts";
import { told } from "../i18n/told.ts";
import type { TrafficStats } from "../protocol.ts";
import { round } from "../time.ts";
import { percent, versionTable, withLatency } from "./parts.ts";
import { Panel } from "./panel.ts";

const most = 500;
interface Sample { ok: number; failed: number }

class TabLoad extends Panel {
  private service = ""; private draft = 0;
  private stats?: TrafficStats; private poll = 0;
  private samples: Sample[] = []; private lastOk = -1; private lastFailed = 0; private lastNow = 0;

  private off = () => {};

  override connectedCallback(): void { super.connectedCallback(); this.poll = window.setInterval(() => void this.refresh(), 500); this.off = app.on("time", () => void this.refresh()); void this.refresh(); }
  override disconnectedCallback(): void { super.disconnectedCallback(); clearInterval(this.poll); this.off(); }

  private async refresh(): Promise<void> {
    if (app.phase !== "ready" || document.hidden) return;
    const s = await app.engine.call<TrafficStats>({ op: "trafficStats" }).catch(() => undefined);
    if (!s) return;
    this.stats = s;
    if (app.model.now < this.lastNow) { this.samples = []; this.lastOk = -1; } // back in time
    const first = this.lastOk < 0, ok = first ? 0 : s.ok - this.lastOk, failed = first ? 0 : s.failed - this.lastFailed;
    // Per virtual second: a minute that was skipped is not sixty times as high as one that was watched.
    const passed = (app.model.now - this.lastNow) / 1000;
    this.lastOk = s.ok; this.lastFailed = s.failed; this.lastNow = app.model.now;
    if (!first && passed > 0 && ok >= 0 && failed >= 0 && (s.sent || this.samples.length)) this.samples.push({ ok: ok / passed, failed: failed / passed });
    if (this.samples.length > 60) this.samples.shift();
    this.requestUpdate();
  }

  protected override render() {
    const services = [...app.model.services.values()].filter((s) => !(s.name === "kubernetes" && s.namespace === "default"));
    const wish = services.find((s) => s.ref === app.selection);
    const chosen = services.find((s) => s.ref === this.service) ?? wish ?? services.find((s) => s.rps > 0) ?? services[0];
    const rps = this.draft || chosen?.rps || 50;
    const key = chosen ? `${chosen.namespace}/${chosen.name}` : "", s = this.stats, on = !!chosen?.rps;
    const mine = s?.services.find((x) => x.service === key || (chosen?.namespace === "default" && x.service === chosen.name));
    return html`<h2>${t("load.title")}</h2><p class="note">${t("load.intro")}</p>
      ${chosen ? html`
        <label>${t("load.service")}<select .value=${chosen.ref} @change=${(e: Event) => { this.service = (e.target as HTMLSelectElement).value; this.requestUpdate(); }}>
          ${services.map((x) => html`<option value=${x.ref} ?selected=${x === chosen}>${x.namespace === "default" ? x.name : `${x.namespace}/${x.name}`}${x.rps ? ` · ${t("stage.rps", { n: x.rps })}` : ""}</option>`)}</select></label>
        <label>${t("load.rps")} <output>${rps}</output>
          <input type="range" min="1" max=${most} .value=${String(rps)} @input=${(e: Event) => { this.draft = Number((e.target as HTMLInputElement).value); this.requestUpdate(); }}
            @change=${() => { if (on) void app.ask({ op: "traffic", service: key, rps }); }}></label>
        <div class="buttons">
          <button class=${on ? "" : "primary"} ?disabled=${app.phase !== "ready"} @click=${() => void app.ask({ op: "traffic", service: key, rps })}>${t(on ? "load.change" : "load.start")}</button>
          <button ?disabled=${!on} @click=${() => void app.ask({ op: "traffic", service: key, rps: 0 })}>${t("load.stop")}</button></div>` : html`<p>${t("load.none")}</p>`}
      ${s && s.sent ? html`
        <dl class="numbers"><div><dt>${t("load.sent")}</dt><dd>${s.sent}</dd></div><div><dt>${t("load.ok")}</dt><dd>${s.ok}</dd></div><div class=${s.failed ? "bad" : ""}><dt>${t("load.failed")}</dt><dd>${s.failed}${s.failed ? html` <small>${percent(s.failed / s.sent)}</small>` : nothing}</dd></div></dl>
        ${this.spark()}
        <h3>${t("load.recent")}</h3>${versionTable(mine ? withLatency(mine.recent, s.byVersion) : s.byVersion)}
        <h3>${t("load.reasons")}</h3>
        ${Object.keys(s.reasons).length ? html`<ul class="reasons">${Object.entries(s.reasons).sort(([, a], [, b]) => b - a).slice(0, 12).map(([text, n]) => {
          const request = app.model.failures.get(text);
          return html`<li><b>${n}</b> <span>${told(text)}</span> ${request ? html`<button class="link" @click=${() => app.select(`requests/${request.id}`, "why")}>${t("load.why")}</button>` : nothing}</li>`;
        })}</ul>` : html`<p class="note">${t("load.noFailures")}</p>`}` : nothing}`;
  }

  private spark() {
    const top = Math.max(1, ...this.samples.map((x) => x.ok + x.failed)), w = 4.5, h = 44;
    return html`<svg class="spark" viewBox="0 0 ${60 * w} ${h}" preserveAspectRatio="none" role="img" aria-label=${`${t("load.ok")} ${round(this.stats?.ok ?? 0, 0)}, ${t("load.failed")} ${round(this.stats?.failed ?? 0, 0)}`}>
      ${this.samples.map((x, i) => {
        const ok = (x.ok / top) * h, bad = (x.failed / top) * h, at = (60 - this.samples.length + i) * w;
        return svg`<rect x=${at} y=${h - ok} width=${w - 1} height=${ok} fill="var(--blue)" opacity=".55"/><rect x=${at} y=${h - ok - bad} width=${w - 1} height=${bad} fill="var(--bad)"/>`;
      })}</svg>`;
  }
}
customElements.define("tab-load", TabLoad);
