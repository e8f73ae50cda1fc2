// What an embedding page may ask of the cluster inside: the functions of window.tabernetes (embed-api.ts) by name, and
// what each takes. Both ends read this list: the element makes its `api` of it, the iframe checks every message by it.

/** Kinds of arguments; "?" at the end: may be left out. */
export type Kind = "line" | "text" | "name" | "number" | "cluster" | "traffic" | "link" | "number?" | "cluster?" | "name?" | "link?";

export const methods: Readonly<Record<string, readonly Kind[]>> = {
  "ready": [],
  "run": ["line"], "kubectl": ["line"], "apply": ["text"],
  "clock.now": [], "clock.pause": [], "clock.play": ["number?"], "clock.step": [], "clock.advance": ["number"], "clock.settle": ["number?"],
  "killNode": ["name"], "restartNode": ["name"],
  "traffic.start": ["traffic"], "traffic.stats": [],
  "controlPlane": [], "why": ["name"], "reset": ["cluster?"], "stats": [], "totals": [], "idle": [],
  "seek": ["number"], "present": [], "undo": [], "until": ["line"],
  "branch": ["name?"], "branches": [], "checkout": ["number", "number?"],
  "session": ["number?"], "open": ["text"], "link": ["link?"],
};

/** What the iframe tells unasked. "listening": it answers from now on, the cluster may not be there yet. */
export const events = ["listening", "ready", "frame", "command", "error"] as const;
export type EventName = (typeof events)[number];

/** The version of the conversation; every message carries it as `tabernetes`. */
export const CONVERSATION = 1;

/** A request of the embedding page. */
export interface Ask { tabernetes: 1; id: number; method: string; args: unknown[] }
/** Its one answer. */
export type Told = { tabernetes: 1; id: number; result: unknown } | { tabernetes: 1; id: number; error: string };
export interface Happened { tabernetes: 1; event: EventName; detail: unknown }

/** What "frame" tells, at most four times a second. Times are milliseconds of virtual time since the cluster's start. */
export interface FrameSummary {
  now: number; playing: boolean; speed: number; settled: boolean; revision: number;
  nodes: number; pods: number; ready: number; pending: number; failed: number;
}
