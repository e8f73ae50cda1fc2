// <tabernetes-playground>: the one script that an embedding page links. It draws a poster; the cluster's page comes in a
// frame when somebody clicks, when the tag is scrolled near (load="near"), or when a script asks. docs/embedding.md tells
// authors of it.

import type { Lang } from "../i18n/index.ts";
import { apiOf, Conversation } from "./client.ts";
import type { Api } from "./client.ts";
import type { EventName } from "./methods.ts";
import { drawing, element, posterCss } from "./poster.ts";
import { posterTexts, posterTitle } from "./poster-texts.ts";

/** Attributes that become parameters of the frame's address as they are. */
const passed = ["scenario", "lesson", "panels", "theme", "nodes", "masters", "seed", "speed"];
const height = { default: 480, min: 160, max: 2000 };
/** How long the frame may take to say that it listens. */
const patienceMs = 20_000;
/** What a frame of another origin may do. Of the same origin a sandbox would hold nothing back. */
const sandbox = "allow-scripts allow-same-origin allow-forms allow-downloads allow-popups allow-popups-to-escape-sandbox";

/** Where this script lies: the page that is framed lies beside it. As a module, a script cannot ask for itself. */
const own = (document.currentScript as HTMLScriptElement | null)?.src
  ?? [...document.scripts].map((s) => s.src).find((src) => /\/embed\.js(\?|$)/.test(src)) ?? "";

class TabernetesPlayground extends HTMLElement {
  static readonly observedAttributes = ["scenario", "lesson", "lang", "height", "caption", "load"];

  /** Manifests to open with; the tag's `manifest` attribute, or a <pre> in it, if no script sets this. */
  declare manifest?: string; // what was set before the script came is kept
  private readonly root = this.attachShadow({ mode: "open" });
  private readonly box = element("div", "frame");
  private poster?: HTMLElement;
  private frame?: HTMLIFrameElement;
  private talk?: Conversation;
  private watch?: IntersectionObserver;
  private settle!: { resolve(): void; reject(error: Error): void };
  private whenReady = this.newReady();
  private listening?: Promise<Conversation>;
  /** The functions of window.tabernetes; the first call opens the cluster. */
  readonly api: Api = apiOf(async (method, args) => (await this.opened()).ask(method, args));

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(posterCss);
    this.root.adoptedStyleSheets = [sheet];
    this.root.append(this.box);
  }

  /** Resolves when the cluster answers; does not open it by itself. */
  get ready(): Promise<void> { return this.whenReady; }

  connectedCallback(): void {
    this.draw();
    this.observe();
  }

  disconnectedCallback(): void {
    this.watch?.disconnect();
    this.close();
  }

  attributeChangedCallback(): void {
    if (!this.isConnected) return;
    this.draw();
    this.observe();
  }

  /** Puts the cluster's page into the tag. */
  open(): void { this.opened().catch(() => {}); }

  /** Back to the poster; the cluster is gone. */
  close(): void {
    this.talk?.end("the cluster was closed");
    this.frame?.remove();
    this.talk = this.frame = this.listening = undefined;
    this.box.classList.remove("here");
    this.settle.reject(new Error("the cluster was closed"));
    this.whenReady = this.newReady();
    this.mark("open");
  }

  private newReady(): Promise<void> {
    const ready = new Promise<void>((resolve, reject) => { this.settle = { resolve, reject }; });
    ready.catch(() => {}); // who waits for it hears of it
    return ready;
  }

  private get speech(): Lang {
    const wish = this.getAttribute("lang") || this.closest("[lang]")?.getAttribute("lang");
    for (const l of wish ? [wish] : navigator.languages) if (/^(zh|en)/i.test(l)) return /^zh/i.test(l) ? "zh" : "en";
    return "en";
  }

  private get given(): string {
    return this.manifest ?? this.getAttribute("manifest") ?? this.querySelector("pre")?.textContent ?? "";
  }

  private heading(): string {
    const a = (name: string) => this.getAttribute(name) ?? "";
    return posterTitle(this.speech, { caption: a("caption"), scenario: a("scenario"), lesson: this.getAttribute("lesson"), session: !!a("session"), manifest: !!this.given || !!a("manifest-src") });
  }

  private draw(): void {
    const wish = Number(this.getAttribute("height") ?? height.default);
    this.box.style.height = `${wish >= height.min && wish <= height.max ? wish : height.default}px`;
    if (this.frame) return;
    const x = posterTexts[this.speech], poster = document.createElement("button");
    poster.className = "poster";
    poster.type = "button";
    poster.lang = this.speech === "zh" ? "zh-CN" : "en";
    poster.append(drawing(Number(this.getAttribute("nodes")) || 3), element("span", "bar", element("span", "go", x.open), element("span", "", element("b", "title", this.heading()), element("span", "note", x.note))));
    poster.addEventListener("click", () => { this.open(); });
    if (this.poster) this.poster.replaceWith(poster); else this.box.append(poster);
    this.poster = poster;
  }

  /** What the button says: to start, that it loads, or that it failed. */
  private mark(state: "open" | "loading" | "failed"): void {
    const go = this.poster?.querySelector(".go");
    if (go) go.textContent = posterTexts[this.speech][state];
    this.poster?.setAttribute("aria-busy", String(state === "loading"));
  }

  private observe(): void {
    this.watch?.disconnect();
    const saves = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData;
    if (this.getAttribute("load") !== "near" || this.frame || saves) return;
    this.watch = new IntersectionObserver((entries) => {
      if (!entries.some((e) => e.isIntersecting)) return;
      this.watch?.disconnect();
      this.open();
    }, { rootMargin: "300px" });
    this.watch.observe(this);
  }

  private opened(): Promise<Conversation> {
    if (!this.isConnected) return Promise.reject(new Error("the tag is not in a document"));
    if (!this.listening) {
      const focused = this.root.activeElement === this.poster;
      this.listening = this.load();
      // Who pressed the button goes on in the frame, unless they have turned to something else.
      this.listening.then(() => { if (focused && [this as Element, document.body].includes(document.activeElement!)) this.frame?.focus({ preventScroll: true }); }, () => {});
    }
    return this.listening;
  }

  private async load(): Promise<Conversation> {
    this.mark("loading");
    try {
      const { url, origin } = await this.address();
      return await new Promise<Conversation>((resolve, reject) => {
        const frame = document.createElement("iframe");
        frame.title = `Tabernetes: ${this.heading()}`;
        if (origin !== location.origin) frame.setAttribute("sandbox", sandbox);
        frame.referrerPolicy = "no-referrer";
        frame.src = url.href;
        const timer = setTimeout(() => reject(new Error(`${url.origin} did not answer`)), patienceMs);
        const heard = (event: EventName, detail: unknown) => {
          if (event === "listening") { clearTimeout(timer); this.show(); return resolve(this.talk!); }
          if (event === "ready") this.settle.resolve();
          this.dispatchEvent(new CustomEvent(event, { detail }));
        };
        this.frame = frame;
        this.box.append(frame);
        this.talk = new Conversation(frame.contentWindow!, origin, heard);
        // Files opened from a disk have no origin that a message could be meant for: shown, but not driven.
        if (location.origin === "null") frame.addEventListener("load", () => { clearTimeout(timer); this.show(); reject(new Error("a page without an origin cannot speak with the cluster")); });
      });
    } catch (e) {
      const error = e as Error;
      if (!this.box.classList.contains("here")) {
        this.close();
        this.mark("failed");
        this.dispatchEvent(new CustomEvent("error", { detail: { message: error.message } }));
      }
      throw error;
    }
  }

  private show(): void { this.box.classList.add("here"); }

  private async address(): Promise<{ url: URL; origin: string }> {
    const base = this.getAttribute("base");
    if (!base && !own) throw new Error("the script does not know where it lies: give the tag a base");
    const url = new URL("embed.html", base ? new URL(base, document.baseURI) : own);
    for (const name of passed) {
      const value = this.getAttribute(name);
      if (value !== null) url.searchParams.set(name, value);
    }
    url.searchParams.set("lang", this.speech);
    if (location.origin !== "null") url.searchParams.set("origin", location.origin);
    const source = this.getAttribute("manifest-src"), session = this.getAttribute("session");
    // A link, a short one, or the fragment of one.
    const fragment = session?.replace(/^.*#/, "").replace(/^.*\/s\/(?=\w+$)/, "link=");
    if (fragment && !/^(s\d*|link)=/.test(fragment)) throw new Error("session: want a link to a session");
    let manifest = this.given;
    if (source !== null) {
      // The author's own file: of the embedding page's origin, fetched by that page.
      const from = new URL(source, document.baseURI);
      if (from.origin !== location.origin) throw new Error(`manifest-src: only files of ${location.host} are fetched`);
      const r = await fetch(from);
      if (!r.ok) throw new Error(`manifest-src: ${r.status}`);
      manifest = await r.text();
    }
    url.hash = fragment || (manifest.trim() && "manifest=" + encodeURIComponent(manifest));
    return { url, origin: url.origin };
  }
}

if (!customElements.get("tabernetes-playground")) customElements.define("tabernetes-playground", TabernetesPlayground);
