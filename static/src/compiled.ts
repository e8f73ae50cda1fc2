// The engine's module as one worker hands it to others: see worker.ts and embed/module-sharing.ts.

/** From a worker that was asked to share: what it compiled, and how many bytes that was. */
export interface Compiled { type: "module"; module: WebAssembly.Module; bytes: number }
/** To such a worker, before any request: a module that is compiled already, or nothing. */
export interface Given { module?: WebAssembly.Module; bytes?: number }
