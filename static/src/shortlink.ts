// A short link leads here as #link=ID: the host keeps the text of the share link under the id. It is fetched and put into
// the fragment, where it is opened as any share link's, no more trusted than that; reloading asks the host no more.

import type { app } from "./app.ts";
import { lang } from "./i18n/index.ts";

/** Characters of a text that are read at all; hosts take less (web/share). */
const maxText = 262_144;

const texts = {
  en: { title: "This link cannot be opened", gone: "It leads to no session: it has ended, or was not copied whole.", host: "Its session could not be fetched: {why}", odd: "What the host keeps for it is no session." },
  zh: { title: "无法打开此链接", gone: "此链接没有对应的会话：它已过期，或没有复制完整。", host: "无法取得它的会话：{why}", odd: "主机为它保存的内容不是会话。" },
};

/** The fragment that the link stands for; throws a sentence in the page's language. */
export async function resolve(hash: string, base: string, get: typeof fetch = fetch): Promise<string> {
  const say = texts[lang()], id = hash.slice("#link=".length);
  if (!/^[a-z2-7]{16,32}$/.test(id)) throw new Error(say.gone);
  const response = await get(new URL(`api/links/${id}`, base), { credentials: "omit" }).catch((e: Error) => { throw new Error(say.host.replace("{why}", () => e.message)); });
  if (response.status === 404) throw new Error(say.gone);
  if (!response.ok) throw new Error(say.host.replace("{why}", String(response.status)));
  if (Number(response.headers.get("content-length")) > maxText) throw new Error(say.odd);
  const text = await response.text();
  if (text.length > maxText || !/^[A-Za-z0-9_-]+$/.test(text)) throw new Error(say.odd);
  return "#s=" + text;
}

/** Replaces the page's fragment by what it stands for; if it stands for nothing, answers why. */
export async function openShortLink(): Promise<typeof app.trouble> {
  let hash = "", trouble: typeof app.trouble;
  try {
    hash = await resolve(location.hash, document.baseURI);
  } catch (e) {
    trouble = { title: texts[lang()].title, message: (e as Error).message, commands: 0 };
  }
  history.replaceState(null, "", location.pathname + location.search + hash);
  return trouble;
}
