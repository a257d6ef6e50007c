import { EvenkeelError } from '../kernel/errors.ts';
import { budgetShare, figure } from './budget.ts';
import type { Counts } from './counts.ts';

/** A pair of windows that must both burn too fast (SRE workbook, chapter 5, "multiwindow, multi-burn-rate"). */
export interface BurnPair {
  readonly name: string;
  readonly severity: 'page' | 'ticket';
  /** Share of the whole budget that `longMs` may spend at most, in (0, 1). */
  readonly budgetShare: number;
  readonly longMs: number;
  /** A twelfth of the long window by custom: it makes the alert end soon after the trouble has. */
  readonly shortMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The workbook's pairs for 30 days: factors 14.4, 6, 3 and 1. */
export const BURN_PAIRS: readonly BurnPair[] = [
  { name: 'page-fast', severity: 'page', budgetShare: 0.02, longMs: HOUR, shortMs: 5 * MINUTE },
  { name: 'page-slow', severity: 'page', budgetShare: 0.05, longMs: 6 * HOUR, shortMs: 30 * MINUTE },
  { name: 'ticket-fast', severity: 'ticket', budgetShare: 0.1, longMs: 24 * HOUR, shortMs: 2 * HOUR },
  { name: 'ticket-slow', severity: 'ticket', budgetShare: 0.1, longMs: 72 * HOUR, shortMs: 6 * HOUR },
];

/** Burn rate over the long window that spends `share` of a budget of `windowMs`. */
export function burnFactor(share: number, windowMs: number, longMs: number): number {
  return (share * windowMs) / longMs;
}

/**
 * Bad events in the long window from which its ratio is taken at its word. With 20 of them the ratio is known to about
 * a fifth; with thousands the interval would still hold back a burn just over the factor for an hour and more, although
 * the budget that is gone is gone.
 */
export const FEW_BAD: number = 20;

/** A pair made ready for one objective. */
export interface BurnRule {
  readonly pair: BurnPair;
  /** Fires when both windows burn faster than this; at least 1, so that keeping the promise never alerts. */
  readonly factor: number;
  /** Bad events in the long window below which it stays silent: one failure at night is not an outage. */
  readonly minimumBad: number;
  /** Bad events in the long window from which chance is no excuse any more ({@link FEW_BAD}). */
  readonly fewBad: number;
}

/**
 * The rules of an objective.
 * @param windowMs length of the objective's window
 * @param target promised share of good events
 * @param minimumBad default 2
 * @throws EvenkeelError bad_request naming each pair that could never fire: even an outage burns at most 1/(1−target)
 */
export function burnRules(
  pairs: readonly BurnPair[],
  windowMs: number,
  target: number,
  minimumBad = 2,
): readonly BurnRule[] {
  const unreachable: string[] = [];
  const rules = amountRules(pairs, windowMs, minimumBad);
  for (const { pair, factor } of rules) {
    if (!(factor * budgetShare(target) < 1)) {
      unreachable.push(
        `${pair.name} needs a burn rate over ${factor.toFixed(2)}, but the most is ${(1 / (1 - target)).toFixed(2)}`,
      );
    }
  }
  if (unreachable.length > 0)
    throw new EvenkeelError('bad_request', `alerts that can never fire: ${unreachable.join('; ')}`);
  return rules;
}

/** As {@link burnRules} for an amount, which can be spent at any speed. */
export function amountRules(
  pairs: readonly BurnPair[],
  windowMs: number,
  minimumBad = 0,
): readonly BurnRule[] {
  return pairs.map((pair) => ({
    pair,
    factor: Math.max(1, burnFactor(pair.budgetShare, windowMs, pair.longMs)),
    minimumBad,
    fewBad: FEW_BAD,
  }));
}

/** Whether one rule fires now, and the figures behind it. */
export interface BurnVerdict {
  readonly firing: boolean;
  readonly longBurn: number | undefined;
  readonly shortBurn: number | undefined;
  readonly reason: string;
}

/**
 * Lower end of the 95 % Wilson interval of a ratio: with few events a high ratio may be chance.
 * E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
 */
export function wilsonLower(bad: number, total: number, z = 1.959963984540054): number {
  if (total <= 0) return 0;
  const p = bad / total;
  const z2 = (z * z) / total;
  const centre = p + z2 / 2;
  const spread = z * Math.sqrt((p * (1 - p) + z2 / 4) / total);
  return Math.max(0, (centre - spread) / (1 + z2));
}

/** Why a rule fires or does not. */
export type BurnCause =
  | 'no_events'
  /** One of the windows does not burn over the factor. */
  | 'below'
  /** Fewer bad events than the rule's minimum. */
  | 'few_bad'
  /** Fewer than {@link FEW_BAD} bad events, and the interval on their ratio reaches under the threshold. */
  | 'may_be_chance'
  | 'burning';

/** What burn rates are relative to. */
export type BurnBasis =
  /** The share of bad events that is allowed, in (0, 1). */
  | { readonly kind: 'share'; readonly budget: number }
  /** An amount that may be spent in `windowMs`. */
  | { readonly kind: 'amount'; readonly amount: number; readonly windowMs: number };

/** How many times too fast the budget went in `lookBackMs`; undefined without events, but 0 for an amount. */
export function burnOf(bad: number, total: number, basis: BurnBasis, lookBackMs: number): number | undefined {
  if (basis.kind === 'amount') return (bad / basis.amount) * (basis.windowMs / lookBackMs);
  return total > 0 ? bad / total / basis.budget : undefined;
}

/**
 * Whether a rule fires, and why. It does when both windows burn strictly faster than the factor, there are enough bad
 * events, and, while they are fewer than {@link FEW_BAD}, the interval on the long window's ratio is over the threshold
 * as well. Amounts are no events: for them the burn rates alone decide.
 */
export function burnCause(
  rule: BurnRule,
  longBurn: number | undefined,
  shortBurn: number | undefined,
  longBad: number,
  longTotal: number,
  basis: BurnBasis,
): BurnCause {
  const { factor } = rule;
  if (longBurn === undefined || shortBurn === undefined) return 'no_events';
  if (!(longBurn > factor && shortBurn > factor)) return 'below';
  if (basis.kind === 'amount') return 'burning';
  if (longBad < rule.minimumBad) return 'few_bad';
  if (longBad < rule.fewBad && !(wilsonLower(longBad, longTotal) > factor * basis.budget))
    return 'may_be_chance';
  return 'burning';
}

/** A cause in words. */
export function burnReason(
  cause: BurnCause,
  rule: BurnRule,
  figures: {
    readonly longBurn: number | undefined;
    readonly shortBurn: number | undefined;
    readonly longBad: number;
    readonly longTotal: number;
  },
  basis: BurnBasis,
): string {
  const { longBad, longTotal, longBurn = 0, shortBurn = 0 } = figures;
  const bad = figure(longBad);
  switch (cause) {
    case 'no_events':
      return 'no events';
    case 'below':
      return `burns ${longBurn.toFixed(2)} and ${shortBurn.toFixed(2)}, not over ${rule.factor.toFixed(2)} in both windows`;
    case 'few_bad':
      return `only ${bad} bad: at least ${rule.minimumBad} are needed`;
    case 'may_be_chance': {
      const least = (100 * wilsonLower(longBad, longTotal)).toFixed(3);
      return `${bad} bad of ${figure(longTotal)} may be chance: ${least} % at the least`;
    }
    case 'burning': {
      const what = basis.kind === 'amount' ? 'spends' : 'burns';
      return `${what} ${longBurn.toFixed(1)} times too fast over the long and ${shortBurn.toFixed(1)} over the short window`;
    }
  }
}

/** Judges one rule of a target: {@link burnCause} with the figures and words behind it. */
export function judgeBurn(rule: BurnRule, long: Counts, short: Counts, target: number): BurnVerdict {
  const basis: BurnBasis = { kind: 'share', budget: budgetShare(target) };
  const longBad = long.total - long.good;
  const longTotal = long.total;
  const longBurn = burnOf(longBad, longTotal, basis, rule.pair.longMs);
  const shortBurn = burnOf(short.total - short.good, short.total, basis, rule.pair.shortMs);
  const cause = burnCause(rule, longBurn, shortBurn, longBad, longTotal, basis);
  return {
    firing: cause === 'burning',
    longBurn,
    shortBurn,
    reason: burnReason(cause, rule, { longBurn, shortBurn, longBad, longTotal }, basis),
  };
}

/** Milliseconds of a constant error ratio after a clean past until a window of `longMs` burns over `factor`; Infinity: never. */
export function detectionTime(target: number, errorRatio: number, factor: number, longMs: number): number {
  const needed = factor * (1 - target);
  return errorRatio > needed ? (needed / errorRatio) * longMs : Number.POSITIVE_INFINITY;
}

/** Milliseconds after a full outage of at least `factor × budget × shortMs` until its short window no longer burns. */
export function resetTime(target: number, factor: number, shortMs: number): number {
  return shortMs * (1 - factor * (1 - target));
}
