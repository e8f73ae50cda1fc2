// Where everything on the stage stands. Pure arithmetic: viewport and counts in, world rectangles out.
//
// The furniture (headquarters, Services, the tray of pods without a node) is laid out in pixels of the viewport and then
// enlarged by `unit`, so that it stays readable when thousands of nodes make the world wide. Nodes stand in blocks, one a
// zone, side by side. The world is as large as the viewport when everything fits; else the camera shrinks it.

export interface Rect { x: number; y: number; w: number; h: number }
export interface PartBox extends Rect { name: string }
export interface HqBox extends Rect { node: number; style: "wide" | "narrow" | "list" | "mini"; parts: PartBox[] }
export interface ServiceBox extends Rect { service: number }
export interface ZoneLabel { x: number; y: number; text: string }

export interface Layout {
  width: number; height: number;
  /** Furniture pixels → world units. Furniture rectangles below are in furniture pixels. */
  unit: number;
  hq: HqBox[]; /** with several masters: the line above them that says how they are, and the load balancer before them */ headline?: Rect; balancer?: Rect; /** where the line from the kube-apiserver to the nodes passes the band of Services */ trunk: number; users: Rect; services: ServiceBox[]; moreServices: number; tray: Rect;
  /** Bottom of the furniture, world units. */
  floor: number;
  /** Nodes in order; position by index, world units. */
  order: number[]; indexOf: Map<number, number>; x: Float32Array; y: Float32Array;
  nodeW: number; nodeH: number; gapX: number; gapY: number; columns: number; zones: ZoneLabel[];
}

export interface LayoutInput {
  width: number; height: number;
  masters: { id: number; parts: string[] }[];
  workers: { id: number; name: string; zone: string }[];
  services: number[];
}

export const partNames = ["etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager", "cloud-controller-manager"];
const pad = 14;
const minNodeW = 150, minNodeH = 104, maxNodeW = 300, maxNodeH = 260, gap = 18;

/** Sorts by a key that puts "node-2" before "node-10"; each key is made once, for thousands of nodes. */
export function sortNaturally<T>(items: Iterable<T>, name: (item: T) => string): T[] {
  const keyed = Array.from(items, (item) => ({ item, key: name(item).replace(/\d+/g, (d) => d.padStart(12, "0")) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map((x) => x.item);
}

export function layOut(input: LayoutInput): Layout {
  const vw = Math.max(300, input.width), vh = Math.max(240, input.height);
  const fw = vw - 2 * pad;
  const hq = headquarters(input.masters, fw);
  const band = serviceBand(input.services, hq.bottom + (hq.balancer ? 12 : 14), fw);

  // Nodes.
  const zones = zoneBlocks(input.workers);
  // A phone's stage is low: with several masters the nodes get what is left of it, so that all can be read.
  const room = Math.max(vh - band.bottom - 2 * pad - 22, hq.balancer && vw < 520 ? 80 : Math.max(vh * 0.34, 118));
  const n = input.workers.length;
  let best = { scale: 0, k: 1, cols: 1, rows: 1 };
  const most = Math.max(1, ...zones.map((z) => z.ids.length));
  for (let k = 1; k <= most; k = k < 16 ? k + 1 : Math.ceil(k * 1.08)) {
    const cols = k * zones.length, rows = Math.ceil(most / k);
    const w = cols * (minNodeW + gap) - gap, h = rows * (minNodeH + gap) - gap;
    const scale = Math.min(fw / w, room / h);
    // With room to spare a wide, low arrangement reads better than a tower.
    const score = Math.min(scale, 1) + Math.min(scale, 1.6) * 0.05 - rows * 1e-4;
    if (score > best.scale + 1e-9) best = { scale: score, k, cols, rows };
  }
  const { k, cols, rows } = best;
  const fit = Math.min(fw / (cols * (minNodeW + gap) - gap), room / (rows * (minNodeH + gap) - gap), 1);
  const unit = 1 / fit;
  const labelled = zones.length > 1 && most > 1;
  const labelH = labelled ? 18 * unit : 0;
  const nodeW = Math.min(maxNodeW * Math.max(1, unit * 0.6), (fw * unit - (cols - 1) * gap) / cols);
  const nodeH = Math.min(maxNodeH, nodeW * 1.15, Math.max(minNodeH, (room * unit - labelH - (rows - 1) * gap) / rows));
  const gridW = cols * (nodeW + gap) - gap;
  const left = pad * unit + (fw * unit - gridW) / 2;
  const floor = (pad + band.bottom) * unit;
  const top = floor + 22 * unit + labelH;

  const x = new Float32Array(n), y = new Float32Array(n), order: number[] = [], indexOf = new Map<number, number>();
  const labels: ZoneLabel[] = [];
  zones.forEach((zone, z) => {
    if (labelled) labels.push({ x: left + z * k * (nodeW + gap), y: top - 6 * unit, text: zone.name });
    zone.ids.forEach((id, i) => {
      const index = order.length;
      x[index] = left + (z * k + (i % k)) * (nodeW + gap);
      y[index] = top + Math.floor(i / k) * (nodeH + gap);
      indexOf.set(id, index);
      order.push(id);
    });
  });
  const shift = <T extends Rect>(r: T): T => ({ ...r, x: r.x + pad, y: r.y + pad });
  return {
    width: vw * unit, height: top + rows * (nodeH + gap) - gap + pad * unit, unit,
    hq: hq.boxes.map((b) => ({ ...shift(b), parts: b.parts.map(shift) })),
    headline: hq.headline && shift(hq.headline), balancer: hq.balancer && shift(hq.balancer),
    trunk: band.trunk + pad, users: shift(band.users), services: band.services.map(shift), moreServices: band.more, tray: shift(band.tray),
    floor, order, indexOf, x, y, nodeW, nodeH, gapX: gap, gapY: gap, columns: cols, zones: labels,
  };
}

function zoneBlocks(workers: LayoutInput["workers"]): { name: string; ids: number[] }[] {
  const sorted = sortNaturally(workers, (w) => w.name);
  const by = new Map<string, number[]>();
  for (const w of sorted) {
    const ids = by.get(w.zone);
    if (ids) ids.push(w.id); else by.set(w.zone, [w.id]);
  }
  // Many zones, or nodes without one, would make ragged blocks: then the order of names is clearer.
  if (by.size > 6 || by.has("") || by.size === 0) return [{ name: "", ids: sorted.map((w) => w.id) }];
  return sortNaturally(by, ([name]) => name).map(([name, ids]) => ({ name, ids }));
}

const headlineH = 20, balancerH = 24;

function headquarters(masters: LayoutInput["masters"], fw: number): { boxes: HqBox[]; bottom: number; headline?: Rect; balancer?: Rect } {
  const m = Math.max(1, masters.length), several = m > 1, air = m > 3 || fw < 420 ? 6 : 10, w = (fw - (m - 1) * air) / m;
  const style = w >= 560 ? "wide" : w >= 300 ? "narrow" : w >= 150 ? "list" : "mini";
  const clouded = masters.some((x) => x.parts.includes("cloud-controller-manager"));
  const most = Math.max(1, ...masters.map((x) => x.parts.length)), columns = w >= 84 ? 2 : 1;
  const h = style === "wide" ? 142 : style === "narrow" ? (clouded ? 158 : 114) : style === "list" ? 72 + (most - 1) * 21 + 3 : 64 + Math.ceil((most - 1) / columns) * 21 + 2;
  const y = several ? headlineH + 2 : 0;
  const boxes = masters.map((master, i): HqBox => {
    const x = i * (w + air);
    const names = partNames.filter((p) => master.parts.includes(p)), cloud = names.includes("cloud-controller-manager");
    // In a list the store stands first and the door last, next to the load balancer.
    if (style === "list" || style === "mini") names.sort((a, b) => place(a) - place(b));
    const parts = names.map((name, j) => {
      const r = style === "mini" ? miniRect(j, x, w, columns, names.length) : partRect(style, name, j, x, w, cloud);
      return { name, ...r, y: r.y + y };
    });
    return { node: master.id, x, y, w, h, style, parts };
  });
  if (!several) return { boxes, bottom: h };
  return { boxes, headline: { x: 0, y: 0, w: fw, h: headlineH }, balancer: { x: 0, y: y + h + 8, w: fw, h: balancerH }, bottom: y + h + 8 + balancerH };
}

function place(name: string): number { return name === "etcd" ? -1 : name === "kube-apiserver" ? 9 : partNames.indexOf(name); }

/** Parts of a narrow column: the store over its whole width, the others in one or two columns. */
function miniRect(index: number, x: number, w: number, columns: number, count: number): Rect {
  if (index === 0) return { x: x + 4, y: 24, w: w - 8, h: 37 };
  const i = index - 1, alone = columns === 1 || (i % 2 === 0 && index === count - 1), cell = alone ? w - 8 : (w - 11) / 2;
  return { x: x + 4 + (alone ? 0 : (i % 2) * (cell + 3)), y: 64 + Math.floor(i / columns) * 21, w: cell, h: 18 };
}

/** `cloud`: there is a cloud-controller-manager; without one its neighbour takes the middle. */
function partRect(style: HqBox["style"], name: string, index: number, x: number, w: number, cloud: boolean): Rect {
  const c = x + w / 2;
  if (style === "list") return index ? { x: x + 8, y: 72 + (index - 1) * 21, w: w - 16, h: 18 } : { x: x + 8, y: 28, w: w - 16, h: 40 };
  if (style === "narrow") {
    const half = (w - 34) / 2;
    if (!cloud) {
      // Two rows: what fits beside the kube-apiserver stands there, a phone's stage is low.
      switch (name) {
        case "kube-apiserver": return { x: x + w - 12 - half * 1.18, y: 71, w: half * 1.18, h: 34 };
        case "etcd": return { x: x + 12, y: 67, w: half * 0.7, h: 41 };
        case "kube-scheduler": return { x: x + 12, y: 28, w: half * 0.86, h: 32 };
        default: return { x: x + w - 12 - half * 1.12, y: 28, w: half * 1.12, h: 32 };
      }
    }
    switch (name) {
      case "kube-apiserver": return { x: c - 90, y: 74, w: 180, h: 34 };
      case "etcd": return { x: x + 12, y: 27, w: half, h: 40 };
      case "kube-scheduler": return { x: x + 22 + half, y: 30, w: half, h: 34 };
      case "cloud-controller-manager": return { x: x + 12, y: 116, w: half, h: 34 };
      default: return { x: x + 22 + half, y: 116, w: half, h: 34 };
    }
  }
  // Wider rooms spread the outer parts, up to a point.
  const reach = Math.min(w / 2 - 14, 380);
  switch (name) {
    case "kube-apiserver": return { x: c - 82, y: 82, w: 164, h: 46 };
    case "etcd": return { x: c - reach, y: 83, w: 140, h: 44 };
    case "kube-controller-manager": return { x: c + reach - 176, y: 87, w: 176, h: 36 };
    case "kube-scheduler": return { x: cloud ? c - 58 - 150 : c - 75, y: cloud ? 30 : 24, w: 150, h: 36 };
    default: return { x: c + 58, y: 30, w: 178, h: 36 };
  }
}

function serviceBand(services: number[], y: number, fw: number) {
  const narrow = fw < 520, h = 40;
  const users: Rect = { x: 0, y, w: narrow ? 76 : 84, h };
  const trayW = narrow ? 110 : 148;
  const tray: Rect = { x: fw - trayW, y, w: trayW, h };
  const left = users.w + 16, right = fw - trayW - 16, middle = fw / 2;
  // The line to the nodes passes between Services, where there is room for one on each side of it; else beside the tray.
  const fits = (room: number) => Math.max(0, Math.floor((room + 10) / (128 + 10)));
  const before = middle - 10 - left, after = right - middle - 10, split = fits(before) > 0 && fits(after) > 0;
  const trunk = split ? middle : right + 8;
  const most = split ? [fits(before), fits(after)] : [Math.max(1, fits(right - left)), 0];
  const perRow = most[0] + most[1], rows = Math.min(2, Math.ceil(services.length / perRow) || 1);
  const shown = services.slice(0, perRow * rows), out: ServiceBox[] = [];
  for (let row = 0; row < rows; row++) {
    const mine = shown.slice(row * perRow, (row + 1) * perRow);
    const first = split ? Math.max(mine.length - most[1], Math.min(most[0], Math.ceil(mine.length / 2))) : mine.length;
    // The first stand away from the users, so that requests are seen on their way.
    const place = (ids: number[], from: number, room: number, side: number) => {
      const w = Math.min(176, (room - (ids.length - 1) * 10) / ids.length), total = ids.length * (w + 10) - 10;
      ids.forEach((service, i) => out.push({ service, x: from + (room - total) * side + i * (w + 10), y: y + row * (h + 8), w, h }));
    };
    place(mine.slice(0, first), left, split ? before : right - left, split ? 1 : 0.5);
    if (split) place(mine.slice(first), middle + 10, after, 0);
  }
  return { users, tray, trunk, services: out, more: services.length - shown.length, bottom: y + rows * (h + 8) - 8 };
}

/** Index of the node at a world point, or -1. */
export function nodeAt(l: Layout, x: number, y: number): number {
  // Rows and columns are regular inside the grid; blocks only leave holes, which the comparison finds.
  const n = l.order.length;
  if (!n) return -1;
  const left = l.x[0], top = l.y[0];
  const col = Math.floor((x - left) / (l.nodeW + l.gapX)), row = Math.floor((y - top) / (l.nodeH + l.gapY));
  if (col < 0 || row < 0 || col >= l.columns) return -1;
  const cellX = left + col * (l.nodeW + l.gapX), cellY = top + row * (l.nodeH + l.gapY);
  if (x > cellX + l.nodeW || y > cellY + l.nodeH) return -1;
  return cellIndex(l).get(row * l.columns + col) ?? -1;
}

const cells = new WeakMap<Layout, Map<number, number>>();
function cellIndex(l: Layout): Map<number, number> {
  let map = cells.get(l);
  if (!map) {
    map = new Map();
    for (let i = 0; i < l.order.length; i++) {
      const col = Math.round((l.x[i] - l.x[0]) / (l.nodeW + l.gapX)), row = Math.round((l.y[i] - l.y[0]) / (l.nodeH + l.gapY));
      map.set(row * l.columns + col, i);
    }
    cells.set(l, map);
  }
  return map;
}

export interface Tiles { size: number; gap: number; columns: number; rows: number }
const tileSizes = [54, 46, 40, 34, 29, 25, 21, 18, 15, 12, 10, 8, 6, 5, 4];

/** The largest tiles with which `count` places fit into w × h; beyond the smallest, what fits is drawn. */
export function tilesFor(w: number, h: number, count: number): Tiles {
  for (const size of tileSizes) {
    const g = size > 30 ? 7 : size > 18 ? 5 : size > 9 ? 3 : 2;
    const columns = Math.floor((w + g) / (size + g)), rows = Math.floor((h + g) / (size + g));
    if (columns > 0 && rows > 0 && columns * rows >= count) return { size, gap: g, columns, rows };
  }
  return { size: 3, gap: 1, columns: Math.max(1, Math.floor((w + 1) / 4)), rows: Math.max(1, Math.floor((h + 1) / 4)) };
}
