// The state that panels share, and the few things they all do: select, run a kubectl line, say something.

import { Engine, wholeLine } from "./engine.ts";
import type { Call, Running } from "./engine.ts";
import { Editing } from "./editing.ts";
import { Model } from "./model.ts";
import type { ClusterConfig, ControlPlane, Frame, InitResult, LineResult } from "./protocol.ts";
import { Travel } from "./moments/travel.ts";
import { quorumLost } from "./stage/control.ts";
import { setLang, t } from "./i18n/index.ts";
import type { Lang } from "./i18n/index.ts";
import { learn } from "./i18n/told.ts";

/** time: another moment is wished for or was reached, or the branches changed; kept: the session changed in what a frame does not tell. */
export type Topic = "frame" | "selection" | "prefs" | "transcript" | "status" | "tabs" | "time" | "kept";
export type Theme = "auto" | "light" | "dark";
export type Phase = "loading" | "starting" | "ready" | "restoring" | "dead";

export interface Line { kind: "command" | "stdout" | "stderr" | "note"; text: string }
const maxTranscript = 3000;

export class App {
  readonly model = new Model();
  readonly travel: Travel = new Travel(this);
  engine!: Engine;
  config: ClusterConfig = { nodes: 3, masters: 1, seed: 1 };
  info?: InitResult;
  phase: Phase = "loading";
  loaded = 0; total = 0;
  /** The banner's text; with restoring commands, or -1 if nothing restores. */
  trouble?: { title: string; message: string; commands: number };

  lang: Lang = "en";
  theme: Theme = "auto";
  dark = false;
  /** The speed that was last chosen; a paused clock keeps it. */
  speed = 1;
  /** What is selected, as a ref; "" nothing. */
  selection = "";
  left: "yaml" | "canary" | "load" | "edit" | "lesson" = "yaml";
  /** The lessons' panel is open. */
  lesson = false;
  right: "summary" | "why" | "yaml" | "events" | "logs" = "summary";
  bottom: "terminal" | "events" | "branches" = "terminal";
  /** The panel a phone shows under the stage; "stage", in a small frame alone: none. */
  sheet: "do" | "inspect" | "terminal" | "lesson" | "stage" = "do";
  readonly editor = { name: "manifest.yaml", text: "" };
  /** The editor that a line of the terminal has opened. */
  editing?: Editing;

  readonly transcript: Line[] = [];
  readonly history: string[] = [];
  /** The terminal, once open, writes along. */
  onwrite?: (line: Line) => void;
  /** Hears of every line that is run. */
  onrun: (line: string, done: Promise<LineResult>) => void = () => {};
  /** In another page's frame: nothing is kept of it, nothing that was kept is read. */
  embedded = false;
  /** The panels that an embedded page shows; all of them otherwise. */
  panels?: ReadonlySet<string>;
  /** Puts the cursor into the terminal. */
  toTerminal: () => void = () => {};
  /** What a screen reader hears. */
  say: (text: string) => void = () => {};

  private readonly listeners = new Map<Topic, Set<(frame?: Frame) => void>>();

  on(topic: Topic, f: (frame?: Frame) => void): () => void {
    let set = this.listeners.get(topic);
    if (!set) this.listeners.set(topic, (set = new Set()));
    set.add(f);
    return () => set.delete(f);
  }

  emit(topic: Topic, frame?: Frame): void {
    for (const f of this.listeners.get(topic) ?? []) f(frame);
  }

  attach(engine: Engine): void {
    this.engine = engine;
    engine.onloading = (loaded, total) => { this.loaded = loaded; this.total = total; this.emit("status"); };
    engine.onframe = (frame) => this.frame(frame);
    engine.onclock = (playing) => { this.model.playing = playing; this.emit("status"); };
    engine.onreplaying = (ms, of) => this.travel.progress(ms, of);
    engine.onpanic = (message, commands) => {
      this.trouble = { title: t("panic.title"), message, commands };
      this.phase = commands < 0 ? "dead" : "restoring";
      this.emit("status");
    };
    engine.onrestored = () => {
      this.trouble = { title: t("panic.restored"), message: this.trouble?.message ?? "", commands: 0 };
      this.phase = "ready";
      this.emit("status");
    };
  }

  private frame(frame: Frame): void {
    const m = this.model, before = new Map<number, { power: boolean; ready: string }>();
    if (!frame.full) for (const v of frame.nodes) { const e = m.nodes.get(v.id); if (e) before.set(v.id, e.view); }
    const cp = m.control;
    m.apply(frame, performance.now());
    if (cp && frame.control && !frame.full) this.tell(cp, frame.control);
    // While a command runs as fast as it can, or while nothing runs, the frame's speed is not the chosen one.
    if (frame.playing && !frame.busy) this.speed = frame.speed;
    for (const v of frame.nodes) {
      const old = before.get(v.id);
      if (!old) continue;
      if (old.power !== v.power) this.say(t(v.power ? "say.nodeUp" : "say.nodeDown", { name: v.name }));
      if (old.ready !== v.ready) this.say(t("say.nodeReady", { name: v.name, state: t(`stage.ready.${v.ready}`) }));
    }
    if (this.phase === "starting" && frame.nodes.length) { this.phase = "ready"; this.emit("status"); }
    this.travel.frame(frame);
    this.emit("frame", frame);
  }

  /** Says what changed in the control plane. */
  private tell(was: ControlPlane, is: ControlPlane): void {
    if (is.leader && is.leader !== was.leader) this.say(t("say.leader", { name: is.leader, term: is.election?.term ?? 0 }));
    const lost = quorumLost(is);
    if (lost !== quorumLost(was)) this.say(t(lost ? "say.quorumLost" : "say.quorumBack"));
  }

  select(ref: string, tab?: App["right"]): void {
    this.selection = ref;
    if (tab) this.right = tab;
    if (ref) this.sheet = "inspect";
    this.emit("selection");
    this.emit("tabs");
  }

  has(panel: "yaml" | "inspector" | "terminal"): boolean { return this.panels?.has(panel) ?? true; }

  show(change: Partial<Pick<App, "left" | "right" | "bottom" | "sheet">>): void {
    Object.assign(this, change);
    // On a phone the lesson has a sheet of its own, and "do" shows the other tabs of the left panel.
    if (change.sheet === "lesson") this.left = "lesson";
    else if (change.sheet === "do" && this.left === "lesson") this.left = "yaml";
    this.emit("tabs");
  }

  setLang(lang: Lang): void {
    this.lang = lang;
    setLang(lang);
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    keep("lang", lang);
    this.emit("prefs");
    void learn(() => this.emit("prefs")).catch(() => {}); // without it English stands
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.dataset.theme = this.dark ? "dark" : "light";
    keep("theme", theme);
    this.emit("prefs");
  }

  write(kind: Line["kind"], text: string): void {
    const line = { kind, text };
    this.transcript.push(line);
    if (this.transcript.length > maxTranscript) this.transcript.splice(0, 500);
    this.onwrite?.(line);
    this.emit("transcript");
  }

  /**
   * Runs a line as if it had been typed: it and its output appear in the terminal. With `keys` it really was typed there: it
   * may open an editor, and calls `keys` when it reads what is typed on.
   */
  start(line: string, files?: Record<string, string>, keys?: (raw: boolean) => void): Running {
    line = wholeLine(line);
    this.write("command", line);
    this.remember(line);
    let editing: Editing | undefined;
    const edit = (name: string, text: string) => {
      this.editing = editing ??= new Editing(line, (saved) => running.edited(saved), this.left, () => this.emit("tabs"));
      this.show({ left: "edit", sheet: "do" });
      editing.open(name, text);
    };
    const running = this.engine.run(line, files, (stream, text) => this.write(stream, text), keys && { edit, keys });
    running.done.catch((e: Error) => this.write("stderr", e.message + "\n"));
    this.onrun(line, running.done);
    running.done.then(() => true, () => false).then((ended) => { if (editing?.end(ended)) this.closeEditing(editing); });
    return running;
  }

  closeEditing(editing: Editing): void {
    if (this.editing !== editing) return;
    this.editing = undefined;
    if (this.left !== "edit") return this.emit("tabs");
    this.show({ left: editing.before, sheet: "terminal" });
    this.toTerminal();
  }

  run(line: string, files?: Record<string, string>): Promise<LineResult> {
    return this.start(line, files).done.catch((e: Error) => ({ stdout: "", stderr: e.message, code: 1 }));
  }

  remember(line: string): void {
    if (line.trim() && this.history[this.history.length - 1] !== line) this.history.push(line);
  }

  /** A call whose failure is shown in the banner; undefined then. */
  async ask<T>(call: Call): Promise<T | undefined> {
    try {
      return await this.engine.call<T>(call);
    } catch (e) {
      this.fault(e as Error);
      return undefined;
    }
  }

  /** Says in the banner that something did not work. */
  fault(e: Error, title = t("error.title")): void {
    if (/^given up/.test(e.message)) return; // for what was asked later: whoever asked knows
    this.trouble = { title, message: e.message, commands: 0 };
    this.emit("status");
  }

}

/** Keeps a choice for the next visit. */
export function keep(key: string, value: string): void {
  if (app.embedded) return;
  try { localStorage.setItem("tabernetes." + key, value); } catch { /* private mode: the choice lasts as long as the page */ }
}
export function kept(key: string): string | null {
  if (app.embedded) return null;
  try { return localStorage.getItem("tabernetes." + key); } catch { return null; }
}

export const app = new App();
