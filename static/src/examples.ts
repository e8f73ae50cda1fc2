// The manifests that come with the page. They lie beside it as files and are fetched when chosen.

import type { Key } from "./i18n/index.ts";

export const examples: { file: string; name: Key }[] = [
  { file: "canary-by-replicas.yaml", name: "example.canary" },
  { file: "hello.yaml", name: "example.hello" },
  { file: "hello-no-probes.yaml", name: "example.hello-no-probes" },
  { file: "guestbook-all-in-one.yaml", name: "example.guestbook" },
  { file: "guestbook.yaml", name: "example.guestbook-website" },
  { file: "nginx.yaml", name: "example.nginx" },
  { file: "broken-image.yaml", name: "example.broken-image" },
  { file: "crash-loop.yaml", name: "example.crash-loop" },
  { file: "too-big.yaml", name: "example.too-big" },
];

/** Further files that lines can read: those of a lesson. They come before the examples. */
export const moreFiles = new Map<string, string>();

const texts = new Map<string, Promise<string>>();

export function exampleText(file: string): Promise<string> {
  let text = texts.get(file);
  if (!text) {
    text = fetch(new URL("examples/" + file, document.baseURI)).then((r) => {
      if (!r.ok) throw new Error(`${file}: ${r.status}`);
      return r.text();
    });
    text.catch(() => texts.delete(file));
    texts.set(file, text);
  }
  return text;
}

/** The files that a line reads with -f, or kube-scheduler with --config: the editor's under its name, a lesson's and the examples under theirs. */
export async function filesFor(line: string, editor: { name: string; text: string }, stdin?: string): Promise<Record<string, string> | undefined> {
  const files: Record<string, string> = {};
  if (stdin !== undefined) files["-"] = stdin;
  for (const [, name] of line.matchAll(/(?:-f|--filename|--config)[= ]?\s*(\S+)/g)) {
    for (const one of name.split(",")) {
      if (one === editor.name && editor.text) files[one] = editor.text;
      else if (moreFiles.has(one)) files[one] = moreFiles.get(one)!;
      else if (examples.some((e) => e.file === one)) files[one] = await exampleText(one);
    }
  }
  return Object.keys(files).length ? files : undefined;
}
