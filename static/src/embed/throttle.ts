// What happens often is told seldom: at once, then the newest of each span.

/** A function that calls `tell` at most every `everyMs`; the last of several calls is told when the span is over. */
export function atMost(everyMs: number, tell: () => void): () => void {
  let resting = false, fresh = false;
  const now = () => {
    fresh = false;
    resting = true;
    setTimeout(() => { resting = false; if (fresh) now(); }, everyMs);
    tell();
  };
  return () => { fresh = true; if (!resting) now(); };
}
