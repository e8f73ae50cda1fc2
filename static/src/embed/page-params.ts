// What the address of an embedded page says beyond what every page's does (params.ts): which panels, and who embeds it.

/** In the order they are asked for in a small frame. */
export const panelNames = ["lesson", "stage", "terminal", "yaml", "inspector", "timeline", "header"] as const;
export type PanelName = (typeof panelNames)[number];
const otherNames: Record<string, PanelName> = { do: "yaml" };
export const defaultPanels: readonly PanelName[] = ["stage", "terminal"];
/** What a lesson needs beside them: many a step has a file to look at, or wants requests to be sent. */
export const lessonPanels: readonly PanelName[] = ["lesson", "yaml"];

/** `chosen`: the author said which panels. `lesson`: its name or address, null none. `origin`: of the page that may speak with this one, "" nobody. `complaints`: key of page-texts.ts and what was given. */
export interface EmbedParams { panels: Set<PanelName>; chosen: boolean; lesson: string | null; origin: string; complaints: ["panels" | "origin", string][] }

export function readEmbedParams(search: string): EmbedParams {
  const q = new URLSearchParams(search), complaints: EmbedParams["complaints"] = [];
  const panels = new Set<PanelName>();
  for (const part of (q.get("panels") ?? "").slice(0, 400).split(",")) {
    const name = part.trim().toLowerCase();
    if (!name) continue;
    const panel = Object.hasOwn(otherNames, name) ? otherNames[name] : panelNames.find((p) => p === name);
    if (panel) panels.add(panel); else complaints.push(["panels", name.slice(0, 40)]);
  }
  const chosen = [...panels].some((p) => p !== "header" && p !== "timeline"), lesson = q.get("lesson");
  if (!chosen) for (const p of defaultPanels) panels.add(p);
  if (lesson !== null) forLesson({ panels, chosen });
  let origin = q.get("origin") ?? "";
  if (origin && !isOrigin(origin)) {
    complaints.push(["origin", origin.slice(0, 80)]);
    origin = "";
  }
  return { panels, chosen, lesson, origin, complaints };
}

/** A lesson is opened: one that nobody sees cannot be taken, whatever else its author wanted to show. */
export function forLesson({ panels, chosen }: Pick<EmbedParams, "panels" | "chosen">): void {
  for (const p of chosen ? lessonPanels.slice(0, 1) : lessonPanels) panels.add(p);
}

/** Scheme, host and port as location.origin writes them; "null", "*" and whole addresses are none. */
function isOrigin(text: string): boolean {
  try {
    const url = new URL(text);
    return /^https?:$/.test(url.protocol) && url.origin === text;
  } catch { return false; }
}

/** The same cluster in a page of its own: as it began, or as `more` says that it is now. */
export function fullPage(href: string, lang: string, more: { /** its name or address */ lesson?: string; /** a link's payload */ session?: string; /** the clock runs, that fast */ play?: number; /** of the lesson, packed */ progress?: string } = {}): string {
  const from = new URL(href), to = new URL("./", from), { lesson, session, play, progress } = more;
  const begun = session !== undefined ? [] : lesson !== undefined ? ["speed"] : ["lesson", "scenario", "manifest", "manifest-src", "nodes", "masters", "seed", "speed"];
  for (const name of [...begun, "theme"]) {
    const value = from.searchParams.get(name);
    if (value !== null) to.searchParams.set(name, value);
  }
  if (lesson !== undefined) to.searchParams.set("lesson", lesson);
  to.searchParams.set("lang", lang);
  to.hash = session !== undefined ? `s=${session}${play !== undefined ? `&play=${play}` : ""}${progress !== undefined ? `&lesson=${progress}` : ""}` : lesson !== undefined ? "" : from.hash;
  return to.href;
}
