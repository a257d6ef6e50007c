/** A time until something, or until now when it has not happened yet. */
export interface Duration {
  readonly ms: number;
  /** False: still open, it lasts at least so long. */
  readonly ended: boolean;
}

/** A step of the survival curve: the share that is still open after `ms`. */
interface Step {
  readonly ms: number;
  readonly share: number;
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
  const order = durations
    .filter(({ ms }) => ms >= 0)
    .sort((a, b) => a.ms - b.ms || Number(b.ended) - Number(a.ended));
  const count = order.length;
  const ended = order.filter((duration) => duration.ended);
  const open = count - ended.length;
  if (count === 0)
    return { count, open, meanOfEnded: undefined, mean: undefined, median: undefined, p90: undefined };

  const steps: Step[] = [];
  let share = 1;
  let mean = 0;
  let last = 0;
  order.forEach((duration, i) => {
    mean += share * (duration.ms - last);
    last = duration.ms;
    if (!duration.ended) return;
    share *= 1 - 1 / (count - i);
    steps.push({ ms: duration.ms, share });
  });
  // As the middle of an even number of values lies between two of them.
  const quantile = (q: number): number | undefined => {
    const index = steps.findIndex((step) => step.share <= 1 - q + 1e-12);
    const step = steps[index];
    if (step === undefined) return undefined;
    const next = steps[index + 1];
    return Math.abs(step.share - (1 - q)) < 1e-12 && next !== undefined ? (step.ms + next.ms) / 2 : step.ms;
  };
  return {
    count,
    open,
    meanOfEnded: ended.length === 0 ? undefined : ended.reduce((sum, { ms }) => sum + ms, 0) / ended.length,
    mean,
    median: quantile(0.5),
    p90: quantile(0.9),
  };
}
