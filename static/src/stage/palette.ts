// The colours of the stage. Blue is the control plane, red is only for what fails, each version has a hue of its own.

export interface Palette {
  dark: boolean;
  bg: string; plant: string; ink: string; dim: string; line: string; faint: string;
  hq: string; hqLine: string; part: string; blue: string; bad: string; ok: string; bar: string; select: string;
  hues: Hue[];
}
export interface Hue { stroke: string; fill: string; text: string; rgb: [number, number, number] }

/** Teal, amber, violet, rose, then four that stay apart from them for colour-blind eyes (they differ in lightness too). */
const light: [string, string, string][] = [
  ["#0d9488", "#d6efec", "#0b5f58"], ["#d98200", "#fdeed4", "#7a4a00"], ["#7c4ddb", "#e9e1fb", "#4d2a9c"], ["#d6438a", "#fbe0ed", "#8d1e55"],
  ["#6b7f1a", "#eaf0cf", "#47550c"], ["#0284a8", "#d6eef6", "#04566e"], ["#94582a", "#f3e3d7", "#643915"], ["#4b5a75", "#e2e6ee", "#303c52"],
];
const dark: [string, string, string][] = [
  ["#2bb8a6", "#14312f", "#9fe5db"], ["#f2a93b", "#382a15", "#fbd79c"], ["#a78bfa", "#272142", "#d8cbff"], ["#f472b0", "#3b1d2d", "#fbc3dd"],
  ["#a8bf45", "#272c14", "#dbe8a3"], ["#45b8dc", "#122d38", "#b1e3f3"], ["#cf9365", "#33251a", "#ecd0b8"], ["#93a4c3", "#232a36", "#cfd8e8"],
];

const hues = (rows: [string, string, string][]): Hue[] =>
  rows.map(([stroke, fill, text]) => ({ stroke, fill, text, rgb: [1, 3, 5].map((i) => parseInt(stroke.slice(i, i + 2), 16)) as [number, number, number] }));

export const palettes: { light: Palette; dark: Palette } = {
  light: {
    dark: false, bg: "#f6f6f2", plant: "#fffefb", ink: "#1d2430", dim: "#5c6470", line: "#dcdcd3", faint: "#ecece4",
    hq: "#eef3fd", hqLine: "#b3c8f5", part: "#fffefb", blue: "#326ce5", bad: "#cf2f36", ok: "#2f8f52", bar: "#6f97ea", select: "#1d4fc4", hues: hues(light),
  },
  dark: {
    dark: true, bg: "#0f1419", plant: "#161c23", ink: "#e6e9ee", dim: "#98a2b0", line: "#2d3641", faint: "#1e262f",
    hq: "#131c2d", hqLine: "#2f4a80", part: "#182133", blue: "#6c9bff", bad: "#f4757a", ok: "#55c47c", bar: "#4f78c9", select: "#a9c5ff", hues: hues(dark),
  },
};

export function hue(p: Palette, index: number): Hue { return p.hues[Math.max(0, index) % p.hues.length]; }
