// The poster: what stands on the embedding page until somebody wants the cluster. A small cluster drawn by DOM calls and
// one style sheet, no request, no HTML from a string; a page with a strict policy shows it too.

const svgNamespace = "http://www.w3.org/2000/svg";

type Attributes = Record<string, string | number>;

function svg(name: string, attributes: Attributes, ...children: (Node | string)[]): SVGElement {
  const e = document.createElementNS(svgNamespace, name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, String(v));
  e.append(...children);
  return e;
}

export function element(name: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const e = document.createElement(name);
  e.className = className;
  e.append(...children);
  return e;
}

const box = (x: number, y: number, width: number, height: number, rx: number, cls: string) => svg("rect", { x, y, width, height, rx, class: cls });
const text = (x: number, y: number, words: string, cls: string) => svg("text", { x, y, class: cls }, words);
const line = (d: string) => svg("path", { d, class: "wire" });
const dot = (cx: number, cy: number, cls: string) => svg("circle", { cx, cy, r: 4, class: cls });

/** Names are Kubernetes' own and so the same in every language. */
export function drawing(workers: number): SVGElement {
  const width = 640, parts: SVGElement[] = [];
  const chip = (x: number, y: number, w: number, name: string, cls = "chip") => parts.push(box(x, y, w, 30, 8, cls), text(x + w / 2, y + 19, name, "name"));
  parts.push(box(16, 12, 608, 104, 14, "hq"), text(30, 32, "control-plane-1", "left"));
  parts.push(line("M176 86H254M386 86H444M320 71V54M320 101V146M320 146V168"));
  chip(56, 71, 120, "etcd");
  chip(254, 71, 132, "kube-apiserver", "chip door");
  chip(444, 71, 164, "kube-controller-manager");
  chip(262, 24, 116, "kube-scheduler");
  parts.push(dot(215, 86, "call"), dot(415, 86, "call"), dot(320, 62, "call"));

  const n = Math.min(Math.max(workers, 1), 4), gap = 14, w = (width - 32 - gap * (n - 1)) / n;
  const left = (i: number) => 16 + i * (w + gap);
  // From the API server to each kubelet.
  for (let i = 0; i < n; i++) parts.push(line(`M320 146H${left(i) + w / 2}V176`));
  const tile = Math.min(34, (w - 36) / 4);
  for (let i = 0; i < n; i++) {
    const x = left(i), y = 176;
    parts.push(box(x, y, w, 112, 12, "plant"), text(x + 14, y + 21, `node-${i + 1}`, "left"), dot(x + w - 16, y + 17, "ok"));
    for (let pod = 0; pod < 8; pod++) {
      const fresh = i === n - 1 && pod === 4, empty = pod > 4 + ((i + 1) % 3);
      if (empty) continue;
      const px = x + 14 + (pod % 4) * (tile + 3), py = y + 34 + Math.floor(pod / 4) * 38;
      parts.push(box(px, py, tile, 34, 6, fresh ? "pod new" : "pod"), text(px + tile / 2, py + 21, fresh ? "2.0" : "1.0", fresh ? "version new" : "version"));
    }
  }
  return svg("svg", { viewBox: "0 0 640 300", "aria-hidden": "true", focusable: "false", preserveAspectRatio: "xMidYMid meet" }, ...parts);
}

/** The colours are those of the stage, by day and by night as the embedding page has it, or as the tag says. */
export const posterCss = `
:host { display: block; position: relative; contain: layout; }
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; } :host([theme="dark"]) { color-scheme: dark; }
.frame { position: relative; overflow: hidden; border-radius: 12px; border: 1px solid light-dark(#dcdcd3, #2d3641); background: light-dark(#f6f6f2, #0f1419); }
iframe { position: absolute; inset: 0; width: 100%; height: 100%; border: 0; opacity: 0; } .here iframe { opacity: 1; }
.here .poster { display: none; }
.poster { all: unset; box-sizing: border-box; position: absolute; inset: 0; display: flex; flex-direction: column; cursor: pointer; color: light-dark(#1d2430, #e6e9ee); font: 14px/1.4 system-ui, -apple-system, "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
.poster:focus-visible { outline: 3px solid light-dark(#326ce5, #6c9bff); outline-offset: -3px; border-radius: 12px; }
.poster[aria-busy=true] { cursor: progress; }
svg { flex: 1; min-height: 0; width: 100%; padding: 12px 12px 0; box-sizing: border-box; }
.bar { flex: none; display: flex; align-items: center; gap: 14px; padding: 12px 16px 14px; }
.go { flex: none; display: flex; align-items: center; gap: 7px; padding: 8px 16px 8px 13px; border-radius: 99px; font-weight: 600; background: light-dark(#326ce5, #6c9bff); color: light-dark(#fff, #0b1220); }
.poster:hover .go { filter: brightness(1.08); }
.go::before { content: ""; border: solid transparent; border-width: 6px 0 6px 10px; border-left-color: currentColor; }
.title { display: block; font-weight: 600; overflow-wrap: anywhere; }
.note { display: block; font-size: 12px; color: light-dark(#5c6470, #98a2b0); }
.hq { fill: light-dark(#eef3fd, #131c2d); stroke: light-dark(#b3c8f5, #2f4a80); } .chip, .plant { fill: light-dark(#fffefb, #161c23); stroke: light-dark(#dcdcd3, #2d3641); } .hq ~ .chip { stroke: light-dark(#b3c8f5, #2f4a80); } .door { stroke: light-dark(#326ce5, #6c9bff) !important; stroke-width: 2; }
.wire { fill: none; stroke: light-dark(#9bb5f0, #35518c); stroke-width: 1.3; }
text { font-size: 11px; font-weight: 600; fill: light-dark(#1d2430, #e6e9ee); } .name, .version { text-anchor: middle; } .version { font-size: 10px; fill: light-dark(#0b5f58, #9fe5db); } .version.new { fill: light-dark(#7a4a00, #fbd79c); }
.pod { fill: light-dark(#d6efec, #14312f); stroke: light-dark(#0d9488, #2bb8a6); stroke-width: 1.5; } .pod.new { fill: light-dark(#fdeed4, #382a15); stroke: light-dark(#d98200, #f2a93b); }
.call { fill: light-dark(#326ce5, #6c9bff); } .ok { fill: light-dark(#2f8f52, #55c47c); }
@media (max-width: 480px) { .note { font-size: 11px; } .bar { padding: 10px 12px; gap: 10px; } }
`;
