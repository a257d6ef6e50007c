/** A time until something, or until now when it has not happened yet. */
export interface Duration {
  readonly ms: number;
  /** False: still open, it lasts at least so long. */
  readonly ended: boolean;
}

export interface DurationFigures {
  readonly count: number;
  /** Still open among them. */
  readonly open: number;
  /** Mean of the ended ones alone, milliseconds; what is usually reported, and too short while any are open. */
  readonly meanOfEnded: number | undefined;
  /** Mean up to the longest time seen, open ones counted as such (restricted mean survival time); a lower bound while any are open. */
  readonly mean: number | undefined;
  readonly median: number | undefined;
  readonly p90: number | undefined;
}

/**
 * Mean and quantiles of durations of which some have not ended: dropping those, or taking them as ended now, makes the figures too
 * good. Kaplan and Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958).
 * A quantile that the open ones leave undecided is undefined.
 */
export function durationFigures(durations: readonly Duration[]): DurationFigures {
  const known = durations.filter(({ ms }) => ms >= 0);
  const ended = sortedOf(known, true);
  const censored = sortedOf(known, false);
  const count = known.length;
  const open = censored.length;
  if (count === 0)
    return { count, open, meanOfEnded: undefined, mean: undefined, median: undefined, p90: undefined };

  /** Share that is still open after each end. */
  const shares = new Float64Array(ended.length);
  let share = 1;
  let mean = 0;
  let last = 0;
  let c = 0;
  let sum = 0;
  ended.forEach((ms, i) => {
    // What was still open at this very time was at risk, too.
    while (c < open && (censored[c] ?? 0) < ms) c++;
    mean += share * (ms - last);
    last = ms;
    sum += ms;
    share *= 1 - 1 / (count - i - c);
    shares[i] = share;
  });
  const longest = censored[open - 1] ?? 0;
  if (longest > last) mean += share * (longest - last);
  // As the middle of an even number of values lies between two of them.
  const quantile = (q: number): number | undefined => {
    const index = shares.findIndex((left) => left <= 1 - q + 1e-12);
    const at = ended[index];
    if (at === undefined) return undefined;
    const next = ended[index + 1];
    return Math.abs((shares[index] ?? 0) - (1 - q)) < 1e-12 && next !== undefined ? (at + next) / 2 : at;
  };
  return {
    count,
    open,
    meanOfEnded: ended.length === 0 ? undefined : sum / ended.length,
    mean,
    median: quantile(0.5),
    p90: quantile(0.9),
  };
}

function sortedOf(durations: readonly Duration[], ended: boolean): Float64Array {
  const values = new Float64Array(durations.length);
  let n = 0;
  for (const duration of durations) if (duration.ended === ended) values[n++] = duration.ms;
  return values.subarray(0, n).sort();
}
