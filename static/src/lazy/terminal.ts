// xterm.js with a small line discipline: history, Ctrl-C, completion, here documents. Loaded when the terminal is opened.

import { FitAddon } from "@xterm/addon-fit";
import { Terminal as Xterm } from "@xterm/xterm";
import css from "@xterm/xterm/css/xterm.css";
import { app } from "../app.ts";
import type { Line } from "../app.ts";
import { programs } from "../engine.ts";
import type { Running } from "../engine.ts";
import { examples, filesFor } from "../examples.ts";
import { t } from "../i18n/index.ts";
import { guard } from "./terminal-guard.ts";
import { completions, hereDocument, pipedHereDocument } from "../line-editor.ts";

export interface Terminal { focus(): void; fit(): void; type(text: string): void }

const prompt = "\x1b[90m~ $\x1b[0m ";

export function openTerminal(host: HTMLElement): Terminal {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const term = new Xterm({
    fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Noto Sans Mono', monospace", fontSize: host.clientWidth < 600 ? 10.5 : 12.5, lineHeight: 1.2, scrollback: 5000, cursorBlink: false, screenReaderMode: true, logLevel: "off",
    theme: { background: "#10151b", foreground: "#d7dde5", cursor: "#d7dde5", brightBlack: "#93a0b0", green: "#7fd1c4", red: "#ff9196", selectionBackground: "#33507f" },
  });
  guard(term);
  const fit = new FitAddon();
  term.loadAddon(fit);
  term.open(host);
  term.textarea?.setAttribute("aria-label", t("term.label"));
  const refit = () => { if (host.clientWidth > 40 && host.clientHeight > 20) fit.fit(); };
  refit();
  new ResizeObserver(refit).observe(host);

  let line = "", cursor = 0, at = app.history.length, running: Running | undefined, doc: { end: string; line: string; body: string[] } | undefined, typed = false;
  /** A line is being carried out: what is typed meanwhile waits. */
  let busy = false;
  /** The cursor stands behind a prompt, which what is printed must replace. */
  let prompted = false;
  /** A running line reads what is typed: what was typed for it so far. It shows each line itself when it has read it. */
  let remote: string[] | undefined;
  /** Ctrl-C is for what reads: it ends a program in a container, and not the line. */
  let raw = false;
  /** What the last row shows before what is being typed: a remote prompt, or output without an end of line. */
  let tail = "";
  const past = () => remote ?? app.history;
  const crlf = (text: string) => text.replace(/\r?\n/g, "\r\n");
  const show = (l: Line) => {
    if (prompted) term.write("\r\x1b[K");
    else if (remote && line) term.write(`\r\x1b[K${tail}`);
    prompted = false;
    if (l.kind === "stdout" || l.kind === "stderr") tail = l.text.includes("\n") ? l.text.slice(l.text.lastIndexOf("\n") + 1) : tail + l.text;
    else tail = "";
    if (l.kind === "command") term.write((typed ? "" : `\r\x1b[K${prompt}${crlf(l.text)}\r\n`));
    else if (l.kind === "note") term.write(`\r\x1b[K\x1b[90m${crlf(l.text)}\x1b[0m\r\n`);
    else term.write(l.kind === "stderr" ? `\x1b[31m${crlf(l.text)}\x1b[0m` : crlf(l.text));
    if (remote && line) redraw();
  };
  const redraw = () => {
    // Lines longer than the window wrap; clearing from the prompt's row keeps it right.
    if (tail && !remote) { term.write("\r\n"); tail = ""; }
    term.write(`\r\x1b[K${remote ? tail : doc ? "> " : prompt}${line}`);
    prompted = !remote;
    if (cursor < line.length) term.write(`\x1b[${line.length - cursor}D`);
  };
  if (!app.transcript.length) term.write(t("term.welcome") + "\r\n");
  for (const l of app.transcript.slice(-400)) show(l);
  redraw();
  let repaint = 0;
  app.onwrite = (l) => {
    show(l);
    // Lines that buttons print come between: the prompt stands below them again.
    if (!busy) { clearTimeout(repaint); repaint = window.setTimeout(() => { if (!busy) redraw(); }, 60); }
  };

  const names = (resource: string): string[] => {
    const m = app.model;
    switch (resource) {
      case "nodes": return [...m.nodes.values()].map((e) => e.view.name);
      case "components": return [...m.nodes.values()].flatMap((e) => (m.masterNamed(e.view.name)?.components ?? e.view.components).map((c) => `${c.name}@${e.view.name}`));
      case "services": return [...m.services.values()].map((s) => s.name);
      case "deployments": case "replicasets": return [...m.workloads.values()].filter((w) => w.ref.startsWith(resource)).map((w) => w.name);
      case "pods": return m.names.filter(Boolean).slice(0, 2000).map((n) => n.slice(n.indexOf("/") + 1));
      default: return [];
    }
  };

  async function run(text: string, stdin?: string): Promise<void> {
    const first = text.trim().split(/\s+/)[0];
    if (!first) return;
    app.remember(text);
    if (first === "clear") { app.transcript.length = 0; term.clear(); term.write("\x1b[2J\x1b[H"); return; }
    if (first === "help") { term.write(crlf(t("term.help")) + "\r\n"); return; }
    if (first !== "k" && !programs.has(first)) { term.write(t("term.unknown", { name: first }) + "\r\n"); return; }
    try {
      const files = await filesFor(text, app.editor, stdin);
      typed = true;
      running = app.start(text, files, (own) => {
        remote = [];
        raw = own;
        at = 0;
        const typed = waitingInput;
        waitingInput = "";
        if (typed) input(typed);
      });
      typed = false;
      await running.done;
    } catch { /* the error is in the transcript already */ }
    running = undefined;
    remote = undefined;
    line = ""; cursor = 0;
  }

  function enter(): void {
    const text = line;
    line = ""; cursor = 0;
    if (remote) {
      // The other side shows the line when it reads it.
      term.write(`\r\x1b[K${tail}`);
      if (text.trim()) remote.push(text);
      at = remote.length;
      running?.input(text);
      return;
    }
    term.write("\r\n");
    prompted = false;
    if (doc) {
      if (text.trim() === doc.end) { const d = doc; doc = undefined; busy = true; void run(d.line, d.body.join("\n") + "\n").then(done); return; }
      doc.body.push(text);
      redraw();
      return;
    }
    const here = pipedHereDocument(text.trim()) ?? hereDocument(text.trim());
    if (here) { doc = { ...here, body: [] }; redraw(); return; }
    busy = true;
    void run(text).then(done);
  }
  function done(): void {
    busy = false;
    at = app.history.length;
    const next = waitingInput;
    waitingInput = "";
    redraw();
    if (next) input(next);
  }
  let waitingInput = "";

  function complete(): void {
    const options = completions(line.slice(0, cursor), names, [app.editor.name, ...examples.map((e) => e.file)]);
    if (!options.length) return;
    const last = /\S*$/.exec(line.slice(0, cursor))![0];
    let common = options[0];
    for (const o of options) while (!o.startsWith(common)) common = common.slice(0, -1);
    if (options.length > 1 && common === last) { term.write("\r\n" + options.slice(0, 60).join("  ") + "\r\n"); redraw(); return; }
    const add = common.slice(last.length) + (options.length === 1 ? " " : "");
    line = line.slice(0, cursor) + add + line.slice(cursor);
    cursor += add.length;
    redraw();
  }

  function input(data: string): void {
    if (busy && !remote) {
      if (data.includes("\x03") && running) { waitingInput = ""; running.cancel(); term.write("^C\r\n"); } else waitingInput += data;
      return;
    }
    for (let i = 0; i < data.length; i++) {
      const rest = data.slice(i), escape = /^\x1b(\[[0-9;]*[A-Za-z~]|O[A-Za-z])/.exec(rest)?.[0];
      if (escape) { i += escape.length - 1; key(escape); continue; }
      const c = data[i];
      if (c === "\r" || c === "\n") {
        if (c === "\r" && data[i + 1] === "\n") i++;
        enter();
        if (busy && !remote) { waitingInput += data.slice(i + 1); return; }
      } else if (remote && raw && c === "\x03") { line = ""; cursor = 0; term.write(`\r\x1b[K${tail}`); running?.input(c); }
      else if (remote && c === "\x03") { line = ""; cursor = 0; tail = ""; term.write("^C\r\n"); running?.cancel(); }
      else if (c === "\x04") { if (remote && !line) running?.input(c); }
      else if (c === "\x03") { line = ""; cursor = 0; doc = undefined; term.write("^C\r\n"); redraw(); }
      else if (c === "\x0c") { term.write("\x1b[2J\x1b[H"); redraw(); }
      else if (c === "\x7f") { if (cursor) { line = line.slice(0, cursor - 1) + line.slice(cursor); cursor--; redraw(); } }
      else if (c === "\x01") { cursor = 0; redraw(); } else if (c === "\x05") { cursor = line.length; redraw(); }
      else if (c === "\x15") { line = line.slice(cursor); cursor = 0; redraw(); }
      else if (c === "\x17") { const left = line.slice(0, cursor).replace(/\S+\s*$/, ""); line = left + line.slice(cursor); cursor = left.length; redraw(); }
      else if (c === "\t" && !doc && !remote && data.length === 1) complete();
      else if (c >= " " || (c === "\t" && doc)) {
        line = line.slice(0, cursor) + c + line.slice(cursor);
        cursor++;
        if (cursor === line.length && !doc) term.write(c); else if (data.length === 1 || i === data.length - 1) redraw();
      }
    }
  }
  function key(escape: string): void {
    const recall = (to: number) => { at = Math.max(0, Math.min(past().length, to)); line = past()[at] ?? ""; cursor = line.length; redraw(); };
    switch (escape) {
      case "\x1b[A": return recall(at - 1);
      case "\x1b[B": return recall(at + 1);
      case "\x1b[C": if (cursor < line.length) { cursor++; redraw(); } return;
      case "\x1b[D": if (cursor) { cursor--; redraw(); } return;
      case "\x1b[H": cursor = 0; return redraw();
      case "\x1b[F": cursor = line.length; return redraw();
      case "\x1b[3~": line = line.slice(0, cursor) + line.slice(cursor + 1); return redraw();
    }
  }
  term.onData(input);
  app.toTerminal = () => term.focus();
  return { focus: () => term.focus(), fit: refit, type: (text) => input(text) };
}
