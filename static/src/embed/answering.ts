// The iframe's end of the conversation with the page that embeds it.
//
// Who must trust whom: anybody may frame this page, and what a framing page can reach is the cluster in its own frame and
// nothing else: an embedded page keeps and reads no storage, so the clusters, sessions and choices of who visits this host
// are out of reach. Whoever embeds states its origin in the URL (`origin`); only the parent window, and only while that is
// its origin, is heard, and what is said goes to that origin alone, so that neither a neighbour's frame nor a page that
// framed the embedding page can listen or speak. Without `origin` nobody is heard.

import { app } from "../app.ts";
import type { Tabernetes } from "../embed-api.ts";
import { limits, read } from "./messages.ts";
import { CONVERSATION } from "./methods.ts";
import type { EventName, FrameSummary, Happened, Told } from "./methods.ts";
import { atMost } from "./throttle.ts";

/** At most four frames a second are told. */
const frameEveryMs = 250;
const longest = 2000;

export function answer(origin: string, api: Tabernetes): void {
  const parent = window.parent;
  if (parent === window) return;
  const post = (message: Told | Happened) => parent.postMessage(message, origin);
  const tell = (event: EventName, detail: unknown) => post({ tabernetes: CONVERSATION, event, detail });
  let waiting = 0;

  addEventListener("message", (e: MessageEvent<unknown>) => {
    if (e.source !== parent || e.origin !== origin) return;
    const asked = read(e.data);
    if (!asked) return;
    const { id } = asked, fail = (error: string) => post({ tabernetes: CONVERSATION, id, error: error.slice(0, longest) });
    if ("error" in asked) return fail(asked.error);
    if (waiting >= limits.waiting) return fail(`${limits.waiting} requests are unanswered already`);
    waiting++;
    void carryOut(api, asked.method, asked.args)
      .then((result) => post({ tabernetes: CONVERSATION, id, result }))
      .catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)))
      .finally(() => { waiting--; });
  });

  tell("listening", null);
  api.ready.then(() => tell("ready", summary()), () => {});
  app.onrun = (line, done) => void done.then((r) => tell("command", { line: line.slice(0, longest), code: r.code }), () => {});
  app.on("frame", atMost(frameEveryMs, () => tell("frame", summary())));
  let told = "";
  app.on("status", () => {
    const text = app.trouble ? `${app.trouble.title}: ${app.trouble.message}` : "";
    if (text && text !== told) tell("error", { message: text.slice(0, longest) });
    told = text;
  });
}

/** The method is one of methods.ts: each part of its name is a property of the API's own. */
async function carryOut(api: Tabernetes, method: string, args: unknown[]): Promise<unknown> {
  let owner: unknown = undefined, at: unknown = api;
  for (const part of method.split(".")) { owner = at; at = (at as Record<string, unknown>)[part]; }
  return typeof at === "function" ? await (at as (...args: unknown[]) => unknown).apply(owner, args) : await at;
}

function summary(): FrameSummary {
  const m = app.model, { nodes, pods, ready, pending, failed } = m.totals;
  return { now: m.now, playing: m.playing, speed: m.speed, settled: m.settled, revision: m.revision, nodes, pods, ready, pending, failed };
}
