import { budgetShare } from './budget.ts';
import type { Counts } from './counts.ts';

/** What can be said of a quality objective while labels are missing. Shares are of good answers, in [0, 1]. */
export interface QualityBounds {
  /** Among the labelled; undefined without labels. */
  readonly observed: number | undefined;
  /** If every missing label is bad. */
  readonly lower: number;
  /** If every missing label is good. */
  readonly upper: number;
  /** Labelled share of all predictions of the window, in [0, 1]. */
  readonly coverage: number;
  /** Remaining share of the budget at `lower`, observed and `upper`. */
  readonly remaining: {
    readonly lower: number;
    readonly observed: number | undefined;
    readonly upper: number;
  };
}

/**
 * Bounds that hold whatever the missing labels say: labels that come are seldom a fair sample (people complain), so an
 * interval from the sample's size alone would promise too much.
 * @param labelled good and all labelled predictions
 * @param predictions all predictions that could be labelled in the same window; at least the labelled ones
 * @returns undefined without predictions
 */
export function qualityBounds(
  labelled: Counts,
  predictions: number,
  target: number,
): QualityBounds | undefined {
  const all = Math.max(predictions, labelled.total);
  if (all <= 0) return undefined;
  const missing = all - labelled.total;
  const observed = labelled.total > 0 ? labelled.good / labelled.total : undefined;
  const lower = labelled.good / all;
  const upper = (labelled.good + missing) / all;
  const remaining = (share: number): number => 1 - (1 - share) / budgetShare(target);
  return {
    observed,
    lower,
    upper,
    coverage: labelled.total / all,
    remaining: {
      lower: remaining(lower),
      observed: observed === undefined ? undefined : remaining(observed),
      upper: remaining(upper),
    },
  };
}
