/** Where the slow tail of a stream of durations begins, followed over time in constant memory. */
export interface TailQuantile {
  /** Counts one value: O(1), allocates nothing. */
  add(ms: number): void;
  /**
   * At least this share of what was counted lies at or below it; too high by up to {@link TAIL_ERROR}. Undefined until
   * `minimum` values weigh in. Follows from the last call of `settle`.
   */
  threshold(): number | undefined;
  /** Forgets by age and works the threshold out anew; call it now and then, not for every value. */
  settle(elapsedMs: number): void;
}

/** Buckets of an octave. */
const STEPS = 16;
/** Relative error of the threshold: one bucket's width, 4.4 %. */
export const TAIL_ERROR: number = 2 ** (1 / STEPS) - 1;
/** From 2^-7 ms (8 µs) to 2^22 ms (70 minutes); what is outside counts at the ends. */
const LOWEST = -7;
const BUCKETS: number = 29 * STEPS;

/**
 * A histogram with logarithmic buckets that forgets exponentially (the idea of DDSketch, Masson, Rim and Lee 2019,
 * without its collapsing: the range is known here). No sorting, no samples kept: 464 numbers.
 * @param q the quantile in (0, 1)
 * @param halfLifeMs after this much time a value weighs half
 * @param minimum values that must weigh in before there is a threshold
 */
export function tailQuantile(q: number, halfLifeMs: number, minimum: number): TailQuantile {
  const counts = new Float64Array(BUCKETS);
  let total = 0;
  let threshold: number | undefined;

  return {
    add(ms) {
      const at = ms > 0 ? Math.ceil((Math.log2(ms) - LOWEST) * STEPS) : 0;
      const bucket = at < 0 ? 0 : at >= BUCKETS ? BUCKETS - 1 : at;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      total += 1;
    },
    threshold: () => threshold,
    settle(elapsedMs) {
      threshold = undefined;
      if (total >= minimum) {
        const wanted = total * q;
        let below = 0;
        let i = 0;
        for (; i < BUCKETS - 1; i++) {
          below += counts[i] ?? 0;
          if (below >= wanted) break;
        }
        threshold = 2 ** (i / STEPS + LOWEST);
      }
      const kept = 0.5 ** (Math.max(0, elapsedMs) / halfLifeMs);
      total = 0;
      for (let i = 0; i < BUCKETS; i++) {
        const left = (counts[i] ?? 0) * kept;
        counts[i] = left;
        total += left;
      }
    },
  };
}
