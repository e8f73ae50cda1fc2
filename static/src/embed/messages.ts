// Whether a message is a request that the iframe carries out. The sender is known by then (answering.ts); what it sends is
// looked at all the same: an embedding page may itself pass on what strangers gave it.

import { limits as clusterLimits } from "../params.ts";
import { CONVERSATION, methods } from "./methods.ts";
import type { Kind } from "./methods.ts";

/** Characters of a line, of a manifest, of a name. */
export const limits = { line: 16_384, text: 1_048_576, name: 512, seconds: 366 * 86_400, rps: 100_000, waiting: 64 } as const;

export type Read = { id: number; method: string; args: unknown[] } | { id: number; error: string };

/** undefined: it is not meant for us, or nobody could be answered. */
export function read(data: unknown): Read | undefined {
  if (!plain(data) || data.tabernetes !== CONVERSATION) return undefined;
  const { id, method, args } = data;
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0) return undefined;
  const wrong = (error: string): Read => ({ id, error });
  const more = Object.keys(data).find((k) => !["tabernetes", "id", "method", "args"].includes(k));
  if (more !== undefined) return wrong(`unknown field ${brief(more)}`);
  if (typeof method !== "string" || !Object.hasOwn(methods, method)) return wrong(`there is no method ${brief(method)}`);
  if (args !== undefined && !Array.isArray(args)) return wrong("args: want a list");
  const kinds = methods[method], given: unknown[] = [...(args ?? [])];
  while (given.length && given[given.length - 1] === undefined) given.pop();
  if (given.length > kinds.length) return wrong(`${method}: takes ${kinds.length} arguments, not ${given.length}`);
  for (let i = 0; i < kinds.length; i++) {
    const kind = kinds[i], value = given[i];
    if (value === undefined && kind.endsWith("?")) continue;
    const why = checks[kind.replace("?", "") as Plain](value);
    if (why) return wrong(`${method}: argument ${i + 1}: ${why}`);
  }
  return { id, method, args: given };
}

type Plain = Exclude<Kind, `${string}?`>;
const checks: Record<Plain, (value: unknown) => string> = {
  line: (v) => string(v, limits.line),
  text: (v) => string(v, limits.text),
  name: (v) => string(v, limits.name),
  number: (v) => number(v, 0, limits.seconds),
  traffic: (v) => object(v, { service: (s) => string(s, limits.name), rps: (n) => number(n, 0, limits.rps) }, true),
  link: (v) => object(v, { start: (b) => (typeof b === "boolean" ? "" : "want true or false"), branch: (n) => number(n, 0, 2 ** 31) }, false),
  cluster: (v) => object(v, { nodes: within("nodes"), masters: within("masters"), seed: within("seed") }, false),
};

function within(name: keyof typeof clusterLimits): (v: unknown) => string {
  const [min, max] = clusterLimits[name];
  return (v) => number(v, min, max) || (Number.isInteger(v) && (name !== "masters" || (v as number) % 2 === 1) ? "" : name === "masters" ? "want 1, 3, 5 or 7" : "want a whole number");
}

function string(v: unknown, max: number): string {
  if (typeof v !== "string") return "want a string";
  return v.length > max ? `has ${v.length} characters, at most ${max} are allowed` : "";
}

function number(v: unknown, min: number, max: number): string {
  return typeof v === "number" && v >= min && v <= max ? "" : `want a number from ${min} to ${max}`;
}

function object(v: unknown, fields: Record<string, (v: unknown) => string>, all: boolean): string {
  if (!plain(v)) return "want an object";
  const more = Object.keys(v).find((k) => !Object.hasOwn(fields, k));
  if (more !== undefined) return `unknown field ${brief(more)}`;
  for (const [name, check] of Object.entries(fields)) {
    if (v[name] === undefined && !all) continue;
    const why = check(v[name]);
    if (why) return `${name}: ${why}`;
  }
  return "";
}

/** A plain object, as structured cloning makes them: no list, no Map, no class. */
function plain(v: unknown): v is Record<string, unknown> {
  if (typeof v !== "object" || v === null) return false;
  const proto: unknown = Object.getPrototypeOf(v);
  return proto === Object.prototype || proto === null;
}

function brief(v: unknown): string {
  return typeof v === "string" ? JSON.stringify(v.slice(0, 40)) : typeof v;
}
