import type { Counts } from './counts.ts';

/** How much of a budget is left, in the reference's words. */
export type BudgetState = 'no_data' | 'healthy' | 'warning' | 'critical' | 'exhausted';

/** What a budget allows. */
export type Allowance =
  /** Share of good events that is promised, in (0, 1). */
  | { readonly kind: 'target'; readonly target: number; readonly minimumEvents: number }
  /** Not one bad event. */
  | { readonly kind: 'zero_tolerance' };

/** One budget as it stands. Shares are of the whole budget: 0.25 is a quarter of it. */
export interface BudgetStatus {
  readonly state: BudgetState;
  readonly reason: string;
  readonly counts: Counts;
  /** Share of good events so far; undefined without events. */
  readonly sli: number | undefined;
  /** Spent share of the budget: 0 none, 1 all, more than 1 overspent. Undefined without data and for zero tolerance. */
  readonly consumed: number | undefined;
  /** 1 − consumed; negative when overspent: never clamped. */
  readonly remaining: number | undefined;
  /** Bad events that the events so far allow. */
  readonly allowedBad: number;
}

/** Thresholds of the reference: under half is a warning, under a quarter critical. */
export const WARNING_BELOW = 0.5;
export const CRITICAL_BELOW = 0.25;

/**
 * The status of a budget over its window's counts. No traffic is `no_data`, not a failure and not health.
 * A tiny allowance is not judged on few events: below `minimumEvents` only what even they cannot excuse counts.
 */
export function budgetStatus(counts: Counts, allowance: Allowance): BudgetStatus {
  const bad = counts.total - counts.good;
  const sli = counts.total > 0 ? counts.good / counts.total : undefined;
  if (allowance.kind === 'zero_tolerance') {
    const base = { counts, sli, consumed: undefined, remaining: undefined, allowedBad: 0 };
    if (bad > 0)
      return { ...base, state: 'exhausted', reason: `${bad} bad of ${counts.total}, none is tolerated` };
    if (counts.total <= 0) return { ...base, state: 'no_data', reason: 'no events in the window' };
    return { ...base, state: 'healthy', reason: `none bad of ${counts.total}` };
  }
  const budget = 1 - allowance.target;
  const allowedBad = budget * counts.total;
  if (sli === undefined) {
    return {
      state: 'no_data',
      reason: 'no events in the window',
      counts,
      sli,
      consumed: undefined,
      remaining: undefined,
      allowedBad,
    };
  }
  const consumed = bad / counts.total / budget;
  const remaining = 1 - consumed;
  const base = { counts, sli, consumed, remaining, allowedBad };
  if (counts.total < allowance.minimumEvents && bad <= budget * allowance.minimumEvents) {
    return {
      ...base,
      state: 'no_data',
      reason: `${counts.total} events are too few to judge: ${allowance.minimumEvents} are needed`,
    };
  }
  const state: BudgetState =
    remaining <= 0
      ? 'exhausted'
      : remaining < CRITICAL_BELOW
        ? 'critical'
        : remaining < WARNING_BELOW
          ? 'warning'
          : 'healthy';
  const percent = (100 * remaining).toFixed(1);
  return {
    ...base,
    state,
    reason: `${bad} bad of ${counts.total}, ${allowedBad.toFixed(1)} allowed: ${percent} % left`,
  };
}

/** How fast a budget is being spent: 1 spends exactly all of it in a whole window. Undefined without events. */
export function burnRate(counts: Counts, target: number): number | undefined {
  return counts.total > 0 ? (counts.total - counts.good) / counts.total / (1 - target) : undefined;
}

/**
 * Milliseconds until nothing is left if it goes on as recently, without counting what a rolling window gives back:
 * 0 when nothing is left now, infinite when nothing is being spent.
 * @param remaining share left
 * @param burn burn rate of the recent past
 */
export function timeToExhaustion(remaining: number, burn: number, windowMs: number): number {
  if (remaining <= 0) return 0;
  if (burn <= 0) return Number.POSITIVE_INFINITY;
  return (remaining * windowMs) / burn;
}
