// The right panel: what is selected, and everything that can be asked about it.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import type { Autoscaling, EventInfo, ObjectInfo, Why } from "../protocol.ts";
import { t } from "../i18n/index.ts";
import { moment, toTheSecond } from "./moment.ts";
import { Panel } from "./panel.ts";
import { summary, title } from "./summary.ts";
import { whyView } from "./why.ts";
import { tabs } from "./tabs.ts";
import { welcome } from "./welcome.ts";

class TabInspector extends Panel {
  protected override topics = ["prefs", "frame", "selection", "tabs"] as Panel["topics"];
  private object?: ObjectInfo; private why?: Why; private events?: EventInfo[]; private scaling?: Autoscaling | null; private scaled = "";
  private askedFor = ""; private askedAt = 0; private asking = false; private container = "";

  /** Fetches what the open tab needs; again when the cluster has moved on, at most once a second. */
  private async fetch(): Promise<void> {
    const ref = app.selection, tab = app.right, key = `${ref} ${tab}`;
    if (!ref || app.phase !== "ready" || this.asking) return;
    const fresh = key === this.askedFor, token = `${key} ${app.model.revision}`;
    if (fresh && token === this.token) return;
    const wait = this.askedAt + 1000 - performance.now();
    if (fresh && wait > 0) { this.later ||= window.setTimeout(() => { this.later = 0; this.requestUpdate(); }, wait); return; }
    if ((tab === "summary" && !scalable.test(ref)) || (/^(components|headquarters)\//.test(ref) && tab !== "why")) return;
    this.asking = true; this.askedFor = key; this.token = token; this.askedAt = performance.now();
    try {
      if (tab === "summary") { this.scaling = await app.engine.call<Autoscaling | null>({ op: "autoscaling", ref }); this.scaled = ref; }
      else if (tab === "why") this.why = await app.engine.call<Why>({ op: "why", ref });
      else if (tab === "events") this.events = (await app.engine.call<EventInfo[]>({ op: "events", limit: 500 })).filter((e) => e.ref === ref || related(e, ref));
      else this.object = await app.engine.call<ObjectInfo>({ op: "object", ref });
    } catch { if (tab === "why") this.why = { ref, summary: "", chain: [], history: [], advice: [] }; }
    this.asking = false;
    this.requestUpdate();
  }
  private token = ""; private later = 0;

  // Another moment: whatever was asked is of another time.
  private off = () => {};
  override connectedCallback(): void { super.connectedCallback(); this.off = app.on("frame", (f) => { if (f!.full) { this.askedFor = ""; this.requestUpdate(); } }); }
  override disconnectedCallback(): void { super.disconnectedCallback(); this.off(); }

  protected override updated(): void { void this.fetch(); }

  protected override render() {
    const ref = app.selection;
    if (!ref) return html`<div class="pane">${welcome()}</div>`;
    const request = ref.startsWith("requests/") || ref.startsWith("records/"), part = ref.startsWith("components/") || ref === "headquarters/";
    const all: [typeof app.right, string][] = request ? [["why", t("tab.why")]] : part ? [["summary", t("tab.summary")]]
      : [["summary", t("tab.summary")], ["why", t("tab.why")], ["yaml", t("tab.manifest")], ["events", t("tab.events")], ...(ref.startsWith("pods/") ? [["logs", t("tab.logs")] as ["logs", string]] : [])];
    const tab = all.some(([name]) => name === app.right) ? app.right : all[0][0];
    if (tab !== app.right) app.right = tab;
    const { kind, name } = title(ref);
    return html`
      ${tabs("right", tab, all, (right) => app.show({ right }), t("right.label"))}
      <div class="pane" role="tabpanel" id="right-panel" aria-labelledby="right-tab-${tab}" tabindex="0">
        <div class="head"><span class="dim">${kind}</span><h2>${name}</h2><button class="icon" aria-label=${t("close")} title=${t("close")} @click=${() => app.select("")}>✕</button></div>
        ${tab === "summary" ? ref.startsWith("horizontalpod") && this.scaled !== ref ? html`<p class="note">…</p>` : summary(ref, this.scaled === ref ? this.scaling ?? undefined : undefined) : tab === "why" ? this.whyTab(ref) : tab === "yaml" ? this.yamlTab(ref) : tab === "events" ? this.eventsTab() : this.logsTab(ref)}
      </div>`;
  }

  private whyTab(ref: string) {
    if (!this.why || this.why.ref !== ref) return html`<p class="note">${t("why.loading")}</p>`;
    return whyView(this.why);
  }

  private yamlTab(ref: string) {
    const o = this.object;
    if (!o || o.ref !== ref) return html`<p class="note">…</p>`;
    if (!o.exists) return html`<p class="note">${t("select.gone")}</p>`;
    return html`<pre class="doc" tabindex="0">${o.yaml}</pre><details><summary>${t("select.describe")}</summary><pre class="doc" tabindex="0">${o.describe}</pre></details>`;
  }

  private eventsTab() {
    const list = this.events ?? [];
    if (!list.length) return html`<p class="note">${t("events.none")}</p>`;
    return html`<ul class="events">${list.map((e) => html`<li class=${e.type === "Warning" ? "warn" : ""}><div><b>${e.reason}</b>${e.count > 1 ? html` ×${e.count}` : nothing}<span class="when dim">${moment(e.moment, toTheSecond(e.at))}</span></div><p>${e.message}</p></li>`)}</ul>`;
  }

  private logsTab(ref: string) {
    const o = this.object;
    if (!o || o.ref !== ref) return html`<p class="note">…</p>`;
    const names = Object.keys(o.logs ?? {}), name = names.includes(this.container) ? this.container : names[0];
    if (!name || !o.logs![name]) return html`<p class="note">${t("logs.none")}</p>`;
    return html`${names.length > 1 ? html`<label>${t("logs.container")}<select @change=${(e: Event) => { this.container = (e.target as HTMLSelectElement).value; this.requestUpdate(); }}>${names.map((n) => html`<option ?selected=${n === name}>${n}</option>`)}</select></label>` : nothing}
      <pre class="doc logs" tabindex="0">${o.logs![name]}</pre>`;
  }
}

/** What an autoscaler may scale, and autoscalers. */
const scalable = /^(horizontalpodautoscalers|deployments|replicasets|statefulsets|replicationcontrollers)\//;

/** A Deployment's events include its pods' and ReplicaSets'. */
function related(e: EventInfo, ref: string): boolean {
  const name = ref.slice(ref.lastIndexOf("/") + 1), other = e.ref.slice(e.ref.lastIndexOf("/") + 1);
  return ref.startsWith("deployments/") && /^(pods|replicasets)\//.test(e.ref) && other.startsWith(name + "-");
}
customElements.define("tab-inspector", TabInspector);
