// The canary panel: choose a Deployment behind a Service and a new image, step its share up, watch, promote or abort.
// Every step is kubectl lines, shown before and printed when run.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import { abortLines, canaryManifest, canaryName, nextImage, pairs, promoteLines, shareLines, split, steps } from "../canary-plan.ts";
import type { Pair } from "../canary-plan.ts";
import { t } from "../i18n/index.ts";
import type { ServiceView, TrafficStats, WorkloadView } from "../protocol.ts";
import { round } from "../time.ts";
import { hueVar, percent, versionTable, withLatency } from "./parts.ts";
import { Panel } from "./panel.ts";

class TabCanary extends Panel {
  private chosen = ""; private image = ""; private busy = ""; private last = ""; private total = 0; private asked = 0;
  private note = ""; private stats?: TrafficStats; private poll = 0;

  override connectedCallback(): void { super.connectedCallback(); this.poll = window.setInterval(() => void this.refresh(), 700); void this.refresh(); }
  override disconnectedCallback(): void { super.disconnectedCallback(); clearInterval(this.poll); }

  private async refresh(): Promise<void> {
    if (app.phase !== "ready" || document.hidden) return;
    this.stats = await app.engine.call<TrafficStats>({ op: "trafficStats" }).catch(() => this.stats);
    this.requestUpdate();
  }

  private pairs(): Pair[] {
    const m = app.model, owners = new Map<number, Set<number>>();
    const behind = (s: ServiceView, w: WorkloadView) => {
      const keys = Object.entries(s.selector);
      if (keys.length && keys.every(([k, v]) => w.labels[k] === v)) return true;
      let set = owners.get(s.id);
      if (!set) owners.set(s.id, (set = new Set(s.endpoints.map((slot) => m.workload[slot]))));
      return set.has(w.id);
    };
    return pairs(m.services.values(), m.workloads.values(), behind);
  }

  private end(note: string): void {
    this.note = note; this.total = 0; this.asked = 0;
    app.say(note);
    this.requestUpdate();
  }

  private async lines(name: string, lines: string[]): Promise<boolean> {
    this.busy = name; this.requestUpdate();
    for (const line of lines) {
      const r = await app.run(line);
      if (r.code) { this.busy = ""; this.last = r.stderr || r.stdout; this.requestUpdate(); return false; }
    }
    this.busy = ""; this.last = "";
    this.requestUpdate();
    return true;
  }

  private async create(pair: Pair, image: string): Promise<void> {
    this.busy = "create"; this.last = ""; this.note = "";
    this.requestUpdate();
    this.total = pair.stable.desired;
    const namespace = pair.stable.namespace !== "default" ? ` -n ${pair.stable.namespace}` : "";
    const got = await app.run(`kubectl get deployment ${pair.stable.name} -o json${namespace}`);
    if (got.code) { this.busy = ""; this.last = got.stderr; this.requestUpdate(); return; }
    try {
      const manifest = canaryManifest(got.stdout, pair.stable.container, image);
      app.write("note", manifest.replace(/^/gm, "  ").trimEnd());
      const r = await app.run("kubectl apply -f -", { "-": manifest });
      if (r.code) this.last = r.stderr;
    } catch (e) { this.last = (e as Error).message; }
    this.asked = 0;
    this.busy = "";
    this.requestUpdate();
  }

  protected override render() {
    const all = this.pairs(), pair = all.find((p) => p.stable.ref === this.chosen) ?? all.find((p) => p.canary) ?? all[0];
    return html`<h2>${t("canary.title")}</h2><p class="note">${t("canary.intro")}</p>
      ${pair ? this.flow(pair, all) : html`<p>${t("canary.none")}</p>
        <button @click=${() => { app.show({ left: "yaml" }); document.querySelector("tab-yaml")?.dispatchEvent(new CustomEvent("example", { detail: "canary-by-replicas.yaml" })); }}>${t("canary.example")}</button>`}
      ${this.note ? html`<div class="result ok"><p>${this.note}</p></div>` : nothing}
      ${this.last ? html`<div class="result ${/^\s*$/.test(this.last) ? "" : "bad"}" role="status"><pre>${this.last}</pre></div>` : nothing}`;
  }

  private flow(pair: Pair, all: Pair[]) {
    const { stable, canary, service } = pair, running = stable.desired + (canary?.desired ?? 0);
    if (canary && !this.total) this.total = Math.max(1, running);
    const total = canary ? Math.max(1, this.total) : stable.desired, image = this.image || nextImage(stable.image);
    const share = canary && running ? (100 * canary.desired) / running : 0;
    return html`
      <label>${t("canary.deployment")}
        <select .value=${stable.ref} @change=${(e: Event) => { this.chosen = (e.target as HTMLSelectElement).value; this.image = ""; this.total = 0; this.requestUpdate(); }}>
          ${all.map((p) => html`<option value=${p.stable.ref} ?selected=${p === pair}>${p.stable.name} · ${t("canary.service", { name: p.service.name })}</option>`)}
        </select></label>
      ${"track" in service.selector ? html`<p class="bad">${t("canary.trackWarning")}</p>` : nothing}
      <ol class="steps">
        <li class=${canary ? "done" : "now"}><h3>${t("canary.step.create")}</h3>
          ${canary ? html`<p>${t("canary.running", { name: canary.name, stable: stable.name })}</p><p class="mono dim">${canary.image}</p>` : html`
            <label>${t("canary.image")}<input class="mono" .value=${image} spellcheck="false" @input=${(e: Event) => { this.image = (e.target as HTMLInputElement).value.trim(); this.requestUpdate(); }}></label>
            ${image === stable.image ? html`<p class="note">${t("canary.sameImage")}</p>` : nothing}
            <p class="cmd">kubectl apply -f - <span class="dim"># ${canaryName(stable.name)}</span></p>
            <button class="primary" ?disabled=${!!this.busy || image === stable.image || app.phase !== "ready"} @click=${() => void this.create(pair, image)}>${t("canary.start")}</button>`}
        </li>
        <li class=${canary ? (share >= 99 ? "done" : "now") : "todo"}><h3>${t("canary.step.share")}</h3>
          ${canary ? html`
            <div class="meter" role="img" aria-label=${t("canary.share", { canary: canary.desired, total: running, share: round(share, 0) })}>
              <i style="flex:${stable.ready};background:${hueVar(stable)}"></i><i style="flex:${canary.ready};background:${hueVar(canary)}"></i></div>
            <p class="dim">${t("canary.share", { canary: canary.desired, total: running, share: round(share, 0) })}</p>
            <div class="buttons shares">${steps.map((p) => html`<button ?disabled=${!!this.busy} aria-pressed=${split(total, p).canary === canary.desired} title=${shareLines(pair, split(total, p)).join("\n")}
              @click=${() => { this.asked = p; void this.lines("share", shareLines(pair, split(total, p))); }}>${p} %</button>`)}</div>
            ${this.asked && Math.abs(split(total, this.asked).percent - this.asked) > 1 ? html`<p class="note">${t("canary.requested", { share: this.asked, total, actual: round(split(total, this.asked).percent, 0) })}</p>` : nothing}
            ${shareLines(pair, split(total, this.asked || steps.find((p) => split(total, p).canary > canary.desired) || 100)).map((l) => html`<p class="cmd">${l}</p>`)}` : nothing}
        </li>
        <li class=${canary ? "now" : "todo"}><h3>${t("canary.step.watch")}</h3>${canary ? this.watch(service) : nothing}</li>
        <li class=${canary ? "now" : "todo"}><h3>${t("canary.step.finish")}</h3>
          ${canary ? html`<div class="buttons">
              <button class="primary" ?disabled=${!!this.busy} @click=${() => void this.lines("promote", promoteLines(pair, total)).then((ok) => { if (ok) this.end(t("canary.done", { name: stable.name, image: canary.image })); })}>${t("canary.promote")}</button>
              <button class="danger" ?disabled=${!!this.busy && this.busy !== "promote"} @click=${() => void this.lines("abort", abortLines(pair, total)).then((ok) => { if (ok) this.end(t("canary.aborted")); })}>${t("canary.abort")}</button></div>
            <details><summary>${t("canary.promote.note")}</summary>${promoteLines(pair, total).map((l) => html`<p class="cmd">${l}</p>`)}</details>
            <details><summary>${t("canary.abort.note")}</summary>${abortLines(pair, total).map((l) => html`<p class="cmd">${l}</p>`)}</details>` : nothing}
        </li>
      </ol>`;
  }

  private watch(service: ServiceView) {
    const key = `${service.namespace}/${service.name}`, mine = this.stats?.services.find((s) => s.service === key || (s.service === service.name && service.namespace === "default"));
    if (!service.rps && !mine?.rps) return html`<p class="note">${t("canary.noLoad")}</p><button @click=${() => void app.ask({ op: "traffic", service: key, rps: 50 })}>${t("canary.startLoad")}</button>`;
    const failed = mine && mine.sent ? mine.failed / mine.sent : 0;
    return html`${versionTable(withLatency(mine?.recent ?? {}, this.stats?.byVersion ?? {}))}<p class="dim">${t("load.failed")}: <b class=${failed ? "bad" : ""}>${mine?.failed ?? 0}</b> · ${percent(mine ? failed : 0)}</p>`;
  }
}
customElements.define("tab-canary", TabCanary);
