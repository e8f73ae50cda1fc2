// What a page opens with beyond an empty cluster: a scenario by its name, or manifests, both from the address. The address
// may be anybody's: what it asks for is looked at first, and what there is not is said.
//
//   ?scenario=NAME                scenario.ts; a lesson where no example is called so
//   ?manifest-src=URL             a file of this host, fetched without credentials
//   #manifest=TEXT                the manifests themselves (?manifest=TEXT too, as far as the host's limit for URLs goes)

import { app } from "./app.ts";
import { cluster } from "./cluster.ts";
import { openLessons } from "./lessons.ts";
import { scenario } from "./scenario.ts";
import { messages } from "./i18n/messages.ts";

/** Characters of manifests from an address. */
export const maxManifest = 262_144;

const say = messages({
  en: {
    unknown: "scenario={name}: there is no such scenario", both: "scenario, lesson, manifest and manifest-src: only one of them can be opened",
    long: "{from}: more than {max} characters", foreign: "manifest-src={url}: only files of {host} are fetched", missing: "manifest-src={url}: {why}",
    title: "What this address asks for cannot be opened", failed: "kubectl apply: {why}",
  },
  zh: {
    unknown: "scenario={name}：没有这个场景", both: "scenario、lesson、manifest、manifest-src 只能给出其中一个",
    long: "{from}：超过 {max} 个字符", foreign: "manifest-src={url}：只读取 {host} 上的文件", missing: "manifest-src={url}：{why}",
    title: "无法打开此地址所要求的内容", failed: "kubectl apply：{why}",
  },
});
export const openingTexts = say.catalogues;

export interface Opening { file: string; title: string; manifests(): Promise<string> }
/** A name that is no example's: a lesson's, or nobody's. */
export interface Named { lesson: string }

/** Reads the address; undefined if it asks for nothing of that kind. Throws what is wrong, as a sentence. */
export function opening(search: string, fragment: string, base: string): Opening | Named | undefined {
  const q = new URLSearchParams(search), name = q.get("scenario"), source = q.get("manifest-src");
  const text = new URLSearchParams(fragment.replace(/^#/, "")).get("manifest") ?? q.get("manifest");
  if ([name, source, text, q.get("lesson")].filter((x) => x !== null).length > 1) throw new Error(say("both"));
  if (name !== null) {
    const found = scenario(name);
    if (!found) {
      if (/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) return { lesson: name };
      throw new Error(say("unknown", { name: name.slice(0, 80) }));
    }
    return { file: found.file, title: found.title(), manifests: found.manifests };
  }
  if (text !== null) {
    if (text.length > maxManifest) throw new Error(say("long", { from: "manifest", max: maxManifest }));
    return { file: "manifest.yaml", title: "", manifests: () => Promise.resolve(text) };
  }
  if (source === null) return undefined;
  const url = new URL(source, base), shown = source.slice(0, 200), home = new URL(base);
  if (url.origin !== home.origin || !/^https?:$/.test(url.protocol)) throw new Error(say("foreign", { url: shown, host: home.host }));
  // The name stands in a line of the terminal: one that means something there is not taken over.
  const last = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
  return { file: /^\w[\w.-]{0,99}$/.test(last) ? last : "manifest.yaml", title: "", manifests: () => fetchText(url, shown) };
}

async function fetchText(url: URL, shown: string): Promise<string> {
  const wrong = (why: string) => new Error(say("missing", { url: shown, why }));
  const r = await fetch(url, { credentials: "omit", redirect: "error" }).catch((e: Error) => { throw wrong(e.message); });
  if (!r.ok || !r.body) throw wrong(String(r.status));
  // Read as it comes: a file without end must not fill the memory.
  const reader = r.body.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text;
    text += value;
    if (text.length > maxManifest) {
      void reader.cancel();
      throw new Error(say("long", { from: `manifest-src=${shown}`, max: maxManifest }));
    }
  }
}

/** Puts the manifests into the editor and applies them to the cluster once it is ready; what goes wrong is shown. */
export async function openWith(search: string, fragment: string): Promise<void> {
  try {
    const o = opening(search, fragment, location.href);
    if (!o) return;
    if ("lesson" in o) {
      const { catalogue } = await import("./lessons/files.ts");
      if (!(await catalogue().catch(() => [])).some((e) => e.id === o.lesson)) throw new Error(say("unknown", { name: o.lesson }));
      return await openLessons(o.lesson);
    }
    const text = await o.manifests();
    if (!app.editor.text) Object.assign(app.editor, { name: o.file, text });
    app.emit("prefs");
    await cluster.ready;
    const r = await app.run(`kubectl apply -f ${o.file}`, { [o.file]: text });
    if (r.code) throw new Error(say("failed", { why: r.stderr.trim() }));
  } catch (e) {
    app.trouble = { title: say("title"), message: (e as Error).message, commands: 0 };
    app.emit("status");
  }
}
