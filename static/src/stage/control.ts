// What the stage and the panels say about the control plane: pure functions from the view to signs and sentences.

import type { ControlPlane, EtcdMember, Master, Write } from "../protocol.ts";
import { t } from "../i18n/index.ts";
import type { Key } from "../i18n/index.ts";

/** How long an election, or the end of a write that went otherwise than its client was told, stays news; virtual ms. */
export const newsMs = 20_000;
/** A write that takes no longer than this is not worth a line. */
const patienceMs = 300;
/** So long without a leader, while most members run, is an election; longer is a partition. */
const electionMs = 4000;

export interface Word { sign: string; word: string; bad: boolean; /** it is the one that leads */ leads: boolean }

/** The state of one program of a master. */
export function partWord(m: Master | undefined, name: string, fallback: { up: boolean; leader: boolean } | undefined, cp?: ControlPlane, now = 0): Word {
  const c = m?.components.find((x) => x.name === name) ?? (fallback as { up: boolean; leader: boolean; paused?: boolean } | undefined);
  if (!c) return { sign: "", word: "", bad: false, leads: false };
  if (m && !m.power || !c.up) return { sign: "✕", word: t("stage.down"), bad: true, leads: false };
  if (c.paused) return { sign: "‖", word: t("stage.paused"), bad: true, leads: false };
  if (name === "etcd" && m?.etcd.role) {
    const leads = m.etcd.role === "leader";
    return { sign: leads ? "★" : /candidate/.test(m.etcd.role) ? "?" : "", word: t(`role.${m.etcd.role}` as Key), bad: false, leads };
  }
  if (!/^etcd$|scheduler$|controller-manager$/.test(name)) return { sign: "", word: "", bad: false, leads: false };
  // Who holds a Lease that has run out may not act: it could not renew it, and nobody could take it.
  if (c.leader && cp && leaseOver(cp, name, now)) return { sign: "○", word: t("stage.leaseOver"), bad: false, leads: false };
  return { sign: c.leader ? "★" : "", word: t(c.leader ? "stage.leader" : "stage.standby"), bad: false, leads: c.leader };
}

/** LeaseDuration of kube-scheduler and the controller managers. */
const leaseMs = 15_000;

/** Whether the Lease of this name has run out, by the cluster's own time. */
export function leaseOver(c: ControlPlane, name: string, now: number): boolean {
  const l = c.leases.find((x) => x.name === name);
  return !!l && now - (l.renewed - (c.masters.find((m) => m.name === l.host)?.clockMs ?? 0)) > leaseMs;
}

/** A program of a worker: the view tells of the headquarters only, what was done to others the faults in force tell. */
export function workerPart(c: ControlPlane | undefined, name: string): { name: string; up: boolean; paused: boolean; leader: boolean } {
  const done = (op: string) => !!c?.faults.some((f) => f.op === op && f.name === name);
  return { name: name.split("@")[0], up: !done("kill"), paused: done("pause"), leader: false };
}

/** A member that can take part in nothing: no process, or one that stands still. */
export function memberDown(m: Master): boolean {
  return !m.power || m.etcd.role === "stopped" || m.etcd.role === "" || m.components.some((c) => c.name === "etcd" && (c.paused || !c.up));
}

/** Members that vote, and how many of them are down. */
export function voters(c: ControlPlane): { all: number; down: number } {
  const list = c.masters.filter((m) => m.etcd.role !== "learner" && m.etcd.role !== "removed");
  return { all: list.length, down: list.filter(memberDown).length };
}

/** More than half of the members are needed; so many down are too many. */
export function quorumLost(c: ControlPlane): boolean {
  const { all, down } = voters(c);
  return all > 0 && 2 * (all - down) <= all;
}

/** The part of the log that the bars show: the same for all members, so that they can be compared. */
export function logWindow(c: ControlPlane): { from: number; to: number } {
  let to = 0, low = Infinity;
  for (const m of c.masters) { to = Math.max(to, m.etcd.last); if (m.etcd.role) low = Math.min(low, m.etcd.applied); }
  const span = Math.max(24, Math.min(2000, (to - (low === Infinity ? to : low)) * 1.25));
  return { from: to - span, to };
}

/** Shares of the bar: applied, committed, on disk; each includes the one before. */
export function logShares(e: EtcdMember, w: { from: number; to: number }): { applied: number; commit: number; last: number } {
  const share = (n: number) => Math.max(0, Math.min(1, (n - w.from) / Math.max(1, w.to - w.from)));
  // What is committed elsewhere is no entry of this disk.
  const commit = Math.min(e.commit, e.last);
  return { applied: share(Math.min(e.applied, e.last)), commit: share(commit), last: share(e.last) };
}

/** How far a member is behind what is committed, in entries. */
export function behind(c: ControlPlane, e: EtcdMember): number {
  let commit = 0;
  for (const m of c.masters) commit = Math.max(commit, m.etcd.commit);
  return Math.max(0, commit - e.applied);
}

/** "control-plane-1, control-plane-3" */
export function names(list: string[] | null | undefined): string { return list?.length ? list.join(", ") : t("none"); }

export function electionText(c: ControlPlane): string {
  const e = c.election;
  if (!e) return "";
  const heard = new Set([...(e.granted ?? []), ...(e.refused ?? [])]), silent = c.masters.map((m) => m.name).filter((n) => !heard.has(n));
  let text = t("cp.elected", { term: e.term, leader: e.leader, granted: names(e.granted) });
  if (e.refused?.length) text += t("cp.refused", { names: names(e.refused) });
  if (silent.length) text += t("cp.silent", { names: names(silent) });
  return text;
}

/** A kubectl line short enough for a sentence. */
function short(line: string): string { return line.length > 46 ? line.slice(0, 45) + "…" : line; }

/** What became of a write, in a sentence; without its line where that stands beside it. */
export function fate(w: Write, named = true): string {
  return named ? sentence(w) : sentence(w).replace(`“${short(w.line)}”`, t("write.it"));
}
function sentence(w: Write): string {
  const v = { line: short(w.line), revision: w.revision ?? 0, index: w.index ?? 0, on: names(w.on), member: w.member ?? "", answer: w.answer ?? "" };
  switch (w.state) {
    case "committed": return t(w.done && w.code ? "write.committedAfterAll" : w.done ? "write.committed" : "write.committedYet", v);
    case "logged": return t(w.done ? "write.loggedTold" : "write.logged", v);
    case "queued": return t("write.queued", v);
    case "sent": return t("write.sent", v);
    case "lost": return t("write.lost", v);
    case "refused": return t("write.refused", v);
  }
}

/** Whether a write is worth a word: under way for a while, or lately ended otherwise than well. */
export function newsworthy(w: Write, now: number): boolean {
  if (!w.done) return now - w.at > patienceMs;
  return !!w.code && (w.state === "logged" || now - (w.ended ?? 0) < newsMs);
}

export interface Headline { text: string; kind: "bad" | "news" | "calm" }

/** The one line that says how the control plane is. `lostFor`: for how long no leader has had a majority. */
export function headline(c: ControlPlane, now: number, lostFor: number): Headline {
  const { all, down } = voters(c);
  if (quorumLost(c)) return { text: t(all === 1 ? "cp.noStore" : "cp.noQuorum", { down, all }), kind: "bad" };
  const term = c.masters.reduce((n, m) => (memberDown(m) ? n : Math.max(n, m.etcd.term)), 0);
  if (!c.quorum && all > 1) {
    const candidates = c.masters.filter((m) => !memberDown(m) && /candidate/.test(m.etcd.role)).map((m) => m.name);
    if (lostFor > electionMs) return { text: t("cp.partition"), kind: "bad" };
    return { text: candidates.length ? t("cp.standing", { names: names(candidates), term }) : t("cp.electing", { term }), kind: "news" };
  }
  const open = c.writes.filter((w) => newsworthy(w, now)), w = open.find((x) => !x.done) ?? open.at(-1);
  if (w && !w.done) return { text: fate(w), kind: "news" };
  if (c.election && now - c.election.at < newsMs && c.masters.length > 1) return { text: electionText(c), kind: "news" };
  if (w) return { text: fate(w), kind: "news" };
  const left = Math.floor((all - 1) / 2) - down, apart = c.masters.filter((m) => !memberDown(m) && m.etcd.role !== "removed" && m.name !== c.leader && m.etcd.follows !== c.leader);
  if (apart.length && all > 1) return { text: t("cp.apart", { names: names(apart.map((m) => m.name)), n: all - down - apart.length, all }), kind: "news" };
  if (down) return { text: t(left ? "cp.degraded" : "cp.degraded0", { down, all, left }), kind: "news" };
  return { text: t("cp.calm", { all, leader: c.leader, term, revision: c.revision }), kind: "calm" };
}

/** What ails a machine beyond power, in words: from the faults in force. */
export function ailments(c: ControlPlane | undefined, name: string): string[] {
  if (!c) return [];
  const out: string[] = [];
  for (const f of c.faults) {
    const on = f.name === name || f.name.split(",").includes(name) || f.to === name || !!f.to?.split(",").includes(name);
    if (!on) continue;
    const amount = f.line.split(" ")[2] ?? "";
    const word = f.op === "cut" ? t("ail.cut") : f.op === "link" ? t("ail.link") : f.op === "clock" ? t("ail.clock", { amount: amount.replace(/^(?=\d)/, "+") }) : f.op === "disk" ? (amount === "full" ? t("ail.full") : t("ail.disk", { amount })) : f.op === "pause" ? t("stage.paused") : "";
    if (word && !out.includes(word)) out.push(word);
  }
  return out;
}
