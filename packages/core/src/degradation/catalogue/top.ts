/** A position in some list, and its score. */
export interface Scored {
  readonly index: number;
  readonly score: number;
}

/**
 * Keeps the best `limit` of a sequence of scores; ties go to the one offered first.
 * One offer costs a comparison when it does not enter, else O(log limit) comparisons and a shift.
 */
export interface Top {
  offer(index: number, score: number): void;
  /** Best first. */
  best(): readonly Scored[];
}

export function top(limit: number): Top {
  const kept: Scored[] = [];
  return {
    offer(index, score) {
      const last = kept[kept.length - 1];
      if (kept.length >= limit && last !== undefined && !(score > last.score)) return;
      let low = 0;
      let high = kept.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((kept[middle]?.score ?? Number.NEGATIVE_INFINITY) >= score) low = middle + 1;
        else high = middle;
      }
      kept.splice(low, 0, { index, score });
      if (kept.length > limit) kept.pop();
    },
    best: () => kept,
  };
}
