// Several embeds on one page compile the engine once. Frames of one page that have one origin may hand a WebAssembly.Module
// to each other: whoever comes first lets its worker compile, those who come later are sent to it by the broker. One that
// goes away before it is done, or that sits where modules cannot pass (another tab), is passed over; without a broker every
// frame compiles for itself.

import type { Compiled } from "../compiled.ts";
import type { FromBroker, ToBroker } from "./broker.ts";

/** How long a broker may take to say anything. */
const patienceMs = 2000;
/** How often one that compiles for others says that it still does, and after how long a silence it is taken for gone. */
const aliveMs = 1000, silenceMs = 6000;
/** The smallest module there is: where it arrives, the engine will. */
const probe = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

type Handed = Pick<Compiled, "module" | "bytes">;
const held = new Map<string, Promise<Handed>>();
let broker: Broker | undefined;

/** Gives a new worker the module of `key` (which names the build), or lets it compile one for all. */
export async function shareModule(worker: Worker, key: string): Promise<void> {
  const compiled = new Promise<Handed>((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<Compiled | { type: "panic"; commands: number }>) => {
      if (data.type === "module") resolve(data);
      else if (data.type === "panic" && data.commands < 0) reject(new Error(key));
    });
    worker.addEventListener("error", () => reject(new Error(key)));
  });
  compiled.catch(() => {
    if (held.get(key) !== compiled) return;
    held.delete(key);
    broker?.tell({ op: "lost", key });
  });
  const before = held.get(key) ?? (broker ??= connect()).want(key);
  const given = await before.catch(() => undefined);
  if (given) {
    held.set(key, Promise.resolve(given));
    broker?.tell({ op: "have", key });
    worker.postMessage({ module: given.module, bytes: given.bytes });
  } else {
    held.set(key, compiled);
    worker.postMessage({});
  }
}

interface Broker { tell(message: ToBroker): void; want(key: string): Promise<Handed | undefined> }

function connect(): Broker {
  let worker: SharedWorker;
  try {
    worker = new SharedWorker(new URL(__BROKER__, import.meta.url), { name: "tabernetes broker" });
  } catch { // there are none here, or this page may not have any
    return { tell() {}, want: async () => undefined };
  }
  let answered: (m: FromBroker | undefined, port?: MessagePort) => void = () => {}, waitsFor = 0, leave = () => {};
  const tell = (message: ToBroker) => worker.port.postMessage(message);
  worker.onerror = () => answered(undefined);
  worker.port.onmessage = ({ data, ports }: MessageEvent<FromBroker>) => {
    if (data.op === "give") give(data.key, ports[0]);
    else if (data.op === "gone") { if (data.from === waitsFor) leave(); }
    else answered(data, ports[0]);
  };
  // Also what was only asked for: the answer to that may have been that others will be sent here.
  addEventListener("pagehide", () => tell({ op: "lost" }));

  return {
    tell,
    async want(key) {
      const not: number[] = [];
      for (;;) {
        const timer = setTimeout(() => answered(undefined), patienceMs);
        const [said, port] = await new Promise<[FromBroker | undefined, MessagePort?]>((resolve) => {
          answered = (m, p) => resolve([m, p]);
          tell({ op: "want", key, not });
        });
        clearTimeout(timer);
        if (said?.op !== "take" || !port) return undefined;
        waitsFor = said.from;
        const given = await new Promise<Handed | undefined>((resolve) => {
          // A frame whose process ended took no leave: what counts is that it is heard.
          let silence = setTimeout(() => leave(), silenceMs);
          leave = () => { clearTimeout(silence); resolve(undefined); };
          port.onmessageerror = leave;
          port.onmessage = ({ data }: MessageEvent<{ module?: unknown; bytes?: number } | null>) => {
            clearTimeout(silence);
            silence = setTimeout(() => leave(), silenceMs);
            // Where a module cannot pass some browsers deliver nothing instead of an error.
            if (!(data?.module instanceof WebAssembly.Module)) leave();
            else if (data.bytes) { clearTimeout(silence); resolve({ module: data.module, bytes: data.bytes }); }
          };
        });
        port.close();
        if (given) return given;
        not.push(said.from);
      }
    },
  };
}

function give(key: string, port: MessagePort): void {
  const small = new WebAssembly.Module(probe), still = () => port.postMessage({ module: small }), alive = setInterval(still, aliveMs);
  still();
  void Promise.resolve(held.get(key)).then((h) => { if (h) port.postMessage({ module: h.module, bytes: h.bytes }); }, () => {}).finally(() => clearInterval(alive));
}
