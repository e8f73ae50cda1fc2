// The stage as a picture: SVG through a context that writes it, PNG at twice the size. Under it the versions and the time.

import { app } from "../app.ts";
import { PodState } from "../protocol.ts";
import { hue, palettes } from "../stage/palette.ts";
import { font, label } from "../stage/scene.ts";
import type { Ctx } from "../stage/scene.ts";
import type { TabStage } from "../stage/stage.ts";
import { clockText } from "../time.ts";
import { SvgContext } from "./svg-context.ts";

const foot = 30, pixels = 2;
const stage = () => document.querySelector<TabStage>("tab-stage")!;

function draw(ctx: Ctx, dpr: number): { width: number; height: number } {
  const { clientWidth: width, clientHeight } = stage(), height = clientHeight + foot, p = app.dark ? palettes.dark : palettes.light, m = app.model;
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.fillStyle = p.bg;
  ctx.fillRect(0, 0, width, height);
  stage().picture(ctx, dpr);
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.globalAlpha = 1;
  const y = height - foot / 2, time = `Tabernetes · ${clockText(m.now)}`, pods = new Map<string, { hue: number; n: number }>();
  for (let s = 0; s < m.slots; s++) {
    const v = m.version[s] >= 0 ? m.versions[m.version[s]] : undefined;
    if (!v || m.state[s] === PodState.Gone) continue;
    const name = `${v.image.split("/").pop()} ${v.label}`, row = pods.get(name);
    if (row) row.n++; else pods.set(name, { hue: v.hue, n: 1 });
  }
  const end = width - 16 - label(ctx, time, width - 16, y, width / 2, p.dim, font(11), "right") - 20;
  let x = 16;
  for (const [name, { hue: h, n }] of [...pods].slice(-8)) {
    if (x + 60 > end) break;
    ctx.fillStyle = hue(p, h).stroke;
    ctx.beginPath(); ctx.arc(x + 5, y, 4.5, 0, 7); ctx.fill();
    x += 15 + label(ctx, `${name} ×${n}`, x + 15, y, end - x - 15, p.ink, font(11)) + 18;
  }
  return { width, height };
}

export function svg(): string {
  const ctx = new SvgContext(document.createElement("canvas").getContext("2d")!), { width, height } = draw(ctx as unknown as Ctx, 1);
  return ctx.document(width, height, `Tabernetes ${clockText(app.model.now)}`);
}

export async function png(): Promise<Blob> {
  const canvas = document.createElement("canvas"), { clientWidth, clientHeight } = stage();
  canvas.width = clientWidth * pixels;
  canvas.height = (clientHeight + foot) * pixels;
  draw(canvas.getContext("2d")!, pixels);
  return new Promise((resolve, reject) => canvas.toBlob((b) => (b ? resolve(b) : reject(new Error("the browser could not make the picture")))));
}
