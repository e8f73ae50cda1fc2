// The cluster's life in the page: start the worker, make a cluster, make another, open a session.

import { app } from "./app.ts";
import { Engine } from "./engine.ts";
import type { Wire } from "./engine.ts";
import type { ClusterConfig, Opened } from "./protocol.ts";
import type { Opening } from "./sessions/page.ts";
import { t } from "./i18n/index.ts";

async function wire(): Promise<Wire> {
  if (__DEV__ && new URLSearchParams(location.search).get("engine") === "mock") {
    return new (await import("./dev/mock-engine.ts")).MockEngine();
  }
  const names = document.querySelector<HTMLMetaElement>('meta[name="tabernetes-engine"]')?.content ?? "";
  const url = new URL(__WORKER__, import.meta.url);
  url.searchParams.set("engine", names.trim().split(/\s+/).join(","));
  if (cluster.share) url.searchParams.set("share", "1");
  const worker = new Worker(url, { name: "tabernetes engine" });
  await cluster.share?.(worker, url.href); // the worker wants this before any request
  return worker as unknown as Wire;
}

const sessions = () => import("./sessions/page.ts");

class Cluster {
  private first: (ready: Promise<void>) => void = () => {};
  /** Resolves when the cluster answers; asked for before the boot, it is that of the first. */
  ready: Promise<void> = new Promise((resolve) => { this.first = resolve; });
  /** Gives a new worker a module that is compiled already: set by a page that stands beside others of its kind. */
  share?: (worker: Worker, key: string) => Promise<void>;
  /** Another session is being made: what frames say is of the old one. */
  replacing = false;
  /** A session is being opened in the place of this one; this ends it, and leaves this one as it is. */
  stopOpening?: () => void;
  /** Settles when it is known which record keeps this tab's session. */
  keeping: Promise<void> = Promise.resolve();
  /** In a frame of another page nothing is kept: many may stand on one page, which would all be one tab. */
  get keeps(): boolean { return window.top === window && !app.embedded; }

  /** Starts the engine and its first session, a new cluster's or one that is opened; resolves when that answers. */
  boot(config: ClusterConfig, speed: number, opening?: Promise<Opening | undefined>): Promise<void> {
    app.config = config;
    app.speed = speed;
    app.phase = "loading";
    app.emit("status");
    const ready = (this.ready = (async () => {
      const engine = new Engine(await wire());
      app.attach(engine);
      let from = await opening;
      try {
        if (from) app.config = from.config;
        app.info = await engine.init(app.config, from?.text);
      } catch (e) {
        if (!from || app.engine !== engine || engine.closed) throw e;
        (await sessions()).refused(e as Error, !!from.record);
        if ((app.phase as string) === "dead") throw e;
        from = undefined;
        app.config = config;
        app.info = await engine.init(config);
      }
      if (app.phase === "loading") app.phase = app.model.nodes.size ? "ready" : "starting";
      app.travel.replaying = undefined;
      app.emit("status");
      if (from) {
        const s = await sessions();
        s.clearAddress();
        s.tell(app.info.opened);
        // What ran when the page was left goes on; a link shows its moment.
        if (app.info.opened.exact && (from.speed ?? -1) >= 0) await engine.call({ op: "play", speed: (app.speed = from.speed!) });
      } else if (speed !== 1) await engine.call({ op: "play", speed }); // a cluster that is ready runs at 1× by itself
      await app.travel.refresh();
      this.keeping = sessions().then((s) => s.keep(from?.record));
    })());
    ready.catch((e: Error) => {
      if (app.phase === "dead" || this.ready !== ready || app.engine?.closed) return;
      app.phase = "dead";
      app.trouble = { title: t("panic.title"), message: e.message, commands: -1 };
      app.emit("status");
    });
    this.first(this.ready);
    return this.ready;
  }

  /** What a page that holds still is started with (?hold): it has no cluster until somebody opens a session in it. */
  hold?: (opening: Promise<Opening | undefined>) => void;

  async open(text: string): Promise<Opened> {
    const s = await sessions();
    if (!this.hold) return s.open(text);
    this.hold(Promise.resolve(s.openingOf(text)));
    this.hold = undefined;
    await this.ready;
    return app.info!.opened;
  }

  /** A fresh cluster in the same engine; it runs when it is ready, at the speed the old one had. */
  async reset(config: ClusterConfig): Promise<void> {
    await this.replace(config);
    const url = new URL(location.href);
    for (const name of ["nodes", "masters", "seed"] as const) url.searchParams.set(name, String(config[name]));
    history.replaceState(null, "", url);
  }

  /** Another session in the place of this one, which stays where it is kept: a new cluster's, or the one of a text. `paused`: the clock of a new one stands; `stoppable`: a person waits for it, and may think better of it. */
  async replace(config: ClusterConfig, session?: string, record?: string, paused?: boolean, stoppable?: boolean): Promise<Opened> {
    await this.ready;
    const { keeper } = await sessions();
    await keeper?.save();
    const before = app.config;
    this.replacing = true;
    try {
      // What is opened takes its place at its moment; a new cluster is seen to start.
      if (!session) { app.select(""); app.config = config; }
      const { done, stop } = app.engine.reset({ config, session, paused });
      // Two that are too large together are not there at once: then this one is made anew from what was kept.
      if (stoppable) this.opens(() => void stop().catch(() => this.restart().catch(() => {})));
      const o = await done;
      app.travel.forget();
      if (session) { app.select(""); app.config = config; }
      await keeper?.turn(record);
      await app.travel.refresh();
      return o;
    } catch (e) {
      app.config = before;
      throw e;
    } finally {
      this.replacing = false;
      app.travel.replaying = undefined;
      this.opens(undefined);
      app.emit("status");
      app.emit("kept");
    }
  }

  private opens(stop: (() => void) | undefined): void { this.stopOpening = stop; app.emit("time"); }

  /** Ends the opening of a session that takes too long. */
  giveUp(): void {
    void sessions().then((s) => { s.leave(); void this.boot(app.config, 1).catch(() => {}); });
    app.engine.close();
    app.travel.forget();
  }

  /** After the engine itself died: a new worker, which goes on with what was kept last. */
  restart(): Promise<void> {
    app.engine?.close();
    app.trouble = undefined;
    app.travel.forget();
    return this.boot(app.config, app.speed, sessions().then((s) => s.again()));
  }
}

export const cluster = new Cluster();
