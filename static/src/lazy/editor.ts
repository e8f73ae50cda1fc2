// CodeMirror for YAML. Loaded when the editor is first opened. It lives in a shadow root of its own, so that its styles
// are adopted style sheets and need no leave from the page's policy.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, bracketMatching, foldGutter, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Problem } from "../problems.ts";

export interface Editor {
  set(text: string): void;
  focus(): void;
  mark(problems: Problem[]): void;
  goTo(line: number): void;
  setDark(dark: boolean): void;
}
export interface Options { dark: boolean; label: string; changed(text: string): void; apply(): void }

function look(dark: boolean) {
  const c = dark
    ? { bg: "#12181e", ink: "#e6e9ee", dim: "#8792a1", line: "#1a222b", key: "#8fb4ff", string: "#7fd1c4", number: "#f2b95f", comment: "#8792a1", select: "#2b4576" }
    : { bg: "#faf9f4", ink: "#1d2430", dim: "#6b727d", line: "#f1f0e8", key: "#1f55c0", string: "#0b665e", number: "#8a5300", comment: "#656c77", select: "#cfdffb" };
  return [
    EditorView.theme({
      "&": { color: c.ink, backgroundColor: c.bg, height: "100%", fontSize: "12px" },
      "&.cm-focused": { outline: "none" },
      ".cm-scroller": { fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace", lineHeight: "1.55" },
      ".cm-gutters": { backgroundColor: c.bg, color: c.dim, border: "none" },
      ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: c.line },
      ".cm-cursor": { borderLeftColor: c.ink },
      "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: c.select + " !important" },
      ".cm-tooltip": { backgroundColor: c.bg, color: c.ink, border: `1px solid ${c.dim}` },
    }, { dark }),
    syntaxHighlighting(HighlightStyle.define([
      { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: c.key },
      { tag: [tags.string, tags.content], color: c.string },
      { tag: [tags.number, tags.bool, tags.null], color: c.number },
      { tag: [tags.comment, tags.lineComment], color: c.comment },
      { tag: [tags.separator, tags.punctuation, tags.meta], color: c.dim },
    ])),
  ];
}

export function createEditor(host: HTMLElement, text: string, options: Options): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":host{display:block}.cm-editor{height:100%}");
  root.adoptedStyleSheets = [sheet];
  const theme = new Compartment();
  const state = (doc: string, dark: boolean) => EditorState.create({
    doc,
    extensions: [
      lineNumbers(), foldGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(), lintGutter(), yaml(),
      keymap.of([{ key: "Mod-Enter", run: () => (options.apply(), true) }, ...defaultKeymap, ...historyKeymap, indentWithTab]),
      EditorView.contentAttributes.of({ "aria-label": options.label, tabindex: "0" }),
      EditorView.updateListener.of((u) => { if (u.docChanged) options.changed(u.state.doc.toString()); }),
      theme.of(look(dark)),
    ],
  });
  let dark = options.dark;
  const view = new EditorView({ state: state(text, dark), parent: root, root });
  const line = (n: number) => view.state.doc.line(Math.max(1, Math.min(n, view.state.doc.lines)));
  return {
    set: (next) => { view.setState(state(next, dark)); view.scrollDOM.scrollTo(0, 0); },
    focus: () => view.focus(),
    mark: (problems) => view.dispatch(setDiagnostics(view.state, problems.filter((p) => p.line > 0).map((p) => {
      const l = line(p.line);
      return { from: l.from, to: l.to, severity: "error" as const, message: p.message };
    }))),
    goTo: (n) => { if (n > 0) { view.dispatch({ selection: { anchor: line(n).from }, scrollIntoView: true }); view.focus(); } },
    setDark: (next) => { dark = next; view.dispatch({ effects: theme.reconfigure(look(next)) }); },
  };
}
