// window.tabernetes: what scripts, tests and pages that embed this one can do. Documented in README.

import { app } from "./app.ts";
import { cluster } from "./cluster.ts";
import { keepOffline } from "./offline/offline.ts";
import type { Branch, ClusterConfig, ControlPlane, Frame, LineResult, Moment, Opened, Stats, StepResult, TrafficStats, Undone, Why } from "./protocol.ts";

export interface Tabernetes {
  /** Resolves when the cluster answers. */
  readonly ready: Promise<void>;
  /** One line of the terminal: kubectl (the word may be left out), etcdctl, kube-scheduler, or a fault such as "kill etcd@control-plane-2" or "cut node-1 * both". It also appears in the terminal. */
  run(line: string): Promise<LineResult>;
  /** One kubectl line, with or without the word kubectl. */
  kubectl(line: string): Promise<LineResult>;
  /** `kubectl apply -f -` with this text. */
  apply(yaml: string): Promise<LineResult>;
  readonly clock: {
    /** Virtual seconds since the cluster's start, as of the last frame; stats() has it exact. */
    now(): number;
    pause(): Promise<void>;
    /** Virtual seconds per real second; 0 as fast as possible; without it the speed that was. */
    play(speed?: number): Promise<void>;
    /** Up to and including the next event that writes. */
    step(): Promise<StepResult>;
    /** Resolves when that much virtual time has passed, as fast as possible. */
    advance(seconds: number): Promise<void>;
    /** As fast as possible until only periodic work is left, or that much virtual time has passed (an hour). */
    settle(maxSeconds?: number): Promise<void>;
  };
  /** Power off: the line "kill NAME". Rejects if there is nothing to kill. */
  killNode(name: string): Promise<void>;
  restartNode(name: string): Promise<void>;
  readonly traffic: {
    /** Starts, changes (the same service) or, with rps 0, stops requests. Service: "name" or "namespace/name". */
    start(load: { service: string; rps: number }): Promise<void>;
    stats(): Promise<TrafficStats>;
  };
  /** etcd's members, leaders, elections, Leases, the faults in force and what became of the newest writes. */
  controlPlane(): Promise<ControlPlane>;
  why(ref: string): Promise<Why>;
  /** A fresh cluster; what is not given stays as it was. */
  reset(config?: Partial<ClusterConfig>): Promise<void>;
  stats(): Promise<Stats>;
  /** Shows another moment of the branch: virtual seconds, or the exact place between two events. The clock stands then. */
  seek(to: number | Moment): Promise<void>;
  /** Shows the end of the branch. */
  present(): Promise<void>;
  /** Begins a branch at the moment that is shown. */
  branch(name?: string): Promise<Branch[]>;
  branches(): Promise<Branch[]>;
  /** Goes to the end of a branch, or to a moment of it in virtual seconds. */
  checkout(branch: number, seconds?: number): Promise<Branch[]>;
  /** Begins a branch without the newest command that changed something; answers that command's line. */
  undo(): Promise<Undone>;
  /** Runs a `kubectl wait` line as fast as possible until it ends. */
  until(line: string): Promise<LineResult>;
  /** The session as text: all of it, or one branch alone. */
  session(branch?: number): Promise<string>;
  /** Opens a session's text in the place of this one. */
  open(text: string): Promise<Opened>;
  /** A link that opens this session at this moment or, with `start`, before its first command. */
  link(options?: { start?: boolean; branch?: number }): Promise<string>;
  /** What the newest frame says in total, and of which moment. */
  totals(): Frame["totals"] & { now: number; past: boolean; moment: Moment };
  /** Resolves when nothing is left to draw. */
  idle(): Promise<void>;
  /** Resolves to true when the page works without a network from now on, to false where it cannot (no HTTPS, a frame). */
  readonly offline: Promise<boolean>;
}

declare global { interface Window { tabernetes: Tabernetes } }

export function install(idle: () => Promise<void>): Tabernetes {
  const call = <T = void>(c: Parameters<typeof app.engine.call>[0]): Promise<T> => cluster.ready.then(() => app.engine.call<T>(c));
  const fault = async (line: string): Promise<void> => {
    const r = await shown(run(line));
    if (r.code) throw new Error(r.stderr.trim().replace(/^error: /, ""));
  };
  const run = (line: string, files?: Record<string, string>) => cluster.ready.then(() => app.start(line, files).done);
  /** A clock command is done when the page has seen its frame, so that what is read next is of that time. */
  const shown = <T>(done: Promise<T>): Promise<T> => app.travel.shown(done);
  let offline: Promise<boolean> | undefined;
  const api: Tabernetes = {
    get ready() { return cluster.ready; },
    run: (line) => run(line),
    kubectl: (line) => run(line),
    apply: (yaml) => run("kubectl apply -f -", { "-": yaml }),
    clock: {
      now: () => app.model.now / 1000,
      pause: () => call({ op: "pause" }),
      play: (speed) => { app.speed = speed ?? app.speed; return call({ op: "play", speed: app.speed }); },
      step: () => shown(call<StepResult>({ op: "step" })),
      advance: (seconds) => shown(call({ op: "advance", seconds })),
      settle: (maxSeconds = 3600) => shown(call({ op: "settle", maxSeconds })),
    },
    killNode: (name) => fault("kill " + name),
    restartNode: (name) => fault("restart " + name),
    controlPlane: () => call({ op: "controlPlane" }),
    traffic: {
      start: ({ service, rps }) => call({ op: "traffic", service, rps }),
      stats: () => call({ op: "trafficStats" }),
    },
    why: (ref) => call({ op: "why", ref }),
    reset: (config) => cluster.reset({ ...app.config, ...config }),
    stats: () => call({ op: "stats" }),
    seek: (to) => shown(call(typeof to === "number" ? { op: "seek", ms: to * 1000 } : { op: "seek", ...to })),
    present: () => shown(call({ op: "present" })),
    branch: (name) => shown(call<Branch[]>({ op: "branch", name })),
    branches: () => call<Branch[]>({ op: "branches" }),
    checkout: (branch, seconds) => shown(call<Branch[]>({ op: "checkout", branch, ms: seconds === undefined ? undefined : seconds * 1000 })),
    undo: () => shown(call<Undone>({ op: "undo" })),
    until: (line) => cluster.ready.then(() => shown(app.travel.runUntil(line))),
    session: (branch) => call<{ text: string }>({ op: "session", branch }).then((r) => r.text),
    open: (text) => cluster.open(text),
    link: (options) => cluster.ready.then(() => import("./lazy/session-link.ts")).then((m) => m.makeLink(options)).then((m) => m.link),
    totals: () => { const m = app.model; return { ...m.totals, now: m.now / 1000, past: m.past, moment: { ms: m.now, after: m.after, commands: m.commands } }; },
    idle,
    // The files are fetched once the first picture is drawn: they must not hold it up.
    get offline() { return offline ??= cluster.ready.then(idle).then(keepOffline).catch(() => false); },
  };
  window.tabernetes = api;
  return api;
}
