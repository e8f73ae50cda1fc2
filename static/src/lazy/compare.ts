// Two branches side by side: two pages in frames, each with one branch, standing where they were one; one clock drives both,
// so that what differs comes from what was done and from nothing else.

import { html, nothing, svg } from "lit";
import { app } from "../app.ts";
import { t } from "../i18n/index.ts";
import { messages } from "../i18n/messages.ts";
import type { Tabernetes } from "../embed-api.ts";
import { commonMoment } from "../moments/branches.ts";
import { Panel } from "../panels/panel.ts";
import { speeds } from "../panels/header.ts";
import type { Stats, TrafficStats } from "../protocol.ts";
import { atMoment } from "../sessions/text.ts";
import { clockText, round, spanText } from "../time.ts";
import { branchName } from "./branches.ts";

export const say = messages({
  en: {
    title: "{a} and {b}, side by side", same: "The same seed, one clock. They part at {at}.", opening: "Opening both…", moment: "Moment shown in both", measure: "Since they parted", pods: "Pods ready", sent: "Requests", failed: "Failed requests", version: "of version {name}", more: "{n} more", fewer: "{n} fewer", equal: "the same",
    latency: "p99 of {name}", chart: "Failed requests over time: {a} {x}, {b} {y}", end: "The recorded part ends at {at}; beyond it both go on by themselves.", dead: "One of the two stopped: {message}", close: "Close the comparison",
  },
  zh: {
    title: "{a} 与 {b} 并排比较", same: "种子相同，时钟共用。它们在 {at} 分开。", opening: "正在打开两个分支…", moment: "两边所示时刻", measure: "分开以来", pods: "就绪的 Pod", sent: "请求", failed: "失败的请求", version: "版本 {name}", more: "多 {n}", fewer: "少 {n}", equal: "相同",
    latency: "{name} 的 p99", chart: "失败请求随时间变化：{a} {x}，{b} {y}", end: "记录到 {at} 为止，之后两边各自继续。", dead: "其中一个停止了：{message}", close: "关闭比较",
  },
});

const css = `
tab-compare dialog { width: 100vw; height: 100dvh; max-width: none; max-height: none; border: 0; border-radius: 0; padding: 0; overflow: hidden; background: var(--bg); } tab-compare dialog[open] { display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); }
tab-compare .bar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 14px; padding: 8px 14px; background: var(--panel); border-bottom: 1px solid var(--line); } tab-compare .bar h2 { margin: 0; } tab-compare .bar input { flex: 1; min-width: 160px; }
tab-compare .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1px; background: var(--line); min-height: 0; } tab-compare figure { display: flex; flex-direction: column; background: var(--bg); min-width: 0; min-height: 0; } tab-compare figcaption { padding: 6px 14px; font-weight: 600; border-bottom: 1px solid var(--line); background: var(--panel); display: flex; gap: 12px; justify-content: space-between; } tab-compare iframe { flex: 1; border: 0; width: 100%; min-height: 0; }
tab-compare .differs { display: grid; grid-template-columns: minmax(0, 1fr) 320px; gap: 18px; padding: 8px 14px 12px; background: var(--panel); border-top: 1px solid var(--line); max-height: 34dvh; overflow: auto; } tab-compare td.num, tab-compare th.num { text-align: right; padding-right: 22px; } tab-compare tr.apart td { font-weight: 600; } tab-compare tr.apart td.diff { color: var(--past); } tab-compare .differs svg { width: 100%; height: 92px; }
@media (max-width: 760px) { tab-compare .pair { grid-template-columns: 1fr; grid-template-rows: 1fr 1fr; } tab-compare .differs { grid-template-columns: 1fr; } tab-compare .differs svg { display: none; } tab-compare .bar h2 { font-size: 13px; flex: 1 1 0; } tab-compare .bar > .note { order: 1; flex-basis: 100%; } tab-compare .bar > div { order: 2; } tab-compare .bar .grow { display: none; } tab-compare .bar input { min-width: 60px; } }`;

/** What is read of one side, at one moment. */
interface Reading { stats: Stats; traffic: TrafficStats; pods: number; ready: number }
export interface Row { text: string; a: number; b: number; unit?: "ms" }

/** What there is to compare, counted from where the two parted. */
export function rows(now: [Reading, Reading], then: [Reading, Reading]): Row[] {
  const since = (f: (r: Reading) => number) => ({ a: f(now[0]) - f(then[0]), b: f(now[1]) - f(then[1]) });
  const names = [...new Set(now.flatMap((r) => Object.keys(r.traffic.byVersion)))].sort(), ok = (name: string) => since((r) => r.traffic.byVersion[name]?.ok ?? 0), bad = (name: string) => since((r) => r.traffic.byVersion[name]?.failed ?? 0);
  return [
    { text: say("pods"), a: now[0].ready, b: now[1].ready },
    { text: say("sent"), ...since((r) => r.traffic.sent) },
    { text: say("failed"), ...since((r) => r.traffic.failed) },
    ...names.flatMap((name) => {
      const good = ok(name), failed = bad(name), row = (text: string, x: { a: number; b: number }) => (x.a || x.b ? [{ text, ...x }] : []);
      return [...row(`${say("sent")} ${say("version", { name })}`, { a: good.a + failed.a, b: good.b + failed.b }), ...row(`${say("failed")} ${say("version", { name })}`, failed)];
    }),
    ...names.flatMap((name) => { const [a, b] = now.map((r) => r.traffic.byVersion[name]?.p99Ms ?? 0); return a || b ? [{ text: say("latency", { name }), a, b, unit: "ms" as const }] : []; }),
  ];
}

class TabCompare extends Panel {
  protected override topics = ["prefs"] as Panel["topics"];
  private ids: [number, number] = [0, 0]; private names: [string, string] = ["", ""];
  private sides: Tabernetes[] = []; private readings?: [Reading, Reading]; private fork?: [Reading, Reading];
  private from = 0; private end = 0; private now = 0; private state: "opening" | "stopped" | "playing" | "dead" = "opening"; private error = "";
  private speed = 1; private wish = -1; private busy = false; private resume = false;
  private samples: { at: number; a: number; b: number }[] = [];

  async open(a: number, b: number): Promise<void> {
    const all = app.travel.branches, find = (id: number) => all.find((x) => x.id === id)!;
    this.ids = [a, b];
    this.names = [branchName(find(a)), branchName(find(b))];
    const at = commonMoment(all, a, b);
    this.from = this.now = at.ms;
    this.end = Math.max(find(a).end.ms, find(b).end.ms, at.ms + 1000);
    await this.updateComplete;
    this.querySelector("dialog")!.showModal();
    this.resume = app.model.playing;
    try {
      if (this.resume) await app.engine.call({ op: "pause" });
      const texts = await Promise.all(this.ids.map((branch) => app.engine.call<{ text: string }>({ op: "session", branch })));
      this.sides = await Promise.all([...this.querySelectorAll("iframe")].map(page));
      for (const o of await Promise.all(this.sides.map((s, i) => s.open(atMoment(texts[i].text, at))))) if (!o.exact) throw new Error(o.why);
      this.fork = this.readings = await this.read();
      this.state = "stopped";
      this.play();
    } catch (e) { this.fail(e as Error); }
    this.requestUpdate();
  }

  private fail(e: Error): void { this.state = "dead"; this.error = e.message; this.requestUpdate(); }

  private async read(): Promise<[Reading, Reading]> {
    const all = await Promise.all(this.sides.map(async (s): Promise<Reading> => ({ stats: await s.stats(), traffic: await s.traffic.stats(), ...s.totals() })));
    return [all[0], all[1]];
  }

  private play(): void {
    if (this.state !== "stopped") return;
    this.state = "playing";
    this.requestUpdate();
    void this.drive();
  }

  private stop(): void {
    if (this.state === "playing") this.state = "stopped";
    this.requestUpdate();
  }

  private to(ms: number): void {
    this.wish = ms;
    this.stop();
    void this.drive();
  }

  /** One thing at a time, done by both: goes where it is wished, else lets time pass. Neither goes on before the other is there. */
  private async drive(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      for (let wall = performance.now(); this.isConnected;) {
        if (this.wish >= 0) {
          const wish = this.wish;
          await Promise.all(this.sides.map((s) => s.seek(wish / 1000)));
          await this.advance(wish); // where one of them was never that far
          if (this.wish === wish) this.wish = -1;
          wall = performance.now();
          continue;
        }
        if (this.state !== "playing") break;
        await new Promise((r) => requestAnimationFrame(r));
        const real = Math.min(250, performance.now() - wall);
        wall = performance.now();
        if (this.wish < 0) await this.advance(this.now + real * this.speed);
      }
    } catch (e) { if (this.isConnected) this.fail(e as Error); }
    this.busy = false;
    this.requestUpdate();
  }

  private async advance(to: number): Promise<void> {
    await Promise.all(this.sides.map(async (s) => { const left = to / 1000 - (await s.stats()).now; if (left > 0) await s.clock.advance(left); }));
    await this.look(to);
  }

  private async look(now: number): Promise<void> {
    this.readings = await this.read();
    this.now = now;
    this.end = Math.max(this.end, now);
    const [a, b] = this.readings.map((r, i) => r.traffic.failed - this.fork![i].traffic.failed);
    this.samples = [...this.samples.filter((x) => x.at < now), { at: now, a, b }];
    if (this.samples.length > 400) this.samples = this.samples.filter((_, i) => i % 2 === 0);
    this.requestUpdate();
  }

  private closed(): void {
    if (this.resume) void app.ask({ op: "play", speed: app.speed });
    this.remove();
  }

  protected override render() {
    const [a, b] = this.names, at = this.wish >= 0 ? this.wish : this.now, off = this.state === "opening" || this.state === "dead", src = new URL("./", location.href);
    src.search = String(new URLSearchParams({ ...(__DEV__ ? Object.fromEntries(new URLSearchParams(location.search)) : {}), hold: "", lang: app.lang, theme: app.dark ? "dark" : "light" }));
    return html`<style>${css}</style><dialog aria-label=${say("title", { a, b })} @close=${() => this.closed()}>
      <div class="bar"><h2>${say("title", { a, b })}</h2><span class="note">${say("same", { at: clockText(this.from) })}</span><span class="grow"></span>
        <button class="icon" aria-label=${say("close")} title=${say("close")} @click=${() => this.querySelector("dialog")!.close()}>✕</button>
        <div style="flex-basis:100%;display:flex;gap:10px;align-items:center">
          <button class=${this.state === "playing" ? "" : "primary"} ?disabled=${off} @click=${() => { if (this.state === "playing") this.stop(); else this.play(); }}>${this.state === "playing" ? t("clock.pause") : t("clock.play")}</button>
          <select style="width:auto" aria-label=${t("clock.speed")} ?disabled=${off} @change=${(e: Event) => { this.speed = Number((e.target as HTMLSelectElement).value); }}>${speeds.filter((s) => s).map((s) => html`<option value=${s} ?selected=${s === this.speed}>${s}×</option>`)}</select>
          <input type="range" aria-label=${say("moment")} aria-valuetext=${clockText(at)} ?disabled=${off} min=${this.from} max=${this.end} step="any" .value=${String(at)} @input=${(e: Event) => this.to(Number((e.target as HTMLInputElement).value))}>
          <b class="mono">${clockText(at)}</b></div></div>
      <div class="pair">${[0, 1].map((i) => html`<figure><figcaption><span>${this.names[i]}</span>${this.readings ? html`<span class="note">${say("pods")}: ${this.readings[i].ready} / ${this.readings[i].pods}</span>` : nothing}</figcaption><iframe src=${src.href} title=${this.names[i]}></iframe></figure>`)}</div>
      <div class="differs" tabindex="0" role="region" aria-label=${say("measure")}>${this.state === "dead" ? html`<p class="bad" role="alert">${say("dead", { message: this.error })}</p>` : this.state === "opening" || !this.readings ? html`<p role="status">${say("opening")}</p>` : this.table()}</div></dialog>`;
  }

  private table() {
    const [a, b] = this.names, all = rows(this.readings!, this.fork!), number = (r: Row, v: number) => (r.unit === "ms" ? spanText(v) : round(v, 0));
    const diff = (r: Row) => (r.unit ? "" : r.a === r.b ? say("equal") : r.b > r.a ? say("more", { n: round(r.b - r.a, 0) }) : say("fewer", { n: round(r.a - r.b, 0) }));
    return html`<div><table><thead><tr><th scope="col">${say("measure")}</th><th scope="col" class="num">${a}</th><th scope="col" class="num">${b}</th><td></td></tr></thead>
      <tbody>${all.map((r) => html`<tr class=${r.a !== r.b ? "apart" : ""}><th scope="row">${r.text}</th><td class="num">${number(r, r.a)}</td><td class="num">${number(r, r.b)}</td><td class="diff">${diff(r)}</td></tr>`)}</tbody></table></div>${this.chart()}`;
  }

  private chart() {
    const last = this.samples[this.samples.length - 1];
    if (!last || !(last.a || last.b)) return nothing;
    const w = 300, h = 80, top = Math.max(1, ...this.samples.map((x) => Math.max(x.a, x.b))), span = Math.max(1, last.at - this.from);
    const points = (side: "a" | "b") => this.samples.map((x) => `${(((x.at - this.from) / span) * w).toFixed(1)},${(h - (x[side] / top) * (h - 6)).toFixed(1)}`).join(" ");
    return html`<div><svg viewBox="0 0 ${w} ${h + 12}" preserveAspectRatio="none" role="img" aria-label=${say("chart", { a: this.names[0], b: this.names[1], x: last.a, y: last.b })}>${svg`<path d="M0 ${h}H${w}" stroke="var(--line)"/><polyline points=${points("a")} fill="none" stroke="var(--blue)" stroke-width="2"/><polyline points=${points("b")} fill="none" stroke="var(--bad)" stroke-width="2" stroke-dasharray="5 3"/>`}</svg>
      <p class="note">${say("failed")}: <b style="color:var(--link)">—</b> ${this.names[0]} <b class="bad">╌</b> ${this.names[1]}</p></div>`;
  }
}
customElements.define("tab-compare", TabCompare);

/** The page in a frame, once its script has run. */
function page(frame: HTMLIFrameElement): Promise<Tabernetes> {
  const there = () => (frame.contentWindow as Window | null)?.tabernetes;
  return new Promise((resolve, reject) => {
    const now = there();
    if (now) return resolve(now);
    frame.addEventListener("load", () => { const api = there(); if (api) resolve(api); else reject(new Error(t("panic.title"))); }, { once: true });
  });
}

export function openCompare(a: number, b: number): void {
  const e = document.createElement("tab-compare") as TabCompare;
  document.body.append(e);
  void e.open(a, b);
}
