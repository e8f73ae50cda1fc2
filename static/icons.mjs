// The icons of an installed page, from the one drawing of the brand (src/icon.svg). Systems that take no SVG get PNGs;
// "maskable" ones stand on a ground of their own, small enough that a round mask cuts nothing off.
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

export async function icons(dist) {
  await initWasm(readFileSync(createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm")));
  const svg = readFileSync(join(here, "src/icon.svg"), "utf8");
  writeFileSync(join(dist, "icon.svg"), svg);
  // The inner four fifths of a maskable icon are seen whatever the mask: the drawing takes 62 % of the width.
  const inner = svg.replace(/^<svg[^>]*>|<\/svg>\s*$/g, "");
  const masked = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M0 0h32v32H0z" fill="#f6f6f2"/><g transform="translate(6.08 6.08) scale(.62)">${inner}</g></svg>`;
  const png = (drawing, size) => new Resvg(drawing, { fitTo: { mode: "width", value: size } }).render().asPng();
  for (const size of [192, 512]) {
    writeFileSync(join(dist, `icon-${size}.png`), png(svg, size));
    writeFileSync(join(dist, `icon-maskable-${size}.png`), png(masked, size));
  }
  writeFileSync(join(dist, "icon-touch.png"), png(masked, 180)); // iOS rounds it itself
}
