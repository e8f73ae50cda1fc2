// Which language the page speaks, and how it says something.

import { en } from "./en.ts";
import type { Key, Messages } from "./en.ts";
import { zh } from "./zh.ts";

export type { Key };
export type Lang = "en" | "zh";
export const catalogues: Record<Lang, Messages> = { en, zh };

let current: Lang = "en";

export function lang(): Lang { return current; }
export function setLang(l: Lang): void { current = l; }

export function t(key: Key, values?: Record<string, string | number>): string {
  return fill(catalogues[current][key], values);
}

export function fill(text: string, values?: Record<string, string | number>): string {
  return values ? text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? "")) : text;
}

/** The language for a wish ("zh", "zh-CN", "en-GB") or, without one, for the browser's. */
export function chooseLang(wish: string | null, preferred: readonly string[]): Lang {
  for (const l of wish ? [wish] : preferred) {
    if (/^zh/i.test(l)) return "zh";
    if (/^en/i.test(l)) return "en";
  }
  return "en";
}
