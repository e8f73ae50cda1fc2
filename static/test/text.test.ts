import assert from "node:assert/strict";
import { test } from "node:test";
import { catalogues, chooseLang, setLang, t } from "../src/i18n/index.ts";
import { en } from "../src/i18n/en.ts";
import { ageText, bytesText, clockText, spanText } from "../src/time.ts";
import { objectLine, problems } from "../src/problems.ts";
import { readParams } from "../src/params.ts";
import { document } from "../src/emit-yaml.ts";
import { completions, hereDocument, pipedHereDocument } from "../src/line-editor.ts";
import { wholeLine } from "../src/engine.ts";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

test("every language says everything, with the same values in it", () => {
  const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
  for (const [lang, messages] of Object.entries(catalogues)) {
    assert.deepEqual(Object.keys(messages).sort(), Object.keys(en).sort(), `${lang} has other keys than English`);
    for (const key of Object.keys(en) as (keyof typeof en)[]) assert.deepEqual(holes(messages[key]), holes(en[key]), `${lang}: ${key}`);
  }
});

test("every key that the code names is in the catalogue", () => {
  const files: string[] = [];
  const walk = (dir: string) => { for (const f of readdirSync(dir)) { const p = join(dir, f); if (statSync(p).isDirectory()) walk(p); else if (p.endsWith(".ts")) files.push(p); } };
  walk(join(process.cwd(), "src"));
  for (const f of files) for (const [, key] of readFileSync(f, "utf8").matchAll(/\bt\("([\w.-]+)"/g)) assert.ok(key in en, `${f}: ${key}`);
});

test("the language follows the wish, then the browser", () => {
  assert.equal(chooseLang("zh", ["en-GB"]), "zh");
  assert.equal(chooseLang(null, ["fr", "zh-CN", "en"]), "zh");
  assert.equal(chooseLang("xx", ["zh"]), "en");
  setLang("zh");
  assert.equal(t("cluster.summary", { masters: 1, workers: 3 }), "控制平面 1 · 工作节点 3");
  setLang("en");
});

test("times", () => {
  assert.equal(clockText(312_480), "00:05:12.480");
  assert.equal(clockText(90_061_001), "1d 01:01:01.001");
  assert.deepEqual([4000, 119_000, 312_000, 3_600_000, 20_000_000, 300_000_000].map(ageText), ["4s", "119s", "5m12s", "60m", "5h", "3d"]);
  assert.deepEqual([0.25, 4.2, 21, 1500].map(spanText), ["0.25 ms", "4.2 ms", "21 ms", "1.5 s"]);
  assert.deepEqual([512, 268_435_456, 8_589_934_592].map(bytesText), ["512", "256Mi", "8Gi"]);
});

test("errors point at their lines", () => {
  const text = "kind: Service\nmetadata:\n  name: a\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n";
  assert.equal(objectLine(text, "Deployment", "web"), 5);
  assert.deepEqual(problems("error: error parsing STDIN: error converting YAML to JSON: yaml: line 3: did not find expected key\n", text).map((p) => p.line), [3]);
  assert.deepEqual(problems('The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0\n', text).map((p) => p.line), [5]);
  assert.equal(problems("error: no objects passed to apply\n", text)[0].line, 0);
});

test("URL parameters: what is strange is refused and said", () => {
  assert.deepEqual(readParams("?nodes=1000&seed=7").config, { nodes: 1000, masters: 1, seed: 7 });
  for (const bad of ["?nodes=-1", "?nodes=1e9", "?nodes=three", "?nodes=", "?masters=4", "?masters=9", "?seed=0.5", "?speed=fast", "?speed=-1"]) {
    const p = readParams(bad);
    assert.equal(p.complaints.length, 1, bad);
    assert.deepEqual(p.config, { nodes: 3, masters: 1, seed: 1 });
  }
  for (const masters of [1, 3, 5, 7]) assert.equal(readParams("?masters=" + masters).config.masters, masters);
  assert.equal(readParams("?speed=max").speed, 0);
  assert.equal(readParams("?speed=0.1").speed, 0.1);
});

test("YAML that we write", () => {
  assert.equal(document({ kind: "Deployment", metadata: { name: "a", labels: {} }, spec: { replicas: 1, version: "1.0", on: true, list: [{ name: "x", args: ["-c", "true"] }, "z"] } } as never),
    'kind: Deployment\nmetadata:\n  name: a\n  labels: {}\nspec:\n  replicas: 1\n  version: "1.0"\n  "on": true\n  list:\n  - name: x\n    args:\n    - "-c"\n    - "true"\n  - z\n');
});

test("the terminal's line", () => {
  assert.deepEqual(hereDocument("kubectl apply -f - <<'EOF'"), { end: "EOF", line: "kubectl apply -f -" });
  assert.deepEqual(pipedHereDocument("cat <<EOF | kubectl apply -f -"), { end: "EOF", line: "kubectl apply -f -" });
  assert.equal(hereDocument("kubectl get pods"), undefined);
  assert.deepEqual([" get pods ", "k get po", "kubectl get no", "kubectl"].map(wholeLine), ["kubectl get pods", "kubectl get po", "kubectl get no", "kubectl"]);
  const names = (r: string) => (r === "nodes" ? ["node-1", "node-2"] : r === "deployments" ? ["hello"] : []);
  assert.deepEqual(["etcdctl member list", " kill node-1", "cut a b both", "killall"].map(wholeLine), ["etcdctl member list", "kill node-1", "cut a b both", "kubectl killall"]);
  const things = (r: string) => (r === "nodes" ? ["node-1", "node-2"] : r === "components" ? ["etcd@control-plane-1"] : []);
  assert.deepEqual(completions("ki", things, []), ["kill"]);
  assert.deepEqual(completions("kill ", things, []), ["node-1", "node-2", "etcd@control-plane-1"]);
  assert.deepEqual(completions("cut ", things, []), ["node-1", "node-2"]);
  assert.deepEqual(completions("cut node-1 ", things, []), ["*", "node-1", "node-2"]);
  assert.deepEqual(completions("disk node-1 f", things, []), ["full"]);
  assert.deepEqual(completions("etcdctl member ", things, []), ["list", "add", "remove", "update", "promote"]);
  assert.deepEqual(completions("kubectl dr", names, []), ["drain"]);
  assert.deepEqual(completions("kubectl drain node-", names, []), ["node-1", "node-2"]);
  assert.deepEqual(completions("kubectl rollout undo deploy/he", names, []), ["deploy/hello"]);
  assert.deepEqual(completions("kubectl apply -f he", names, ["hello.yaml"]), ["hello.yaml"]);
});
