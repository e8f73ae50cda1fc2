// A lesson's texts as elements of the panel: made once, and kept while they are shown, with what their parts can do. Lines of
// a `sh` block go to the terminal, a `yaml` block goes to the editor, and the name of one of the lesson's files opens it.

import { app } from "../app.ts";
import { filesFor } from "../examples.ts";
import type { Texts } from "../protocol.ts";
import { render } from "./dom.ts";
import type { Makers } from "./dom.ts";
import { say } from "./messages.ts";

export class TextShelf {
  private readonly made = new Map<string, HTMLElement>();

  /** `locked`: the step's question is to be answered before anything is done. */
  constructor(private readonly files: () => Record<string, string>, private readonly locked: () => boolean, private readonly follow: (id: string) => void) {}

  clear(): void { this.made.clear(); }

  /** A text at a place of the panel; `inline`: without a paragraph of its own. */
  at(place: string, text: Texts, inline = false): HTMLElement {
    const key = `${place} ${app.lang} ${text[app.lang]}`;
    let e = this.made.get(key);
    if (!e) {
      e = document.createElement(inline ? "span" : "div");
      e.className = "md";
      e.append(render(text[app.lang], inline ? {} : this.makers()));
      if (inline) for (const p of [...e.children]) if (p.tagName === "P") p.replaceWith(...p.childNodes);
      this.made.set(key, e);
    }
    return e;
  }

  /** Locks and unlocks what texts can do. */
  refresh(): void {
    const locked = this.locked();
    for (const e of this.made.values()) for (const b of e.querySelectorAll<HTMLButtonElement>(".codedo button")) b.disabled = locked;
  }

  private makers(): Makers {
    return {
      follow: this.follow,
      code: (text) => {
        const content = Object.hasOwn(this.files(), text) && /\.ya?ml$/.test(text) ? this.files()[text] : undefined;
        if (content === undefined || !document.querySelector("tab-yaml")) return undefined;
        const b = document.createElement("button");
        b.className = "filename";
        b.textContent = text;
        b.title = say("edit.file", { name: text });
        b.addEventListener("click", () => toEditor(text, content));
        return b;
      },
      block: (lang, text) => {
        if (/^(sh|bash|shell|console)$/.test(lang)) {
          const commands = commandsOf(text);
          if (!commands) return undefined;
          const terminal = !!document.querySelector("tab-terminal"), one = terminal && !commands.includes("\n");
          const run = terminal ? () => toTerminal(commands, true) : (box: HTMLElement) => runBelow(commands, box);
          return block(text, [["run", say("run"), run], ...(one ? [["put", say("put"), () => toTerminal(commands, false)] as Do] : [])]);
        }
        if (/^ya?ml$/.test(lang) && document.querySelector("tab-yaml")) return block(text, [["edit", say("edit"), () => toEditor("lesson.yaml", text + "\n")]]);
        return undefined;
      },
    };
  }
}

type Do = [id: string, text: string, run: (block: HTMLElement) => void];

function block(text: string, does: Do[]): HTMLElement {
  const box = document.createElement("div"), pre = document.createElement("pre"), row = document.createElement("div");
  box.className = "codeblock";
  pre.className = "doc";
  pre.tabIndex = 0;
  pre.textContent = text;
  row.className = "codedo";
  for (const [id, label, run] of does) {
    const b = document.createElement("button");
    b.dataset.do = id;
    b.textContent = label;
    b.addEventListener("click", () => run(box));
    row.append(b);
  }
  box.append(pre, row);
  return box;
}

/** The lines of a block that are to be typed: no comments, and no prompts as some write them. */
export function commandsOf(text: string): string {
  return text.split("\n").map((l) => l.replace(/^\$ /, "").trimEnd()).filter((l) => l.trim() && !/^\s*#/.test(l)).join("\n");
}

/** Types lines into the terminal; `run`: with Enter. */
export function toTerminal(lines: string, run: boolean): void {
  // On a phone the sheet stays with the lesson while a line runs: the stage shows what it does.
  app.show(run ? { bottom: "terminal" } : { bottom: "terminal", sheet: "terminal" });
  document.querySelector("tab-terminal")?.dispatchEvent(new CustomEvent("type", { detail: run ? lines + "\n" : lines }));
}

/** Where the page shows no terminal, what lines print stands below them. */
async function runBelow(lines: string, box: HTMLElement): Promise<void> {
  const out = box.querySelector("output") ?? document.createElement("output");
  out.textContent = "";
  box.append(out);
  for (const line of lines.split("\n")) {
    const r = await app.run(line, await filesFor(line, app.editor));
    // As much as anybody reads in a panel.
    out.textContent = (out.textContent + r.stdout + r.stderr).slice(-20_000);
    if (r.code) return;
  }
}

export function toEditor(name: string, text: string): void {
  app.show({ left: "yaml", sheet: "do" });
  document.querySelector("tab-yaml")?.dispatchEvent(new CustomEvent("text", { detail: { name, text } }));
}
