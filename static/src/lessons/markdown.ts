// A lesson's text as a tree of the few elements that lessons use. markdown-it reads it, without HTML and without pictures;
// of what it found only what is named here is taken over, everything else is its text. dom.ts makes elements of the tree and
// looks again. Nothing is ever markup on the way: no string of HTML exists.

import MarkdownIt from "markdown-it";

/** The elements of a lesson's text. */
export const tags = ["p", "h1", "h2", "h3", "h4", "ul", "ol", "li", "code", "pre", "strong", "em", "a", "table", "thead", "tbody", "tr", "th", "td", "blockquote", "hr", "br"] as const;
export type Tag = (typeof tags)[number];
export interface Element { tag: Tag; children: Node[]; /** of a: "https:…" or "#…" */ href?: string; /** of pre: the word after the fence */ lang?: string; /** of ol, if not 1 */ start?: number }
export type Node = string | Element;

/** Characters of one text; the engine refuses a lesson whose text is longer (scenarios/lesson). */
export const longestText = 128 * 1024;
/** How deep lists and quotations may stand in each other; what is deeper is text. */
const deepest = 20;

const md = new MarkdownIt("commonmark", { html: false, maxNesting: deepest }).enable("table").disable(["image", "html_inline", "html_block"]);
// What may be a link is decided here, not by what markdown-it thinks is safe.
md.validateLink = (url) => safeHref(url) !== undefined;

/** An address that a text may link: of the web and encrypted, without a password in it, or a place in the lesson itself. */
export function safeHref(href: string): string | undefined {
  if (/^#[\w-]{0,80}$/.test(href)) return href;
  if (!/^https:\/\//i.test(href) || href.length > 2000) return undefined;
  try {
    const url = new URL(href);
    return url.protocol === "https:" && !url.username && !url.password ? url.href : undefined;
  } catch {
    return undefined;
  }
}

const known = new Set<string>(tags);

/** Reads a text. It always succeeds: what cannot be read is shown as it is written. */
export function read(text: string): Node[] {
  if (text.length > longestText) text = text.slice(0, longestText);
  const root: Node[] = [];
  build(md.parse(text, {}), root);
  return root;
}

type Token = ReturnType<typeof md.parse>[number];

function build(tokens: Token[], into: Node[]): void {
  const open: Node[][] = [];
  let here = into;
  /** Lists and quotations do not nest deeper than this, whatever comes. */
  const enter = (e: Element) => { here.push(e); open.push(here); here = e.children; };
  for (const t of tokens) {
    switch (t.type) {
      case "inline": { const own: Node[] = []; build(t.children ?? [], own); joinLines(own); here.push(...own); continue; }
      case "text": if (t.content) here.push(t.content); continue;
      case "softbreak": here.push("\n"); continue;
      case "hardbreak": here.push({ tag: "br", children: [] }); continue;
      case "hr": here.push({ tag: "hr", children: [] }); continue;
      case "code_inline": here.push({ tag: "code", children: [t.content] }); continue;
      case "fence": case "code_block": here.push({ tag: "pre", lang: /^[\w-]{1,20}/.exec(t.info)?.[0] ?? "", children: [t.content.replace(/\n$/, "")] }); continue;
    }
    // A paragraph of a tight list has no element of its own.
    if (t.hidden) continue;
    if (t.nesting === 1) {
      if (!known.has(t.tag)) { open.push(here); continue; }
      const e: Element = { tag: t.tag as Tag, children: [] };
      if (t.tag === "a") {
        const href = safeHref(String(t.attrGet("href") ?? ""));
        if (!href) { open.push(here); continue; } // its text stays
        e.href = href;
      }
      const start = t.tag === "ol" ? Number(t.attrGet("start") ?? 1) : 1;
      if (Number.isInteger(start) && start !== 1 && start >= 0 && start < 1e9) e.start = start;
      enter(e);
    } else if (t.nesting === -1) here = open.pop() ?? into;
    else if (t.content) here.push(t.content);
  }
}

// Chinese is written without spaces: where a line ends between two of its characters, there is none.
const wide = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\u3000-\u303f\u2018-\u201d\u2026]/;

/** Ends of lines become spaces, or nothing. */
function joinLines(pieces: Node[]): void {
  let before = "", breaks: { in: Node[]; at: number }[] = [];
  const walk = (list: Node[]) => list.forEach((n, at) => {
    if (typeof n !== "string") { if (n.tag === "br") before = ""; walk(n.children); return; }
    if (n === "\n") { breaks.push({ in: list, at }); list[at] = before ? " " : ""; return; }
    if (!n) return;
    if (wide.test(before) && wide.test(n[0])) for (const b of breaks) b.in[b.at] = "";
    breaks = [];
    before = n[n.length - 1];
  });
  walk(pieces);
}

/** The text alone. */
export function plain(nodes: Node[]): string {
  return nodes.map((n) => (typeof n === "string" ? n : plain(n.children))).join("");
}
