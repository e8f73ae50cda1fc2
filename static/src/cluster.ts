// The cluster's life in the page: start the worker, make a cluster, make another.

import { app } from "./app.ts";
import { Engine } from "./engine.ts";
import type { Wire } from "./engine.ts";
import type { ClusterConfig } from "./protocol.ts";
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

class Cluster {
  private first: (ready: Promise<void>) => void = () => {};
  /** Resolves when the cluster answers; asked for before the boot, it is that of the first. */
  ready: Promise<void> = new Promise((resolve) => { this.first = resolve; });
  /** Gives a new worker a module that is compiled already: set by a page that stands beside others of its kind. */
  share?: (worker: Worker, key: string) => Promise<void>;

  /** Starts the engine and its first cluster; resolves when that answers. */
  boot(config: ClusterConfig, speed: number): Promise<void> {
    app.config = config;
    app.speed = speed;
    app.trouble = undefined;
    app.phase = "loading";
    app.emit("status");
    this.ready = (async () => {
      const engine = new Engine(await wire());
      app.attach(engine);
      app.info = await engine.init(config);
      if (app.phase === "loading") app.phase = app.model.nodes.size ? "ready" : "starting";
      app.emit("status");
      // A cluster that is ready runs at 1× by itself.
      if (speed !== 1) await engine.call({ op: "play", speed });
    })();
    this.ready.catch((e: Error) => {
      if (app.phase === "dead") return;
      app.phase = "dead";
      app.trouble = { title: t("panic.title"), message: e.message, commands: -1 };
      app.emit("status");
    });
    this.first(this.ready);
    return this.ready;
  }

  /** A fresh cluster in the same engine; it runs when it is ready, at the speed the old one had. */
  async reset(config: ClusterConfig): Promise<void> {
    app.select("");
    app.config = config;
    await this.ready;
    await app.engine.call({ op: "reset", config });
    const url = new URL(location.href);
    for (const name of ["nodes", "masters", "seed"] as const) url.searchParams.set(name, String(config[name]));
    history.replaceState(null, "", url);
    app.emit("status");
  }

  /** After the engine itself died: a new worker. */
  restart(): Promise<void> {
    app.engine?.close();
    return this.boot(app.config, app.speed);
  }
}

export const cluster = new Cluster();
