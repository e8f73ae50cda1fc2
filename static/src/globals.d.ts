/** True in `npm run dev` builds only. */
declare const __DEV__: boolean;
/** File name of the worker script, set by build.mjs. */
declare const __WORKER__: string;

/** File name of the script that introduces embeds to each other, set by build.mjs. */
declare const __BROKER__: string;

declare module "*.css" {
  const text: string;
  export default text;
}
/** Go's wasm_exec.js: defines globalThis.Go. build.mjs points it at GOROOT. */
declare module "wasm-exec" {}

/** What the scenarios are called, by language and short name; build.mjs takes it from the catalogues. */
declare const __SCENARIO_TITLES__: Record<"en" | "zh", Record<string, string>>;
/** What the lessons are called, by language and id; build.mjs takes it from their list. */
declare const __LESSON_TITLES__: Record<"en" | "zh", Record<string, string>>;
