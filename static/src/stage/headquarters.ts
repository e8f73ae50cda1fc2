// Draws the headquarters in furniture pixels: the line above that says how they are, each machine with its parts and its
// copy of etcd's log, and the load balancer before the API servers.

import type { Scene, Ctx } from "./scene.ts";
import { box, font, label, textWidth } from "./scene.ts";
import type { HqBox, PartBox, Rect } from "./layout.ts";
import type { Master } from "../protocol.ts";
import { ailments, behind, headline, logShares, logWindow, newsMs, partWord } from "./control.ts";
import { round } from "../time.ts";
import { t } from "../i18n/index.ts";
import type { Key } from "../i18n/index.ts";

/** What people who work with it call a part where there is no room for its name. */
const brief: Record<string, string> = { "kube-apiserver": "api", "kube-scheduler": "sched", "kube-controller-manager": "kcm", "cloud-controller-manager": "ccm" };

/** How long nobody has led, in virtual ms. */
export function lostFor(s: Pick<Scene, "model">): number { return s.model.lostSince < 0 ? 0 : s.model.now - s.model.lostSince; }

export function drawHeadline(ctx: Ctx, s: Scene): void {
  const r = s.layout.headline, c = s.model.control, p = s.palette;
  if (!r || !c) return;
  const h = headline(c, s.model.now, lostFor(s)), f = font(11.5, h.kind === "calm" ? 400 : 600), bad = h.kind === "bad";
  const sign = bad ? "✕ " : "", hover = s.hover === "headquarters/", chosen = s.selection === "headquarters/";
  ctx.font = f;
  const w = Math.min(r.w, textWidth(ctx, sign + h.text) + 22), x = r.x + (r.w - w) / 2;
  if (h.kind !== "calm" || hover || chosen) box(ctx, { x, y: r.y, w, h: r.h - 1 }, 9, bad ? p.part : null, bad ? p.bad : chosen ? p.select : hover ? p.blue : p.hqLine, bad || chosen ? 1.6 : 1);
  label(ctx, sign + h.text, x + w / 2, r.y + r.h / 2 - 0.5, w - 12, bad ? p.bad : h.kind === "news" ? p.ink : p.dim, f, "center");
}

export function drawHqFrame(ctx: Ctx, s: Scene, hq: HqBox): void {
  const { palette: p, model } = s, view = model.nodes.get(hq.node)?.view;
  if (!view) return;
  const dead = !view.power, ref = "nodes/" + view.name, small = hq.style === "mini";
  box(ctx, hq, small ? 9 : 14, p.hq, s.selection === ref ? p.select : dead ? p.bad : p.hqLine, s.selection === ref || s.hover === ref ? 2 : 1, dead ? [5, 4] : undefined);
  ctx.globalAlpha = dead ? 0.7 : 1;
  const side = small ? 5 : 14, y = hq.y + (small ? 13 : hq.style === "list" ? 15 : 16), ails = ailments(model.control, view.name);
  const sign = dead ? "⚡" : ails.length || view.ready !== "True" ? "!" : "";
  let name = view.name;
  ctx.font = font(small ? 10.5 : 12, 600);
  const space = hq.w - 2 * side - (small && sign ? 12 : 0);
  if (textWidth(ctx, name) > space) name = name.replace(/^control-plane-/, hq.w > 60 ? "master " : "");
  const w = label(ctx, name, hq.x + side, y, space, dead ? p.dim : p.ink, font(small ? 10.5 : 12, 600));
  // What is wrong first; then where the store is, for a master that is alone.
  let status = "", bad = true;
  const alone = s.layout.headline || !model.control ? undefined : headline(model.control, model.now, lostFor(s));
  if (dead) status = t("stage.noPower", { ready: t(`stage.ready.${view.ready}` as Key) });
  else if (alone && alone.kind !== "calm") { status = alone.text; bad = alone.kind === "bad"; }
  else if (ails.length) status = ails.join(", ");
  else if (view.ready !== "True") status = t(`stage.ready.${view.ready}` as Key);
  else if (!s.layout.headline) { status = t("stage.revision", { n: model.revision }); bad = false; }
  if (small) { if (sign) label(ctx, sign, hq.x + hq.w - side, y, 12, p.bad, font(11, 600), "right"); ctx.globalAlpha = 1; return; }
  const room = hq.w - 2 * side - 8 - w;
  ctx.font = font(11);
  // Where there is no room for what the API thinks of it, the truth stays.
  if (dead && textWidth(ctx, `${sign} ${status}`) > room) status = status.split(" · ")[0];
  const said = bad && status ? `${sign} ${status}` : status;
  const sw = said ? Math.min(textWidth(ctx, said), room) : 0;
  if (said) label(ctx, said, hq.x + hq.w - side, y, room, bad ? p.bad : p.dim, font(11), "right");
  const place = t("stage.hq");
  if (textWidth(ctx, place) < room - sw - 8) label(ctx, place, hq.x + side + w + 8, y, room - sw - 8, p.dim, font(11));
  ctx.globalAlpha = 1;
}

export function drawHqParts(ctx: Ctx, s: Scene, hq: HqBox): void {
  const view = s.model.nodes.get(hq.node)?.view;
  if (!view) return;
  const m = s.model.masterNamed(view.name);
  ctx.globalAlpha = view.power ? 1 : 0.6;
  for (const part of hq.parts) drawPart(ctx, s, hq, part, view.name, m, view.components.find((c) => c.name === part.name));
  ctx.globalAlpha = 1;
}

function drawPart(ctx: Ctx, s: Scene, hq: HqBox, part: PartBox, host: string, m: Master | undefined, state?: { up: boolean; leader: boolean }): void {
  const { palette: p, model } = s, several = s.layout.hq.length > 1;
  const ref = `components/${part.name}@${host}`, api = part.name === "kube-apiserver", word = partWord(m, part.name, state, model.control, model.now);
  const selected = s.selection === ref, hover = s.hover === ref, store = part.name === "etcd";
  const leads = word.leads && several;
  box(ctx, part, hq.style === "mini" ? 6 : 10, p.part, selected ? p.select : word.bad ? p.bad : api || leads ? p.blue : p.hqLine, selected || hover ? 2.4 : api || leads ? 1.8 : 1, word.bad ? [4, 3] : undefined);
  const cx = part.x + part.w / 2, ink = word.bad ? p.bad : p.ink;
  if (hq.style === "list" || hq.style === "mini") {
    const mini = hq.style === "mini", side = mini ? 4 : 8;
    if (store) {
      const name = font(mini ? (part.w < 52 ? 9 : 10.5) : 11.5, 600);
      label(ctx, "etcd", part.x + side, part.y + 10, part.w - 2 * side, ink, name);
      ctx.font = name;
      const after = part.x + side + textWidth(ctx, "etcd") + (part.w < 52 ? 1 : 6), room = part.x + part.w - side - after;
      label(ctx, mini && room < 60 ? word.sign : storeNote(m, word, room > 110), part.x + part.w - side, part.y + 10, room, word.bad ? p.bad : leads ? p.ink : p.dim, font(10.5, leads ? 600 : 400), "right");
      drawLog(ctx, s, m, { x: part.x + side, y: part.y + 19, w: part.w - 2 * side, h: 6 }, part.y + part.h - 5, mini);
      return;
    }
    const name = mini ? brief[part.name] ?? part.name : part.name, cy = part.y + part.h / 2 + 0.5, f = font(mini ? 9.5 : 10.5, api || leads ? 600 : 400);
    const sign = word.bad ? word.sign : leads ? "★" : "", said = mini || !sign ? sign : `${sign} ${word.bad ? word.word : t("stage.leader")}`;
    ctx.font = f;
    // The part's name is worth more than the word: the sign says the same.
    const room = part.w - 2 * side, short = textWidth(ctx, name) + textWidth(ctx, said) + 5 > room ? sign : said, sw = short ? textWidth(ctx, short) : 0;
    label(ctx, name, part.x + side, cy, room - (sw ? sw + 4 : 0), ink, f);
    if (short) label(ctx, short, part.x + part.w - side, cy, sw + 1, word.bad ? p.bad : p.ink, f, "right");
    return;
  }
  const notes: string[] = [], nick = t(`nick.${part.name}` as Key) ?? "";
  if (word.bad) notes.push(`${word.sign} ${word.word}`);
  else if (store && several) notes.push(storeNote(m, word, part.w > 120));
  else {
    if (nick) notes.push(nick);
    if (api && !several && model.totals.apiPerSec > 0) notes.push(t("stage.calls", { n: round(model.totals.apiPerSec, model.totals.apiPerSec < 10 ? 1 : 0) }));
    if (word.leads) notes.push("★ " + t("stage.leader"));
  }
  const mid = store ? part.y + part.h / 2 - 5 : part.y + part.h / 2;
  let size = 12;
  for (ctx.font = font(size, 600); size > 9.5 && textWidth(ctx, part.name) > part.w - 12; ctx.font = font(size, 600)) size -= 0.5;
  label(ctx, part.name, cx, mid - 7, part.w - 10, word.bad ? p.dim : p.ink, font(size, 600), "center");
  label(ctx, notes.join(" · "), cx, mid + 7, part.w - 10, word.bad ? p.bad : leads ? p.ink : p.dim, font(10.5), "center");
  if (store) drawLog(ctx, s, m, { x: part.x + 10, y: part.y + part.h - 10, w: part.w - 20, h: 5.5 }, 0, false);
}

/** "★ leader · term 4" */
function storeNote(m: Master | undefined, word: { sign: string; word: string; bad: boolean }, long: boolean): string {
  const role = `${word.sign} ${word.word}`.trim();
  return m && !word.bad && long ? `${role} · ${t("stage.term", { n: m.etcd.term })}` : role;
}

/**
 * A member's log as a bar: full colour is in its store, lighter is committed, an outline is on disk and not committed.
 * All bars show the same stretch of the log, so that one that lags is shorter. Under it, if `noteY`, the vote that is
 * news, or how far it is behind.
 */
function drawLog(ctx: Ctx, s: Scene, m: Master | undefined, r: Rect, noteY: number, mini: boolean): void {
  const { palette: p, model } = s, c = model.control;
  box(ctx, r, 3, p.bg, p.line, 0.8);
  if (!c || !m || !m.etcd.role) return;
  const shares = logShares(m.etcd, logWindow(c)), down = partWord(m, "etcd", undefined).bad, alpha = ctx.globalAlpha;
  const fill = (to: number, color: string, a: number) => { if (to <= 0) return; ctx.globalAlpha = alpha * a; box(ctx, { ...r, w: Math.max(2, r.w * to) }, 3, color, null); };
  if (shares.last > shares.commit) {
    ctx.globalAlpha = alpha;
    box(ctx, { x: r.x, y: r.y - 0.5, w: Math.max(4, r.w * shares.last), h: r.h + 1 }, 3, null, down ? p.dim : p.ink, 1.2, [2, 1.5]);
  }
  fill(shares.commit, down ? p.dim : p.bar, 0.45);
  fill(shares.applied, down ? p.dim : p.bar, 1);
  ctx.globalAlpha = alpha;
  if (!noteY) return;
  const late = behind(c, m.etcd), e = c.election, voted = e && model.now - e.at < newsMs && m.etcd.vote && m.etcd.term === e.term;
  const open = m.etcd.last - m.etcd.commit;
  const text = late > 3 ? t("stage.behind", { n: late }) : m.etcd.pending > 0 && open > 0 ? t("stage.inFlight", { n: open }) : voted && !down ? (mini ? "✓ " + m.etcd.vote.replace(/^control-plane-/, "") : t("stage.voted", { name: m.etcd.vote })) : mini ? "" : t("stage.entries", { n: m.etcd.last });
  label(ctx, text, r.x, noteY, r.w, late > 3 ? p.ink : p.dim, font(mini ? 9 : 9.5));
}

/** The load balancer: under each API server, whether it gets connections. */
export function drawBalancer(ctx: Ctx, s: Scene): void {
  const r = s.layout.balancer, c = s.model.control, p = s.palette;
  if (!r) return;
  const chosen = s.selection === "headquarters/", hover = s.hover === "headquarters/";
  box(ctx, r, 12, p.part, chosen ? p.select : hover ? p.blue : p.hqLine, chosen || hover ? 2 : 1);
  const y = r.y + r.h / 2 + 0.5, boxes = s.layout.hq;
  let free = r.x + r.w, middle = 0, gap = 0, first = 0;
  for (const hq of boxes) {
    const m = s.model.masterNamed(s.model.nodes.get(hq.node)?.view.name ?? ""), on = m?.endpoint !== false, api = hq.parts.find((x) => x.name === "kube-apiserver");
    const x = api ? api.x + api.w / 2 : hq.x + hq.w / 2;
    const said = `${on ? "✓" : "✕"} ${t(on ? "stage.inRotation" : "stage.outOfRotation")}`, room = hq.w - (middle++ ? 12 : 100);
    ctx.font = font(10.5);
    const wide = hq.w > 150, w = label(ctx, wide && textWidth(ctx, said) < hq.w - 8 ? said : on ? "✓" : "✕", x, y, Math.max(room, 30), on ? p.dim : p.bad, font(10.5), "center");
    free = Math.min(free, x - w / 2);
    if (middle === 1) first = x + w / 2; else if (middle === 2) gap = x - w / 2 - first - 24;
  }
  const room = free - r.x - 20;
  ctx.font = font(11, 600);
  const name = t("stage.balancer");
  const wide = textWidth(ctx, name);
  if (c?.balanced === false) return;
  if (wide > room && wide < gap) label(ctx, name, first + 12 + gap / 2, y, gap, p.ink, font(11, 600), "center");
  else label(ctx, wide <= room ? name : "LB", r.x + 12, y, Math.max(room, 16), p.ink, font(11, 600));
}
