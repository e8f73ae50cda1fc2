// The cluster's life in the page: start the worker, make a cluster, make another.

import { app } from "./app.ts";
import { Engine } from "./engine.ts";
import type { Wire } from "./engine.ts";
import type { ClusterConfig, Opened } from "./protocol.ts";
import { t } from "./i18n/index.ts";

async function wire(): Promise<Wire> {
  if (__DEV__ && new URLSearchParams(location.search).get("engine") === "mock") {
    return new (await import("./dev/mock-engine.ts")).MockEngine();
  }
  const names = document.querySelector<HTMLMetaElement>('meta[name="tabernetes-engine"]')?.content ?? "engine.wasm engine.wasm.gz";
  const url = new URL(__WORKER__, import.meta.url);
  url.searchParams.set("engine", names.trim().split(/\s+/).join(","));
  return new Worker(url, { name: "tabernetes engine" }) as unknown as Wire;
}

class Cluster {
  ready: Promise<void> = new Promise(() => {});

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
    return this.ready;
  }

  /** A fresh cluster in the same engine; it runs when it is ready, at the speed the old one had. */
  async reset(config: ClusterConfig): Promise<void> {
    await this.replace(config);
    const url = new URL(location.href);
    for (const name of ["nodes", "masters", "seed"] as const) url.searchParams.set(name, String(config[name]));
    history.replaceState(null, "", url);
  }

  /** Another session in the place of this one: a new cluster's, or the one of a text. `paused`: the clock of a new one stands. */
  async replace(config: ClusterConfig, session?: string, _record?: string, paused?: boolean): Promise<Opened> {
    app.select("");
    app.config = config;
    await this.ready;
    const opened = await app.engine.call<Opened>({ op: "reset", config, session, paused });
    app.emit("status");
    return opened;
  }

  /** After the engine itself died: a new worker. */
  restart(): Promise<void> {
    app.engine?.close();
    return this.boot(app.config, app.speed);
  }
}

export const cluster = new Cluster();
