// What Go sends, as the protocol says it: Go's encoder writes an empty list or map that was never made as null.

import type { Branch, ControlPlane, EventInfo, Frame, TrafficStats, Undone, Why } from "./protocol.ts";

type Loose<T> = { [K in keyof T]: T[K] | null | undefined };

export function decodeFrame(frame: Frame): Frame {
  const f = frame as Loose<Frame> & Frame;
  for (const key of ["nodes", "removedNodes", "workloads", "removedWorkloads", "services", "removedServices", "pulses", "requests", "marks"] as const) (f as unknown as Record<string, unknown>)[key] ??= [];
  for (const n of f.nodes) { n.taints ??= []; n.components ??= []; }
  for (const w of f.workloads) w.labels ??= {};
  for (const s of f.services) { s.selector ??= {}; s.endpoints ??= []; }
  if (f.control) decodeControl(f.control);
  f.pods.versions ??= []; f.pods.name ??= []; f.pods.reason ??= [];
  return f;
}

function decodeControl(c: ControlPlane): ControlPlane {
  c.masters ??= []; c.leases ??= []; c.faults ??= []; c.writes ??= [];
  for (const m of c.masters) m.components ??= [];
  return c;
}

export function decodeWhy(why: Why): Why {
  why.chain ??= []; why.history ??= []; why.advice ??= [];
  if (why.scheduler) {
    why.scheduler.rows ??= [];
    for (const r of why.scheduler.rows) r.scores ??= [];
  }
  return why;
}

export function decodeStats(s: TrafficStats): TrafficStats {
  s.byVersion ??= {}; s.reasons ??= {}; s.services ??= [];
  for (const x of s.services) x.recent ??= {};
  return s;
}

export function decodeEvents(list: EventInfo[] | null): EventInfo[] { return list ?? []; }

export function decodeBranches(list: Branch[] | null): Branch[] {
  for (const b of list ?? []) b.lines ??= [];
  return list ?? [];
}

/** The answer to a request, by what was asked. */
export function decodeResult(op: string, value: unknown): unknown {
  switch (op) {
    case "controlPlane": return decodeControl(value as ControlPlane);
    case "why": return decodeWhy(value as Why);
    case "trafficStats": return decodeStats(value as TrafficStats);
    case "events": return decodeEvents(value as EventInfo[] | null);
    case "branches": case "branch": case "checkout": return decodeBranches(value as Branch[] | null);
    case "undo": decodeBranches((value as Undone).branches); return value;
    default: return value;
  }
}
