import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** Ways to make a document or a program out of a text. */
const ways = /\b(innerHTML|outerHTML|insertAdjacentHTML|unsafeHTML|unsafeSVG|unsafeStatic|createContextualFragment|parseFromString|setHTMLUnsafe|parseHTMLUnsafe|srcdoc|document\.write(ln)?|eval\s*\(|new\s+Function|Function\s*\(|set(Timeout|Interval)\s*\(\s*["'`])/;
/** Where sanitised Markdown becomes a document, if anywhere. */
const renderer = /^lazy\/markdown\.ts$/;

const files = (dir: string): string[] => readdirSync(dir).flatMap((f) => {
  const p = join(dir, f);
  return statSync(p).isDirectory() ? files(p) : [p];
});

test("no text of an object becomes a document or a program", () => {
  const src = join(process.cwd(), "src");
  for (const f of files(src)) {
    const name = relative(src, f);
    if (!/\.(ts|html)$/.test(f) || renderer.test(name)) continue;
    readFileSync(f, "utf8").split("\n").forEach((line, i) => {
      const found = ways.exec(line);
      assert.ok(!found, `${name}:${i + 1}: ${found?.[0]}: what the page shows is names, messages and logs that anybody may have written. Lit writes them as text; whatever goes around it lets an object's field run as a script, and the Content-Security-Policy is the second wall, not the first.`);
    });
  }
});

test("the page has no script, style sheet or handler that its policy would not allow, and names no other host", () => {
  const html = readFileSync(join(process.cwd(), "src/index.html"), "utf8");
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)[^>]*>[^<]*\S/, "an inline script");
  assert.doesNotMatch(html, /\son\w+\s*=/, "an inline handler");
  for (const [, url] of html.matchAll(/\b(?:src|href|action|content)="(https?:[^"]*)"/g)) assert.fail(`a request to ${url}: the page asks nobody but its own host`);
});
