// The page, as a lesson needs it.

import { app } from "../app.ts";
import { cluster } from "../cluster.ts";
import type { Host } from "./play.ts";
import type { ClusterConfig } from "../protocol.ts";
import { keeper, kept } from "../sessions/page.ts";
import type { Saved } from "./progress.ts";
import { say } from "./messages.ts";

/** Between two lines of a solution that is shown: long enough to see that one follows the other. */
const paceMs = 500;

export function pageHost(keep: (saved: Saved) => void, changed: Host["changed"]): Host {
  return {
    call: (call) => app.engine.call(call),
    line: (line, files, told, output) => app.engine.lessonLine(line, files, output, told),
    replace: async (config) => void (await cluster.replace(config, undefined, undefined, true)),
    reopen, record: () => keeper?.id ?? "",
    onframe: (f) => app.on("frame", (frame) => f(frame!)),
    write: (kind, text) => app.write(kind, text),
    speed: () => app.speed, choose: (speed) => { app.speed = speed; app.emit("status"); },
    told: lineInWords,
    pace: () => new Promise((resolve) => setTimeout(resolve, matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : paceMs)),
    keep, changed,
  };
}

/** Shows a session that was kept, as it was kept; after a reload the tab has it already. */
export async function reopen(record: string, config: ClusterConfig): Promise<boolean> {
  await cluster.keeping;
  if (record === keeper?.id && app.info?.opened.exact) {
    app.config = config;
    await app.engine.call({ op: "pause" });
    return true;
  }
  const there = await kept(record);
  return !!there && (await cluster.replace(config, there.text, there.record)).exact;
}

/** A line of the clock or the load, in words. */
export function lineInWords(line: string): string {
  const [verb, a, b] = line.trim().split(/\s+/);
  if (verb === "load") return Number(b) > 0 ? say("told.load", { service: a, rps: b }) : say("told.unload", { service: a });
  return say(verb === "settle" ? "told.settle" : "told.advance", { time: a });
}
