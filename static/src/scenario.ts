// What a name in an address or on a tag stands for: the one place where a scenario's name is resolved.

import { exampleText, examples } from "./examples.ts";
import { t } from "./i18n/index.ts";

export interface Scenario {
  /** of the file, as `-f` names it */ file: string;
  title(): string;
  manifests(): Promise<string>;
}

/** An example's short name ("canary") or its file's ("canary-by-replicas", with or without .yaml). */
export function scenario(name: string): Scenario | undefined {
  const wish = name.replace(/\.yaml$/, "");
  const found = examples.find((e) => e.name === "example." + wish || e.file === wish + ".yaml");
  return found && { file: found.file, title: () => t(found.name), manifests: () => exampleText(found.file) };
}
