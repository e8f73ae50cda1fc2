// The engine's own sentences, in the page's language. The journal is English whatever the page speaks: it is part of what a
// session is. A page that speaks Chinese loads the Chinese of the journal's sentences and says them so; until it is there,
// and where it has none, the English stands.

import { lang } from "./index.ts";

let chinese: ((text: string) => string) | undefined;

export function told(text: string): string { return chinese && lang() === "zh" ? chinese(text) : text; }

/** Loads what told needs in the language that was chosen; then: it has become another. */
export async function learn(then: () => void): Promise<void> {
  if (chinese || lang() === "en") return;
  ({ chinese } = await import("./journal-zh.ts"));
  then();
}
