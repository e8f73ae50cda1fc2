// A small hand on Chromium for looking at the page while building it: DevTools protocol over a pipe, no dependency.
// The repository's browser tests are in Go; this serves `node test/look.mjs` and the axe check of this folder.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export async function openBrowser() {
  const path = [process.env.CHROME, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => p && existsSync(p));
  if (!path) throw new Error("no Chromium found: install it (Debian: apt-get install chromium) or set CHROME");
  const profile = mkdtempSync(join(tmpdir(), "tabernetes-"));
  const child = spawn(path, ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  let id = 0, buffer = "";
  const waiting = new Map(), listeners = [];
  child.stdio[4].on("data", (data) => {
    buffer += data;
    for (let end; (end = buffer.indexOf("\0")) >= 0; buffer = buffer.slice(end + 1)) {
      const m = JSON.parse(buffer.slice(0, end));
      if (m.id) { const w = waiting.get(m.id); waiting.delete(m.id); m.error ? w.reject(new Error(m.error.message)) : w.resolve(m.result); } else for (const l of listeners) l(m);
    }
  });
  const send = (method, params = {}, sessionId) => new Promise((resolve, reject) => {
    waiting.set(++id, { resolve, reject });
    child.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
  });

  return {
    async page(width, height, { mobile = false, dark = false } = {}) {
      const { targetId } = await send("Target.createTarget", { url: "about:blank" });
      const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
      const call = (method, params) => send(method, params, sessionId), errors = [];
      listeners.push((m) => {
        if (m.sessionId !== sessionId) return;
        if (m.method === "Runtime.exceptionThrown") errors.push(m.params.exceptionDetails.exception?.description ?? m.params.exceptionDetails.text);
        if (m.method === "Log.entryAdded" && m.params.entry.level === "error") errors.push(m.params.entry.text + " " + (m.params.entry.url ?? ""));
        if (m.method === "Runtime.consoleAPICalled" && m.params.type === "error") errors.push(m.params.args.map((a) => a.value ?? a.description).join(" "));
      });
      await call("Page.enable"); await call("Runtime.enable"); await call("Log.enable");
      await call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: mobile ? 2 : 1, mobile });
      await call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
      const evaluate = async (expression) => {
        const r = await call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
        if (r.exceptionDetails) throw new Error(r.exceptionDetails.exception?.description ?? r.exceptionDetails.text);
        return r.result.value;
      };
      return {
        errors, evaluate, call,
        goto: (url) => call("Page.navigate", { url }),
        wait: (ms) => new Promise((r) => setTimeout(r, ms)),
        /** Waits until the expression is true in the page. */
        async until(expression, ms = 8000) {
          const end = Date.now() + ms;
          for (;;) {
            if (await evaluate(`!!(${expression})`).catch(() => false)) return;
            if (Date.now() > end) throw new Error(`not within ${ms} ms: ${expression}`);
            await new Promise((r) => setTimeout(r, 50));
          }
        },
        async shot(file) {
          const { data } = await call("Page.captureScreenshot", { format: "png" });
          (await import("node:fs")).writeFileSync(file, Buffer.from(data, "base64"));
        },
        async type(text) { for (const c of text) await call("Input.dispatchKeyEvent", c === "\n" ? { type: "keyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: "\r" } : { type: "keyDown", text: c, key: c }); },
      };
    },
    async close() {
      const gone = new Promise((r) => child.once("exit", r));
      await Promise.race([send("Browser.close").catch(() => {}), gone]);
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
