// The embedding page's end of the conversation: promises for answers, and what happened. What comes from the frame is data
// of a stranger for all that this page knows: only the frame's own window and only the origin it was loaded from are heard,
// and nothing that is heard is ever code or markup here.

import { CONVERSATION, events, methods } from "./methods.ts";
import type { Ask, EventName } from "./methods.ts";

type Answering = { resolve(value: unknown): void; reject(error: Error): void };
export type Api = Record<string, unknown>;

export class Conversation {
  private next = 1;
  private readonly waiting = new Map<number, Answering>();
  private readonly receive = (e: MessageEvent<unknown>) => this.hear(e);

  /** `peer` is the frame's window; `happened` hears of its events. */
  constructor(private readonly peer: Window, private readonly origin: string, private readonly happened: (event: EventName, detail: unknown) => void) {
    addEventListener("message", this.receive);
  }

  ask(method: string, args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.next++, ask: Ask = { tabernetes: CONVERSATION, id, method, args };
      this.peer.postMessage(ask, this.origin); // throws for what cannot be cloned: the promise is rejected with that
      this.waiting.set(id, { resolve, reject });
    });
  }

  end(why: string): void {
    removeEventListener("message", this.receive);
    this.refuse(why);
  }

  private refuse(why: string): void {
    for (const w of this.waiting.values()) w.reject(new Error(why));
    this.waiting.clear();
  }

  private hear(e: MessageEvent<unknown>): void {
    if (e.source !== this.peer || e.origin !== this.origin) return;
    const m = e.data as Record<string, unknown> | null;
    if (typeof m !== "object" || m === null || m.tabernetes !== CONVERSATION) return;
    if (typeof m.event === "string") {
      const event = events.find((name) => name === m.event);
      // Of a frame that was loaded again nobody will answer what was asked before.
      if (event === "listening") this.refuse("the cluster was loaded again");
      if (event) this.happened(event, m.detail);
      return;
    }
    const w = this.waiting.get(m.id as number);
    if (!w) return;
    this.waiting.delete(m.id as number);
    if (typeof m.error === "string") w.reject(new Error(m.error));
    else w.resolve(m.result);
  }
}

/** The methods as functions that give promises: api.kubectl("get pods"), api.clock.advance(60). */
export function apiOf(ask: (method: string, args: unknown[]) => Promise<unknown>): Api {
  const api: Api = {};
  for (const method of Object.keys(methods)) {
    const parts = method.split("."), name = parts.pop()!;
    let at = api;
    for (const part of parts) at = (at[part] ??= {}) as Api;
    at[name] = (...args: unknown[]) => ask(method, args);
  }
  return api;
}
