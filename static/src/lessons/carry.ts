// How far somebody is in a lesson, in the fragment of an address beside the session (#s=…&lesson=…): the way from another
// page's frame to a page of its own. A stranger may have written it: what is read is bounded, and looked at like what storage
// gives back.

import { inflate, tail, toBytes } from "../sessions/link.ts";
import { check } from "./progress.ts";
import type { Saved } from "./progress.ts";

/** Bytes; a lesson of a hundred steps has less. */
const most = 64 * 1024;

/** Of a fragment; undefined if there is none in it, or nothing that can be read. */
export async function progressIn(hash: string): Promise<Saved | undefined> {
  const text = tail(hash).get("lesson");
  if (!text || text.length > most) return undefined;
  try { return check(JSON.parse(await inflate(toBytes(text), most))); } catch { return undefined; }
}
