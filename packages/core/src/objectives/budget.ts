import type { Counts } from './counts.ts';

/** How much of a budget is left, in the reference's words. */
export type BudgetState = 'no_data' | 'healthy' | 'warning' | 'critical' | 'exhausted';

/** What a budget allows. */
export type Allowance =
  /** Share of good events that is promised, in (0, 1). */
  | { readonly kind: 'target'; readonly target: number; readonly minimumEvents: number }
  /** Not one bad event. */
  | { readonly kind: 'zero_tolerance' }
  /** Bad events, or whatever bad ones weigh (money), that a window may hold, more than 0. */
  | { readonly kind: 'amount'; readonly amount: number; readonly unit: string };

/** The arithmetic of a budget. Shares are of the whole budget: 0.25 is a quarter of it. */
export interface BudgetFigures {
  readonly state: BudgetState;
  readonly counts: Counts;
  /** Share of good events so far; undefined without events, and for amounts. */
  readonly sli: number | undefined;
  /** Spent share of the budget: 0 none, 1 all, more than 1 overspent. Undefined without data and for zero tolerance. */
  readonly consumed: number | undefined;
  /** 1 − consumed; negative when overspent: never clamped. */
  readonly remaining: number | undefined;
  /** Bad events that the events so far allow, or the allowed amount. */
  readonly allowedBad: number;
}

/** One budget as it stands, with its reason in words. */
export interface BudgetStatus extends BudgetFigures {
  readonly reason: string;
}

/** Thresholds of the reference: under half is a warning, under a quarter critical. */
export const WARNING_BELOW = 0.5;
export const CRITICAL_BELOW = 0.25;

/** 1 − target without the noise that binary fractions add: 0.0001 for 0.9999, not 0.00009999999999998899. */
export function budgetShare(target: number): number {
  return Math.round((1 - target) * 1e12) / 1e12;
}

/** The state that a remaining share means. */
export function stateOf(remaining: number): BudgetState {
  if (remaining <= 0) return 'exhausted';
  if (remaining < CRITICAL_BELOW) return 'critical';
  return remaining < WARNING_BELOW ? 'warning' : 'healthy';
}

/**
 * The figures of a budget over its window's counts. No traffic is `no_data`, not a failure and not health. A tiny
 * allowance is not judged on few events: below `minimumEvents` only what even they cannot excuse counts.
 */
export function budgetFigures(counts: Counts, allowance: Allowance): BudgetFigures {
  const { good, total } = counts;
  const bad = total - good;
  const nothing = total <= 0;
  if (allowance.kind === 'amount') {
    const consumed = bad / allowance.amount;
    const remaining = 1 - consumed;
    const state = nothing ? 'no_data' : stateOf(remaining);
    return { state, counts, sli: undefined, consumed, remaining, allowedBad: allowance.amount };
  }
  const sli = nothing ? undefined : good / total;
  if (allowance.kind === 'zero_tolerance') {
    const state = bad > 0 ? 'exhausted' : nothing ? 'no_data' : 'healthy';
    return { state, counts, sli, consumed: undefined, remaining: undefined, allowedBad: 0 };
  }
  const budget = budgetShare(allowance.target);
  const allowedBad = budget * total;
  if (nothing)
    return { state: 'no_data', counts, sli, consumed: undefined, remaining: undefined, allowedBad };
  const consumed = bad / total / budget;
  const remaining = 1 - consumed;
  const few = total < allowance.minimumEvents && bad <= budget * allowance.minimumEvents;
  return { state: few ? 'no_data' : stateOf(remaining), counts, sli, consumed, remaining, allowedBad };
}

/** A number for people: whole as it is, fractions to six digits. */
export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

/** Why the figures say what they say. */
export function budgetReason(figures: BudgetFigures, allowance: Allowance): string {
  const { counts, state, remaining, allowedBad } = figures;
  const bad = figure(counts.total - counts.good);
  if (allowance.kind === 'amount') {
    if (state === 'no_data') return 'nothing was counted in the window';
    return `${bad} of ${figure(allowance.amount)} ${allowance.unit} spent: ${percent(remaining)} left`;
  }
  if (counts.total <= 0) return 'no events in the window';
  const total = figure(counts.total);
  if (allowance.kind === 'zero_tolerance')
    return state === 'exhausted' ? `${bad} bad of ${total}, none is tolerated` : `none bad of ${total}`;
  if (state === 'no_data')
    return `${total} events are too few to judge: ${allowance.minimumEvents} are needed`;
  return `${bad} bad of ${total}, ${allowedBad.toFixed(1)} allowed: ${percent(remaining)} left`;
}

function percent(share: number | undefined): string {
  return share === undefined ? 'unknown' : `${(100 * share).toFixed(1)} %`;
}

/** {@link budgetFigures} with their reason. */
export function budgetStatus(counts: Counts, allowance: Allowance): BudgetStatus {
  const figures = budgetFigures(counts, allowance);
  return { ...figures, reason: budgetReason(figures, allowance) };
}

/** How fast a budget is being spent: 1 spends exactly all of it in a whole window. Undefined without events. */
export function burnRate(counts: Counts, target: number): number | undefined {
  return counts.total > 0 ? (counts.total - counts.good) / counts.total / budgetShare(target) : undefined;
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
