// The forms a host may have the engine in: as it is, or packed, to be unpacked here, so that a host needs no setting.

const formats: Record<string, string> = { br: "brotli", gz: "gzip" };

/** The compression of a file by its name; undefined for none. */
export const formatOf = (name: string): string | undefined => formats[/\.(br|gz)$/.exec(name)?.[1] ?? ""];

/** The stream that unpacks a format, or undefined where this browser has none. */
export function unpacker(format: string): TransformStream<Uint8Array, Uint8Array> | undefined {
  try {
    return new DecompressionStream(format as CompressionFormat) as unknown as TransformStream<Uint8Array, Uint8Array>;
  } catch { // no such format, or no such class
    return undefined;
  }
}

/** Whether this browser can use the file of that name. */
export function usable(name: string): boolean {
  const format = formatOf(name);
  return !format || !!unpacker(format);
}

/**
 * The names in the order in which they are worth asking for, smallest first as given: what is kept already; what can be
 * unpacked here; and before that the module as it is, where the host sends it packed better than gzip.
 */
export async function inOrder(names: readonly string[], base: string): Promise<string[]> {
  const can = names.filter(usable);
  if (can.length < 2) return can;
  const first = (name: string): string[] => [name, ...can.filter((n) => n !== name)];
  for (const name of can) {
    if (await globalThis.caches?.match(new URL(name, base), { ignoreVary: true }).catch(() => undefined)) return first(name);
  }
  const whole = can.find((name) => !formatOf(name));
  if (whole === undefined || formatOf(can[0]) === "brotli") return can;
  const told = await fetch(new URL(whole, base), { method: "HEAD", credentials: "omit" }).catch(() => undefined);
  return told?.ok && /^(br|zstd)$/.test(told.headers.get("content-encoding") ?? "") ? first(whole) : can;
}

/**
 * The module in what came: hosts differ in whether they send a packed file as it is or as a packed form of the module
 * (Content-Encoding), and a browser does not say what it undid. The first bytes do.
 */
export async function unpacked(body: ReadableStream<Uint8Array>, name: string): Promise<ReadableStream<Uint8Array>> {
  const format = formatOf(name);
  if (!format) return body;
  const reader = body.getReader();
  let head = new Uint8Array(0);
  while (head.length < 4) {
    const { done, value } = await reader.read();
    if (done) break;
    const joined = new Uint8Array(head.length + value.length);
    joined.set(head);
    joined.set(value, head.length);
    head = joined;
  }
  const whole = new ReadableStream<Uint8Array>({
    start(controller) { if (head.length) controller.enqueue(head); },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close(); else controller.enqueue(value);
    },
    cancel: (why) => reader.cancel(why),
  });
  const isModule = head[0] === 0 && head[1] === 0x61 && head[2] === 0x73 && head[3] === 0x6d; // "\0asm"
  if (isModule) return whole;
  const stream = unpacker(format);
  if (!stream) throw new Error(`this browser cannot unpack ${name}`);
  return whole.pipeThrough(stream);
}
