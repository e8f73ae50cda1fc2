// Bundles each *.test.ts with esbuild and runs them with node's own test runner.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(here, "../node_modules/.tabernetes-test-"));
try {
  const files = readdirSync(here).filter((f) => f.endsWith(".test.ts"));
  await build({ entryPoints: files.map((f) => join(here, f)), outdir: out, bundle: true, platform: "node", format: "esm", target: "node20", outExtension: { ".js": ".mjs" }, sourcemap: "inline", logLevel: "warning", define: { __DEV__: "true", __WORKER__: '""', __BROKER__: '""', __SCENARIO_TITLES__: '{"en":{"canary":"By replicas"},"zh":{}}', __LESSON_TITLES__: '{"en":{"canary":"A canary","pods":"Pods"},"zh":{"pods":"容器组"}}' } });
  const r = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files.map((f) => join(out, f.replace(/\.ts$/, ".mjs")))], { stdio: "inherit" });
  process.exitCode = r.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
