// A lesson's text as elements. The tree comes from markdown.ts, which lets through what is harmless; here nothing is
// believed: what is not on the list does not become an element, and no attribute is set but those below.

import type { Element as Mark, Node as Piece } from "./markdown.ts";
import { read, safeHref, tags } from "./markdown.ts";

/** What the panel makes itself of some of a text's parts. */
export interface Makers {
  /** A block of code, by the word after its fence. */
  block?(lang: string, text: string): Node | undefined;
  /** A piece of code in a line. */
  code?(text: string): Node | undefined;
  /** A link into the lesson was followed. */
  follow?(id: string): void;
}

const known = new Set<string>(tags);
/** A text's headings stand below the panel's own. */
const heading: Record<string, string> = { h1: "h4", h2: "h4", h3: "h4", h4: "h4" };
const deepest = 60, most = 20_000;

export function render(text: string, makers: Makers = {}): DocumentFragment {
  const out = document.createDocumentFragment();
  let count = 0;
  const add = (into: Node, pieces: readonly Piece[], depth: number): void => {
    for (const p of pieces) {
      if (++count > most) return;
      if (typeof p === "string") into.appendChild(document.createTextNode(p));
      else into.appendChild(make(p, depth));
    }
  };
  const make = (p: Mark, depth: number): Node => {
    if (!known.has(p.tag) || depth > deepest) return document.createTextNode(words(p));
    if (p.tag === "pre") return makers.block?.(p.lang ?? "", words(p)) ?? pre(words(p));
    if (p.tag === "code") { const own = makers.code?.(words(p)); if (own) return own; }
    // A cell above the first column may be empty: it heads nothing.
    const e = document.createElement(p.tag === "th" && !words(p).trim() ? "td" : heading[p.tag] ?? p.tag);
    if (p.tag === "a") link(e as HTMLAnchorElement, p.href ?? "", makers);
    if (p.tag === "ol" && p.start) (e as HTMLOListElement).start = p.start;
    if (e.tagName === "TH") (e as HTMLTableCellElement).scope = "col";
    add(e, p.children, depth + 1);
    if (p.tag !== "table") return e;
    // A wide table scrolls by itself, and can be scrolled from the keyboard.
    const box = document.createElement("div");
    box.className = "across";
    box.tabIndex = 0;
    box.append(e);
    return box;
  };
  add(out, read(text), 0);
  return out;
}

function words(p: Mark): string {
  return p.children.map((c) => (typeof c === "string" ? c : words(c))).join("");
}

function pre(text: string): HTMLElement {
  const e = document.createElement("pre");
  e.className = "doc";
  e.tabIndex = 0;
  e.textContent = text;
  return e;
}

function link(a: HTMLAnchorElement, wish: string, makers: Makers): void {
  const href = safeHref(wish);
  if (!href) return;
  a.setAttribute("href", href);
  if (href.startsWith("#")) {
    // The address belongs to the page: a link of a lesson never changes it.
    a.addEventListener("click", (e) => { e.preventDefault(); makers.follow?.(href.slice(1)); });
    return;
  }
  a.target = "_blank";
  a.rel = "noopener noreferrer";
  a.referrerPolicy = "no-referrer";
}
