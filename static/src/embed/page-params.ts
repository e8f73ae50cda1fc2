// What the address of an embedded page says beyond what every page's does (params.ts): which panels, and who embeds it.

/** In the order they are asked for in a small frame. */
export const panelNames = ["stage", "terminal", "yaml", "inspector", "timeline", "header"] as const;
export type PanelName = (typeof panelNames)[number];
const otherNames: Record<string, PanelName> = { do: "yaml" };
export const defaultPanels: readonly PanelName[] = ["stage", "terminal"];

/** `origin`: of the page that may speak with this one, "" nobody. `complaints`: key of page-texts.ts and what was given. */
export interface EmbedParams { panels: Set<PanelName>; origin: string; complaints: ["panels" | "origin", string][] }

export function readEmbedParams(search: string): EmbedParams {
  const q = new URLSearchParams(search), complaints: EmbedParams["complaints"] = [];
  const panels = new Set<PanelName>();
  for (const part of (q.get("panels") ?? "").slice(0, 400).split(",")) {
    const name = part.trim().toLowerCase();
    if (!name) continue;
    const panel = Object.hasOwn(otherNames, name) ? otherNames[name] : panelNames.find((p) => p === name);
    if (panel) panels.add(panel); else complaints.push(["panels", name.slice(0, 40)]);
  }
  if (![...panels].some((p) => p !== "header" && p !== "timeline")) for (const p of defaultPanels) panels.add(p);
  let origin = q.get("origin") ?? "";
  if (origin && !isOrigin(origin)) {
    complaints.push(["origin", origin.slice(0, 80)]);
    origin = "";
  }
  return { panels, origin, complaints };
}

/** Scheme, host and port as location.origin writes them; "null", "*" and whole addresses are none. */
function isOrigin(text: string): boolean {
  try {
    const url = new URL(text);
    return /^https?:$/.test(url.protocol) && url.origin === text;
  } catch { return false; }
}

/** The same cluster in a page of its own. */
export function fullPage(href: string, lang: string): string {
  const from = new URL(href), to = new URL("./", from);
  for (const name of ["scenario", "manifest", "manifest-src", "nodes", "masters", "seed", "speed", "theme"]) {
    const value = from.searchParams.get(name);
    if (value !== null) to.searchParams.set(name, value);
  }
  to.searchParams.set("lang", lang);
  to.hash = from.hash;
  return to.href;
}
