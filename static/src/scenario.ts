// What a name in an address or on a tag stands for: the one place where a scenario's name is resolved.

import { exampleText, examples } from "./examples.ts";
import { t } from "./i18n/index.ts";

export interface Scenario {
  /** of the file, as `-f` names it */ file: string;
  title(): string;
  manifests(): Promise<string>;
}

/** An example's short name ("canary"), or its file's ("canary-by-replicas.yaml", or without .yaml where no short name is that). */
export function scenario(name: string): Scenario | undefined {
  const found = examples.find((e) => e.file === name) ?? examples.find((e) => e.name === "example." + name) ?? examples.find((e) => e.file === name + ".yaml");
  return found && { file: found.file, title: () => t(found.name), manifests: () => exampleText(found.file) };
}
