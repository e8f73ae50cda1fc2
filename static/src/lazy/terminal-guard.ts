// What a program in a container prints is shown as it is, with its colours; what it asks of the terminal is not done. Nobody
// chose that program: a title, the clipboard, a link, the mouse or another screen are not its business, and a question that
// the terminal answers would be typed at the prompt.

import type { IDisposable, Terminal } from "@xterm/xterm";

/** Operating system commands: titles, colours of the theme, links, the clipboard and what vendors added. */
const commands = [0, 1, 2, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 50, 52, 99, 104, 105, 110, 111, 112, 133, 633, 777, 1337];
/** Private modes that a program may set: the cursor, and whether lines wrap. */
const modes = new Set([7, 25]);

export function guard(term: Terminal): IDisposable[] {
  const no = () => true;
  const p = term.parser;
  return [
    ...commands.map((n) => p.registerOscHandler(n, no)),
    // Questions: what it is, where the cursor is, how a mode is set, how big the window is, what a setting or a key is.
    ...["", ">", "="].map((prefix) => p.registerCsiHandler({ ...(prefix && { prefix }), final: "c" }, no)),
    ...["", "?", ">"].map((prefix) => p.registerCsiHandler({ ...(prefix && { prefix }), final: "n" }, no)),
    p.registerCsiHandler({ intermediates: "$", final: "p" }, no),
    p.registerCsiHandler({ prefix: "?", intermediates: "$", final: "p" }, no),
    p.registerCsiHandler({ final: "t" }, no),
    p.registerCsiHandler({ prefix: ">", final: "q" }, no),
    p.registerDcsHandler({ intermediates: "$", final: "q" }, no),
    p.registerDcsHandler({ intermediates: "+", final: "q" }, no),
    p.registerEscHandler({ final: "Z" }, no),
    ...["h", "l"].map((final) => p.registerCsiHandler({ prefix: "?", final }, (params) => !params.every((n) => typeof n === "number" && modes.has(n)))),
  ];
}
