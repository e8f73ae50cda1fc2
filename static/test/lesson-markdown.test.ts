import assert from "node:assert/strict";
import { test } from "node:test";
import { longestText, plain, read, safeHref, tags } from "../src/lessons/markdown.ts";
import type { Element, Node } from "../src/lessons/markdown.ts";

const all = (nodes: Node[]): Element[] => nodes.flatMap((n) => (typeof n === "string" ? [] : [n, ...all(n.children)]));
const depth = (nodes: Node[]): number => Math.max(0, ...nodes.map((n) => (typeof n === "string" ? 0 : 1 + depth(n.children))));
/** Nothing in the tree but elements of the list and addresses that are safe. */
function harmless(text: string): Node[] {
  const tree = read(text);
  for (const e of all(tree)) {
    assert.ok((tags as readonly string[]).includes(e.tag), e.tag);
    assert.deepEqual(Object.keys(e).filter((k) => !["tag", "children", "href", "lang", "start"].includes(k)), []);
    if (e.href !== undefined) assert.ok(/^(https:\/\/|#)/.test(e.href), e.href);
  }
  return tree;
}

test("a lesson's text becomes the elements it means", () => {
  const tree = harmless("### Why\n\nA **Pod** is *mortal*: `kubectl get pods`.\n\n- one\n- two\n\n```sh\nkubectl get pods\nkubectl get nodes\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> said\n\n3. three\n\n---\n\n[docs](https://kubernetes.io/docs/)");
  assert.deepEqual(tree.map((n) => (n as Element).tag), ["h3", "p", "ul", "pre", "table", "blockquote", "ol", "hr", "p"]);
  const pre = tree[3] as Element;
  assert.equal(pre.lang, "sh");
  assert.deepEqual(pre.children, ["kubectl get pods\nkubectl get nodes"]);
  assert.equal((tree[6] as Element).start, 3);
  assert.equal(all(tree).find((e) => e.tag === "a")!.href, "https://kubernetes.io/docs/");
  assert.deepEqual((all(tree).filter((e) => e.tag === "li")[0]).children, ["one"], "a tight list has no paragraphs");
});

test("lines of a paragraph are joined as the language wants it", () => {
  assert.equal(plain(read("one\ntwo")), "one two");
  assert.equal(plain(read("调度器给每个 Pod 选好节点，\n再由 kubelet 启动它。")), "调度器给每个 Pod 选好节点，再由 kubelet 启动它。");
  assert.equal(plain(read("用 kubectl\n查看")), "用 kubectl 查看");
  assert.equal(plain(read("它是**新的**\n一个，\n**不是**原来那个")), "它是**新的**一个，不是原来那个".replaceAll("**", ""));
});

test("hostile Markdown is text", () => {
  for (const text of [
    "<script>alert(1)</script>", "a <script>alert(1)</script> b", "<img src=x onerror=alert(1)>", "<a href=\"javascript:alert(1)\">x</a>", "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>", "<!-- <script> -->", "<![CDATA[<script>]]>", "<iframe srcdoc='<script>alert(1)</script>'>", "<math><mtext></p><img src=x onerror=alert(1)>",
    "**<b onclick=alert(1)>x</b>**", "- <details open ontoggle=alert(1)>", "| <img src=x onerror=alert(1)> |\n|---|\n| x |", "`<script>`", "```html\n<script>alert(1)</script>\n```", "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;", "<x-y autofocus onfocus=alert(1)>",
  ]) {
    const tree = harmless(text);
    // What looks like HTML is still there to be read, as text.
    assert.ok(plain(tree).includes("<"), text);
  }
});

test("only safe addresses become links", () => {
  for (const bad of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "&#106;avascript:alert(1)", "javascript&colon;alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "http://example.com", "//example.com", "/etc", "x.html", "file:///etc/passwd", "blob:https://x/1", "https://user:secret@example.com/", "https:/\\example.com", "ftp://example.com", "#s=eJx/..", "#s%00"]) {
    for (const text of [`[x](${bad})`, `[x](<${bad}>)`, `[x][r]\n\n[r]: ${bad}`, `[x][r]\n\n[r]: <${bad}> "title"`, `<${bad}>`]) {
      const links = all(harmless(text)).filter((e) => e.tag === "a").map((e) => e.href!);
      for (const href of links) assert.ok(href.startsWith("https://") && !href.includes("@"), `${text}: ${href}`);
      if (!/^https:/i.test(bad)) assert.deepEqual(links, [], text);
    }
  }
  assert.equal(safeHref("https://kubernetes.io/a?b#c"), "https://kubernetes.io/a?b#c");
  assert.equal(safeHref("#scale"), "#scale");
  assert.equal(safeHref("https://" + "a".repeat(3000)), undefined);
  assert.deepEqual(all(harmless("![x](https://example.com/track.png)")).map((e) => e.tag), ["p", "a"], "a picture is not fetched: what is left is a link");
});

test("giant and deeply nested texts are read in little time and are shallow", () => {
  const fill = (s: string) => s.repeat(Math.floor(longestText / s.length));
  for (const s of [">", "> ", "- ", "1. ", "[", "[a](", "*a_", "&", "<a ", "|a", "\\", "**a ", "`", "![", "a\n\n", "    ", "\t- ", "[a]: b\n", "~~~\n"]) {
    const tree = harmless(fill(s));
    assert.ok(depth(tree) <= 60, `${JSON.stringify(s)}: ${depth(tree)}`);
  }
  harmless("[a]: https://example.com\n" + "[a]".repeat(20_000));
  harmless(Array.from({ length: 400 }, (_, i) => " ".repeat(i * 2) + "- a").join("\n"));
  assert.ok(plain(read("x".repeat(4 * longestText))).length <= longestText, "what is too long is cut");
});
