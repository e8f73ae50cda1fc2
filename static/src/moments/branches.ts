// What the branches of a session are to one another.

import type { Branch, Moment } from "../protocol.ts";

/** The branch and what it came from, nearest first, each with the moment up to which it is shared. */
function line(all: readonly Branch[], id: number): { branch: Branch; until: number }[] {
  const out: { branch: Branch; until: number }[] = [], seen = new Set<number>();
  let until = Infinity;
  for (let b = all.find((x) => x.id === id); b && !seen.has(b.id); b = all.find((x) => x.id === b!.parent)) {
    seen.add(b.id);
    out.push({ branch: b, until });
    until = Math.min(until, b.fork.ms);
  }
  return out;
}

export interface Fork { at: number; /** the other way */ to: Branch }

/** Where the history of a branch could be left for another: its siblings' forks, and where it left its parents. */
export function forks(all: readonly Branch[], current: number): Fork[] {
  const mine = line(all, current), ids = new Set(mine.map((x) => x.branch.id)), out: Fork[] = [];
  for (const { branch, until } of mine) {
    for (const b of all) if (b.parent === branch.id && !ids.has(b.id) && b.fork.ms <= until) out.push({ at: b.fork.ms, to: b });
    // The parent goes on where this line left it.
    if (until !== Infinity) out.push({ at: until, to: branch });
  }
  return out.sort((a, b) => a.at - b.at || a.to.id - b.to.id);
}

/** The moment up to which two branches are one. */
export function commonMoment(all: readonly Branch[], a: number, b: number): Moment {
  const left = line(all, a), right = line(all, b);
  for (const [i, x] of left.entries()) {
    const j = right.findIndex((r) => r.branch.id === x.branch.id);
    if (j < 0) continue;
    // Where either leaves it: at its child's fork, or at the end of the branch itself.
    const ends = [i ? left[i - 1].branch.fork : x.branch.end, j ? right[j - 1].branch.fork : x.branch.end];
    return ends[0].ms < ends[1].ms || (ends[0].ms === ends[1].ms && ends[0].after <= ends[1].after) ? ends[0] : ends[1];
  }
  return { ms: 0, after: 0, commands: 0 };
}

/** The branches as a tree, children under their parent in the order of their forks. */
export function tree(all: readonly Branch[]): { branch: Branch; depth: number }[] {
  const out: { branch: Branch; depth: number }[] = [], ids = new Set(all.map((b) => b.id));
  const under = (parent: Branch | undefined, depth: number) => {
    const children = all.filter((b) => (parent ? b.parent === parent.id : !ids.has(b.parent)) && !out.some((o) => o.branch === b));
    for (const b of children.sort((x, y) => x.fork.ms - y.fork.ms || x.id - y.id)) { out.push({ branch: b, depth }); under(b, depth + 1); }
  };
  under(undefined, 0);
  return out;
}
