// Holds the page against axe in both themes, both languages, wide and on a phone, with the mock engine (npm run axe).
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBrowser } from "./browser.mjs";

process.env.PORT ??= "0";
const { listening } = await import("../dev-server.mjs");
const { url, close } = await listening;
const axe = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../node_modules/axe-core/axe.min.js"), "utf8");
const browser = await openBrowser();
let bad = 0;

async function check(page, name) {
  await page.evaluate(axe + ";0");
  const found = await page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.map((v) => v.id + ": " + v.help + "\\n" + v.nodes.slice(0, 4).map((n) => "    " + n.target.join(" ") + "  " + (n.any[0]?.message ?? n.all[0]?.message ?? "")).join("\\n")))`);
  bad += found.length + page.errors.length;
  console.log(`${found.length || page.errors.length ? "FAIL" : "ok  "} ${name}${[...found, ...page.errors].map((f) => "\n  " + f).join("")}`);
}

try {
  for (const [theme, lang, width, height, mobile] of [["light", "en", 1280, 800, false], ["dark", "zh", 1280, 800, false], ["light", "zh", 390, 844, true], ["dark", "en", 390, 844, true]]) {
    const page = await browser.page(width, height, { mobile });
    await page.goto(`${url}&theme=${theme}&lang=${lang}`);
    await page.until("window.tabernetes");
    await page.evaluate("tabernetes.ready.then(() => 1)");
    const at = `${theme} ${lang} ${width}px`;
    await check(page, `${at}: fresh`);
    await page.evaluate("document.querySelector('tab-yaml').dispatchEvent(new CustomEvent('example', { detail: 'canary-by-replicas.yaml' }))");
    await page.until("document.querySelector('.code').shadowRoot");
    await page.wait(200);
    await page.evaluate("document.querySelector('tab-yaml button.primary').click()");
    await page.until("document.querySelector('.result')");
    await page.evaluate("tabernetes.clock.advance(20).then(() => tabernetes.traffic.start({ service: 'hello', rps: 40 })).then(() => tabernetes.killNode('node-2')).then(() => 1)");
    await page.wait(800);
    await check(page, `${at}: applied, a node down`);
    for (const tab of ["#left-tab-canary", "#left-tab-load", "#bottom-tab-events"]) {
      await page.evaluate(`document.querySelector('${tab}').click()`);
      await page.wait(900);
      await check(page, `${at}: ${tab}`);
    }
    for (const item of ["nodes/node-2", "deployments/default/hello-stable", "services/default/hello", "components/etcd@control-plane-1", "pods"]) {
      await page.evaluate(`(async () => {
        const tree = document.querySelector("tab-tree");
        if ("${item}" === "pods") for (const e of [...tree.querySelectorAll("[role=treeitem]")]) if (/^node-1:/.test(e.textContent)) { e.focus(); e.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true })); }
        for (const e of [...tree.querySelectorAll("[role=treeitem][aria-expanded=false]")]) if (/Workloads|工作负载|control-plane-1/.test(e.textContent)) { e.focus(); e.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true })); }
        await tree.updateComplete;
        const name = "${item}".split("/").pop().split("@")[0];
        const found = [...tree.querySelectorAll("[role=treeitem]")].find((e) => "${item}" === "pods" ? /^default\\//.test(e.textContent) : e.textContent.includes(name) && !e.textContent.startsWith("default/"));
        found.click();
      })()`);
      await page.wait(300);
      for (const tab of ["summary", "why", "yaml", "events", "logs"]) {
        const shown = await page.evaluate(`(() => { const t = document.querySelector("#right-tab-${tab}"); t?.click(); return !!t; })()`);
        if (!shown) continue;
        await page.wait(250);
        await check(page, `${at}: ${item} ${tab}`);
      }
    }
    await page.evaluate("document.querySelector('#bottom-tab-terminal').click()");
    await page.evaluate("document.querySelector('.sheet-tabs button:last-child').click()");
    await page.evaluate("document.querySelector('.transcript').click()");
    await page.until("document.querySelector('.xterm')");
    await check(page, `${at}: terminal`);
    await page.evaluate("document.querySelector('tab-new-cluster').open()");
    await check(page, `${at}: dialog`);
  }
} finally {
  await browser.close();
  close();
}
process.exitCode = bad ? 1 : 0;
