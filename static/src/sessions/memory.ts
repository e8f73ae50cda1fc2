// Sessions of a page in another page's frame: kept while it is open, for an engine that breaks and for the way back from a
// lesson, and nowhere else.

import type { Kept, Store } from "./store.ts";

/** The newest ones; more than anybody goes back to. */
const most = 6;

export class Memory implements Store {
  private readonly all = new Map<string, { kept: Kept; text: Uint8Array<ArrayBuffer> }>();

  async list(): Promise<Kept[]> { return [...this.all.values()].map((x) => x.kept); }
  async get(id: string) { return this.all.get(id); }

  async put(kept: Kept, text: Uint8Array<ArrayBuffer>): Promise<boolean> {
    this.all.delete(kept.id);
    this.all.set(kept.id, { kept, text });
    for (const id of this.all.keys()) { if (this.all.size <= most) break; this.all.delete(id); }
    return true;
  }

  async take(id: string): Promise<boolean> { return this.all.has(id); }
  async rename(): Promise<void> { /* nobody sees their names */ }
  async remove(id: string): Promise<void> { this.all.delete(id); }
}
