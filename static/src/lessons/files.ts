// Where a lesson's files come from: the list that the build makes, a folder of this host, files that were dropped, or one
// text with all of them. No other host is asked: the page's policy forbids it, so that no lesson can tell anybody who reads it.

import type { LessonEntry, Texts } from "../protocol.ts";
import { say } from "./messages.ts";

export type Files = Record<string, string>;
/** As the engine has them (scenarios/lesson/parse.go); what is larger is not even fetched. */
const most = { file: 256 * 1024, files: 35, total: 1_600_000 };
const always = ["scenario.yaml", "en.md", "zh.md"];
const goodName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
const goodId = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

export class LessonError extends Error {}

/** Fetches a text of this host, as far as it may be long. */
async function fetchText(url: URL): Promise<string> {
  const name = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
  const r = await fetch(url, { credentials: "omit", redirect: "error" }).catch((e: Error) => { throw new LessonError(say("open.missing", { name, why: e.message })); });
  if (!r.ok || !r.body) throw new LessonError(say("open.missing", { name, why: String(r.status) }));
  const reader = r.body.getReader(), decoder = new TextDecoder();
  let out = "", bytes = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return out + decoder.decode();
    bytes += value.length;
    if (bytes > most.file) { void reader.cancel(); throw new LessonError(say("open.large", { name, max: most.file / 1024 })); }
    out += decoder.decode(value, { stream: true });
  }
}

const folderOf = (id: string) => new URL(`lessons/${id}/`, document.baseURI);

/** The lessons that come with the page, in their order. */
export async function catalogue(): Promise<LessonEntry[]> {
  const list = JSON.parse(await fetchText(new URL("lessons/index.json", document.baseURI))) as unknown;
  return entries(list);
}

/** Of a list, what is an entry. */
export function entries(list: unknown): LessonEntry[] {
  const texts = (x: unknown): x is Texts => !!x && typeof (x as Texts).en === "string" && typeof (x as Texts).zh === "string";
  if (!Array.isArray(list)) return [];
  return (list as LessonEntry[]).slice(0, 500).filter((e) => e && typeof e.id === "string" && goodId.test(e.id) && Number.isFinite(e.order) && Number.isFinite(e.minutes) && texts(e.title) && texts(e.summary)
    && Array.isArray(e.files) && e.files.length <= most.files && e.files.every((f) => typeof f === "string" && goodName.test(f)))
    .sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
}

async function fetchAll(folder: URL, names: string[]): Promise<Files> {
  const texts = await Promise.all(names.map((name) => fetchText(new URL(name, folder))));
  return bounded(Object.fromEntries(names.map((name, i) => [name, texts[i]])));
}

export function listed(entry: LessonEntry): Promise<Files> { return fetchAll(folderOf(entry.id), entry.files); }

/** The folder that an address means, if it is one of this host. */
export function folder(wish: string, base: string): URL {
  let url: URL;
  try { url = new URL(wish, base); } catch { throw new LessonError(say("open.noAddress", { wish: wish.slice(0, 200) })); }
  const home = new URL(base);
  if (url.origin !== home.origin || !/^https?:$/.test(url.protocol)) throw new LessonError(say("open.foreign", { host: home.host }));
  url.search = url.hash = "";
  if (url.pathname.endsWith("/scenario.yaml")) url.pathname = url.pathname.slice(0, -"scenario.yaml".length);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/** A folder of this host: scenario.yaml, the texts (one language is enough), and the manifests that its lines name. */
export async function fromFolder(url: URL): Promise<Files> {
  const files = await fetchAll(url, ["scenario.yaml"]);
  const texts = await Promise.allSettled(["en.md", "zh.md"].map((name) => fetchAll(url, [name])));
  if (texts.every((x) => x.status === "rejected")) throw (texts[0] as PromiseRejectedResult).reason;
  for (const x of texts) if (x.status === "fulfilled") Object.assign(files, x.value);
  return bounded({ ...files, ...(await fetchAll(url, manifestsOf(files["scenario.yaml"]))) });
}

/** The files that a scenario's lines read. */
export function manifestsOf(scenario: string): string[] {
  const names = new Set<string>();
  for (const [, list] of scenario.matchAll(/(?:^|\s)(?:-f|--filename|--config)(?:[ =]\s*)([^\s"']+)/gm)) for (const name of list.split(",")) if (goodName.test(name) && /\.ya?ml$/.test(name)) names.add(name);
  return [...names].slice(0, most.files - always.length);
}

/** One text with all files of a lesson: before each a line "-- NAME --", as Go's txtar has it. */
export function fromText(text: string): Files {
  if (text.length > most.total) throw new LessonError(say("open.large", { name: say("open.text"), max: Math.round(most.total / 1024) }));
  const files: Files = {};
  let name = "", from = 0;
  const end = (to: number) => { if (name) files[name] = text.slice(from, to); };
  for (const m of text.matchAll(/^-- ([^\s]{1,80}) --[ \t]*(?:\r?\n|$)/gm)) {
    end(m.index);
    name = base(m[1]);
    from = m.index + m[0].length;
  }
  end(text.length);
  if (!Object.keys(files).length) throw new LessonError(say("open.noParts"));
  return bounded(files);
}

/** Files that somebody chose or dropped; a single one may hold them all. */
export async function fromFiles(list: File[]): Promise<Files> {
  const mine = list.filter((f) => !f.name.startsWith("."));
  if (mine.length > 100) throw new LessonError(say("open.many", { max: most.files }));
  for (const f of mine) if (f.size > (mine.length === 1 ? most.total : most.file)) throw new LessonError(say("open.large", { name: f.name.slice(0, 80), max: most.file / 1024 }));
  if (mine.length === 1 && !always.includes(mine[0].name)) return fromText(await mine[0].text());
  return bounded(Object.fromEntries(await Promise.all(mine.map(async (f) => [base(f.name), await f.text()] as const))));
}

const base = (path: string) => path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);

function bounded(files: Files): Files {
  const names = Object.keys(files), total = names.reduce((n, k) => n + files[k].length, 0);
  if (names.length > most.files) throw new LessonError(say("open.many", { max: most.files }));
  if (total > most.total) throw new LessonError(say("open.large", { name: say("open.text"), max: Math.round(most.total / 1024) }));
  return files;
}

/** Everything that was dropped, also what is in a folder. */
export async function dropped(data: DataTransfer): Promise<File[]> {
  const roots = [...data.items].map((i) => i.webkitGetAsEntry?.()).filter((e): e is FileSystemEntry => !!e);
  if (!roots.length) return [...data.files];
  const out: File[] = [];
  const take = async (e: FileSystemEntry, depth: number): Promise<void> => {
    if (out.length > 100) return;
    if (e.isFile) out.push(await new Promise<File>((ok, no) => (e as FileSystemFileEntry).file(ok, no)));
    else if (depth < 2) for (const x of await new Promise<FileSystemEntry[]>((ok, no) => (e as FileSystemDirectoryEntry).createReader().readEntries(ok, no))) await take(x, depth + 1);
  };
  for (const e of roots) await take(e, 0);
  return out;
}
