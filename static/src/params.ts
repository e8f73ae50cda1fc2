// The URL's parameters: nodes, masters, seed, lang, theme, speed, hold, lesson. Anything strange falls back to the default, and says so.

import type { ClusterConfig } from "./protocol.ts";

export const limits = { nodes: [1, 5000], masters: [1, 7], seed: [0, 2 ** 32 - 1] } as const;
export const defaults: ClusterConfig = { nodes: 3, masters: 1, seed: 1 };

export interface Params { config: ClusterConfig; lang: string | null; theme: string | null; speed: number | null; /** no cluster until somebody opens a session; the stage alone is shown */ hold: boolean; /** a lesson's name or address; "" the list of them */ lesson: string | null; complaints: string[] }

export function readParams(search: string): Params {
  const q = new URLSearchParams(search), complaints: string[] = [];
  const whole = (name: keyof typeof limits): number => {
    const text = q.get(name);
    if (text === null) return defaults[name];
    const [min, max] = limits[name], n = Number(text);
    const odd = name === "masters" && n % 2 !== 1;
    if (text.trim() === "" || !Number.isInteger(n) || n < min || n > max || odd) {
      complaints.push(`${name}=${text.slice(0, 40)}: want ${name === "masters" ? "1, 3, 5 or 7" : `a whole number from ${min} to ${max}`}; using ${defaults[name]}`);
      return defaults[name];
    }
    return n;
  };
  const config = { nodes: whole("nodes"), masters: whole("masters"), seed: whole("seed") };
  let speed: number | null = null;
  const s = q.get("speed");
  if (s !== null) {
    speed = s === "max" ? 0 : Number(s);
    if (s !== "max" && !(speed >= 0.01 && speed <= 1000)) {
      complaints.push(`speed=${s.slice(0, 40)}: want 0.01 to 1000, or max; using 1`);
      speed = null;
    }
  }
  return { config, lang: q.get("lang"), theme: q.get("theme"), speed, hold: q.has("hold"), lesson: q.get("lesson"), complaints };
}
