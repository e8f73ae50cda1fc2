// A session in a link: its text, deflated, in the alphabet of URLs. A link is a stranger's input: its length is bounded, and
// so is what it unpacks to, while it is being unpacked.

/** Characters of a link's payload. */
export const longestLink = 256 * 1024;
/** Bytes of a session's text. */
export const longestText = 8 * 1024 * 1024;
/** Programs for chatting cut or refuse longer messages. */
export const longForChat = 2000;

export type LinkFault = "empty" | "alphabet" | "truncated" | "damaged" | "longLink" | "longText" | "unknown";

export class LinkError extends Error {
  constructor(readonly fault: LinkFault) { super(`this link cannot be opened: ${fault}`); }
}

/** The payload of a fragment ("#s=…", before what tail reads); undefined if it is about something else. */
export function payload(hash: string): string | undefined {
  if (/^#s\d+=/.test(hash)) throw new LinkError("unknown"); // a form that is newer than this page
  return hash.startsWith("#s=") ? hash.slice(3).split("&", 1)[0] : undefined;
}

/** What may come after it: `play`, the clock's speed if it goes on running; `lesson`, how far somebody is in one (lessons/carry.ts). */
export function tail(hash: string): URLSearchParams {
  return new URLSearchParams(hash.startsWith("#s=") ? hash.slice(3).replace(/^[^&]*/, "") : "");
}

export async function pack(text: string): Promise<string> {
  return toText(await deflate(text));
}

export async function deflate(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

export async function unpack(payload: string): Promise<string> {
  if (!payload) throw new LinkError("empty");
  if (payload.length > longestLink) throw new LinkError("longLink");
  return inflate(toBytes(payload));
}

/** Unpacks as far as the bound, never further, whatever the bytes would become. */
export async function inflate(bytes: Uint8Array<ArrayBuffer>, bound = longestText): Promise<string> {
  const stream = new DecompressionStream("deflate-raw"), writer = stream.writable.getWriter(), reader = stream.readable.getReader();
  const written = writer.write(bytes).then(() => writer.close());
  written.catch(() => {});
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > bound) throw new LinkError("longText");
      chunks.push(value);
    }
    await written;
  } catch (e) {
    void reader.cancel().catch(() => {});
    if (e instanceof LinkError) throw e;
    // Browsers tell in words alone what is wrong with the bytes and what is missing of them.
    throw new LinkError(/truncat|unexpected end|without reaching|incomplete/i.test((e as Error).message) ? "truncated" : "damaged");
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const c of chunks) { whole.set(c, at); at += c.byteLength; }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(whole);
  } catch {
    throw new LinkError("damaged");
  }
}

function toText(bytes: Uint8Array): string {
  let s = "";
  for (let i = 0; i < bytes.length; i += 0x8000) s += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(s).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new LinkError("alphabet");
  if (text.length % 4 === 1) throw new LinkError("truncated");
  const s = atob(text.replaceAll("-", "+").replaceAll("_", "/")), out = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) out[i] = s.charCodeAt(i);
  return out;
}
