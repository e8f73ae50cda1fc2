// The last step of a build, over a folder that holds the page and the engine (dist/, and again over the site's copy once
// the engine is packed there). What depends on all the files is written here and nowhere else, and may be written again:
//   *.html      where the engine is, and the Content-Security-Policy for hosts that send no header of ours
//   sw.js       its first line: every file with its hash, so that a changed file is a changed service worker
//   _headers    what Cloudflare and Netlify send with the files; .assetsignore: what Cloudflare must not get
//
//   node finish.mjs DIR
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync, rmSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
/** Also the native server's and the Worker's: web/headers. */
const headers = JSON.parse(readFileSync(join(here, "../web/headers/headers.json"), "utf8"));
const engineName = /^engine-[A-Z0-9]{8}\.wasm(\.br|\.gz)?$/;
/** As in web/static.go: names that carry a hash of their content never change. */
const hashedName = /-[A-Z0-9]{8}\.[^/]*$/;
/** Not for visitors: measurements, and what hosts read. The service worker keeps no copy of itself. */
const notKept = new Set(["sw.js", "sizes.json", "_headers", ".assetsignore", "LICENSES.txt"]);
/** Cloudflare reads no more rules than these from _headers. */
const maxRules = 100;

/** The first characters of a hash of the content in base32, as esbuild writes its own. */
export function base32(content, chars = 8) {
  const digest = createHash("sha256").update(content).digest();
  let out = "";
  for (let bit = 0; out.length < chars; bit += 5) {
    const pair = (digest[bit >> 3] << 8) | digest[(bit >> 3) + 1];
    out += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(pair >> (11 - (bit & 7))) & 31];
  }
  return out;
}

/** A header's value; the policy is written by directive. */
const valueOf = (v) => typeof v === "string" ? v : Object.entries(v).map(([name, sources]) => `${name} ${sources}`).join("; ");

/** Which form of the engine is asked for first: a browser skips what it cannot unpack. */
const order = (name) => name.endsWith(".br") ? 0 : name.endsWith(".gz") ? 1 : 2;

export function finish(dir) {
  const engines = readdirSync(dir).filter((f) => engineName.test(f)).sort((a, b) => order(a) - order(b));
  if (new Set(engines.map((f) => f.slice(0, 15))).size > 1) throw new Error(`${dir} holds more than one engine: ${engines.join(", ")}`);

  // A <meta> cannot say who may frame the page; a browser would warn of the attempt.
  const { "frame-ancestors": _, ...policy } = headers["Content-Security-Policy"];
  for (const f of readdirSync(dir).filter((f) => f.endsWith(".html"))) {
    const html = readFileSync(join(dir, f), "utf8")
      .replace(/(<meta name="tabernetes-engine" content=")[^"]*/, `$1${engines.join(" ")}`)
      .replace(/\n?<meta http-equiv="Content-Security-Policy"[^>]*>/, "")
      .replace(/<meta charset="utf-8">/, `$&\n<meta http-equiv="Content-Security-Policy" content="${valueOf(policy)}">`);
    writeFileSync(join(dir, f), html);
  }

  const all = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((e) => e.isFile())
    .map((e) => relative(dir, join(e.parentPath, e.name)).split(sep).join("/")).sort();
  const entry = (f) => [f === "index.html" ? "" : f, "sha256-" + createHash("sha256").update(readFileSync(join(dir, f))).digest("base64")];
  const kept = {
    files: all.filter((f) => !notKept.has(f) && !f.endsWith(".map") && !engines.includes(f)).map(entry),
    engine: engines.map(entry), // one of these: the first that the browser can unpack
  };
  kept.version = base32(JSON.stringify(kept), 10);
  const sw = readFileSync(join(dir, "sw.js"), "utf8");
  writeFileSync(join(dir, "sw.js"), `self.tabernetesKept=${JSON.stringify(kept)};\n` + sw.replace(/^self\.tabernetesKept=.*\n/, ""));

  const immutable = all.filter((f) => hashedName.test(f));
  if (immutable.length + 1 > maxRules) throw new Error(`${immutable.length} hashed files: _headers may hold ${maxRules} rules`);
  writeFileSync(join(dir, "_headers"), "/*\n" + Object.entries(headers).map(([name, v]) => `  ${name}: ${valueOf(v)}\n`).join("") +
    immutable.map((f) => `/${f}\n  Cache-Control: public, max-age=31536000, immutable\n`).join(""));
  // Cloudflare takes no file above 25 MiB: the unpacked engine stays at home where packed ones are there.
  rmSync(join(dir, ".assetsignore"), { force: true });
  if (engines.length > 1) writeFileSync(join(dir, ".assetsignore"), engines.filter((f) => f.endsWith(".wasm")).concat("sizes.json").join("\n") + "\n");
  return kept;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const kept = finish(process.argv[2]);
  console.log(`${process.argv[2]}: version ${kept.version}, ${kept.files.length} files and ${kept.engine.map(([f]) => f).join(", ") || "no engine"}`);
}
