// Builds the page into dist/: index.html, embed.html, app-HASH.js and .css, the lazily loaded editor and terminal,
// worker-HASH.js, sw.js, the icons, the example manifests, the lessons with their index, the engine as engine-HASH.wasm, and what other pages link under
// names that stay: embed.js and run-this.js. finish.mjs does the last step.
//
//   node build.mjs [--dev]       --dev: into .dev/ instead, with source maps and the mock engine (?engine=mock)
//
// GOROOT (else `go env GOROOT`) says where Go's wasm_exec.js is: it must be of the toolchain that builds the engine.
// TABERNETES_ENGINE: the built engine; without it .build/engine.wasm, which a development build can do without.
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { base32, finish } from "./finish.mjs";
import { icons } from "./icons.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dev = process.argv.includes("--dev");
/** Development builds stand apart, so that none is ever served for the real one. */
const outdir = dev ? ".dev" : "dist";
const dist = join(here, outdir);
/** DESIGN section 8: JavaScript and CSS of the page without editor and terminal, brotli 11. */
const budgetBytes = 80 * 1024;
/** What other pages link, in bytes as it is, so that no host's packing matters: the tag before its click, and run-this. */
const linkedBytes = { "embed.js": 15_000, "run-this.js": 2048 };

const goroot = process.env.GOROOT || execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
const wasmExec = [join(goroot, "lib/wasm/wasm_exec.js"), join(goroot, "misc/wasm/wasm_exec.js")].find(existsSync);
if (!wasmExec) throw new Error(`no wasm_exec.js under GOROOT ${goroot}`);

mkdirSync(dist, { recursive: true });
for (const name of readdirSync(dist)) rmSync(join(dist, name), { recursive: true });

const common = {
  bundle: true, minify: !dev, sourcemap: dev ? "inline" : false, target: ["es2022"], charset: "utf8",
  legalComments: "none", logLevel: "warning", absWorkingDir: here, metafile: true, outdir,
  alias: { "wasm-exec": wasmExec },
};
const outputNamed = (result, stem) =>
  basename(Object.keys(result.metafile.outputs).find((f) => basename(f).startsWith(stem + "-") && !f.endsWith(".map")));

const worker = await build({ ...common, entryPoints: { worker: "src/worker.ts" }, format: "iife", entryNames: "[name]-[hash]" });
const broker = await build({ ...common, entryPoints: { broker: "src/embed/broker.ts" }, format: "iife", entryNames: "[name]-[hash]" });
const style = await build({ ...common, entryPoints: { app: "src/app.css" }, entryNames: "[name]-[hash]" });
const app = await build({
  ...common, entryPoints: { app: "src/main.ts" }, format: "esm", splitting: true,
  entryNames: "[name]-[hash]", chunkNames: "[name]-[hash]", loader: { ".css": "text" },
  define: { __DEV__: String(dev), __WORKER__: JSON.stringify(outputNamed(worker, "worker")), __BROKER__: JSON.stringify(outputNamed(broker, "broker")) },
});

// A service worker has one address for all versions: no hash in its name.
await build({ ...common, entryPoints: { sw: "src/offline/sw.ts" }, format: "iife", entryNames: "[name]" });

execFileSync("go", ["run", "./scenarios/publish", join(dist, "lessons")], { cwd: join(here, ".."), stdio: "inherit" });

// The poster knows what examples and lessons are called without the page's catalogues and without asking.
const titles = await build({
  ...common, stdin: { contents: 'export { examples } from "./src/examples.ts"; export { catalogues } from "./src/i18n/index.ts"; export { plain, read } from "./src/lessons/markdown.ts";', resolveDir: here, loader: "ts" },
  write: false, format: "esm", sourcemap: false,
});
const { examples, catalogues, plain, read } = await import("data:text/javascript;base64," + Buffer.from(titles.outputFiles[0].contents).toString("base64"));
const namesOf = [(e) => e.file.replace(/\.yaml$/, ""), (e) => e.name.replace(/^example\./, ""), (e) => e.file]; // as scenario.ts reads them: the later wins
const titleOf = Object.fromEntries(Object.entries(catalogues).map(([lang, texts]) => [lang, Object.fromEntries(namesOf.flatMap((named) => examples.map((e) => [named(e), texts[e.name]])))]));
const lessons = JSON.parse(readFileSync(join(dist, "lessons/index.json"), "utf8"));
const lessonTitleOf = Object.fromEntries(Object.keys(catalogues).map((lang) => [lang, Object.fromEntries(lessons.map((l) => [l.id, plain(read(l.title[lang]))]))]));
await build({ ...common, entryPoints: { embed: "src/embed/embed.ts", "run-this": "src/embed/run-this.ts" }, format: "iife", define: { __SCENARIO_TITLES__: JSON.stringify(titleOf), __LESSON_TITLES__: JSON.stringify(lessonTitleOf) } });

const script = outputNamed(app, "app");
const css = outputNamed(style, "app");
const page = (name) => {
  const html = readFileSync(join(here, "src", name), "utf8")
    .replaceAll("%SCRIPT%", script).replaceAll("%STYLE%", css).replaceAll("%EMBED%", outputNamed(app, "page"));
  writeFileSync(join(dist, name), html);
};
page("index.html");
page("embed.html");
cpSync(join(here, "examples"), join(dist, "examples"), { recursive: true });
cpSync(join(here, "src/manifest.webmanifest"), join(dist, "manifest.webmanifest"));
await icons(dist);
const engine = process.env.TABERNETES_ENGINE || join(here, "../.build/engine.wasm");
if (existsSync(engine)) cpSync(engine, join(dist, `engine-${base32(readFileSync(engine))}.wasm`));
else if (!dev) throw new Error(`no engine at ${engine}: make build makes one`);
const { version } = finish(dist);

// What a visitor pays before opening the editor or the terminal: everything the entry imports statically.
const outputs = app.metafile.outputs;
const first = new Set();
(function walk(file) {
  if (first.has(file)) return;
  first.add(file);
  for (const i of outputs[file].imports) if (i.kind === "import-statement") walk(i.path);
})(Object.keys(outputs).find((f) => basename(f) === script));
const brotli = (file) => brotliCompressSync(readFileSync(join(here, file)), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
const kib = (n) => (n / 1024).toFixed(1) + " KiB";
let sum = brotli(outdir + "/" + css);
for (const f of first) sum += brotli(f);
const lazy = Object.keys(outputs).filter((f) => !first.has(f) && f.endsWith(".js"));
if (!dev) {
  console.log(`page (js+css, brotli): ${kib(sum)} of ${kib(budgetBytes)}`);
  for (const f of lazy) console.log(`  later: ${basename(f)} ${kib(brotli(f))}`);
  writeFileSync(join(dist, "sizes.json"), JSON.stringify({ pageBrotli: sum, budget: budgetBytes }) + "\n");
  for (const [name, most] of Object.entries(linkedBytes)) {
    const { length } = readFileSync(join(dist, name));
    console.log(`${name}: ${length} of ${most} bytes (brotli ${brotli(outdir + "/" + name)})`);
    if (length > most) throw new Error(`${name} is over its budget: ${length} > ${most} bytes`);
  }
  if (sum > budgetBytes) throw new Error(`the page is over its budget: ${sum} > ${budgetBytes} bytes`);
}
console.log(`built ${outdir}/ (${version})`);
