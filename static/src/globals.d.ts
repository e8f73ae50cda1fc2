/** True in `npm run dev` builds only. */
declare const __DEV__: boolean;
/** File name of the worker script, set by build.mjs. */
declare const __WORKER__: string;

declare module "*.css" {
  const text: string;
  export default text;
}
/** Go's wasm_exec.js: defines globalThis.Go. build.mjs points it at GOROOT. */
declare module "wasm-exec" {}
