// The lessons' panel: the list, and the lesson that is taken. It is an element of its own, <tab-lesson>, and brings what it
// needs; a page only has to have a place for it.

import { html, nothing } from "lit";
import { app, keep, kept } from "../app.ts";
import { cluster } from "../cluster.ts";
import { moreFiles } from "../examples.ts";
import { Panel } from "../panels/panel.ts";
import { defaults } from "../params.ts";
import type { CheckResult, ClusterConfig, Lesson, LessonEntry } from "../protocol.ts";
import { catalogue, dropped, folder, fromFiles, fromFolder, fromText, listed, LessonError } from "./files.ts";
import type { Files } from "./files.ts";
import { progressIn } from "./carry.ts";
import { pageHost, reopen } from "./host.ts";
import { keeper } from "../sessions/page.ts";
import { listView } from "./list-view.ts";
import { plain, read } from "./markdown.ts";
import { Play } from "./play.ts";
import { Rings } from "./points.ts";
import { browserShelf, memoryShelf, ownKey, Progress } from "./progress.ts";
import type { Saved } from "./progress.ts";
import { endView, introView, stepView } from "./step-view.ts";
import type { View } from "./step-view.ts";
import { TextShelf } from "./texts.ts";
import { say } from "./messages.ts";
import css from "./lesson.css";

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

/** What there was before the lesson, to go back to. */
interface Playground { config: ClusterConfig; /** that keeps it */ record: string }
const groundKey = "tabernetes.playground";
/** What this tab remembers of it over a reload; in another page's frame, and where nothing is kept, the panel remembers it while it is open. */
const tabGround = {
  get(): Playground | undefined {
    try { return cluster.keeps ? (JSON.parse(sessionStorage.getItem(groundKey) ?? "null") as Playground | null) ?? undefined : undefined; } catch { return undefined; }
  },
  set(ground: Playground | undefined): void {
    if (!cluster.keeps) return;
    try { if (ground) sessionStorage.setItem(groundKey, JSON.stringify(ground)); else sessionStorage.removeItem(groundKey); } catch { /* a new cluster, then */ }
  },
};

export class TabLesson extends Panel {
  protected override topics = ["prefs"] as Panel["topics"];
  private readonly progress = new Progress(cluster.keeps ? browserShelf() : memoryShelf());
  private entries?: LessonEntry[]; private failed = ""; private problems = ""; private reading: "" | "lesson" | "ground" = "";
  private play?: Play; private key = "";
  private readonly texts: TextShelf = new TextShelf(() => this.play?.files ?? {}, () => !!this.play?.asks(this.play.view), (id) => this.follow(id));
  private rings?: Rings; private pointing = true;
  private teacher = new URLSearchParams(location.search).has("teacher") || kept("teacher") === "1";
  private guess = -1; private asking: View["asking"] = "";
  private unkept = false;
  private lead: "" | "head" | "after" = ""; private shown = "";
  private off = () => {};

  override connectedCallback(): void {
    super.connectedCallback();
    if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    // Somebody made another cluster, or opened another session.
    this.off = app.on("status", () => { if (this.play && !this.play.busy && app.config !== this.play.lesson.cluster) this.play.lose(); });
    void this.fetchList();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.off();
    this.rings?.remove();
    this.rings = undefined;
  }

  private async fetchList(): Promise<void> {
    try { this.entries = await catalogue(); this.failed = ""; } catch (e) { this.failed = (e as Error).message; }
    this.requestUpdate();
  }

  /** Opens a lesson by its name in the list, by the address of its folder, or ownKey: the files that were opened last. */
  async open(wish: string, fragment = ""): Promise<void> {
    const carried = await progressIn(fragment);
    await this.read(async () => {
      if (wish === ownKey) {
        const files = this.progress.own();
        if (!files) throw new LessonError(say("open.gone"));
        return { key: ownKey, files };
      }
      if (!this.entries) await this.fetchList();
      const entry = this.entries?.find((e) => e.id === wish);
      if (entry) return { key: entry.id, files: await listed(entry) };
      if (!/[/.:]/.test(wish)) throw new LessonError(say("open.unknown", { name: wish.slice(0, 80) }));
      const url = folder(wish, document.baseURI);
      return { key: url.pathname, files: await fromFolder(url) };
    }, carried);
  }

  /** Opens a lesson of files that came from no address. */
  private own(files: () => Promise<Files> | Files): Promise<void> {
    return this.read(async () => {
      const mine = await files();
      const before = this.progress.own();
      if (!before || JSON.stringify(before) !== JSON.stringify(mine)) this.progress.forget(ownKey);
      return { key: ownKey, files: mine };
    });
  }

  private async read(source: () => Promise<{ key: string; files: Files }>, carried?: Saved): Promise<void> {
    if (this.reading) return;
    this.reading = "lesson";
    this.problems = "";
    this.requestUpdate();
    try {
      const { key, files } = await source();
      await cluster.ready;
      const lesson = await app.engine.call<Lesson>({ op: "lesson", files });
      if (key === ownKey) this.progress.keepOwn(files);
      await this.take(key, lesson, files, carried);
    } catch (e) {
      this.problems = (e as Error).message;
      if (this.play) this.close();
    }
    this.reading = "";
    this.requestUpdate();
  }

  private async take(key: string, lesson: Lesson, files: Files, carried?: Saved): Promise<void> {
    if (this.play) this.play.end(); else await this.rememberGround(!!carried);
    this.key = key;
    this.texts.clear();
    moreFiles.clear();
    for (const name of lesson.files) moreFiles.set(name, files[name]);
    this.guess = -1; this.asking = ""; this.unkept = false;
    address(key);
    const play = new Play(lesson, files, pageHost((saved) => this.keep(saved), (what) => this.changed(play, what)));
    this.play = play;
    this.rings ??= new Rings();
    this.lead = "head";
    this.requestUpdate();
    // What came with the session in the address is of this very cluster; what was kept here is of another.
    const here = this.progress.load(key), saved = carried ? { ...carried, finished: carried.finished || !!here?.finished, record: keeper?.id ?? "" } : here;
    if (carried) this.keep(saved!);
    // A lesson that was finished begins anew.
    play.begin(saved && saved.step >= saved.of && !carried ? { ...saved, step: -1 } : saved).catch((e: Error) => { play.trouble = { text: e.message, again: false }; play.busy = ""; this.requestUpdate(); });
  }

  /** The lesson that is taken, for an address; without `saved` it has no cluster yet. One of somebody's own files has no address. */
  get carried(): { key: string; saved?: Saved } | undefined {
    const p = this.play;
    if (!p || p.lost || this.key === ownKey) return undefined;
    return { key: this.key, saved: p.busy === "cluster" || p.busy === "setup" ? undefined : { ...p.saved(), record: "" } };
  }

  private keep(saved: Saved): void {
    const ok = this.progress.save(this.key, saved);
    if (ok === this.unkept) { this.unkept = !ok; this.requestUpdate(); }
  }

  private results: CheckResult[] = [];
  private changed(play: Play, what: "step" | "checks" | "state"): void {
    if (play !== this.play) return;
    const s = play.current, state = play.states[play.step];
    if (what === "step") { this.guess = -1; this.asking = ""; this.lead = "head"; this.results = []; }
    if (what === "checks" && s && play.here) {
      for (const [k, r] of play.results.entries()) if (r.ok !== !!this.results[k]?.ok) app.say(say(r.ok ? "say.check" : "say.undone", { text: words(s.checks[k].text) }));
      this.results = play.results;
      if (state.done) { app.say(say("say.step")); this.lead = "after"; }
    }
    this.requestUpdate();
  }

  private follow(id: string): void {
    const i = this.play?.lesson.steps.findIndex((s) => s.id === id) ?? -1;
    if (i >= 0) this.play!.look(i);
  }

  // ---- the cluster before the lesson ----

  /** `none`: what is shown is the lesson's own cluster already. */
  private async rememberGround(none: boolean): Promise<void> {
    await cluster.ready;
    await cluster.keeping;
    if (this.ground || tabGround.get()) return;
    const { nodes, masters, seed } = none ? defaults : app.config;
    this.ground = { config: { nodes, masters, seed }, record: none ? "" : keeper?.id ?? "" };
    tabGround.set(this.ground);
  }
  private ground?: Playground;

  /** Ends the lesson; the cluster that there was before it comes back. */
  private async leave(): Promise<void> {
    this.play?.save();
    const ground = this.ground ?? tabGround.get();
    tabGround.set(undefined);
    const stays = this.play?.lost;
    this.close();
    this.ground = undefined;
    if (stays) return; // another cluster has taken the lesson's place already
    const config = ground?.config && [ground.config.nodes, ground.config.masters, ground.config.seed].every(Number.isFinite) ? ground.config : defaults;
    this.reading = "ground";
    this.requestUpdate();
    try {
      if (!ground?.record || !(await reopen(String(ground.record), config).catch(() => false))) await cluster.replace(config);
      await app.engine.call({ op: "play", speed: app.speed });
    } catch (e) {
      app.trouble = { title: say("failed"), message: (e as Error).message, commands: 0 };
      app.emit("status");
    }
    this.reading = "";
    this.requestUpdate();
  }

  private close(): void {
    this.play?.end();
    this.play = undefined;
    this.texts.clear();
    moreFiles.clear();
    this.rings?.remove();
    this.rings = undefined;
    this.lead = "head";
    address("");
    this.requestUpdate();
  }

  // ---- drawing ----

  private readonly drop = (e: DragEvent): void => {
    if (!e.dataTransfer?.types.includes("Files")) return;
    e.preventDefault();
    e.stopPropagation();
    if (e.type === "drop") { const data = e.dataTransfer; void this.own(async () => fromFiles(await dropped(data))); }
  };

  protected override render() {
    if (!this.play) return html`<div class="lesson" @dragover=${this.drop} @drop=${this.drop}><div class="lbody list" tabindex="0" role="region" aria-label=${say("title")}>${listView({
      entries: this.entries, failed: this.failed, problems: this.problems, reading: this.reading,
      saved: (key) => this.progress.load(key), own: this.progress.own() ? { key: ownKey, saved: this.progress.load(ownKey) } : undefined,
      take: (wish) => void this.open(wish), files: (f) => void this.own(() => fromFiles(f)), text: (text) => void this.own(() => fromText(text)),
    })}</div></div>`;
    return this.taken(this.play);
  }

  private taken(p: Play) {
    const l = p.lesson, n = l.steps.length;
    const i = this.entries?.findIndex((e) => e.id === this.key) ?? -1;
    const v: View = {
      play: p, texts: this.texts, teacher: this.teacher, guess: this.guess, asking: this.asking, nextLesson: i >= 0 ? this.entries![i + 1] : undefined,
      set: (change) => { Object.assign(this, change); this.requestUpdate(); }, open: (id) => void this.open(id), list: () => void this.leave(),
    };
    return html`<div class="lesson" lang=${app.lang === "zh" ? "zh-CN" : "en"}>
      <div class="lhead"><div class="ltop"><button class="link" title=${say(app.embedded ? "leave.frame" : "leave.note")} @click=${() => void this.leave()}>‹ ${say("back")}</button><span class="grow"></span>${this.menu(p)}</div>
        <h2>${words(l.title) || l.id}</h2>${this.nav(p)}</div>
      <div class="lbody" tabindex="0" role="region" aria-label=${words(l.title) || l.id}>
        ${p.lost ? html`<div class="trouble" role="alert"><p>${say("lost")}</p><div class="buttons"><button class="primary" @click=${() => void p.retake()}>${say("lost.back")}</button><button @click=${() => void this.leave()}>${say("leave")}</button></div></div>` : nothing}
        ${this.unkept ? html`<p class="info">${say("kept.not")}</p>` : nothing}
        ${p.view < 0 ? introView(v) : p.view >= n ? endView(v) : stepView(v, p.view)}
      </div>
      <div class="lfoot">${this.foot(v)}</div></div>`;
  }

  private nav(p: Play) {
    const n = p.lesson.steps.length;
    return html`<nav aria-label=${say("steps")}><ol class="dots">${p.lesson.steps.map((s, i) => {
      const done = p.done(i), now = i === p.step, later = i > p.step, jump = later && this.teacher, title = words(s.title);
      const state = done ? say("step.done") : now ? say("step.now") : later ? say("step.todo") : say("step.read");
      return html`<li><button class="${done ? "done" : ""} ${now ? "now" : ""}" aria-current=${i === p.view ? "step" : nothing} ?disabled=${(later && !jump) || !!p.busy}
        title="${jump ? say("step.go") + ": " : ""}${title}" aria-label="${jump ? say("step.go") + ": " : ""}${say("step", { n: i + 1, of: n })}: ${title}, ${state}"
        @click=${() => { if (jump) void p.ahead(i); else p.look(i); }}>${done ? "✓" : i + 1}</button></li>`;
    })}</ol></nav>`;
  }

  private menu(p: Play) {
    const tick = (on: boolean, text: string, set: (on: boolean) => void) => html`<label class="check"><input type="checkbox" .checked=${on} @change=${(e: Event) => set((e.target as HTMLInputElement).checked)}>${text}</label>`;
    return html`<details class="menu"><summary aria-label=${say("menu")} title=${say("menu")}>⋯</summary><div>
      ${tick(this.pointing, say("rings"), (on) => { this.pointing = on; this.requestUpdate(); })}
      ${tick(this.teacher, say("teacher"), (on) => { this.teacher = on; keep("teacher", on ? "1" : ""); this.requestUpdate(); })}
      ${this.asking === "restart" ? html`<p class="note">${say("restart.note")}</p><button class="danger" @click=${() => { this.asking = ""; this.querySelector<HTMLDetailsElement>(".menu")!.open = false; void p.afresh(); }}>${say("sure")}</button>`
        : html`<button ?disabled=${!!p.busy} @click=${() => { this.asking = "restart"; this.requestUpdate(); }}>${say("restart")}</button>`}
      <button @click=${() => void this.leave()}>${say("leave")}</button><p class="note">${say(app.embedded ? "leave.frame" : "leave.note")}</p></div></details>`;
  }

  /** What to do next, always in sight. */
  private foot(v: View) {
    const p = v.play, n = p.lesson.steps.length, s = p.current, state = p.states[p.step];
    if (!p.here) return html`<span class="grow"></span><button class="primary" @click=${() => p.look(p.step)}>${p.step >= n ? say("end") : say("to.now", { n: p.step + 1 })} ›</button>`;
    if (p.step < 0) return html`<span class="status">${p.busy ? say("todo.wait") : nothing}</span><button class="primary next" ?disabled=${!p.mayGoOn || !!p.trouble} @click=${() => void p.next()}>${say("begin")} ›</button>`;
    if (p.step >= n) return html`<button @click=${() => v.list()}>${say("end.list")}</button><span class="grow"></span>${v.nextLesson ? html`<button class="primary next" @click=${() => v.open(v.nextLesson!.id)}>${say("end.next")} ›</button>` : nothing}`;
    const asks = p.asks(p.step), left = s!.checks.filter((_, k) => !p.results[k]?.ok).length;
    const status = p.busy ? say("todo.wait") : asks ? say("todo.answer") : s!.read ? say("todo.read") : state.done ? "✓ " + say("todo.done") : say("todo.left", { n: left, of: s!.checks.length });
    const next = html`<button class="primary next" ?disabled=${!p.mayGoOn} @click=${() => void p.next()}>${say(p.step + 1 < n ? "next" : "finish")} ›</button>`;
    if (s!.read || state.done) return html`<span class="status">${status}</span>${next}`;
    return html`<span class="status">${status}</span>
      <button class="hintbutton" ?disabled=${asks || !!p.busy || state.hints >= s!.hints.length} @click=${() => { p.hint(); this.tellHint(p); }}>${say(state.hints ? "hint.next" : "hint.first")}</button>
      <button class="showme" title=${say("show.note")} ?disabled=${asks || !!p.busy || p.lost} @click=${() => { app.show({ bottom: "terminal" }); void p.showMe(); }}>${say("show")}</button>`;
  }

  private tellHint(p: Play): void {
    const s = p.current!, k = p.states[p.step].hints - 1;
    app.say(say("say.hint", { text: words(s.hints[k]) }));
    void this.updateComplete.then(() => this.querySelector(".hint:last-child")?.scrollIntoView({ block: "nearest" }));
  }

  protected override updated(): void {
    const p = this.play, s = p?.here && this.pointing && !p.busy ? p.current : undefined;
    this.rings?.show(s?.point ?? [], s ? say("point.here", { step: words(s.title) }) : "");
    this.texts.refresh();
    const view = `${this.key} ${p?.view}`, lead = this.lead;
    this.lead = "";
    if (lead === "head" && (view !== this.shown || !p)) {
      this.shown = view;
      this.querySelector(".lbody")?.scrollTo(0, 0);
      // Whoever just went on by keyboard or with a screen reader begins to read at the head; nobody is pulled out of the terminal.
      if (this.contains(document.activeElement) || document.activeElement === document.body) this.querySelector<HTMLElement>(".lbody [tabindex='-1']")?.focus({ preventScroll: true });
    } else if (lead === "after") this.querySelector(".after, .predict.said .verdict")?.scrollIntoView({ block: "nearest" });
  }
}
customElements.define("tab-lesson", TabLesson);

const words = (text: { en: string; zh: string }) => plain(read(text[app.lang]));

/** The page's address names the lesson, so that a reload and a link open it. */
function address(key: string): void {
  if (document.documentElement.dataset.page === "embed") return;
  const url = new URL(location.href);
  if (key) {
    url.searchParams.set("lesson", key);
    // The lesson has a cluster of its own: what the address asked for beside it was for the one before.
    for (const name of ["nodes", "masters", "seed", "scenario", "manifest", "manifest-src"]) url.searchParams.delete(name);
    if (url.hash.startsWith("#manifest")) url.hash = "";
  } else url.searchParams.delete("lesson");
  history.replaceState(null, "", url);
}
