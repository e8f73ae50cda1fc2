// Where sessions are kept: IndexedDB of this browser, nowhere else. What a list shows stands apart from the texts, so that a
// list does not read them.

export interface Kept {
  id: string; /** "" for one that nobody named */ name: string;
  /** wall time, ms */ created: number; changed: number;
  /** of the packed text */ bytes: number;
  nodes: number; masters: number; seed: number; commands: number; branches: number; /** virtual ms */ now: number; /** the clock's; -1 it stood */ speed: number;
  /** the newest commands, newest last */ lines: string[];
  /** the page that writes it */ owner: string;
}

export interface Store {
  list(): Promise<Kept[]>;
  get(id: string): Promise<{ kept: Kept; text: Uint8Array<ArrayBuffer> } | undefined>;
  /** Writes if nobody else has taken the record since; false if somebody has. */
  put(kept: Kept, text: Uint8Array<ArrayBuffer>): Promise<boolean>;
  /** Makes a page the one that writes a record; without the text being touched. */
  take(id: string, owner: string): Promise<boolean>;
  rename(id: string, name: string): Promise<void>;
  remove(id: string): Promise<void>;
}

const wait = <T>(r: IDBRequest<T>) => new Promise<T>((resolve, reject) => { r.onsuccess = () => resolve(r.result); r.onerror = () => reject(r.error); });
const whole = (tx: IDBTransaction) => new Promise<void>((resolve, reject) => { tx.oncomplete = () => resolve(); tx.onerror = tx.onabort = () => reject(tx.error ?? new DOMException("aborted", "AbortError")); });

class Database implements Store {
  constructor(private readonly db: IDBDatabase) {}

  private tx(mode: IDBTransactionMode) {
    const tx = this.db.transaction(["sessions", "texts"], mode);
    return { tx, sessions: tx.objectStore("sessions"), texts: tx.objectStore("texts") };
  }

  async list(): Promise<Kept[]> {
    const list = await wait<Kept[]>(this.tx("readonly").sessions.getAll());
    return list.sort((a, b) => b.changed - a.changed);
  }

  async get(id: string) {
    const { sessions, texts } = this.tx("readonly"), [kept, text] = await Promise.all([wait<Kept | undefined>(sessions.get(id)), wait<Uint8Array<ArrayBuffer> | undefined>(texts.get(id))]);
    return kept && text ? { kept, text } : undefined;
  }

  async put(kept: Kept, text: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const { tx, sessions, texts } = this.tx("readwrite"), there = await wait<Kept | undefined>(sessions.get(kept.id));
    if (there && there.owner !== kept.owner) { tx.abort(); await whole(tx).catch(() => {}); return false; }
    // Its name may have been changed meanwhile, in another tab.
    sessions.put(there ? { ...kept, name: there.name, created: there.created } : kept);
    texts.put(text, kept.id);
    await whole(tx);
    return true;
  }

  take(id: string, owner: string): Promise<boolean> { return this.edit(id, (k) => ({ ...k, owner })); }
  async rename(id: string, name: string): Promise<void> { await this.edit(id, (k) => ({ ...k, name })); }

  private async edit(id: string, change: (k: Kept) => Kept): Promise<boolean> {
    const { tx, sessions } = this.tx("readwrite"), there = await wait<Kept | undefined>(sessions.get(id));
    if (there) sessions.put(change(there));
    await whole(tx);
    return !!there;
  }

  async remove(id: string): Promise<void> {
    const { tx, sessions, texts } = this.tx("readwrite");
    sessions.delete(id);
    texts.delete(id);
    await whole(tx);
  }
}

let opened: Promise<Store> | undefined;

/** The store of this browser; rejects where there is none (some browsers' private windows). */
export function store(): Promise<Store> {
  return (opened ??= new Promise((resolve, reject) => {
    const r = indexedDB.open("tabernetes", 1);
    r.onupgradeneeded = () => { r.result.createObjectStore("sessions", { keyPath: "id" }); r.result.createObjectStore("texts"); };
    r.onsuccess = () => {
      // A newer page wants to change the form: let it.
      r.result.onversionchange = () => { r.result.close(); opened = undefined; };
      r.result.onclose = () => { opened = undefined; };
      resolve(new Database(r.result));
    };
    r.onerror = () => reject(r.error);
    r.onblocked = () => reject(new DOMException("another tab holds an older form of it", "BlockedError"));
  }));
}

/** A name that no other record has. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(10)), (b) => b.toString(16).padStart(2, "0")).join("");
}

/** A copy under an id of its own. */
export async function duplicate(s: Store, id: string, name: (of: string) => string): Promise<Kept | undefined> {
  const from = await s.get(id);
  if (!from) return undefined;
  const kept = { ...from.kept, id: newId(), owner: "", name: name(from.kept.name), created: Date.now() };
  await s.put(kept, from.text);
  return kept;
}
