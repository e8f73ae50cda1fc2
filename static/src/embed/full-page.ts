// The way to a page of its own: it takes along what was done here. Nothing but an address can carry it, for whoever frames
// this page gets a storage of their own for it. The link is made when somebody is about to follow it, so that the browser
// itself opens it, as it opens any link; where that was too early the click waits for it, as long as a click may.

import { html } from "lit";
import { app } from "../app.ts";
import { Panel } from "../panels/panel.ts";
import { longestLink, pack } from "../sessions/link.ts";
import type { TabLesson } from "../lessons/panel.ts";
import { fullPage } from "./page-params.ts";
import { say } from "./page-texts.ts";

/** How old the moment in a link may be while the clock runs. */
const freshMs = 1500;

interface Made { href: string; state: string; at: number; /** characters, of what is too long to be in it */ long?: number }

class TabFullPage extends Panel {
  protected override topics = ["prefs"] as Panel["topics"];
  private made?: Made; private making?: Promise<Made>;
  /** It was said that the next click opens it. */
  private told = false;

  /** What a link that was made must still agree with. */
  private get state(): string {
    const m = app.model, lesson = document.querySelector<TabLesson>("tab-lesson")?.carried;
    return `${app.lang} ${m.branch} ${m.commands} ${m.past ? m.after : m.playing} ${lesson?.key} ${JSON.stringify(lesson?.saved)}`;
  }

  private fresh(): boolean { const m = this.made; return !!m && m.state === this.state && (!app.model.playing || performance.now() - m.at < freshMs); }

  /** Begins to make the link. */
  private readonly ahead = (): void => { if (app.phase === "ready" && !this.fresh()) this.make().catch(() => {}); };

  private make(): Promise<Made> {
    return (this.making ??= this.link().then((made) => (this.made = made)).finally(() => { this.making = undefined; this.requestUpdate(); }));
  }

  private async link(): Promise<Made> {
    const at = performance.now(), state = this.state, lesson = document.querySelector<TabLesson>("tab-lesson")?.carried;
    const begun = fullPage(location.href, app.lang, { lesson: lesson?.key });
    // A lesson whose cluster is not there yet begins anew.
    if (lesson && !lesson.saved) return { href: begun, state, at };
    const { text } = await app.engine.call<{ text: string }>({ op: "session" }), session = await pack(text);
    if (session.length > longestLink) return { href: begun, state, at, long: session.length };
    const play = !lesson && app.model.playing ? app.speed : undefined;
    return { href: fullPage(location.href, app.lang, { lesson: lesson?.key, session, play, progress: lesson?.saved && (await pack(JSON.stringify(lesson.saved))) }), state, at };
  }

  private readonly follow = (e: Event): void => {
    if (app.phase !== "ready" || this.told) { this.told = false; return; } // as the link stands
    if (this.fresh() && !this.made!.long) return;
    e.preventDefault();
    void this.make().then((made) => {
      if (made.long) {
        this.told = true;
        app.fault(new Error(say("full.long", { n: made.long })), say("full.title"));
      } else if (navigator.userActivation?.isActive === false) {
        this.told = true;
        app.fault(new Error(say("full.again")), say("full.title"));
      } else window.open(made.href, "_blank", "noopener");
    }, (x: Error) => app.fault(x, say("full.title")));
  };

  protected override render() {
    return html`<a href=${this.made?.href ?? fullPage(location.href, app.lang)} target="_blank" rel="noopener" title=${say("full.title")}
      @pointerdown=${this.ahead} @focus=${this.ahead} @click=${this.follow}>${say("full")} <span aria-hidden="true">↗</span></a>`;
  }
}
customElements.define("tab-full-page", TabFullPage);
