// The view from far: one texel a pod, a block of texels a node. The picture is kept in one small canvas and only the
// blocks of nodes that changed are written again, so a frame costs a copy, however many pods there are.

import type { Model } from "../model.ts";
import { PodState } from "../protocol.ts";
import type { Layout } from "./layout.ts";
import type { Palette } from "./palette.ts";
import type { Ctx } from "./scene.ts";

const abgr = (r: number, g: number, b: number) => (255 << 24) | (b << 16) | (g << 8) | r;
function mix(a: number[], b: number[], f: number): number {
  return abgr(Math.round(a[0] * f + b[0] * (1 - f)), Math.round(a[1] * f + b[1] * (1 - f)), Math.round(a[2] * f + b[2] * (1 - f)));
}
const rgb = (hex: string) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

export class HeatMap {
  private readonly canvas = document.createElement("canvas");
  private image?: ImageData;
  private pixels = new Uint32Array(0);
  private layout?: Layout;
  private palette?: Palette;
  private tc = 0; private tr = 0;
  private columns = 1; private rows = 1;

  /** Brings the picture up to date; `dirty` are the nodes that changed. Returns how many blocks were written. */
  update(m: Model, l: Layout, p: Palette, dirty: Set<number>): number {
    let most = 12;
    for (const id of dirty) { const e = m.nodes.get(id); if (e && e.high > most) most = e.high; }
    const fits = most <= this.tc * this.tr;
    if (this.layout !== l || this.palette !== p || !fits || !this.image) {
      for (const e of m.nodes.values()) if (e.high > most) most = e.high;
      this.restart(l, p, most);
      for (let i = 0; i < l.order.length; i++) this.block(m, i);
      this.canvas.getContext("2d")!.putImageData(this.image!, 0, 0);
      return l.order.length;
    }
    let top = Infinity, bottom = -1, n = 0;
    for (const id of dirty) {
      const index = l.indexOf.get(id);
      if (index === undefined) continue;
      const y = this.block(m, index);
      if (y < top) top = y;
      if (y > bottom) bottom = y;
      n++;
    }
    if (n) this.canvas.getContext("2d")!.putImageData(this.image, 0, 0, 0, top, this.canvas.width, bottom - top + this.tr);
    return n;
  }

  draw(ctx: Ctx, k: number): void {
    const l = this.layout;
    if (!l || !l.order.length) return;
    const w = this.columns * (l.nodeW + l.gapX), h = this.rows * (l.nodeH + l.gapY);
    // Small texels are averaged, large ones stay sharp.
    ctx.imageSmoothingEnabled = (l.nodeW * k) / this.tc < 2;
    ctx.drawImage(this.canvas, l.x[0], l.y[0], w, h);
    ctx.imageSmoothingEnabled = true;
  }

  private restart(l: Layout, p: Palette, most: number): void {
    this.layout = l; this.palette = p;
    this.tc = Math.ceil(Math.sqrt(most * 1.2));
    this.tr = Math.ceil(most / this.tc);
    this.columns = l.columns;
    let rows = 1;
    for (let i = 0; i < l.order.length; i++) rows = Math.max(rows, Math.round((l.y[i] - l.y[0]) / (l.nodeH + l.gapY)) + 1);
    this.rows = rows;
    this.canvas.width = this.columns * (this.tc + 1);
    this.canvas.height = this.rows * (this.tr + 1);
    this.image = new ImageData(this.canvas.width, this.canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** Writes one node's block; returns its top row. */
  private block(m: Model, index: number): number {
    const l = this.layout!, p = this.palette!, entry = m.nodes.get(l.order[index]);
    const col = Math.round((l.x[index] - l.x[0]) / (l.nodeW + l.gapX)), row = Math.round((l.y[index] - l.y[0]) / (l.nodeH + l.gapY));
    const x0 = col * (this.tc + 1), y0 = row * (this.tr + 1), width = this.canvas.width;
    if (!entry) return y0;
    const dead = !entry.view.power, down = dead || entry.view.ready !== "True";
    const plant = rgb(p.dark ? "#1d2530" : "#e9e9e1"), bad = rgb(p.bad), dim = rgb(p.dim);
    const ground = down ? mix(bad, plant, dead ? 0.45 : 0.25) : abgr(plant[0], plant[1], plant[2]);
    for (let i = 0; i < this.tc * this.tr; i++) {
      const slot = i < entry.places.length ? entry.places[i] : -1;
      let c = ground;
      if (slot >= 0) {
        const h = p.hues[(m.versions[m.version[slot]]?.hue ?? 0) % p.hues.length].rgb;
        switch (m.state[slot]) {
          case PodState.Ready: c = mix(h, plant, dead ? 0.4 : 1); break;
          case PodState.Running: c = mix(h, plant, 0.55); break;
          case PodState.Succeeded: c = mix(h, plant, 0.3); break;
          case PodState.Terminating: c = mix(h, plant, 0.3); break;
          case PodState.Failed: case PodState.Waiting: c = mix(bad, plant, 0.95); break;
          default: c = mix(dim, plant, 0.5);
        }
      }
      this.pixels[(y0 + Math.floor(i / this.tc)) * width + x0 + (i % this.tc)] = c;
    }
    return y0;
  }
}
