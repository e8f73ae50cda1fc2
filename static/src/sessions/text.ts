// What the page reads and changes in a session's text (engine/session writes it): its size, and the moment it opens at.

interface Branch { id: number; parent: number; t?: string; n?: string }
interface Text { tabernetes: number; nodes: number; masters: number; seed: number; branches: Branch[]; branch: number; at: string; hash: string }

/** Whether a text is meant to be a session; whether it is one, the engine says. */
export function isSession(text: string): boolean {
  return /^\s*\{\s*"tabernetes"\s*:/.test(text.slice(0, 200));
}

/** The same session, standing before its first command: the time and the events since the start come first in its columns. */
export function beforeFirstCommand(text: string): string {
  const s = JSON.parse(text) as Text;
  for (let b = s.branches.find((x) => x.id === s.branch), first = b; b; b = s.branches.find((x) => x.id === b!.parent)) {
    if (b.t) first = b;
    if (b.parent < 0) return JSON.stringify({ ...s, at: first?.t ? `${first.t.split(" ", 1)[0]} ${first.n!.split(" ", 1)[0]} 0` : s.at, hash: first?.t ? "" : s.hash });
  }
  return text;
}

/** The same session, standing at another moment of its branch; whether there is one, the engine says. */
export function atMoment(text: string, m: { ms: number; after: number; commands: number }): string {
  return JSON.stringify({ ...(JSON.parse(text) as Text), at: `${m.ms.toFixed(6).replace(/\.?0+$/, "")} ${m.after} ${m.commands}`, hash: "" });
}
