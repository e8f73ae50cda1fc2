// The page's end of the wire to the engine: numbers requests, resolves answers, streams output, hands frames on.

import { PROTOCOL } from "./protocol.ts";
import { decodeFrame, decodeResult } from "./decode.ts";
import type { Answer, ClusterConfig, Frame, InitResult, LineResult, Opened, Request } from "./protocol.ts";

/** What the engine hangs on: a Worker, or the mock of the dev build. */
export interface Wire {
  postMessage(message: unknown): void;
  onmessage: ((event: { data: Answer }) => void) | null;
  onerror?: ((event: ErrorEvent) => void) | null;
  terminate?(): void;
}

type WithoutId<T> = T extends { id: number } ? Omit<T, "id"> : never;
/** A request before it is given its id. */
export type Call = WithoutId<Request>;

interface Waiting {
  op: string;
  resolve(value: unknown): void;
  reject(error: Error): void;
  output?: (stream: "stdout" | "stderr", text: string) => void;
  seat?: Seat;
  line?: (text: string) => void;
}

/** The terminal that a line is started at: what the line asks of it. */
export interface Seat { edit(name: string, text: string): void; keys(raw: boolean): void }

/**
 * A line that runs: `done` settles when it has ended, `cancel` is Ctrl-C. `edited` leaves the editor that it opened, with
 * what was saved or without; `input` is a line typed for it.
 */
export interface Running { done: Promise<LineResult>; cancel(): void; edited(text?: string): Promise<void>; input(line: string): void }

export class Engine {
  onframe: (frame: Frame) => void = () => {};
  onloading: (loaded: number, total: number) => void = () => {};
  onpanic: (message: string, commands: number) => void = () => {};
  onrestored: () => void = () => {};
  onreplaying: (ms: number, of: number) => void = () => {};
  /** The clock runs or stands from now on; the next frame may be long in coming. */
  onclock: (playing: boolean) => void = () => {};

  private next = 1;
  private readonly waiting = new Map<number, Waiting>();

  constructor(private readonly wire: Wire) {
    wire.onmessage = (event) => this.receive(event.data);
    wire.onerror = (event) => this.fail(event.message || "the worker could not be started");
  }

  /** `session`: the text of one that goes on, instead of a new cluster. */
  async init(config: ClusterConfig, session?: string): Promise<InitResult> {
    const result = await this.call<InitResult>({ op: "init", config, protocol: PROTOCOL, session });
    if (result.protocol !== PROTOCOL) {
      throw new Error(`the engine speaks protocol ${result.protocol}, this page ${PROTOCOL}: reload the page`);
    }
    return result;
  }

  call<T = unknown>(call: Call, output?: Waiting["output"]): Promise<T> {
    return this.start<T>(call, output).done;
  }

  /** `line` as typed; a missing leading "kubectl" is added, so the engine always gets the whole line. */
  run(line: string, files?: Record<string, string>, output?: Waiting["output"], seat?: Seat): Running {
    const { id, done } = this.start<LineResult>({ op: "run", line: wholeLine(line), files, terminal: !!seat }, output, seat);
    return {
      done,
      cancel: () => void this.call({ op: "cancel", target: id }).catch(() => {}),
      edited: (text) => this.call<void>({ op: "edited", of: id, text }),
      // What comes after the end is lost, as what is typed at a closed connection.
      input: (typed) => void this.call({ op: "input", of: id, line: typed }).catch(() => {}),
    };
  }

  /** A `kubectl wait` line, as fast as possible until it has ended. */
  until(line: string, output?: Waiting["output"]): Running {
    const { id, done } = this.start<LineResult>({ op: "until", line }, output);
    return { done, cancel: () => void this.call({ op: "cancel", target: id }).catch(() => {}), edited: () => Promise.resolve(), input: () => {} };
  }

  /** Puts another session in the place of this one; `stop` leaves this one as it is, and fails where it has been left already. */
  reset(call: Omit<Extract<Call, { op: "reset" }>, "op">): { done: Promise<Opened>; stop(): Promise<void> } {
    const { id, done } = this.start<Opened>({ op: "reset", ...call });
    return { done, stop: () => this.call({ op: "cancel", target: id }) };
  }

  /** A line of a lesson's setup or solution, to its end; `told` hears it as it is run. */
  lessonLine(line: string, files: Record<string, string>, output: Waiting["output"], told: (line: string) => void): Promise<LineResult | null> {
    const id = this.next, { done } = this.start<LineResult | null>({ op: "line", line, files }, output);
    this.waiting.get(id)!.line = told;
    return done;
  }

  ack(seq: number): void {
    this.wire.postMessage({ id: 0, op: "ack", seq });
  }

  closed = false;
  close(): void {
    this.closed = true;
    this.wire.terminate?.();
    for (const w of this.waiting.values()) w.reject(new Error("given up: the cluster was replaced"));
    this.waiting.clear();
  }

  private start<T>(call: Call, output?: Waiting["output"], seat?: Seat): { id: number; done: Promise<T> } {
    const id = this.next++;
    const done = new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { op: call.op, resolve: resolve as (v: unknown) => void, reject, output, seat });
    });
    this.wire.postMessage({ ...call, id });
    return { id, done };
  }

  private receive(answer: Answer): void {
    switch (answer.type) {
      case "frame": return this.onframe(decodeFrame(answer.frame));
      case "loading": return this.onloading(answer.loaded, answer.total);
      // Without commands nothing restores the session: what waits will not be answered either.
      case "panic": return answer.commands < 0 ? this.fail(answer.message) : this.onpanic(answer.message, answer.commands);
      case "restored": return this.onrestored();
      case "replaying": return this.onreplaying(answer.ms ?? 0, answer.of ?? 0); // Go leaves out what is zero
      case "output": return this.waiting.get(answer.id)?.output?.(answer.stream, answer.text);
      case "line": return this.waiting.get(answer.id)?.line?.(answer.text);
      case "edit": return this.waiting.get(answer.id)?.seat?.edit(answer.name, answer.text);
      case "keys": return this.waiting.get(answer.id)?.seat?.keys(!!answer.raw);
      case "result":
      case "error": {
        const w = this.waiting.get(answer.id);
        this.waiting.delete(answer.id);
        if (answer.type === "error") w?.reject(new Error(answer.message));
        else {
          if (w?.op === "play" || w?.op === "pause") this.onclock(w.op === "play");
          w?.resolve(decodeResult(w.op, answer.value));
        }
      }
    }
  }

  /** The worker itself is gone: nothing that waits will ever be answered. */
  private fail(message: string): void {
    const error = new Error(message);
    for (const w of this.waiting.values()) w.reject(error);
    this.waiting.clear();
    this.onpanic(message, -1);
  }
}

/** The verbs of faults (engine/faultline.go). */
export const faultVerbs = ["kill", "restart", "pause", "continue", "cut", "heal", "link", "disk", "clock"];
export const programs = new Set(["kubectl", "etcdctl", "kube-scheduler", "curl", "wget", "cat", ...faultVerbs]);

export function wholeLine(line: string): string {
  const trimmed = line.trim();
  if (programs.has(trimmed.split(/\s/, 1)[0])) return trimmed;
  return "kubectl " + trimmed.replace(/^k(\s+|$)/, "");
}
