// How a node's card divides its space: what does not fit is left out, from the least important on.

import type { Rect } from "./layout.ts";

export interface Card { header: number; chips: number; bars: number; footer: number; pods: Rect }

/** Offsets from the card's top-left corner, in world units; 0 where a part is left out. */
export function cardParts(w: number, h: number): Card {
  const chips = h >= 134 ? 30 : 0;
  const bars = h >= 112 ? (chips ? 56 : 31) : 0;
  const footer = h >= 172 ? h - 12 : 0;
  const top = bars ? bars + 33 : chips ? 58 : 32;
  return { header: 19, chips, bars, footer, pods: { x: 12, y: top, w: w - 24, h: h - top - (footer ? 28 : 10) } };
}
