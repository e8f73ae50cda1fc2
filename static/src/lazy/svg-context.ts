// A drawing context that writes SVG: the calls of CanvasRenderingContext2D that the stage makes, so that the picture to take
// along comes from the same code as the one on the screen. Points are taken as they are and each shape carries the matrix
// that was in force; the stage never changes it between a path and its stroke.

type Matrix = [number, number, number, number, number, number];
interface State {
  m: Matrix; fillStyle: string; strokeStyle: string; lineWidth: number; lineCap: string; lineJoin: string; globalAlpha: number; font: string; textAlign: string; textBaseline: string; dash: number[];
  /** groups that a clip has opened since the last save */ groups: number;
}

const n = (x: number) => String(Math.round(x * 100) / 100);
const escape = (s: string) => s.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");

export class SvgContext {
  fillStyle = "#000"; strokeStyle = "#000"; lineWidth = 1; lineCap = "butt"; lineJoin = "miter"; globalAlpha = 1;
  font = "10px sans-serif"; textAlign = "start"; textBaseline = "alphabetic"; imageSmoothingEnabled = true;
  private m: Matrix = [1, 0, 0, 1, 0, 0]; private dash: number[] = []; private groups = 0;
  private readonly stack: State[] = [];
  private path: string[] = []; private x = 0; private y = 0;
  private readonly out: string[] = []; private clips = 0;

  /** `measure`: a real context, for widths of texts. */
  constructor(private readonly measure: { font: string; measureText(text: string): { width: number } }) {}

  /** The document; what was drawn lies within width and height. */
  document(width: number, height: number, title: string): string {
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${n(width)} ${n(height)}" width="${n(width)}" height="${n(height)}" role="img"><title>${escape(title)}</title>\n${this.out.join("\n")}${"</g>".repeat(this.groups)}\n</svg>\n`;
  }

  save(): void {
    const { m, fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, globalAlpha, font, textAlign, textBaseline, dash, groups } = this;
    this.stack.push({ m, fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, globalAlpha, font, textAlign, textBaseline, dash, groups });
    this.groups = 0;
  }
  restore(): void {
    const s = this.stack.pop();
    if (!s) return;
    if (this.groups) this.out.push("</g>".repeat(this.groups));
    Object.assign(this, s);
  }

  setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void { this.m = [a, b, c, d, e, f]; }
  scale(x: number, y: number): void { const [a, b, c, d, e, f] = this.m; this.m = [a * x, b * x, c * y, d * y, e, f]; }
  translate(x: number, y: number): void { const [a, b, c, d, e, f] = this.m; this.m = [a, b, c, d, a * x + c * y + e, b * x + d * y + f]; }
  setLineDash(dash: number[]): void { this.dash = dash; }
  measureText(text: string): { width: number } { this.measure.font = this.font; return this.measure.measureText(text); }

  beginPath(): void { this.path = []; }
  closePath(): void { this.path.push("Z"); }
  moveTo(x: number, y: number): void { this.to("M", x, y); }
  lineTo(x: number, y: number): void { this.to(this.path.length ? "L" : "M", x, y); }
  rect(x: number, y: number, w: number, h: number): void { this.path.push(`M${n(x)} ${n(y)}h${n(w)}v${n(h)}h${n(-w)}Z`); }
  roundRect(x: number, y: number, w: number, h: number, radius: number | number[] = 0): void {
    const all = Array.isArray(radius) ? radius : [radius], [tl, tr = tl, br = tl, bl = tr] = all.map((r) => Math.max(0, Math.min(r, Math.abs(w) / 2, Math.abs(h) / 2)));
    const corner = (r: number, dx: number, dy: number) => (r ? `a${n(r)} ${n(r)} 0 0 1 ${n(dx)} ${n(dy)}` : "");
    this.path.push(`M${n(x + tl)} ${n(y)}h${n(w - tl - tr)}${corner(tr, tr, tr)}v${n(h - tr - br)}${corner(br, -br, br)}h${n(-(w - br - bl))}${corner(bl, -bl, -bl)}v${n(-(h - bl - tl))}${corner(tl, tl, -tl)}Z`);
  }
  arc(x: number, y: number, r: number, from: number, to: number): void {
    if (Math.abs(to - from) >= 2 * Math.PI - 1e-6) { this.path.push(`M${n(x + r)} ${n(y)}a${n(r)} ${n(r)} 0 1 1 ${n(-2 * r)} 0a${n(r)} ${n(r)} 0 1 1 ${n(2 * r)} 0Z`); return; }
    this.lineTo(x + r * Math.cos(from), y + r * Math.sin(from));
    this.x = x + r * Math.cos(to); this.y = y + r * Math.sin(to);
    this.path.push(`A${n(r)} ${n(r)} 0 ${Math.abs(to - from) > Math.PI ? 1 : 0} ${to > from ? 1 : 0} ${n(this.x)} ${n(this.y)}`);
  }
  arcTo(x1: number, y1: number, x2: number, y2: number, r: number): void {
    // The circle that touches both lines: where it meets them, and on which side it turns.
    const ax = this.x - x1, ay = this.y - y1, bx = x2 - x1, by = y2 - y1, al = Math.hypot(ax, ay), bl = Math.hypot(bx, by), cross = ax * by - ay * bx;
    if (!r || !al || !bl || Math.abs(cross) < 1e-9 * al * bl) return this.lineTo(x1, y1);
    const cos = (ax * bx + ay * by) / (al * bl), d = r / Math.tan(Math.acos(Math.max(-1, Math.min(1, cos))) / 2);
    this.lineTo(x1 + (ax / al) * d, y1 + (ay / al) * d);
    this.x = x1 + (bx / bl) * d; this.y = y1 + (by / bl) * d;
    this.path.push(`A${n(r)} ${n(r)} 0 0 ${cross < 0 ? 1 : 0} ${n(this.x)} ${n(this.y)}`);
  }
  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void { this.path.push(`Q${n(cx)} ${n(cy)} ${n(x)} ${n(y)}`); this.x = x; this.y = y; }
  bezierCurveTo(ax: number, ay: number, bx: number, by: number, x: number, y: number): void { this.path.push(`C${n(ax)} ${n(ay)} ${n(bx)} ${n(by)} ${n(x)} ${n(y)}`); this.x = x; this.y = y; }

  fill(rule?: string): void { this.shape(this.path.join(""), `fill="${escape(this.fillStyle)}"${rule === "evenodd" ? ' fill-rule="evenodd"' : ""}`); }
  stroke(): void { this.shape(this.path.join(""), this.pen()); }
  fillRect(x: number, y: number, w: number, h: number): void { this.shape(`M${n(x)} ${n(y)}h${n(w)}v${n(h)}h${n(-w)}Z`, `fill="${escape(this.fillStyle)}"`); }
  strokeRect(x: number, y: number, w: number, h: number): void { this.shape(`M${n(x)} ${n(y)}h${n(w)}v${n(h)}h${n(-w)}Z`, this.pen()); }
  clearRect(): void { /* nothing was there */ }
  clip(rule?: string): void {
    const id = `c${++this.clips}`;
    this.out.push(`<clipPath id="${id}"><path d="${this.path.join("")}"${this.matrix()}${rule === "evenodd" ? ' clip-rule="evenodd"' : ""}/></clipPath><g clip-path="url(#${id})">`);
    this.groups++;
  }

  fillText(text: string, x: number, y: number): void {
    const [, weight = "400", px = "10", family = "sans-serif"] = /^(?:italic )?(\w+)? ?([\d.]+)px (.*)$/.exec(this.font) ?? [];
    const anchor = this.textAlign === "center" ? ' text-anchor="middle"' : this.textAlign === "right" || this.textAlign === "end" ? ' text-anchor="end"' : "";
    const dy = this.textBaseline === "middle" ? ' dy=".35em"' : this.textBaseline === "top" ? ' dy=".8em"' : "";
    this.out.push(`<text x="${n(x)}" y="${n(y)}"${dy}${anchor} font-family="${escape(family.replaceAll('"', "'"))}" font-size="${px}"${weight === "400" ? "" : ` font-weight="${weight}"`} fill="${escape(this.fillStyle)}"${this.alpha()}${this.matrix()}>${escape(text)}</text>`);
  }

  drawImage(image: { toDataURL(): string }, x: number, y: number, w: number, h: number): void {
    this.out.push(`<image href="${image.toDataURL()}" x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" preserveAspectRatio="none"${this.imageSmoothingEnabled ? "" : ' style="image-rendering:pixelated"'}${this.alpha()}${this.matrix()}/>`);
  }

  private to(letter: string, x: number, y: number): void { this.path.push(`${letter}${n(x)} ${n(y)}`); this.x = x; this.y = y; }
  private pen(): string {
    return `fill="none" stroke="${escape(this.strokeStyle)}" stroke-width="${n(this.lineWidth)}"${this.dash.length ? ` stroke-dasharray="${this.dash.map(n).join(" ")}"` : ""}${this.lineCap === "butt" ? "" : ` stroke-linecap="${this.lineCap}"`}${this.lineJoin === "miter" ? "" : ` stroke-linejoin="${this.lineJoin}"`}`;
  }
  private shape(d: string, paint: string): void { if (d) this.out.push(`<path d="${d}" ${paint}${this.alpha()}${this.matrix()}/>`); }
  private alpha(): string { return this.globalAlpha === 1 ? "" : ` opacity="${n(this.globalAlpha)}"`; }
  private matrix(): string {
    const [a, b, c, d, e, f] = this.m;
    if (a === 1 && !b && !c && d === 1) return e || f ? ` transform="translate(${n(e)} ${n(f)})"` : "";
    return ` transform="matrix(${[a, b, c, d].map((v) => Number(v.toFixed(5))).join(" ")} ${n(e)} ${n(f)})"`;
  }
}
